import { InputError } from '../errors.js';
import { type ByteReader, ByteWriter } from '../series/bytes.js';
import { readColumn, writeColumn } from '../series/codec-column.js';
import { readKeys, writeKeys } from '../series/codec-keys.js';
import { openSnapshot, sealSnapshot } from '../series/codec-snapshot.js';
import { idOfDays } from '../time/civil-days.js';
import { DAY, MAX_BUCKETS, MAX_STEP, MOST_TIME } from '../time/grid.js';
import { checkZone, statedOffset, zoneOffsets } from '../time/zone.js';
import type { BaselineParts } from './baseline-parts.js';
import { readDays, writeDays } from './calendar-bytes.js';
import { ModelCodec } from './counts/model-bytes.js';
import type { GaugeModel } from './levels/model.js';
import { withDays } from './zone-candidates.js';
import { type KeptZone, variantId } from './zone-variants.js';

/** Version of the payload; any change of what is written below is a new one. */
const VERSION = 7;

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
  const { grid, keys, support, models, gauges, zones, defaultZone, measure } = parts;
  writer.uint8(measure === 'count' ? 0 : 1);
  writer.signed(grid.start);
  writer.varint(grid.step);
  writer.varint(grid.length);
  writer.varint(support);
  writeKeys(writer, keys);
  const tables = new Map<string, KeptZone>();
  const all = defaultZone === undefined ? zones : [...zones, defaultZone];
  for (const zone of new Set(all)) if (!tables.has(idOf(zone))) tables.set(idOf(zone), zone);
  const places = new Map([...tables.keys()].map((id, place) => [id, place]));
  const placeOf = new Map([...new Set(all)].map((zone) => [zone, places.get(idOf(zone)) ?? 0]));
  writer.varint(tables.size);
  for (const table of tables.values()) {
    writeZone(writer, table);
    writeDays(writer, table.days);
  }
  writeColumn(
    writer,
    Uint32Array.from(zones, (zone) => placeOf.get(zone) ?? 0),
  );
  // 0: no zone was given for all.
  writer.varint(defaultZone === undefined ? 0 : 1 + (placeOf.get(defaultZone) ?? 0));
  writeDays(writer, parts.defaultDays);
  if (measure === 'count') new ModelCodec(grid).write(writer, models);
  for (const gauge of gauges) writeGauge(writer, gauge);
}

function readBaseline(reader: ByteReader): BaselineParts {
  const measure = (['count', 'level'] as const)[reader.uint8()] ?? reader.fail('a measure that is unknown');
  const grid = { start: reader.signed(), step: reader.varint(), length: reader.varint() };
  if (grid.step < 1 || grid.step > MAX_STEP || grid.length > MAX_BUCKETS) reader.fail('a grid that cannot be');
  if (Math.abs(grid.start) > MOST_TIME || grid.start + grid.length * grid.step > MOST_TIME)
    reader.fail('a time that cannot be');
  const support = reader.varint();
  const keys = readKeys(reader);
  const tables: KeptZone[] = [];
  for (let left = reader.varint(); left > 0; left--) tables.push(withDays(readZone(reader), readDays(reader)));
  const zones = Array.from(
    readColumn(reader, Uint32Array, 'zones', keys.length),
    (i) => tables[i] ?? reader.fail('a zone that is not listed'),
  );
  const forNew = reader.varint();
  const defaultZone =
    forNew === 0 ? undefined : (tables[forNew - 1] ?? reader.fail('a zone of new keys that is not listed'));
  const defaultDays = readDays(reader);
  const models = measure === 'count' ? new ModelCodec(grid).read(reader, keys.length) : [];
  const gauges = measure === 'level' ? keys.map(() => readGauge(reader)) : [];
  return { measure, grid, keys, support, models, gauges, zones, defaultZone, defaultDays };
}

/** What sets zones apart: their names, all their offsets, and their calendars. */
function idOf({ zone, variant, from, to, times, offsets, days }: KeptZone): string {
  return [variantId(zone, variant), from, to, ...times, ...offsets, idOfDays(days)].join(' ');
}

function writeZone(writer: ByteWriter, { zone, variant, from, to, times, offsets }: KeptZone): void {
  writer.string(zone);
  writer.string(variant);
  if (statedOffset(zone) !== undefined && variant === '') return;
  writer.signed(from);
  writer.varint(to - from);
  writer.varint(times.length);
  for (const [i, time] of times.entries()) {
    writer.varint(time - from);
    writer.signed(offsets[i]);
  }
}

function readZone(reader: ByteReader): KeptZone {
  const zone = zoneName(reader);
  const variant = reader.string();
  if (statedOffset(zone) !== undefined && variant === '') return { ...zoneOffsets(zone, 0, 0), variant };
  const from = reader.signed();
  const to = from + reader.varint();
  const times: number[] = [];
  const offsets: number[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const time = from + reader.varint();
    const before = times.at(-1);
    if (before === undefined ? time !== from : !(time > before && time <= to)) reader.fail('a zone that cannot be');
    times.push(time);
    const offset = reader.signed();
    if (Math.abs(offset) > DAY) reader.fail(`an offset of ${offset} ms`);
    offsets.push(offset);
  }
  if (times.length === 0) reader.fail('a zone without offsets');
  return { zone, variant, from, to, times: Float64Array.from(times), offsets: Float64Array.from(offsets) };
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
