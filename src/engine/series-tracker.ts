import type { SeriesKey } from '../series/key.js';
import { DAY, type TimeGrid, WEEK } from '../time/grid.js';
import { slotsOf, weekSlots } from '../time/week.js';
import type { Baseline } from './baseline.js';
import type { RowModel } from './counts/model.js';
import { type CountRules, countRules, natsFor } from './counts/track/rules.js';
import { TrackScratch } from './counts/track/scratch.js';
import { CountTracker, type Exceptions } from './counts/track/tracker.js';
import { fitGauge, type GaugeModel } from './levels/model.js';
import { GaugeRow } from './levels/tracker.js';
import { bucketVerdict, type ScoreColumns, unobserved } from './types.js';
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
  { grid: { step }, keys }: Baseline,
  perWeek: number,
  options: Pick<CountRules, 'minEffect' | 'acceptShifts'>,
): WatchRules {
  const windows = windowsOf(step);
  return {
    counts: countRules(windows, { nats: natsFor(perWeek, keys.length, windows), ...options }),
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
  readonly count: CountTracker | undefined;
  readonly gauge: GaugeRow | undefined;
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
    const gauge = new GaugeRow(of?.gauge ?? emptyGauge(step), step, states?.tracker.slice());
    gauge.acceptShifts = rules.counts.acceptShifts;
    const zone = of?.timeZone ?? 'UTC';
    return { key, zone, known: of !== undefined, learning: false, count: undefined, gauge, clock: undefined };
  }
  const { model, timeZone, found, known, learning, isNew } = baseline.modelOf(key);
  return {
    key,
    zone: timeZone,
    known,
    learning,
    count: new CountTracker(model, rules.counts, isNew, rules.scratch, states?.tracker),
    gauge: undefined,
    clock: found ? new ZoneChoice(states?.clock) : undefined,
  };
}

/** What a row has become, to the last bit. */
export interface RowStates {
  readonly tracker: Float64Array;
  readonly clock: Float64Array;
}

export function stateOf({ count, gauge, clock }: WatchedRow): RowStates {
  return {
    tracker: (count ?? gauge)?.toState() ?? new Float64Array(0),
    clock: clock?.toState() ?? new Float64Array(0),
  };
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
 * @param y `[grid.length]`
 * @param observed `[grid.length]`
 */
export function runRow(
  row: WatchedRow,
  y: Float64Array,
  observed: Uint8Array,
  grid: TimeGrid,
  tables: SlotTables,
  rules: WatchRules,
  learn: boolean,
  scores: ScoreColumns | undefined,
  at: number,
  exceptions?: Exceptions,
): void {
  const { start, length } = grid;
  const { count, gauge, clock } = row;
  const slots = tables.own(row.zone);
  if (count !== undefined) {
    const others = clock === undefined ? [] : tables.others(row.zone, count.model);
    const choose =
      clock !== undefined && others.some((other) => other !== null)
        ? (of: CountTracker, calls: number, i: number) => clock.choose(of, calls, i, slots, others)
        : undefined;
    count.run({ start, length, calls: y, observed, slots, choose, exceptions }, learn, row.learning, scores, at);
  } else if (gauge !== undefined) runGauge(gauge, y, observed, grid, slots, rules, learn, scores, at, exceptions);
}

function runGauge(
  gauge: GaugeRow,
  y: Float64Array,
  observed: Uint8Array,
  { start, step, length }: TimeGrid,
  slots: Int32Array,
  rules: WatchRules,
  learn: boolean,
  scores: ScoreColumns | undefined,
  at: number,
  exceptions: Exceptions | undefined,
): void {
  const out = bucketVerdict();
  for (let i = 0; i < length; i++) {
    if (observed[i] === 0 || !Number.isFinite(y[i])) {
      gauge.skip(slots[i]);
      if (scores !== undefined) unobserved(scores, at + i, step);
      continue;
    }
    const expected = exceptions?.expected(start + i * step) ?? false;
    gauge.observe(y[i], slots[i], rules.logAlpha, learn && !expected, out);
    if (expected && out.reason === 0) {
      out.verdict = 0;
      out.lower = -Infinity;
      out.upper = Infinity;
    }
    if (scores === undefined) continue;
    const cell = at + i;
    scores.expected[cell] = out.expected;
    scores.lower[cell] = out.lower;
    scores.upper[cell] = out.upper;
    scores.surprise[cell] = out.surprise;
    scores.spans[cell] = out.span;
    scores.reasons[cell] = out.reason;
    scores.verdicts[cell] = out.verdict;
  }
}
