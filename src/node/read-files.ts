import type { LogFile } from './log-files.js';
import { fileInput, storedBytes, type WholeText, wholeText } from './log-input.js';
import type { LogScan } from './log-scan.js';

export interface ReadFilesHooks {
  /** Bytes were read, as they are on disk. */
  onRead(bytes: number): void;
  /** Waited for after each chunk of a large file. */
  onChunk?(): void | Promise<void>;
  /** Waited for after each file. */
  onFile?(file: LogFile): void | Promise<void>;
}

/**
 * Reads files one after another. While one is scanned here, the next is inflated on zlib's thread: with a core for each, the scan
 * costs no time. A scan lets nothing else happen on this thread, and a read takes several turns of it: so the inflation of the
 * next file must have begun before, and its bytes must have been read while the one before was waited for.
 */
export async function readFiles(files: readonly LogFile[], scan: LogScan, hooks: ReadFilesHooks): Promise<void> {
  const read = (i: number): Promise<Buffer | null> => (i < files.length ? storedBytes(files[i]) : NOTHING);
  const inflate = (stored: Buffer | null): Promise<WholeText | null> => (stored === null ? NOTHING : wholeText(stored));
  let inflating = inflate(await read(0));
  let reading = read(1);
  for (const [i, file] of files.entries()) {
    const text = await inflating;
    inflating = inflate(await reading);
    reading = read(i + 2);
    if (text === null) {
      await scan.read(file.path, paced(fileInput(file).chunks(hooks.onRead), hooks));
    } else {
      hooks.onRead(text.packedBytes);
      await scan.read(file.path, [text.bytes]);
    }
    await hooks.onFile?.(file);
  }
}

const NOTHING = Promise.resolve(null);

/** Chunks, with a wait once each was read. */
export async function* paced(
  chunks: AsyncIterable<Buffer>,
  { onChunk }: Pick<ReadFilesHooks, 'onChunk'>,
): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of chunks) {
    yield chunk;
    await onChunk?.();
  }
}
