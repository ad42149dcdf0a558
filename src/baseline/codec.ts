import { InputError } from '../errors.js';
import { type ByteReader, ByteWriter } from '../series/bytes.js';
import { readColumn, writeColumn } from '../series/codec-column.js';
import { readKeys, writeKeys } from '../series/codec-keys.js';
import { openSnapshot, sealSnapshot } from '../series/codec-snapshot.js';
import { MAX_BUCKETS, MAX_STEP } from '../time/grid.js';
import { weekSlots } from '../time/week.js';
import { checkZone } from '../time/zone.js';
import type { BaselineParts } from './baseline.js';
import { flatProfile } from './fit-sparse-row.js';
import type { GaugeModel } from './gauge.js';
import { LEVEL_STATE } from './level-filter.js';
import type { RowModel } from './model.js';
import { type WeekCells, weekCells } from './profile.js';
import { profileOf, stepsOf } from './quantise.js';
import type { Tail } from './tail.js';
import { windowsOf } from './windows.js';

/** Version of the payload; any change of what is written below is a new one. */
const VERSION = 1;

/** A baseline as a snapshot: versioned, with a checksum, the same bytes for the same baseline everywhere. */
export function baselineToBytes(parts: BaselineParts): Uint8Array {
  const writer = new ByteWriter();
  writeBaseline(writer, parts);
  return sealSnapshot('Baseline', VERSION, writer);
}

/** @throws FormatError when the bytes are no such snapshot, of another version, or damaged; it says which */
export function baselineFromBytes(bytes: Uint8Array): BaselineParts {
  const reader = openSnapshot(bytes, 'Baseline', VERSION);
  const parts = readBaseline(reader);
  reader.end();
  return parts;
}

function writeBaseline(writer: ByteWriter, parts: BaselineParts): void {
  const { grid, keys, support, models, gauges, zones, found, defaultZone, measure } = parts;
  writer.uint8(measure === 'count' ? 0 : 1);
  writer.signed(grid.start);
  writer.varint(grid.step);
  writer.varint(grid.length);
  writer.varint(support);
  writer.string(defaultZone ?? '');
  writeKeys(writer, keys);
  const names = [...new Set(zones)];
  writer.varint(names.length);
  for (const name of names) writer.string(name);
  writeColumn(
    writer,
    Uint32Array.from(zones, (zone) => names.indexOf(zone)),
  );
  writeColumn(
    writer,
    Uint8Array.from(found, (is) => (is ? 1 : 0)),
  );
  const flat = flatProfile(weekCells(weekSlots(grid.step)));
  for (const model of models) writeModel(writer, model, model.profile === flat);
  for (const gauge of gauges) writeGauge(writer, gauge);
}

function readBaseline(reader: ByteReader): BaselineParts {
  const measure = (['count', 'level'] as const)[reader.uint8()] ?? reader.fail('a measure that is unknown');
  const grid = { start: reader.signed(), step: reader.varint(), length: reader.varint() };
  if (grid.step < 1 || grid.step > MAX_STEP || grid.length > MAX_BUCKETS) reader.fail('a grid that cannot be');
  const support = reader.varint();
  const zone = reader.string();
  const keys = readKeys(reader);
  const names: string[] = [];
  for (let left = reader.varint(); left > 0; left--) names.push(zoneName(reader));
  const zones = Array.from(
    readColumn(reader, Uint32Array, 'zones', keys.length),
    (i) => names[i] ?? reader.fail('a zone that is not listed'),
  );
  const found = Array.from(readColumn(reader, Uint8Array, 'found', keys.length), (is) => is === 1);
  const cells = weekCells(weekSlots(grid.step));
  const windows = windowsOf(grid.step).spans.length;
  const models = measure === 'count' ? keys.map(() => readModel(reader, cells, windows)) : [];
  const gauges = measure === 'level' ? keys.map(() => readGauge(reader)) : [];
  return { measure, grid, keys, support, models, gauges, zones, found, defaultZone: zone === '' ? undefined : zone };
}

/** A zone that this platform does not know would give wrong slots: better no baseline. */
function zoneName(reader: ByteReader): string {
  const name = reader.string();
  try {
    return checkZone(name);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return reader.fail(`the time zone ${JSON.stringify(name)}, which this platform does not know`);
  }
}

const NUMBERS = [
  'anchor',
  'walk',
  'silenceShift',
  'clock',
  'silent',
  'calls',
  'support',
  'listened',
  'firstCall',
  'lastCall',
  'firstCount',
] as const satisfies readonly (keyof RowModel)[];

/** One model of counts; one with the flat profile of sparse rows leaves it out. */
export function writeModel(writer: ByteWriter, model: RowModel, isFlat: boolean): void {
  writer.uint8(isFlat ? 1 : 0);
  if (!isFlat) {
    const { shape, variance, hourVariance } = stepsOf(model.profile);
    writeColumn(writer, shape);
    writeColumn(writer, variance);
    writeColumn(writer, hourVariance);
  }
  for (const name of NUMBERS) writer.float64(model[name]);
  const tails = [...model.above, ...model.below, model.silence];
  const numbers = [...model.level, ...model.phi, ...model.alpha, ...tails.flatMap((t) => [t.stretch, t.knee, t.far])];
  writeColumn(writer, Float64Array.from(numbers));
}

export function readModel(reader: ByteReader, cells: WeekCells, windows: number): RowModel {
  const isFlat = reader.uint8() === 1;
  const { perWeek } = cells.slots;
  const profile = isFlat
    ? flatProfile(cells)
    : profileOf({
        shape: readColumn(reader, Int32Array, 'shape', perWeek),
        variance: readColumn(reader, Int32Array, 'variance', perWeek),
        hourVariance: readColumn(reader, Int32Array, 'hourVariance', perWeek),
      });
  const scalars = Object.fromEntries(NUMBERS.map((name) => [name, reader.float64()])) as Record<
    (typeof NUMBERS)[number],
    number
  >;
  const numbers = readColumn(reader, Float64Array, 'model', LEVEL_STATE + 2 * windows + 3 * (2 * windows + 1));
  let at = 0;
  const take = (n: number) => {
    at += n;
    return numbers.slice(at - n, at);
  };
  const level = take(LEVEL_STATE);
  const phi = take(windows);
  const alpha = take(windows);
  const tail = (): Tail => {
    const [stretch, knee, far] = take(3);
    return { stretch, knee, far };
  };
  return {
    ...scalars,
    profile,
    level,
    phi,
    alpha,
    above: Array.from({ length: windows }, tail),
    below: Array.from({ length: windows }, tail),
    silence: tail(),
  };
}

function writeGauge(writer: ByteWriter, { step, perDay, scatter, state }: GaugeModel): void {
  writer.varint(step);
  writer.varint(perDay);
  writer.float64(scatter.power);
  writer.float64(scatter.typical);
  writeColumn(writer, state);
}

function readGauge(reader: ByteReader): GaugeModel {
  return {
    step: reader.varint(),
    perDay: reader.varint(),
    scatter: { power: reader.float64(), typical: reader.float64() },
    state: readColumn(reader, Float64Array, 'state'),
  };
}
