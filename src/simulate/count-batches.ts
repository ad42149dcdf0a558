import { SeriesSetBuilder } from '../series/builder.js';
import { KEY_FIELDS, type SeriesKey, seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import type { Label } from './incident.js';
import type { Effect } from './incident-effect.js';
import { type Batch, type CallKind, callsOf, countsUnder, outcomeOf } from './lane.js';
import type { Timeline } from './timeline.js';

/** The names by which a series is told apart, e.g. `['keyArn', 'operation']`. */
export type Level = readonly (keyof SeriesKey)[];

/** Counts all batches by the levels, and under the incidents' labels, in one pass. */
export function countBatches(
  timeline: Timeline,
  step: number,
  levels: readonly Level[],
  effects: readonly Effect[],
): { set: SeriesSet; labels: Label[] } {
  const { from, to } = timeline;
  const builder = new SeriesSetBuilder({ step, start: from, end: to });
  const rows = new Map<CallKind, number[]>();
  const seen = new Float64Array(effects.length);
  const count = (kind: CallKind, time: number, calls: number) => {
    let at = rows.get(kind);
    if (at === undefined) {
      at = levels.flatMap((level) => keysOf(kind, level)).map((key) => builder.row(key));
      rows.set(kind, at);
    }
    for (const row of at) builder.addAt(row, time, calls);
    for (const [i, effect] of effects.entries()) {
      if (time >= effect.from && time < effect.to && countsUnder(kind, effect.key)) seen[i] += calls;
    }
  };
  // Only a batch that an edge cuts needs the times of its calls: large fleets are counted without drawing them.
  const edges = effects.flatMap((effect) => [effect.from, effect.to]);
  const isCut = (batch: Batch) =>
    Math.floor((batch.from - from) / step) !== Math.floor((batch.to - 1 - from) / step) ||
    edges.some((edge) => batch.from < edge && edge < batch.to);
  for (const batches of timeline.days()) {
    for (const batch of batches) {
      if (isCut(batch)) for (const call of callsOf(batch)) count(batch.kind, call.time, 1);
      else count(batch.kind, batch.from, batch.calls);
    }
  }
  const labels = effects.map((effect, i) => ({
    kind: effect.incident.kind,
    verdict: effect.verdict,
    key: effect.key,
    from: effect.from,
    to: effect.to,
    calls: seen[i],
    expected: timeline.mean(effect.from, effect.to, effect.key),
    note: effect.incident.note,
  }));
  return { set: builder.finish(), labels };
}

/** The series of one level under which a kind counts: one, one for each of its keys, or none for lack of a key. */
function keysOf(kind: CallKind, level: Level): SeriesKey[] {
  const named = (keyArn: string | null): SeriesKey => {
    const values: SeriesKey = {
      operation: kind.operation,
      keyArn,
      account: kind.account,
      region: kind.region,
      caller: kind.caller,
      outcome: outcomeOf(kind),
      metric: null,
    };
    return seriesKey(Object.fromEntries(KEY_FIELDS.filter((f) => level.includes(f)).map((f) => [f, values[f]])));
  };
  return level.includes('keyArn') ? kind.keyArns.map(named) : [named(null)];
}
