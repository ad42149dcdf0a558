import { Baseline } from '../baseline/baseline.js';
import { windowsOf } from '../baseline/windows.js';
import { checkNumber, checkRange, InputError, shown } from '../errors.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { sliceWindow } from '../series/slice.js';
import { DAY, gridEnd } from '../time/grid.js';
import { natsFor } from './count-rules.js';
import { type Acknowledged, type DetectorParts, detectorFromBytes, detectorToBytes } from './detector-codec.js';
import { emptyScores, MIN_EFFECT, withMissingRows } from './score-window.js';
import type { Scores } from './scores.js';
import {
  logAlphaFor,
  type RowStates,
  runRow,
  SlotTables,
  stateOf,
  type WatchedRow,
  type WatchRules,
  watchRow,
} from './watch-row.js';

export interface DetectorOptions {
  /** Expected number of false episodes a week, over all rows, windows and both directions together; 1 by default. */
  readonly alertBudget?: { readonly perWeek: number };
  /**
   * What becomes of a lasting shift of the level: `'accept-shifts'` announces it once and follows it within two days,
   * `'hold'` never does, so that it stays an anomaly until it ends or a new baseline is fitted. Default `'accept-shifts'`.
   */
  readonly learn?: 'accept-shifts' | 'hold';
  /** Least relative departure of a count that is told; 0.1 by default, so that 1.05 times a million calls are not. */
  readonly minEffect?: number;
}

/** How far back a late window may re-state what was observed, in ms. */
const RESTATED = 2 * DAY;
/** Distance of the states that are kept to go back to. */
const CHECKPOINT = DAY;

interface Checkpoint {
  /** All buckets before it are in the states. */
  readonly time: number;
  readonly states: ReadonlyMap<string, RowStates>;
}

/**
 * Watches a stream of counts (or levels): judges bucket after bucket, then learns, guarded, so that an incident teaches
 * nothing. The verdicts are the same however the time is cut into calls of {@link observe}.
 */
export class Detector {
  readonly #baseline: Baseline;
  readonly #options: Required<Omit<DetectorOptions, 'alertBudget'>> & { readonly perWeek: number };
  readonly #rules: WatchRules;
  #rows = new Map<string, WatchedRow>();
  /** The end of what was observed; NaN before the first window. */
  #end = Number.NaN;
  /** States to go back to, oldest first, and what was observed since the oldest. */
  #checkpoints: Checkpoint[] = [];
  #recent: SeriesSet[] = [];
  #acknowledged: Acknowledged[] = [];
  /** Times from which on keys are retired, by {@link keyId}. */
  #retired = new Map<string, number>();

  constructor(baseline: Baseline, options: DetectorOptions = {}) {
    const learn = options.learn ?? 'accept-shifts';
    if (learn !== 'accept-shifts' && learn !== 'hold') {
      throw new InputError(`learn must be 'accept-shifts' or 'hold', got ${shown(learn)}`);
    }
    const perWeek = checkNumber(options.alertBudget?.perWeek ?? 1, 'alertBudget.perWeek', Number.MIN_VALUE, 1e9);
    const minEffect = checkNumber(options.minEffect ?? MIN_EFFECT, 'minEffect', 0, 10);
    const { step } = baseline.grid;
    const windows = windowsOf(step);
    this.#baseline = baseline;
    this.#options = { learn, minEffect, perWeek };
    this.#rules = {
      windows,
      nats: natsFor(perWeek, baseline.keys.length, windows),
      logAlpha: logAlphaFor(perWeek, baseline.keys.length, step),
      minEffect,
      acceptShifts: learn === 'accept-shifts',
    };
    for (const key of baseline.keys) this.#row(key);
  }

  /** The baseline that it began with; what was learned since is in the detector's own state. */
  get baseline(): Baseline {
    return this.#baseline;
  }

  /** The end of what was observed, epoch ms; NaN before the first window. */
  get end(): number {
    return this.#end;
  }

  #row(key: SeriesKey): WatchedRow {
    const id = keyId(key);
    let row = this.#rows.get(id);
    if (row === undefined) {
      row = watchRow(this.#baseline, key, this.#rules);
      this.#rows.set(id, row);
    }
    return row;
  }

  /**
   * Scores the buckets of a window one after another, and learns from them. Rows are matched by key as in
   * {@link scoreWindow}. What lies between the end of the last window and the start of this one was not observed.
   *
   * A window that starts earlier than the last one ended re-states up to 48 h: what it holds takes the place of what was
   * observed before, and everything since is judged anew; the scores are those of the window as it was given.
   *
   * @throws InputError when the step or measure is not the baseline's, when the buckets do not fall on those before, or
   *   when the window starts more than 48 h before the end of what was observed
   */
  observe(window: SeriesSet): Scores {
    this.#check(window);
    const { start } = window.grid;
    const whole = withMissingRows(
      window,
      [...this.#rows.values()].map(({ key }) => key),
    );
    const scores = emptyScores(whole);
    if (start < this.#end) this.#restate(whole, scores);
    else this.#advance(whole, scores);
    for (const [row, key] of whole.keys.entries()) scores.known[row] = this.#row(key).known ? 1 : 0;
    return scores;
  }

  #check(window: SeriesSet): void {
    checkSet(window, 'window');
    const { grid, measure } = this.#baseline;
    const { start, step } = window.grid;
    if (step !== grid.step)
      throw new InputError(`window.grid.step must be the baseline's ${grid.step} ms, got ${step} ms`);
    if (measure !== window.measure) {
      throw new InputError(`window.measure must be '${measure}' as the baseline's, got '${window.measure}'`);
    }
    if (Number.isNaN(this.#end)) return;
    if ((start - this.#end) % step !== 0) {
      throw new InputError(
        `window.grid.start must fall on the buckets observed before (${new Date(this.#end).toISOString()} is one), got ${new Date(start).toISOString()}`,
      );
    }
    if (start < this.#end - RESTATED) {
      throw new InputError(
        `window.grid.start must be at most 48 h before ${new Date(this.#end).toISOString()}, the end of what was observed, got ${new Date(start).toISOString()}`,
      );
    }
  }

  /** Runs all rows over the next buckets, leaving a state to go back to at every midnight (UTC) that may be needed. */
  #advance(whole: SeriesSet, scores: Scores | undefined, from = 0): void {
    const { start, step, length } = whole.grid;
    if (length === from) return;
    if (this.#checkpoints.length === 0) this.#checkpoint(start + from * step);
    let first = from;
    while (first < length) {
      const time = start + first * step;
      const midnight = (Math.floor(time / CHECKPOINT) + 1) * CHECKPOINT;
      // Only the states of the last two days and of the one before can be asked for.
      const needed = midnight >= gridEnd(whole.grid) - RESTATED - CHECKPOINT;
      const next = needed ? Math.max(first + 1, Math.ceil((midnight - start) / step)) : length;
      const last = Math.min(
        length,
        needed ? next : Math.ceil((gridEnd(whole.grid) - RESTATED - CHECKPOINT - start) / step),
      );
      this.#run(whole, first, Math.max(first + 1, last), scores);
      first = Math.max(first + 1, last);
      if (first < length) this.#checkpoint(start + first * step);
    }
    this.#end = gridEnd(whole.grid);
    this.#recent.push(from === 0 ? whole : sliceWindow(whole, start + from * step, this.#end));
    this.#forget();
  }

  #run(whole: SeriesSet, first: number, last: number, scores: Scores | undefined): void {
    const { start, step, length } = whole.grid;
    const grid = { start: start + first * step, step, length: last - first };
    const tables = new SlotTables(this.#baseline.grid, grid);
    const y = new Float64Array(length);
    for (const [row, key] of whole.keys.entries()) {
      const watched = this.#row(key);
      readRow(whole, row, y);
      const observed = observedRow(whole, row);
      runRow(
        watched,
        y.subarray(first, last),
        observed.subarray(first, last),
        grid,
        tables,
        this.#rules,
        true,
        scores,
        row * length + first,
        this.#exceptions(key),
      );
    }
  }

  #exceptions(key: SeriesKey) {
    const id = keyId(key);
    const own = this.#acknowledged.filter((range) => range.id === id);
    const gone = this.#retired.get(id) ?? Number.POSITIVE_INFINITY;
    if (own.length === 0 && gone === Number.POSITIVE_INFINITY) return undefined;
    return {
      expected: (time: number) => own.some(({ from, to }) => time < to && time + this.#rules.windows.step > from),
      retired: (time: number) => time >= gone,
    };
  }

  #checkpoint(time: number): void {
    const states = new Map<string, RowStates>();
    for (const [id, row] of this.#rows) states.set(id, stateOf(row));
    this.#checkpoints.push({ time, states });
  }

  /** Drops the states, and the windows, that no late one can reach any more. */
  #forget(): void {
    const reach = this.#end - RESTATED;
    while (this.#checkpoints.length > 1 && this.#checkpoints[1].time <= reach) this.#checkpoints.shift();
    const since = this.#checkpoints[0].time;
    this.#recent = this.#recent.flatMap((set) => {
      if (gridEnd(set.grid) <= since) return [];
      return [set.grid.start >= since ? set : sliceWindow(set, since, gridEnd(set.grid))];
    });
  }

  /** Back to the last state before `time`; returns what was observed since it, in order. */
  #goBack(time: number): SeriesSet[] {
    while (this.#checkpoints.length > 1 && (this.#checkpoints.at(-1)?.time ?? 0) > time) this.#checkpoints.pop();
    const { time: since, states } = this.#checkpoints[this.#checkpoints.length - 1];
    const rows = new Map<string, WatchedRow>();
    for (const [id, { key }] of this.#rows) {
      const state = states.get(id);
      rows.set(id, watchRow(this.#baseline, key, this.#rules, state));
    }
    this.#rows = rows;
    this.#checkpoints.pop();
    const again = this.#recent.flatMap((set) =>
      gridEnd(set.grid) <= since ? [] : [since <= set.grid.start ? set : sliceWindow(set, since, gridEnd(set.grid))],
    );
    this.#recent = this.#recent.flatMap((set) =>
      set.grid.start >= since ? [] : [sliceWindow(set, set.grid.start, Math.min(since, gridEnd(set.grid)))],
    );
    this.#end = since;
    return again;
  }

  #restate(whole: SeriesSet, scores: Scores): void {
    const { start } = whole.grid;
    const end = gridEnd(whole.grid);
    const again = this.#goBack(start);
    const keys = [...this.#rows.values()].map(({ key }) => key);
    const replay = (set: SeriesSet) => this.#advance(withMissingRows(set, keys), undefined);
    for (const set of again) {
      if (set.grid.start < start) replay(gridEnd(set.grid) <= start ? set : sliceWindow(set, set.grid.start, start));
    }
    this.#advance(whole, scores);
    for (const set of again) {
      if (gridEnd(set.grid) > end) replay(set.grid.start >= end ? set : sliceWindow(set, end, gridEnd(set.grid)));
    }
  }

  /**
   * What happens to a key between two times is known and no anomaly (a load test, a migration): it is not told, and what
   * the last 48 h of it taught is untaught. It stays so for buckets still to come, and in the bytes.
   */
  markExpected(key: Partial<SeriesKey>, from: number | Date, to: number | Date): void {
    const range = checkRange(from, to);
    this.#acknowledged.push({ id: keyId(seriesKey(key)), ...range });
    if (Number.isNaN(this.#end) || range.from >= this.#end) return;
    const again = this.#goBack(Math.max(range.from, this.#end - RESTATED));
    for (const set of again) this.#advance(set, undefined);
  }

  /** A key was deleted: from the end of what was observed on, its silence is no news. A call on it would be. */
  retire(key: Partial<SeriesKey>): void {
    const id = keyId(seriesKey(key));
    const end = Number.isNaN(this.#end) ? gridEnd(this.#baseline.grid) : this.#end;
    if (!this.#retired.has(id)) this.#retired.set(id, end);
  }

  /**
   * Everything, so that {@link fromBytes} goes on as if it had never stopped: the baseline, the state of two to three days
   * ago, and what was observed since, which is replayed. Versioned, with a checksum, the same bytes for the same detector.
   */
  toBytes(): Uint8Array {
    const oldest = this.#checkpoints[0];
    return detectorToBytes({
      baseline: this.#baseline.toBytes(),
      ...this.#options,
      time: oldest?.time ?? Number.NaN,
      rows: [...this.#rows].map(([id, { key }]) => ({ key, states: oldest?.states.get(id) })),
      recent: this.#recent,
      acknowledged: this.#acknowledged,
      retired: [...this.#retired],
    });
  }

  /** @throws FormatError when the bytes are no detector, of another version, or damaged; it says which */
  static fromBytes(bytes: Uint8Array): Detector {
    const parts: DetectorParts = detectorFromBytes(bytes);
    const { learn, minEffect, perWeek } = parts;
    const detector = new Detector(Baseline.fromBytes(parts.baseline), { learn, minEffect, alertBudget: { perWeek } });
    detector.#acknowledged = [...parts.acknowledged];
    detector.#retired = new Map(parts.retired);
    for (const { key, states } of parts.rows) {
      detector.#rows.set(keyId(key), watchRow(detector.#baseline, key, detector.#rules, states));
    }
    if (!Number.isNaN(parts.time)) {
      detector.#end = parts.time;
      detector.#checkpoint(parts.time);
      for (const set of parts.recent) detector.#advance(set, undefined);
    }
    return detector;
  }
}
