import { keyId, type SeriesKey } from '../series/key.js';
import { gridEnd, type TimeGrid, WEEK } from '../time/grid.js';
import { weekSlots } from '../time/week.js';
import type { ZoneOffsets } from '../time/zone.js';
import type { Baseline, ModelOfKey } from './baseline.js';
import { withPauses } from './calendar-days.js';
import { silentExposure } from './counts/silence-end.js';
import type { KnownEvents } from './counts/track/event-blocks.js';
import { type CountRules, countRules, natsFor } from './counts/track/rules.js';
import { TrackScratch } from './counts/track/scratch.js';
import { startSilence } from './counts/track/silence-rate.js';
import { CountTracker } from './counts/track/tracker.js';
import { fitGauge, type GaugeModel } from './levels/model.js';
import { GaugeRow } from './levels/tracker.js';
import type { Exceptions, ScoreColumns, TrackedRange, Tracker } from './types.js';
import { windowsOf } from './windows.js';
import { ZoneChoice } from './zone-choice.js';
import type { SlotTables } from './zone-slots.js';

/** How the rows of one detector, or of one window, are judged. */
export interface WatchRules {
  readonly counts: CountRules;
  /** Of keys that the history lacks: they have a share of their own, and spend nothing that others leave. */
  readonly firstSeen: CountRules;
  /** ln of the tail probability at which one bucket of a level is told, on either side. */
  readonly logAlpha: number;
  /** Of whoever runs the rows. */
  readonly scratch: TrackScratch;
}

/** @param perWeek false episodes a week that all rows together may have */
export function watchRules(
  baseline: Baseline,
  perWeek: number,
  options: Pick<CountRules, 'minEffect' | 'acceptShifts'>,
): WatchRules {
  const { grid, keys } = baseline;
  const { step } = grid;
  const windows = windowsOf(step);
  const historyEnd = gridEnd(grid);
  return {
    counts: countRules(windows, { nats: baseline.natsFor(perWeek, options.minEffect), historyEnd, ...options }),
    firstSeen: countRules(windows, { nats: natsFor(perWeek, keys.length, windows), historyEnd, ...options }),
    logAlpha: logAlphaFor(perWeek, keys.length, step),
    scratch: new TrackScratch(),
  };
}

/** The week slots of the buckets that rows are run over. */
export type ZoneSlots = Pick<SlotTables, 'own' | 'of'>;

/** One row as it is watched: its tracker, and what its time zone turns out to be. */
export interface WatchedRow {
  readonly key: SeriesKey;
  readonly zone: ZoneOffsets;
  readonly known: boolean;
  readonly learning: boolean;
  readonly tracker: Tracker;
  /** The same, of counts. */
  readonly count: CountTracker | undefined;
  /** Of counts: how its time zone goes on. */
  readonly choice: ZoneChoice | undefined;
}

/** The gauge of a metric of which nothing is known: it learns as it is watched. */
function emptyGauge(step: number): GaugeModel {
  const grid = { start: 0, step, length: 0 };
  return fitGauge(new Float64Array(0), new Uint8Array(0), {
    grid,
    slots: new Int32Array(0),
    perDay: weekSlots(step).perDay,
  });
}

/** ln of the probability that one test of a level may spend of a budget. */
function logAlphaFor(perWeek: number, rows: number, step: number): number {
  // One a bucket and side: the surprise of a level is that of its tests taken together.
  const tests = 2 * Math.max(1, rows) * Math.max(1, WEEK / step);
  return Math.log(Math.min(0.05, perWeek / tests));
}

/**
 * @param statesOf what a row with this model (of a level, without one) had become; without it, the end of the history
 * @param row of the key among the baseline's, where that is known: to look up 100,000 takes 0.2 s
 */
export function watchRow(
  baseline: Baseline,
  key: SeriesKey,
  rules: WatchRules,
  statesOf?: (of: ModelOfKey | undefined) => RowStates,
  row = baseline.rowOf(keyId(key)),
): WatchedRow {
  const { step } = baseline.grid;
  if (baseline.measure === 'level') {
    const of = baseline.gaugeOf(key);
    const { logAlpha, counts } = rules;
    const levels = { logAlpha, acceptShifts: counts.acceptShifts };
    const tracker = new GaugeRow(of?.gauge ?? emptyGauge(step), step, levels, statesOf?.(undefined).tracker.slice());
    const zone = of?.zone ?? baseline.modelAt(row, key).zone;
    return { key, zone, known: of !== undefined, learning: false, tracker, count: undefined, choice: undefined };
  }
  const of = baseline.modelAt(row, key);
  const { model, zone, known, learning, isNew } = of;
  const states = statesOf?.(of);
  const count = new CountTracker(model, known ? rules.counts : rules.firstSeen, isNew, rules.scratch, states?.tracker);
  if (states === undefined && model.calls > 0 && model.silent > 0 && !model.profile.isFlat) {
    startSilence(count, silentExposure(model, baseline.grid, baseline.lastWeek.own(zone)));
  }
  return { key, zone, known, learning, tracker: count, count, choice: new ZoneChoice(states?.choice) };
}

/** What a row has become, to the last bit. */
export interface RowStates {
  readonly tracker: Float64Array;
  /** Of its time zone; `undefined` where nothing has been in doubt. */
  readonly choice: Float64Array | undefined;
}

/**
 * Runs one row over a window, and writes its part of `scores` where they are asked for.
 * @param values `[grid.length]`
 * @param observed `[grid.length]`
 * @param events of a range that was judged before, see `CountTracker.replay`
 */
export function runRow(
  row: WatchedRow,
  values: Float64Array,
  observed: Uint8Array,
  { start, step, length }: TimeGrid,
  tables: ZoneSlots,
  learn: boolean,
  scores: ScoreColumns | undefined,
  at: number,
  exceptions?: Exceptions,
  events?: KnownEvents,
): void {
  const { tracker, count, choice, learning } = row;
  const settled = settledSlots(row, tables);
  const slots = settled ?? tables.own(row.zone);
  let choose: TrackedRange['choose'];
  if (settled === undefined && count !== undefined && choice !== undefined) {
    const all = tables.of(row.zone, count.begins);
    choose = {
      left: () => choice.left(all),
      choose: (i) => choice.choose(count, values, i, start, all),
      usual: (i) => choice.usual(i, all),
      mark: () => choice.mark(),
      rewind: () => choice.rewind(),
    };
  }
  const excepted = withPauses(exceptions, row.zone, step);
  const range = { start, length, values, observed, slots, choose, exceptions: excepted, learning };
  if (events !== undefined && count !== undefined) count.replay(range, events);
  else tracker.run(range, learn, scores, at);
}

/** The slots of a row that all its candidates agree on; `undefined` where each bucket has to be asked for. */
export function settledSlots({ zone, count, choice }: WatchedRow, tables: ZoneSlots): Int32Array | undefined {
  if (count === undefined || choice === undefined || count.isFlat) return tables.own(zone);
  return choice.settled(tables.of(zone, count.begins));
}
