import { type ByteReader, ByteWriter } from '../series/bytes.js';
import { readKeys, writeKeys } from '../series/codec-keys.js';
import { openSnapshot, sealSnapshot } from '../series/codec-snapshot.js';
import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { gridEnd, MOST_TIME, type TimeGrid } from '../time/grid.js';
import { Baseline } from './baseline.js';
import type { RowEvents } from './counts/track/event-blocks.js';
import { LEAST_NATS } from './counts/track/rules.js';
import { type IncidentSnapshot, readSnapshots, writeSnapshots } from './detector-incidents.js';
import { KEPT, readEvents, readRecent, writeEvents, writeRecent } from './recent-bytes.js';
import { StatesAt } from './states-at.js';
import type { SignOff } from './types.js';

/** Version of the payload; any change of what is written below is a new one. */
const VERSION = 9;

/** No budget leaves a test less than e to the minus this. */
const MOST_NATS = 2000;

const LEARN = ['accept-shifts', 'hold'] as const;

/** A time range of one key that was acknowledged, epoch ms. */
export interface Acknowledged {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** What a detector is made of: plain data. */
export interface DetectorParts {
  readonly baseline: Baseline;
  readonly learn: (typeof LEARN)[number];
  readonly minEffect: number;
  readonly perWeek: number;
  /** Keys of the rows that came after those of the baseline. */
  readonly later: readonly SeriesKey[];
  /** The oldest states that can be gone back to; none before anything was observed. */
  readonly oldest: StatesAt | undefined;
  /** What was observed since, in order, all rows in each. */
  readonly recent: readonly SeriesSet[];
  /** Which of it held more than a replay that tests nothing would learn; none before anything was observed. */
  readonly events: RowEvents;
  /** At each state that can be gone back to, and at the end; in the order of time. */
  readonly incidents: readonly IncidentSnapshot[];
  readonly accepted: readonly SignOff[];
  readonly acknowledged: readonly Acknowledged[];
  readonly retired: readonly (readonly [string, number])[];
}

/** @param placeOf the place of a key among those of the baseline and, after them, the later ones */
export function detectorToBytes(parts: DetectorParts, placeOf: (key: SeriesKey) => number): Uint8Array {
  const { oldest } = parts;
  const writer = new ByteWriter();
  writeBlob(writer, parts.baseline.keptBytes());
  writer.uint8(LEARN.indexOf(parts.learn));
  writer.float64(parts.minEffect);
  writer.float64(parts.perWeek);
  writer.float64(parts.baseline.natsFor(parts.perWeek, parts.minEffect));
  writeKeys(writer, parts.later);
  writer.uint8(oldest === undefined ? 0 : 1);
  if (oldest !== undefined) {
    writer.float64(oldest.time);
    writer.varint(oldest.count);
    writeBlob(writer, oldest.bytes);
  }
  writer.varint(parts.recent.length);
  for (const set of parts.recent) writeRecent(writer, set);
  writeEvents(writer, parts.events);
  writeSnapshots(writer, parts.incidents, parts.baseline.grid.step, placeOf);
  writer.varint(parts.accepted.length);
  for (const { id, from, at } of parts.accepted) {
    writer.string(id);
    writer.float64(from);
    writer.float64(at);
  }
  writer.varint(parts.acknowledged.length);
  for (const { id, from, to } of parts.acknowledged) {
    writer.string(id);
    writer.float64(from);
    writer.float64(to);
  }
  writer.varint(parts.retired.length);
  for (const [id, time] of parts.retired) {
    writer.string(id);
    writer.float64(time);
  }
  return sealSnapshot('Detector', VERSION, writer);
}

export function detectorFromBytes(bytes: Uint8Array): DetectorParts {
  const reader = openSnapshot(bytes, 'Detector', VERSION);
  const list = <T>(read: () => T): T[] => {
    const found: T[] = [];
    for (let left = reader.varint(); left > 0; left--) found.push(read());
    return found;
  };
  const baseline = Baseline.fromBytes(readBlob(reader));
  const learn = LEARN[reader.uint8()] ?? reader.fail('a way to learn that is unknown');
  const minEffect = reader.float64();
  const perWeek = reader.float64();
  const nats = reader.float64();
  if (!(nats >= LEAST_NATS && nats <= MOST_NATS)) reader.fail(`a budget of ${nats} nats a test`);
  baseline.knowNats(perWeek, minEffect, nats);
  const later = readKeys(reader);
  const oldest =
    reader.uint8() === 0 ? undefined : StatesAt.ofBytes(reader.float64(), reader.varint(), readBlob(reader).slice());
  const keys = [...baseline.keys, ...later];
  if (oldest !== undefined && oldest.count > keys.length) reader.fail(`states of ${oldest.count} rows`);
  const recent = list(() => readRecent(reader, baseline, keys));
  const events = readEvents(reader, oldest === undefined ? 0 : keys.length);
  if (oldest !== undefined) checkTimes(reader, baseline.grid, oldest.time, recent);
  const incidents = readSnapshots(reader, baseline.grid.step, keys);
  const accepted = list(() => ({ id: reader.string(), from: reader.float64(), at: reader.float64() }));
  const acknowledged = list(() => ({ id: reader.string(), from: reader.float64(), to: reader.float64() }));
  const retired = list(() => [reader.string(), reader.float64()] as const);
  reader.end();
  const terms = { baseline, learn, minEffect, perWeek };
  return { ...terms, later, oldest, recent, events, incidents, accepted, acknowledged, retired };
}

/** The checkpoint and the windows lie on the grid, the windows one after another, and within days of it. */
function checkTimes(reader: ByteReader, grid: TimeGrid, time: number, recent: readonly SeriesSet[]): void {
  const { start, step } = grid;
  const reach = Math.max(KEPT, 4 * step);
  const isOnGrid = (at: number) => Math.abs(at) <= MOST_TIME && (at - start) % step === 0;
  if (!isOnGrid(time)) reader.fail(`a state of ${time}, which is not the border of a bucket`);
  let end = time - reach;
  let total = 0;
  for (const { grid: own } of recent) {
    total += own.length * step;
    if (!isOnGrid(own.start) || own.start < end || gridEnd(own) > MOST_TIME || total > 2 * reach) {
      reader.fail(`counts from ${own.start} to ${gridEnd(own)}, beside the state of ${time}`);
    }
    end = gridEnd(own);
  }
}

function writeBlob(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function readBlob(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.varint());
}
