import { checkNumber, checkRange, InputError, shown } from '../errors.js';
import { keyId, type SeriesKey, sameKeys, seriesKey } from '../series/key.js';
import { checkSet, readPart, type SeriesSet } from '../series/series-set.js';
import { sliceWindow } from '../series/slice.js';
import { DAY, gridEnd } from '../time/grid.js';
import type { Baseline } from './baseline.js';
import { Foreseen } from './counts/track/idle-lookahead.js';
import { natsFor } from './counts/track/rules.js';
import type { Exceptions } from './counts/track/tracker.js';
import { type Acknowledged, detectorFromBytes, detectorToBytes, rowsFromBytes, rowsToBytes } from './detector-bytes.js';
import { DetectorIncidents, type IncidentSnapshot } from './detector-incidents.js';
import { Recent } from './recent-counts.js';
import { MIN_EFFECT, roomForScores, withRows } from './score-window.js';
import { logAlphaFor, runRow, SlotTables, type WatchedRow, type WatchRules, watchRow } from './series-tracker.js';
import type { Incident, Scores } from './types.js';
import { windowsOf } from './windows.js';

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
/** What is replayed is scored so many cells at a time, for its incidents: 50 MB. */
const REPLAYED_CELLS = 1_000_000;

interface Checkpoint {
  /** All buckets before it are in the states. */
  readonly time: number;
  /** Of the first so many rows, see {@link rowsToBytes}. */
  readonly rows: number;
  readonly states: Uint8Array;
  readonly incidents: IncidentSnapshot;
}

/** How the rows of windows with the same keys, in the same order, are matched: looking up 100,000 keys takes 0.2 s. */
interface Matching {
  readonly given: readonly SeriesKey[];
  /** The keys of the whole window: those given, then those of the rows that it lacks. */
  readonly keys: readonly SeriesKey[];
  readonly missing: readonly SeriesKey[];
  /** The detector's row of each. */
  readonly rowOf: Int32Array;
  /** Rows that the detector had when it was made: with more, others are missing. */
  readonly rows: number;
}

/**
 * Watches a stream of counts (or levels): judges bucket after bucket, then learns, guarded, so that an incident teaches
 * nothing. The verdicts are the same however the time is cut into calls of {@link observe}.
 */
export class Detector {
  readonly #baseline: Baseline;
  readonly #options: Required<Omit<DetectorOptions, 'alertBudget'>> & { readonly perWeek: number };
  readonly #rules: WatchRules;
  /** In the order in which they came: those of the baseline first. */
  readonly #rows: WatchedRow[] = [];
  /** Their places by {@link keyId}. */
  readonly #places = new Map<string, number>();
  #matching: Matching | undefined;
  /** The end of what was observed; NaN before the first window. */
  #end = Number.NaN;
  /** States to go back to, oldest first, and what was observed since the oldest. */
  #checkpoints: Checkpoint[] = [];
  readonly #recent: Recent;
  readonly #incidents = new DetectorIncidents();
  /** Only where buckets come one by one. */
  readonly #foreseen: Foreseen;
  #acknowledged: Acknowledged[] = [];
  /** Times from which on keys are retired, by {@link keyId}. */
  #retired = new Map<string, number>();
  /** What both come to, by row; made anew when either changes. */
  #exceptions: Map<number, Exceptions> | undefined;

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
    this.#recent = new Recent(step, baseline.measure);
    this.#foreseen = new Foreseen(step);
    for (const key of baseline.keys) this.#place(key);
  }

  /** The baseline that it began with; what was learned since is in the detector's own state. */
  get baseline(): Baseline {
    return this.#baseline;
  }

  /** The end of what was observed, epoch ms; NaN before the first window. */
  get end(): number {
    return this.#end;
  }

  /**
   * The open incidents, and those closed within 48 h, in the order in which they opened. The same, ids too, however the
   * time was cut into calls of {@link observe}, and after {@link fromBytes}; what is re-stated, or marked as expected, may
   * change, open and close them after the fact. One that `changed` after the end of the last window is new, has grown or
   * was closed.
   */
  get incidents(): readonly Incident[] {
    return this.#incidents.incidents;
  }

  /** The place of a key's row, which is made where it is new. */
  #place(key: SeriesKey): number {
    const id = keyId(key);
    let place = this.#places.get(id);
    if (place === undefined) {
      place = this.#rows.length;
      this.#rows.push(watchRow(this.#baseline, key, this.#rules));
      this.#places.set(id, place);
      // What was said of it before it came.
      this.#exceptions = undefined;
    }
    return place;
  }

  #keys(): SeriesKey[] {
    return this.#rows.map(({ key }) => key);
  }

  #match(given: readonly SeriesKey[]): Matching {
    const last = this.#matching;
    if (last !== undefined && last.rows === this.#rows.length && sameKeys(last.given, given)) return last;
    const before = this.#rows.length;
    const places = given.map((key) => this.#place(key));
    const present = new Uint8Array(this.#rows.length);
    for (const place of places) present[place] = 1;
    const missing: SeriesKey[] = [];
    for (let place = 0; place < before; place++) {
      if (present[place] === 1) continue;
      missing.push(this.#rows[place].key);
      places.push(place);
    }
    this.#matching = {
      given,
      keys: missing.length === 0 ? given : [...given, ...missing],
      missing,
      rowOf: Int32Array.from(places),
      rows: this.#rows.length,
    };
    return this.#matching;
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
    const { missing, keys, rowOf } = this.#match(window.keys);
    const whole = missing.length === 0 ? window : withRows(window, keys);
    const scores = this.#roomFor(whole, rowOf);
    if (window.grid.start < this.#end) this.#restate(whole, rowOf, scores);
    else this.#advance(whole, rowOf, scores);
    return scores;
  }

  #roomFor(whole: SeriesSet, rowOf: Int32Array): Scores {
    const scores = roomForScores(whole);
    for (let row = 0; row < rowOf.length; row++) scores.known[row] = this.#rows[rowOf[row]].known ? 1 : 0;
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
  #advance(whole: SeriesSet, rowOf: Int32Array, scores: Scores | undefined): void {
    const { start, step, length } = whole.grid;
    if (length === 0) return;
    const end = gridEnd(whole.grid);
    // Only the states of the last two days and of the one before can be asked for.
    const reach = end - RESTATED - CHECKPOINT;
    for (let first = 0; first < length; ) {
      const time = start + first * step;
      const day = Math.floor(time / CHECKPOINT);
      const before = this.#checkpoints.at(-1);
      if (before === undefined || day > Math.floor(before.time / CHECKPOINT)) this.#checkpoint(time);
      const next = Math.ceil((Math.max((day + 1) * CHECKPOINT, reach) - start) / step);
      const last = Math.min(length, Math.max(first + 1, next));
      this.#follow(whole, rowOf, first, last, scores);
      this.#recent.append(whole, rowOf, first, last);
      first = last;
    }
    this.#end = end;
    this.#forget();
  }

  /** Runs all rows over some buckets, and follows their incidents. */
  #follow(whole: SeriesSet, rowOf: Int32Array, first: number, last: number, scores: Scores | undefined): void {
    const { start, step } = whole.grid;
    if (scores !== undefined || this.#incidents.isKnown) {
      this.#run(whole, rowOf, first, last, scores);
      if (scores !== undefined) this.#incidents.take(scores, start + first * step, start + last * step);
      return;
    }
    const width = Math.max(1, Math.floor(REPLAYED_CELLS / Math.max(1, rowOf.length)));
    for (let at = first; at < last; at += width) {
      const part = sliceWindow(whole, start + at * step, start + Math.min(last, at + width) * step);
      const room = this.#roomFor(part, rowOf);
      this.#run(part, rowOf, 0, part.grid.length, room);
      this.#incidents.take(room, part.grid.start, gridEnd(part.grid));
    }
  }

  #run(whole: SeriesSet, rowOf: Int32Array, first: number, last: number, scores: Scores | undefined): void {
    const { start, step, length } = whole.grid;
    const { observed } = whole;
    const grid = { start: start + first * step, step, length: last - first };
    const tables = new SlotTables(this.#baseline.grid, grid);
    const isAlike = observed.length === length;
    const y = new Float64Array(grid.length);
    const listened = isAlike ? observed.subarray(first, last) : new Uint8Array(grid.length);
    const exceptions = this.#exceptionsByRow();
    const foreseen = this.#foreseen;
    const isTick = grid.length === 1 && whole.measure === 'count';
    if (isTick) {
      foreseen.reserve(this.#rows.length);
      foreseen.begin(grid.start);
    }
    const ahead = new SlotTables(this.#baseline.grid, { ...grid, length: foreseen.length });
    for (let row = 0; row < rowOf.length; row++) {
      readPart(whole, row, first, last, y);
      if (!isAlike) for (let i = 0; i < grid.length; i++) listened[i] = observed[row * length + first + i];
      const place = rowOf[row];
      const at = row * length + first;
      const own = exceptions.size === 0 ? undefined : exceptions.get(place);
      const isQuiet = isTick && y[0] === 0 && listened[0] !== 0 && own === undefined;
      if (isQuiet && foreseen.take(place, scores, at)) continue;
      const watched = this.#rows[place];
      this.#settle(place);
      if (isQuiet && watched.count !== undefined && watched.clock === undefined) {
        foreseen.foresee(place, watched.count, ahead.own(watched.zone), watched.learning);
        if (foreseen.take(place, scores, at)) continue;
      }
      foreseen.drop(place);
      runRow(watched, y, listened, grid, tables, this.#rules, true, scores, at, own);
    }
  }

  /** A row's state becomes that after all its buckets. */
  #settle(place: number): void {
    const { count, learning } = this.#rows[place];
    if (count !== undefined) this.#foreseen.settle(place, count, learning);
  }

  #exceptionsByRow(): Map<number, Exceptions> {
    if (this.#exceptions !== undefined) return this.#exceptions;
    const { step } = this.#rules.windows;
    const found = new Map<number, Exceptions>();
    for (const id of new Set([...this.#acknowledged.map((range) => range.id), ...this.#retired.keys()])) {
      const own = this.#acknowledged.filter((range) => range.id === id);
      const gone = this.#retired.get(id) ?? Number.POSITIVE_INFINITY;
      const place = this.#places.get(id);
      // A key that has not been seen yet gets its own when it comes.
      if (place === undefined) continue;
      found.set(place, {
        expected: (time) => own.some(({ from, to }) => time < to && time + step > from),
        retired: (time) => time >= gone,
      });
    }
    this.#exceptions = found;
    return found;
  }

  #checkpoint(time: number): void {
    const incidents = this.#incidents.snapshot(time, (key) => this.#place(key));
    if (incidents === undefined) return;
    for (let place = 0; place < this.#rows.length; place++) this.#settle(place);
    const states = rowsToBytes(this.#rows, this.#baseline.grid.step, time);
    this.#checkpoints.push({ time, rows: this.#rows.length, states, incidents });
  }

  /** Drops the states, and what was observed, that no late window can reach any more. */
  #forget(): void {
    const reach = this.#end - RESTATED;
    while (this.#checkpoints.length > 1 && this.#checkpoints[1].time <= reach) this.#checkpoints.shift();
    this.#recent.forget(this.#checkpoints[0].time);
  }

  /** Back to the last state before `time`; returns what was observed since it, in order, all rows in each. */
  #goBack(time: number): SeriesSet[] {
    while (this.#checkpoints.length > 1 && (this.#checkpoints.at(-1)?.time ?? 0) > time) this.#checkpoints.pop();
    const { time: since, rows, states, incidents } = this.#checkpoints[this.#checkpoints.length - 1];
    const of = rowsFromBytes(states, this.#rows, rows, this.#baseline.grid.step, since);
    for (const [place, { key }] of this.#rows.entries()) {
      this.#rows[place] = watchRow(this.#baseline, key, this.#rules, of[place]);
    }
    this.#foreseen.dropAll();
    this.#incidents.goBackTo(incidents, this.#keys());
    this.#checkpoints.pop();
    const again = this.#recent.since(since, this.#keys());
    this.#recent.cut(since);
    this.#end = since;
    return again;
  }

  /** Observes again what was observed before: all rows, in their order. */
  #replay(set: SeriesSet): void {
    this.#advance(
      set,
      Int32Array.from(set.keys, (_, row) => row),
      undefined,
    );
  }

  #restate(whole: SeriesSet, rowOf: Int32Array, scores: Scores): void {
    const { start } = whole.grid;
    const end = gridEnd(whole.grid);
    const again = this.#goBack(start);
    for (const set of again) {
      if (set.grid.start < start) {
        this.#replay(gridEnd(set.grid) <= start ? set : sliceWindow(set, set.grid.start, start));
      }
    }
    this.#advance(whole, rowOf, scores);
    for (const set of again) {
      if (gridEnd(set.grid) > end) this.#replay(set.grid.start >= end ? set : sliceWindow(set, end, gridEnd(set.grid)));
    }
  }

  /**
   * What happens to a key between two times is known and no anomaly (a load test, a migration): it is not told, and what
   * the last 48 h of it taught is untaught. It stays so for buckets still to come, and in the bytes.
   */
  markExpected(key: Partial<SeriesKey>, from: number | Date, to: number | Date): void {
    const range = checkRange(from, to);
    // What was taught longer ago stays: where the states stand that can be gone back to must make no difference.
    const since = Number.isNaN(this.#end) ? range.from : Math.max(range.from, this.#end - RESTATED);
    if (since >= range.to) return;
    this.#acknowledged.push({ id: keyId(seriesKey(key)), from: since, to: range.to });
    this.#exceptions = undefined;
    if (Number.isNaN(this.#end) || since >= this.#end) return;
    const again = this.#goBack(since);
    for (const set of again) this.#replay(set);
  }

  /** A key was deleted: from the end of what was observed on, its silence is no news. A call on it would be. */
  retire(key: Partial<SeriesKey>): void {
    const id = keyId(seriesKey(key));
    const end = Number.isNaN(this.#end) ? gridEnd(this.#baseline.grid) : this.#end;
    if (!this.#retired.has(id)) this.#retired.set(id, end);
    this.#exceptions = undefined;
  }

  /**
   * Everything, so that {@link fromBytes} goes on as if it had never stopped: the baseline, the state of two to three days
   * ago, and what was observed since, which is replayed. Versioned, with a checksum, the same bytes for the same detector.
   */
  toBytes(): Uint8Array {
    const oldest = this.#checkpoints.at(0);
    const placeOf = (key: SeriesKey) => this.#place(key);
    const now = this.#incidents.snapshot(this.#end, placeOf);
    const parts = {
      baseline: this.#baseline,
      ...this.#options,
      later: this.#rows.slice(this.#baseline.keys.length).map(({ key }) => key),
      oldest,
      recent: oldest === undefined ? [] : this.#recent.since(oldest.time, this.#keys()),
      incidents: [...this.#checkpoints.map(({ incidents }) => incidents), ...(now === undefined ? [] : [now])],
      acknowledged: this.#acknowledged,
      retired: [...this.#retired],
    };
    return detectorToBytes(parts, placeOf);
  }

  /** @throws FormatError when the bytes are no detector, of another version, or damaged; it says which */
  static fromBytes(bytes: Uint8Array): Detector {
    const { baseline, learn, minEffect, perWeek, ...parts } = detectorFromBytes(bytes);
    const detector = new Detector(baseline, { learn, minEffect, alertBudget: { perWeek } });
    detector.#acknowledged = [...parts.acknowledged];
    detector.#retired = new Map(parts.retired);
    for (const key of parts.later) detector.#place(key);
    if (parts.oldest === undefined) return detector;
    const { time, rows, states } = parts.oldest;
    const of = rowsFromBytes(states, detector.#rows, rows, baseline.grid.step, time);
    for (const [place, { key }] of detector.#rows.entries()) {
      detector.#rows[place] = watchRow(baseline, key, detector.#rules, of[place]);
    }
    detector.#end = time;
    detector.#checkpoints.push({ ...parts.oldest, incidents: parts.incidents[0] });
    detector.#incidents.restore(parts.incidents, detector.#keys(), () => {
      for (const set of parts.recent) detector.#replay(set);
    });
    return detector;
  }
}
