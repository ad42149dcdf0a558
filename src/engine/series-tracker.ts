import type { SeriesKey } from '../series/key.js';
import { DAY, gridEnd, type TimeGrid, WEEK } from '../time/grid.js';
import { slotsOf, weekSlots } from '../time/week.js';
import type { Baseline } from './baseline.js';
import type { RowModel } from './counts/model.js';
import { type CountRules, countRules, natsFor } from './counts/track/rules.js';
import { TrackScratch } from './counts/track/scratch.js';
import { CountTracker } from './counts/track/tracker.js';
import { fitGauge, type GaugeModel } from './levels/model.js';
import { GaugeRow } from './levels/tracker.js';
import type { Exceptions, ScoreColumns, TrackedRange, Tracker } from './types.js';
import { windowsOf } from './windows.js';
import { ZoneChoice } from './zone-choice.js';
import { otherClocks } from './zones.js';

/** How the rows of one detector, or of one window, are judged. */
export interface WatchRules {
  readonly counts: CountRules;
  /** ln of the tail probability at which one bucket of a level is told, on either side. */
  readonly logAlpha: number;
  /** Of whoever runs the rows. */
  readonly scratch: TrackScratch;
}

/** @param perWeek false episodes a week that all rows together may have */
export function watchRules(
  { grid, keys }: Baseline,
  perWeek: number,
  options: Pick<CountRules, 'minEffect' | 'acceptShifts'>,
): WatchRules {
  const { step } = grid;
  const windows = windowsOf(step);
  const historyEnd = gridEnd(grid);
  return {
    counts: countRules(windows, { nats: natsFor(perWeek, keys.length, windows), historyEnd, ...options }),
    logAlpha: logAlphaFor(perWeek, keys.length, step),
    scratch: new TrackScratch(),
  };
}

/** One row as it is watched: its tracker, and which of the clocks it may keep it turns out to. */
export interface WatchedRow {
  readonly key: SeriesKey;
  readonly zone: string;
  readonly known: boolean;
  readonly learning: boolean;
  readonly tracker: Tracker;
  /** The same, of counts. */
  readonly count: CountTracker | undefined;
  /** Only where the zone was not given. */
  readonly clock: ZoneChoice | undefined;
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

/** @param states of {@link stateOf}; without them, the end of the history */
export function watchRow(baseline: Baseline, key: SeriesKey, rules: WatchRules, states?: RowStates): WatchedRow {
  const { step } = baseline.grid;
  if (baseline.measure === 'level') {
    const of = baseline.gaugeOf(key);
    const { logAlpha, counts } = rules;
    const levels = { logAlpha, acceptShifts: counts.acceptShifts };
    const tracker = new GaugeRow(of?.gauge ?? emptyGauge(step), step, levels, states?.tracker.slice());
    const zone = of?.timeZone ?? 'UTC';
    return { key, zone, known: of !== undefined, learning: false, tracker, count: undefined, clock: undefined };
  }
  const { model, timeZone: zone, found, known, learning, isNew } = baseline.modelOf(key);
  const count = new CountTracker(model, rules.counts, isNew, rules.scratch, states?.tracker);
  const clock = found ? new ZoneChoice(states?.clock) : undefined;
  return { key, zone, known, learning, tracker: count, count, clock };
}

/** What a row has become, to the last bit. */
export interface RowStates {
  readonly tracker: Float64Array;
  readonly clock: Float64Array;
}

export function stateOf({ tracker, clock }: WatchedRow): RowStates {
  return { tracker: tracker.toState(), clock: clock?.toState() ?? new Float64Array(0) };
}

/** The week slots of one window's buckets by zone, and those of the other zones that a found one may be. */
export class SlotTables {
  readonly #history: TimeGrid;
  readonly #grid: TimeGrid;
  readonly #own = new Map<string, Int32Array>();
  /** By zone, and by the days of the history before a series began. */
  readonly #others = new Map<string, Map<number, (Int32Array | null)[]>>();

  constructor(history: TimeGrid, grid: TimeGrid) {
    this.#history = history;
    this.#grid = grid;
  }

  own(zone: string): Int32Array {
    let slots = this.#own.get(zone);
    if (slots === undefined) {
      slots = slotsOf(this.#grid, zone, weekSlots(this.#grid.step));
      this.#own.set(zone, slots);
    }
    return slots;
  }

  /** @param model of the row: where its series began within the history, the time before says nothing of its zone */
  others(zone: string, { support, listened, firstCall }: RowModel): readonly (Int32Array | null)[] {
    const { start, step, length } = this.#history;
    const skipped = support < listened && firstCall > start ? Math.floor((firstCall - start) / DAY) : 0;
    let bySkipped = this.#others.get(zone);
    if (bySkipped === undefined) {
      bySkipped = new Map();
      this.#others.set(zone, bySkipped);
    }
    let slots = bySkipped.get(skipped);
    if (slots === undefined) {
      const from = Math.min(length, Math.floor((skipped * DAY) / step));
      const history = { start: start + from * step, step, length: length - from };
      slots = otherClocks(zone, history, this.#grid, weekSlots(step));
      bySkipped.set(skipped, slots);
    }
    return slots;
  }
}

/**
 * Runs one row over a window, and writes its part of `scores` where they are asked for.
 * @param values `[grid.length]`
 * @param observed `[grid.length]`
 */
export function runRow(
  row: WatchedRow,
  values: Float64Array,
  observed: Uint8Array,
  { start, length }: TimeGrid,
  tables: SlotTables,
  learn: boolean,
  scores: ScoreColumns | undefined,
  at: number,
  exceptions?: Exceptions,
): void {
  const { tracker, count, clock, learning } = row;
  const slots = tables.own(row.zone);
  let choose: TrackedRange['choose'];
  if (count !== undefined && clock !== undefined) {
    const others = tables.others(row.zone, count.model);
    if (others.some((other) => other !== null)) choose = (calls, i) => clock.choose(count, calls, i, slots, others);
  }
  tracker.run({ start, length, values, observed, slots, choose, exceptions, learning }, learn, scores, at);
}
