import { scoreVerdicts, type VerdictColumns } from '../../src/evaluate/score-verdicts.js';
import type { SeriesKey } from '../../src/series/key.js';
import { keyId } from '../../src/series/key.js';
import type { SeriesSet } from '../../src/series/series-set.js';
import { type Fleet, type FleetOptions, simulateFleet } from '../../src/simulate/fleet.js';
import { DAY } from '../../src/time/grid.js';

/** Anything that judges the weeks after a history. `zoneOf` tells in whose time a row lives. */
export type Judge = (
  history: SeriesSet,
  judged: SeriesSet,
  about: { readonly zoneOf: (key: SeriesKey) => string; readonly fleet: Fleet },
) => VerdictColumns;

export interface Share {
  found: number;
  events: number;
}

export interface Rate {
  episodes: number;
  rows: number;
}

/** What judging fleets gave; sums over fleets, so that they can be added. */
export interface FleetResult {
  recall: Share;
  /** By event kind; level shifts apart by side. */
  recallByKind: Record<string, Share>;
  falseAlarms: Rate;
  /** By row kind. */
  falseAlarmsByKind: Record<string, Rate>;
  /** Windows from the start of each spike found to its first verdict. */
  spikeDelays: number[];
  /** In rows with a week of history and a call a day. */
  unknown: { buckets: number; unknown: number };
  weeks: number;
  /** What was missed and invented, for a closer look. */
  missed: string[];
  invented: { seed: number; row: number; kind: string; episodes: number }[];
}

export function emptyResult(): FleetResult {
  return {
    recall: { found: 0, events: 0 },
    recallByKind: {},
    falseAlarms: { episodes: 0, rows: 0 },
    falseAlarmsByKind: {},
    spikeDelays: [],
    unknown: { buckets: 0, unknown: 0 },
    weeks: 0,
    missed: [],
    invented: [],
  };
}

/** Judges the fleet of one seed and scores the verdicts, adding to `result`. */
export function runFleet(seed: number | FleetOptions, judge: Judge, result: FleetResult = emptyResult()): FleetResult {
  const options = typeof seed === 'number' ? { seed } : seed;
  return addFleet(simulateFleet(options), options.seed, judge, result);
}

export function addFleet(fleet: Fleet, seed: number, judge: Judge, result: FleetResult): FleetResult {
  const zones = new Map(fleet.judged.keys.map((key, row) => [keyId(key), fleet.zones[row]]));
  const zoneOf = (key: SeriesKey) => zones.get(keyId(key)) ?? 'UTC';
  const score = scoreVerdicts(judge(fleet.history, fleet.judged, { zoneOf, fleet }), fleet.labels);
  for (const [i, { label, kind, row, found, delay }] of score.events.entries()) {
    const name = kind === 'level-shift' ? `level-shift ${label.verdict}` : kind;
    result.recallByKind[name] ??= { found: 0, events: 0 };
    for (const share of [result.recall, result.recallByKind[name]]) {
      share.events++;
      if (found) share.found++;
    }
    if (found && kind === 'spike') result.spikeDelays.push(delay);
    if (!found) {
      const { snr } = fleet.labels[i];
      const from = new Date(label.from).toISOString();
      result.missed.push(`seed ${seed} row ${row} ${fleet.kinds[row]} ${name} from ${from} snr ${snr.toFixed(1)}`);
    }
  }
  for (const [row, kind] of fleet.kinds.entries()) {
    result.falseAlarmsByKind[kind] ??= { episodes: 0, rows: 0 };
    for (const rate of [result.falseAlarms, result.falseAlarmsByKind[kind]]) {
      rate.rows++;
      rate.episodes += score.falseEpisodes[row];
    }
    if (score.falseEpisodes[row] > 0) result.invented.push({ seed, row, kind, episodes: score.falseEpisodes[row] });
    if (!wellKnown(fleet.history, row)) continue;
    result.unknown.buckets += score.observed[row];
    result.unknown.unknown += score.unknown[row];
  }
  result.weeks = score.weeks;
  return result;
}

/** A week of history and a call a day. */
function wellKnown({ grid, keys, values }: SeriesSet, row: number): boolean {
  if (row >= keys.length || !ArrayBuffer.isView(values)) return false;
  const own = values.subarray(row * grid.length, (row + 1) * grid.length);
  const first = own.findIndex((count) => count > 0);
  const days = ((grid.length - first) * grid.step) / DAY;
  let calls = 0;
  for (let i = first; i < grid.length && first >= 0; i++) calls += own[i];
  return first >= 0 && days >= 7 && calls >= days;
}

/** Recall, false episodes per series-week, median delay of spikes, unknown share. */
export function figuresOf(result: FleetResult): {
  recall: number;
  falseAlarms: number;
  spikeDelay: number;
  unknown: number;
} {
  const delays = [...result.spikeDelays].sort((a, b) => a - b);
  return {
    recall: result.recall.found / result.recall.events,
    falseAlarms: result.falseAlarms.episodes / (result.falseAlarms.rows * result.weeks),
    spikeDelay: delays.length === 0 ? Number.NaN : delays[delays.length >> 1],
    unknown: result.unknown.unknown / result.unknown.buckets,
  };
}
