import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { readColumn, writeColumn } from '../series/codec-column.js';
import type { SeriesKey } from '../series/key.js';
import { isSparse, readRow, type SeriesSet, type SparseCounts } from '../series/series-set.js';
import { DAY } from '../time/grid.js';
import type { Baseline } from './baseline.js';
import { BLOCKS_KNOWN, type RowEvents } from './counts/track/event-blocks.js';

/** How far before the oldest checkpoint counts are kept, and as much of what was observed after it; more would be replayed without end. */
export const KEPT = 4 * DAY;
/** A row with a call in more than one bucket in so many is written bucket by bucket. */
const FEW = 8;

/**
 * Writes what was observed. Rows with few calls together: how many cells each has, how far apart they are, what they hold.
 * A column for each of the others, so that a busy and a silent one do not spoil each other's form.
 */
export function writeRecent(writer: ByteWriter, set: SeriesSet): void {
  const { start, length } = set.grid;
  writer.float64(start);
  writer.varint(length);
  writeColumn(writer, set.observed);
  if (isSparse(set.values)) writeCounts(writer, set, set.values);
  else {
    const whole = new Float64Array(length);
    for (let row = 0; row < set.keys.length; row++) writeWhole(writer, set, row, whole);
  }
}

function writeWhole(writer: ByteWriter, set: SeriesSet, row: number, whole: Float64Array): void {
  readRow(set, row, whole);
  writeColumn(writer, whole);
}

function writeCounts(writer: ByteWriter, set: SeriesSet, { offsets, buckets, counts }: SparseCounts): void {
  const { length } = set.grid;
  const cells = Uint32Array.from(set.keys, (_, row) => offsets[row + 1] - offsets[row]);
  const total = cells.reduce((sum, own) => sum + (own * FEW <= length ? own : 0), 0);
  const gaps = new Uint32Array(total);
  const calls = new Float64Array(total);
  const whole = new Float64Array(length);
  let n = 0;
  writeColumn(writer, cells);
  for (let row = 0; row < cells.length; row++) {
    if (cells[row] * FEW > length) continue;
    let next = 0;
    for (let at = offsets[row]; at < offsets[row + 1]; at++, n++) {
      gaps[n] = buckets[at] - next;
      calls[n] = counts[at];
      next = buckets[at] + 1;
    }
  }
  writeColumn(writer, gaps);
  writeColumn(writer, calls);
  for (let row = 0; row < cells.length; row++) if (cells[row] * FEW > length) writeWhole(writer, set, row, whole);
}

/** Reads what {@link writeRecent} wrote. */
export function readRecent(
  reader: ByteReader,
  { measure, grid: { step } }: Baseline,
  keys: readonly SeriesKey[],
): SeriesSet {
  const start = reader.float64();
  const length = reader.varint();
  const most = Math.max(2 * KEPT, 8 * step) / step;
  if (!Number.isSafeInteger(start) || length > most) reader.fail(`a window of ${length} buckets from ${start}`);
  const observed = readColumn(reader, Uint8Array, 'observed');
  if (observed.length !== length && observed.length !== length * keys.length) {
    reader.fail(`observed with ${observed.length} entries where ${length} are needed`);
  }
  const grid = { start, step, length };
  if (measure === 'count') return { grid, keys, measure, values: readCounts(reader, keys.length, length), observed };
  const levels = new Float64Array(keys.length * length);
  for (let r = 0; r < keys.length; r++) levels.set(readColumn(reader, Float64Array, 'levels', length), r * length);
  return { grid, keys, measure, values: levels, observed };
}

function readCounts(reader: ByteReader, rows: number, length: number): SparseCounts {
  const cells = readColumn(reader, Uint32Array, 'cells', rows);
  const offsets = new Float64Array(rows + 1);
  let few = 0;
  for (let row = 0; row < rows; row++) {
    if (cells[row] > length) reader.fail(`${cells[row]} buckets with calls of ${length}`);
    if (cells[row] * FEW <= length) few += cells[row];
    offsets[row + 1] = offsets[row] + cells[row];
  }
  const gaps = readColumn(reader, Uint32Array, 'gaps', few);
  const calls = readColumn(reader, Float64Array, 'calls', few);
  const buckets = new Uint32Array(offsets[rows]);
  const counts = new Float64Array(offsets[rows]);
  let n = 0;
  for (let row = 0; row < rows; row++) {
    const end = offsets[row + 1];
    if (cells[row] * FEW > length) {
      readWhole(reader, length, buckets.subarray(offsets[row], end), counts.subarray(offsets[row], end));
      continue;
    }
    let next = 0;
    for (let at = offsets[row]; at < end; at++, n++) {
      const bucket = next + gaps[n];
      if (bucket >= length || calls[n] === 0) reader.fail(`${calls[n]} calls in bucket ${bucket} of ${length}`);
      buckets[at] = bucket;
      counts[at] = calls[n];
      next = bucket + 1;
    }
  }
  return { offsets, buckets, counts };
}

function readWhole(reader: ByteReader, length: number, buckets: Uint32Array, counts: Float64Array): void {
  const row = readColumn(reader, Float64Array, 'calls', length);
  let n = 0;
  for (let i = 0; i < length; i++) {
    if (row[i] === 0) continue;
    if (n < counts.length) {
      buckets[n] = i;
      counts[n] = row[i];
    }
    n++;
  }
  if (n !== counts.length) reader.fail(`${n} buckets with calls where ${counts.length} are needed`);
}

/** Which blocks held what, of each row: how many, and how far apart they are. */
export function writeEvents(writer: ByteWriter, { first, offsets, blocks }: RowEvents): void {
  const rows = offsets.length - 1;
  const gaps = new Uint32Array(blocks.length);
  for (let row = 0; row < rows; row++) {
    for (let k = offsets[row]; k < offsets[row + 1]; k++) {
      gaps[k] = k === offsets[row] ? blocks[k] : blocks[k] - blocks[k - 1] - 1;
    }
  }
  writer.signed(first);
  writeColumn(
    writer,
    Uint32Array.from({ length: rows }, (_, row) => offsets[row + 1] - offsets[row]),
  );
  writeColumn(writer, gaps);
}

/** Reads what {@link writeEvents} wrote. */
export function readEvents(reader: ByteReader, rows: number): RowEvents {
  const first = reader.signed();
  const counts = readColumn(reader, Uint32Array, 'events', rows);
  const offsets = new Float64Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    if (counts[row] > BLOCKS_KNOWN) reader.fail(`${counts[row]} blocks of ${BLOCKS_KNOWN}`);
    offsets[row + 1] = offsets[row] + counts[row];
  }
  const blocks = readColumn(reader, Uint32Array, 'blocks', offsets[rows]);
  for (let row = 0; row < rows; row++) {
    for (let k = offsets[row] + 1; k < offsets[row + 1]; k++) blocks[k] += blocks[k - 1] + 1;
  }
  return { first, offsets, blocks };
}
