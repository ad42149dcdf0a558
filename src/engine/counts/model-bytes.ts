import type { ByteReader, ByteWriter } from '../../series/bytes.js';
import { DAY, type TimeGrid } from '../../time/grid.js';
import { quietFromBits, quietToBits } from './burst-hours.js';
import type { RowModel } from './model.js';
import { readSteps, writeSteps } from './profile-codec.js';
import { flatProfile, KeptProfile, slotsPerHour } from './quantized-profile.js';
import { averageLevel, LEVEL, LEVEL_STATE } from './rate-filter.js';
import type { WeekCells } from './seasonal-profile.js';
import { leastTail, type Tail } from './tail-calibration.js';

/** How a model is written: bits of its first byte. */
const FLAT = 1;
/** Every number in full: one that merging made has no shorter form. */
const FULL = 2;
/** With the hours in which bursts come. */
const BURSTS = 4;

const WHOLE = ['calls', 'support', 'listened', 'firstCount', 'silent'] as const satisfies readonly (keyof RowModel)[];
const SCALARS = ['anchor', 'walk', 'silenceShift', 'clock'] as const satisfies readonly (keyof RowModel)[];
type Counts = Pick<RowModel, (typeof WHOLE)[number]>;

/**
 * One model of counts. A fit rounds its numbers to 32 bits before anything uses them (see settle.ts), and most of those of
 * a sparse row are what little history leaves them at: a bit each says which, and the others take four bytes.
 */
export function writeModel(writer: ByteWriter, model: RowModel, grid: TimeGrid, cells: WeekCells): void {
  const isFlat = model.profile === flatProfile(cells);
  const numbers = numbersOf(model);
  const first = bucketOf(model.firstCall, grid);
  const last = bucketOf(model.lastCall, grid);
  const isShort =
    numbers.every((value) => Object.is(value, Math.fround(value))) &&
    first !== undefined &&
    last !== undefined &&
    WHOLE.every((name) => Number.isSafeInteger(model[name]) && model[name] >= 0) &&
    Object.is(levelOf(model.level, model.anchor), model.level[LEVEL]);
  const { bursts } = model;
  writer.uint8((isFlat ? FLAT : 0) | (isShort ? 0 : FULL) | (bursts === null ? 0 : BURSTS));
  if (bursts !== null) {
    writer.varint(quietToBits(bursts.quiet));
    writer.float32(bursts.gain);
    writer.float32(bursts.loss);
  }
  if (!isFlat) {
    writeSteps(writer, model.profile.shapeSteps);
    writeSteps(writer, model.profile.varianceSteps);
    writeSteps(writer, model.profile.hourSteps);
  }
  if (!isShort) {
    for (const name of WHOLE) writer.float64(model[name]);
    writer.float64(model.firstCall);
    writer.float64(model.lastCall);
    for (const value of model.level) writer.float64(value);
    for (const value of numbers.slice(LEVEL)) writer.float64(value);
    return;
  }
  for (const name of WHOLE) writer.varint(model[name]);
  writer.varint(first);
  writer.varint(last);
  const others: number[] = [];
  const flags = new Uint8Array(Math.ceil(numbers.length / 8));
  for (const [i, value] of numbers.entries()) {
    if (Object.is(value, usual(numbers, i, model, model.phi.length, grid.step))) continue;
    flags[i >> 3] |= 1 << (i & 7);
    others.push(value);
  }
  writer.bytes(flags);
  for (const value of others) writer.float32(value);
}

export function readModel(reader: ByteReader, grid: TimeGrid, cells: WeekCells, windows: number): RowModel {
  const form = reader.uint8();
  if (form > (FLAT | FULL | BURSTS)) reader.fail('a model in a form that is unknown');
  const bursts =
    (form & BURSTS) === 0
      ? null
      : { quiet: quietFromBits(reader.varint()), gain: reader.float32(), loss: reader.float32() };
  const { perWeek } = cells.slots;
  const each = slotsPerHour(perWeek);
  const profile =
    (form & FLAT) !== 0
      ? flatProfile(cells)
      : new KeptProfile(
          perWeek,
          each,
          readSteps(reader, perWeek, 'shape'),
          readSteps(reader, perWeek, 'variance'),
          readSteps(reader, perWeek / each, 'hourVariance'),
        );
  const isFull = (form & FULL) !== 0;
  const counts = Object.fromEntries(
    WHOLE.map((name) => [name, isFull ? reader.float64() : reader.varint()]),
  ) as unknown as Counts;
  const firstCall = isFull ? reader.float64() : timeOf(reader.varint(), grid);
  const lastCall = isFull ? reader.float64() : timeOf(reader.varint(), grid);
  const level = new Float64Array(LEVEL_STATE);
  const numbers: number[] = [];
  const total = LEVEL + SCALARS.length + 2 * windows + 3 * (2 * windows + 1);
  if (isFull) {
    for (let i = 0; i < LEVEL_STATE; i++) level[i] = reader.float64();
    for (let i = 0; i < LEVEL; i++) numbers.push(level[i]);
    while (numbers.length < total) numbers.push(reader.float64());
  } else {
    const flags = reader.bytes(Math.ceil(total / 8));
    for (let i = 0; i < total; i++) {
      const isOther = (flags[i >> 3] & (1 << (i & 7))) !== 0;
      numbers.push(isOther ? reader.float32() : usual(numbers, i, counts, windows, grid.step));
    }
  }
  let at = LEVEL;
  const scalar = () => numbers[at++];
  const [anchor, walk, silenceShift, clock] = SCALARS.map(scalar);
  const column = () => Float64Array.from({ length: windows }, scalar);
  const tail = (): Tail => ({ stretch: scalar(), knee: scalar(), far: scalar() });
  const tails = () => Array.from({ length: windows }, tail);
  if (!isFull) {
    level.set(numbers.slice(0, LEVEL));
    averageLevel(level, anchor);
  }
  return {
    ...counts,
    profile,
    firstCall,
    lastCall,
    level,
    anchor,
    walk,
    silenceShift,
    clock,
    phi: column(),
    alpha: column(),
    above: tails(),
    below: tails(),
    bursts,
    silence: tail(),
  };
}

/** What is kept of a model's numbers, in one order: level filters, scalars, phi, alpha, tails. */
function numbersOf(model: RowModel): number[] {
  const tails = [...model.above, ...model.below, model.silence];
  return [
    ...model.level.subarray(0, LEVEL),
    ...SCALARS.map((name) => model[name]),
    ...model.phi,
    ...model.alpha,
    ...tails.flatMap(({ stretch, knee, far }) => [stretch, knee, far]),
  ];
}

/** What number `i` is taken to be by those before it: of a sparse row it mostly is. */
function usual(
  numbers: readonly number[],
  i: number,
  { calls, support, silent }: Counts,
  windows: number,
  step: number,
): number {
  if (i < LEVEL) return 0;
  const name = SCALARS[i - LEVEL];
  if (name === 'anchor') return Math.fround((calls + 0.5) / Math.max(1, support));
  if (name === 'clock') return Math.fround(silent * numbers[LEVEL]);
  if (name !== undefined) return 0;
  const place = i - LEVEL - SCALARS.length;
  if (place < 2 * windows) return numbers[i - 1];
  const tail = leastTail((support * step) / DAY);
  return Math.fround([tail.stretch, tail.knee, numbers[i - 2]][(place - 2 * windows) % 3]);
}

function levelOf(level: Float64Array, anchor: number): number {
  const again = level.slice();
  averageLevel(again, anchor);
  return again[LEVEL];
}

/** 1 + the bucket of the history that begins at `time`, 0 for NaN; `undefined` for a time that is none of its. */
function bucketOf(time: number, { start, step }: TimeGrid): number | undefined {
  if (Number.isNaN(time)) return 0;
  const bucket = (time - start) / step;
  return Number.isSafeInteger(bucket) && bucket >= 0 ? bucket + 1 : undefined;
}

function timeOf(bucket: number, { start, step }: TimeGrid): number {
  return bucket === 0 ? Number.NaN : start + (bucket - 1) * step;
}
