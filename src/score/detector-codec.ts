import { ByteWriter } from '../series/bytes.js';
import { readColumn, writeColumn } from '../series/codec-column.js';
import { readKeys, writeKeys } from '../series/codec-keys.js';
import { seriesFromBytes, seriesToBytes } from '../series/codec-set.js';
import { openSnapshot, sealSnapshot } from '../series/codec-snapshot.js';
import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import type { RowStates } from './watch-row.js';

/** Version of the payload; any change of what is written below is a new one. */
const VERSION = 1;

const LEARN = ['accept-shifts', 'hold'] as const;

/** A time range of one key that was acknowledged, epoch ms. */
export interface Acknowledged {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** What a detector is made of: plain data. */
export interface DetectorParts {
  readonly baseline: Uint8Array;
  readonly learn: (typeof LEARN)[number];
  readonly minEffect: number;
  readonly perWeek: number;
  /** Time of the states below; NaN before anything was observed. */
  readonly time: number;
  /** Without states: a row that came later. */
  readonly rows: readonly { readonly key: SeriesKey; readonly states: RowStates | undefined }[];
  /** What was observed since, in order. */
  readonly recent: readonly SeriesSet[];
  readonly acknowledged: readonly Acknowledged[];
  readonly retired: readonly (readonly [string, number])[];
}

export function detectorToBytes(parts: DetectorParts): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(parts.baseline.length);
  writer.bytes(parts.baseline);
  writer.uint8(LEARN.indexOf(parts.learn));
  writer.float64(parts.minEffect);
  writer.float64(parts.perWeek);
  writer.float64(parts.time);
  writeKeys(
    writer,
    parts.rows.map(({ key }) => key),
  );
  for (const { states } of parts.rows) {
    writer.uint8(states === undefined ? 0 : 1);
    if (states === undefined) continue;
    writeColumn(writer, states.tracker);
    writeColumn(writer, states.clock);
  }
  writer.varint(parts.recent.length);
  for (const set of parts.recent) {
    const bytes = seriesToBytes(set);
    writer.varint(bytes.length);
    writer.bytes(bytes);
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
  const baseline = reader.bytes(reader.varint());
  const learn = LEARN[reader.uint8()] ?? reader.fail('a way to learn that is unknown');
  const minEffect = reader.float64();
  const perWeek = reader.float64();
  const time = reader.float64();
  const rows = readKeys(reader).map((key) => {
    if (reader.uint8() === 0) return { key, states: undefined };
    return {
      key,
      states: {
        tracker: readColumn(reader, Float64Array, 'tracker'),
        clock: readColumn(reader, Float64Array, 'clock'),
      },
    };
  });
  const recent = list(() => seriesFromBytes(reader.bytes(reader.varint())));
  const acknowledged = list(() => ({ id: reader.string(), from: reader.float64(), to: reader.float64() }));
  const retired = list(() => [reader.string(), reader.float64()] as const);
  reader.end();
  return { baseline, learn, minEffect, perWeek, time, rows, recent, acknowledged, retired };
}
