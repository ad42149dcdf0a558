import type { LogFile } from './log-files.js';
import { fileInput, wholeText } from './log-input.js';
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
 * Reads files one after another. While one is scanned here, the next is inflated on zlib's thread: with a core for each,
 * the scan costs no time.
 */
export async function readFiles(files: readonly LogFile[], scan: LogScan, hooks: ReadFilesHooks): Promise<void> {
  let ahead = files.length > 0 ? wholeText(files[0]) : null;
  for (const [i, file] of files.entries()) {
    const text = await ahead;
    ahead = i + 1 < files.length ? wholeText(files[i + 1]) : null;
    if (text === null) {
      await scan.read(file.path, paced(fileInput(file).chunks(hooks.onRead), hooks));
    } else {
      hooks.onRead(text.packedBytes);
      await scan.read(file.path, [text.bytes]);
    }
    await hooks.onFile?.(file);
  }
}

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
