import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { formOf } from './file-forms.js';
import type { FileReason } from './ingest-stats.js';

/** What ends the reading of one file, and of no other. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly reason: FileReason;
  /** Where in the file, decompressed, it lies; null where that is not known. */
  readonly byte: number | null;
  /** What it is instead, of what is no log; null where that is not known. */
  readonly found: string | null;

  constructor(reason: FileReason, options: { cause?: unknown; byte?: number; found?: string | undefined } = {}) {
    super(reason, { cause: options.cause });
    this.reason = reason;
    this.byte = options.byte ?? null;
    this.found = options.found ?? null;
  }
}

const READ_BYTES = 64 * 1024;
const INFLATED_BYTES = 256 * 1024;
/** Subscriptions to CloudWatch Logs are gzipped, and Firehose gzips them once more when asked to compress. */
const MAX_LAYERS = 2;

/**
 * The bytes of a text file in chunks that stay as they are, decompressed when they are gzip, of one member or of many
 * and whatever the file's name. What was decompressed before any damage is given first; then a {@link FileProblem} is
 * thrown, as it is for a file that is empty, binary or cannot be read. `onRead` hears of bytes read from disk. The file
 * is closed when the iteration ends, in whichever way.
 */
export async function* fileBytes(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer, void, void> {
  const handle = await open(path).catch(fail);
  try {
    let chunks = await withHead(readFrom(handle, onRead));
    for (let layer = 0; layer < MAX_LAYERS && isGzip(chunks.head); layer++) {
      chunks = await withHead(layer === 0 ? gunzipFile(handle, chunks) : gunzip(chunks, createGunzip()));
    }
    checkText(chunks.head);
    yield* chunks;
  } finally {
    await handle.close();
  }
}

/** As {@link fileBytes}, of bytes that come from elsewhere and cannot be read a second time. */
export async function* streamBytes(source: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
  let chunks = await withHead(source);
  for (let layer = 0; layer < MAX_LAYERS && isGzip(chunks.head); layer++) {
    chunks = await withHead(gunzip(chunks, createGunzip({ chunkSize: INFLATED_BYTES })));
  }
  checkText(chunks.head);
  yield* chunks;
}

/** What a failure of the file system, of zlib or of a call to AWS means for the file. */
export function problemOf(error: unknown): FileProblem {
  if (error instanceof FileProblem) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') return new FileProblem('truncated', { cause: error });
  if (code.startsWith('Z_')) return new FileProblem('corrupt-gzip', { cause: error });
  if (code === 'EACCES' || code === 'EPERM') return new FileProblem('no-permission', { cause: error });
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return new FileProblem('missing', { cause: error });
  return new FileProblem(reasonOfCall(error) ?? 'read-error', { cause: error });
}

/** By the names that the services give to their errors: `AwsCallError` holds them as its reason. */
function reasonOfCall(error: unknown): FileReason | undefined {
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  if (reason === 'NoSuchKey' || reason === 'NotFound') return 'missing';
  return reason === 'AccessDenied' || reason === 'Forbidden' ? 'no-permission' : undefined;
}

function fail(error: unknown): never {
  throw problemOf(error);
}

async function* readFrom(handle: FileHandle, onRead: (bytes: number) => void): AsyncGenerator<Buffer, void, void> {
  for (;;) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, null).catch(fail);
    if (bytesRead === 0) return;
    onRead(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* gunzip(
  source: AsyncIterable<Buffer>,
  inflate: ReturnType<typeof createGunzip>,
): AsyncGenerator<Buffer, void, void> {
  // pipeline destroys both ends when either fails or is left; the failure comes out of the loop below.
  pipeline(Readable.from(source), inflate, () => {});
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } catch (error) {
    fail(error);
  }
}

/**
 * Decompresses a file whose first bytes were read already. Where the data is corrupt, zlib drops all that the failing
 * write had decompressed, often a whole small file: the file is then read again, in tiny pieces from that write on.
 */
async function* gunzipFile(handle: FileHandle, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  const inflate = createGunzip({ chunkSize: INFLATED_BYTES });
  let given = 0;
  try {
    for await (const chunk of gunzip(source, inflate)) {
      given += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof FileProblem) || error.reason !== 'corrupt-gzip') throw error;
    try {
      let again = 0;
      for await (const chunk of gunzip(reread(handle, inflate.bytesWritten), createGunzip())) {
        again += chunk.length;
        if (again > given) yield chunk.subarray(Math.max(0, chunk.length - (again - given)));
      }
    } catch {
      // The same damage once more, or a pipe, which cannot be read again.
    }
    throw error;
  }
}

/** The file from its beginning, in pieces of 16 bytes after the first `whole` ones. */
async function* reread(handle: FileHandle, whole: number): AsyncGenerator<Buffer, void, void> {
  for (let position = 0; ; ) {
    const buffer = Buffer.allocUnsafe(position < whole ? Math.min(READ_BYTES, whole - position) : READ_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position).catch(fail);
    if (bytesRead === 0) return;
    if (position < whole) yield buffer.subarray(0, bytesRead);
    else for (let i = 0; i < bytesRead; i += 16) yield buffer.subarray(i, Math.min(i + 16, bytesRead));
    position += bytesRead;
  }
}

interface Chunks extends AsyncIterable<Buffer> {
  /** The first bytes, at least {@link HEAD_BYTES} of them if there are as many. */
  readonly head: Buffer;
}

const HEAD_BYTES = 512;

/** Reads the first bytes ahead. A failure that comes after some of them comes out after them. */
async function withHead(source: AsyncGenerator<Buffer, void, void>): Promise<Chunks> {
  let head = Buffer.alloc(0);
  let failure: unknown;
  try {
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      head = Buffer.concat([head, next.value]);
      if (head.length >= HEAD_BYTES) break;
    }
  } catch (error) {
    if (head.length === 0) throw error;
    failure = error;
  }
  async function* all(): AsyncGenerator<Buffer, void, void> {
    try {
      yield head;
      if (failure !== undefined) throw failure;
      yield* source;
    } finally {
      await source.return();
    }
  }
  return { head, [Symbol.asyncIterator]: all };
}

export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Throws a {@link FileProblem} when the first bytes are none of a text in UTF-8. */
export function checkText(head: Buffer): void {
  if (head.length === 0) throw new FileProblem('empty');
  const mark = head.length > 1 ? head.readUInt16BE(0) : 0;
  if (mark === 0xfeff || mark === 0xfffe) throw new FileProblem('not-utf-8');
  // Every binary format has control characters this early: the NUL bytes of a length, a magic number.
  for (const byte of head.subarray(0, HEAD_BYTES)) {
    if (byte >= 32 || byte === 9 || byte === 10 || byte === 13) continue;
    throw new FileProblem('not-a-log', { found: formOf(head) });
  }
}
