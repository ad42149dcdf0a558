import { type FileHandle, open } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { recordsIn } from '../kms/records-in.js';
import { FileProblem, problemOf } from './file-bytes.js';
import { formOf } from './file-forms.js';
import { type Leaf, neededLeaves, put, type SchemaElement, unwrapped } from './parquet-leaves.js';

/** Bytes that are read piece by piece, as `hyparquet` asks for them. */
interface ByteRanges {
  readonly byteLength: number;
  /** The bytes of `[start, end)`, in a buffer of their own. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** What is used of the package `hyparquet`. */
interface ParquetPackage {
  parquetMetadataAsync(file: ByteRanges, options: { geoparquet: boolean }): Promise<ParquetMetadata>;
  parquetRead(options: {
    file: ByteRanges;
    metadata: ParquetMetadata;
    compressors: unknown;
    onPage(page: Page): void;
  }): Promise<void>;
}

/** A page of one column. */
interface Page {
  readonly columnData: ArrayLike<unknown>;
  /** The row of the first. */
  readonly rowStart: number;
}

interface ParquetMetadata {
  readonly schema: readonly SchemaElement[];
  readonly row_groups: readonly RowGroup[];
}

interface RowGroup {
  readonly num_rows: bigint;
  readonly columns: readonly {
    readonly meta_data?: {
      readonly path_in_schema: readonly string[];
      readonly total_uncompressed_size: bigint;
    };
  }[];
}

/** A row group is read at once: no more of it than this, decompressed, and no more rows. Writers make them of 128 MB or a million rows. */
const MAX_GROUP_BYTES = 1024 ** 3;
const MAX_GROUP_ROWS = 4_000_000;
const CHUNK_CHARACTERS = 256 * 1024;
/** Enough to say what a file is that is none. */
const HEAD_BYTES = 512;

/**
 * The rows of a Parquet file that can be CloudTrail's records, or Security Lake's events of them, as JSON lines: then they are read
 * as all other logs are. One row group is held at a time, and only what is looked at of it.
 *
 * Needs the packages `hyparquet` and `hyparquet-compressors`, which are loaded here and nowhere else. What was read before any
 * damage is given first; then a {@link FileProblem} is thrown.
 */
async function* parquetLines(source: ByteRanges): AsyncGenerator<Buffer, void, void> {
  await checkMagic(source);
  const file: ByteRanges = {
    byteLength: source.byteLength,
    slice(start, end) {
      const bytes = source.slice(start, end);
      // The package asks ahead, and does not wait for what it no longer needs: a failure of that would end the process.
      bytes.catch(() => {});
      return bytes;
    },
  };
  const packages = await parquetPackages();
  const metadata = await sound(() => packages.hyparquet.parquetMetadataAsync(file, { geoparquet: false }));
  const leaves = await sound(async () => neededLeaves(metadata.schema));
  // As of a log without records, where there is no row.
  yield Buffer.from('{"Records":[]}\n');
  for (const group of metadata.row_groups) {
    checkGroup(group, leaves);
    if (group.num_rows === 0n) continue;
    const values: (readonly [Leaf, readonly unknown[]])[] = [];
    for (const [i, leaf] of leaves) {
      const alone = { schema: metadata.schema, row_groups: [{ ...group, columns: [group.columns[i]] }] };
      values.push([leaf, await sound(() => valuesOf(file, alone, leaf, packages))]);
    }
    yield* linesOf(values, Number(group.num_rows));
  }
}

/**
 * A value for each row of a row group, of which `metadata` has the one column. The package's own rows hold many times the memory.
 */
async function valuesOf(
  file: ByteRanges,
  metadata: ParquetMetadata,
  leaf: Leaf,
  { hyparquet, compressors }: Packages,
): Promise<unknown[]> {
  const values: unknown[] = [];
  const onPage = ({ columnData, rowStart }: Page): void => {
    if (rowStart !== values.length) throw new FileProblem('corrupt-parquet');
    for (let i = 0; i < columnData.length; i++) {
      const value = unwrapped(leaf, columnData[i]);
      values.push(value instanceof Date ? value.toJSON() : value);
    }
  };
  await hyparquet.parquetRead({ file, metadata, compressors, onPage });
  if (values.length !== Number(metadata.row_groups[0].num_rows)) throw new FileProblem('corrupt-parquet');
  return values;
}

/** A file on disk; `onRead` is given how many bytes were read. */
export async function* parquetFileLines(
  path: string,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, void, void> {
  const handle = await open(path).catch(fail);
  try {
    const { size } = await handle.stat().catch(fail);
    yield* parquetLines({
      byteLength: size,
      slice: (start, end = size) => readRange(handle, start, Math.min(end, size), onRead),
    });
  } finally {
    await handle.close();
  }
}

/** So much of a stream is kept: the end of a Parquet file has to be read first. Security Lake's objects are smaller. */
const MAX_STREAM_BYTES = 512 * 1024 ** 2;

/** A file that comes as a stream, and is kept whole. */
export async function* parquetStreamLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > MAX_STREAM_BYTES) throw new FileProblem('too-large');
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks, size);
  yield* parquetLines({
    byteLength: size,
    slice: async (start, end = size) => {
      checkRange(start, end, size);
      return new Uint8Array(bytes.subarray(start, end)).buffer;
    },
  });
}

async function readRange(
  handle: FileHandle,
  start: number,
  end: number,
  onRead: (bytes: number) => void,
): Promise<ArrayBuffer> {
  checkRange(start, end, Infinity);
  const bytes = new Uint8Array(end - start);
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled).catch(fail);
    // It was cut meanwhile.
    if (bytesRead === 0) throw new FileProblem('truncated');
    onRead(bytesRead);
    filled += bytesRead;
  }
  return bytes.buffer;
}

function checkRange(start: number, end: number, size: number): void {
  if (!(start >= 0 && start <= end && end <= size)) throw new FileProblem('corrupt-parquet');
}

const MAGIC = 'PAR1';
/** A file has its magic number at both ends, and the length of its footer before the second. */
const LEAST_BYTES = 12;

async function checkMagic(file: ByteRanges): Promise<void> {
  const { byteLength: size } = file;
  if (size === 0) throw new FileProblem('empty');
  const head = Buffer.from(await file.slice(0, Math.min(HEAD_BYTES, size)));
  if (head.toString('latin1', 0, 4) !== MAGIC) throw new FileProblem('not-a-log', { found: formOf(head) });
  if (size < LEAST_BYTES) throw new FileProblem('truncated');
  const tail = Buffer.from(await file.slice(size - 4, size));
  if (tail.toString('latin1') !== MAGIC) throw new FileProblem('truncated');
}

/** @throws FileProblem for a row group that is not as the schema says, or too large */
function checkGroup({ num_rows: rows, columns }: RowGroup, leaves: ReadonlyMap<number, Leaf>): void {
  let bytes = 0;
  for (const [i, { path }] of leaves) {
    const { path_in_schema: found, total_uncompressed_size: size } = columns[i]?.meta_data ?? {};
    if (!isDeepStrictEqual(found, path)) throw new FileProblem('corrupt-parquet');
    bytes += Number(size);
  }
  if (!(rows >= 0 && bytes >= 0)) throw new FileProblem('corrupt-parquet');
  if (rows > MAX_GROUP_ROWS || bytes > MAX_GROUP_BYTES) throw new FileProblem('too-large');
}

/** The rows of a row group that are records, as JSON lines, in chunks. */
function* linesOf(
  values: readonly (readonly [Leaf, readonly unknown[]])[],
  rows: number,
): Generator<Buffer, void, void> {
  let lines = '';
  for (let i = 0; i < rows; i++) {
    const row: Record<string, unknown> = {};
    for (const [leaf, held] of values) put(row, leaf, held[i]);
    for (const record of recordsIn(row)) lines += `${JSON.stringify(record, withoutBigInts)}\n`;
    if (lines.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(lines);
    lines = '';
  }
  if (lines !== '') yield Buffer.from(lines);
}

/** JSON has no integers of 64 bits; none of a record's fields is one. */
function withoutBigInts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

interface Packages {
  readonly hyparquet: ParquetPackage;
  readonly compressors: unknown;
}

/** @param names those that no bundler looks for: who reads no Parquet needs no package */
export async function parquetPackages(names = ['hyparquet', 'hyparquet-compressors']): Promise<Packages> {
  try {
    const [hyparquet, { compressors }] = await Promise.all(names.map((name) => import(name)));
    return { hyparquet, compressors };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    throw new FileProblem('no-parquet-reader', { cause });
  }
}

/** What the package throws, of many kinds, is damage of the file; a failure to read it is not. */
async function sound<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof FileProblem) throw cause;
    throw new FileProblem('corrupt-parquet', { cause });
  }
}

function fail(error: unknown): never {
  throw problemOf(error);
}
