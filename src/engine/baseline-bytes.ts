import { InputError } from '../errors.js';
import { type ByteReader, ByteWriter } from '../series/bytes.js';
import { readColumn, writeColumn } from '../series/codec-column.js';
import { readKeys, writeKeys } from '../series/codec-keys.js';
import { openSnapshot, sealSnapshot } from '../series/codec-snapshot.js';
import { MAX_BUCKETS, MAX_STEP } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import type { BaselineParts } from './baseline-parts.js';
import { ModelCodec } from './counts/model-bytes.js';
import type { GaugeModel } from './levels/model.js';

/** Version of the payload; any change of what is written below is a new one. */
const VERSION = 4;

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
  const codec = new ModelCodec(grid);
  for (const model of models) codec.write(writer, model);
  for (const gauge of gauges) writeGauge(writer, gauge);
}

function readBaseline(reader: ByteReader): BaselineParts {
  const measure = (['count', 'level'] as const)[reader.uint8()] ?? reader.fail('a measure that is unknown');
  const grid = { start: reader.signed(), step: reader.varint(), length: reader.varint() };
  if (grid.step < 1 || grid.step > MAX_STEP || grid.length > MAX_BUCKETS) reader.fail('a grid that cannot be');
  if (Math.abs(grid.start) > 8.64e15 || grid.start + grid.length * grid.step > 8.64e15)
    reader.fail('a time that cannot be');
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
  const codec = new ModelCodec(grid);
  const models = measure === 'count' ? keys.map(() => codec.read(reader)) : [];
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
