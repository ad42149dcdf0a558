import { checkNumber, checkRange, checkTime, decoded, InputError } from '../errors.js';
import { checkKey, keyId, type SeriesKey } from '../series/key.js';
import { checkSet, type SeriesSet } from '../series/series-set.js';
import { sliceWindow } from '../series/slice.js';
import type { Calendar } from '../time/calendar.js';
import { DAY, gridEnd } from '../time/grid.js';
import { countText, INSPECT, timeText } from '../time/inspect.js';
import type { Baseline } from './baseline.js';
import { countDecided } from './count-decided.js';
import { type DetectorParts, detectorFromBytes, detectorToBytes } from './detector-bytes.js';
import { DetectorIncidents, type IncidentSnapshot } from './detector-incidents.js';
import { type DetectorOptions, type DetectorTerms, detectorTerms } from './detector-options.js';
import { DetectorRows } from './detector-rows.js';
import { Recent } from './recent-counts.js';
import { type RoomForScores, roomForScores, withRows } from './score-window.js';
import { watchRules } from './series-tracker.js';
import { CHECKPOINT, type StatesAt } from './states-at.js';
import type { Band, Incident, QuietKey, Scores, SignOff } from './types.js';

/** How far back a late window may re-state what was observed, in ms. */
const RESTATED = 2 * DAY;
/** What is replayed is scored so many cells at a time, for its incidents: 50 MB. */
const REPLAYED_CELLS = 1_000_000;

interface Checkpoint {
  /** All buckets before it are in the states. */
  readonly time: number;
  readonly states: StatesAt;
  readonly incidents: IncidentSnapshot;
}

/**
 * Watches a stream of counts (or levels): judges bucket after bucket, then learns, guarded, so that an incident is not
 * learned. The verdicts are the same however the time is cut into calls of {@link observe}.
 */
export class Detector {
  #baseline: Baseline;
  readonly #options: DetectorTerms;
  readonly #rows: DetectorRows;
  #accepted: SignOff[] = [];
  /** So many of them are in the states. */
  #made = 0;
  /** The end of what was observed; NaN before the first window. */
  #end = Number.NaN;
  /** States to go back to, oldest first, and what was observed since the oldest. */
  #checkpoints: Checkpoint[] = [];
  readonly #recent: Recent;
  readonly #incidents = new DetectorIncidents();

  constructor(baseline: Baseline, options?: DetectorOptions);
  /** @internal */
  constructor(baseline: Baseline, options?: DetectorOptions, from?: Pick<DetectorParts, 'later' | 'oldest'>);
  constructor(baseline: Baseline, options: DetectorOptions = {}, from?: Pick<DetectorParts, 'later' | 'oldest'>) {
    const { learn, minEffect, perWeek } = detectorTerms(options);
    this.#baseline = baseline;
    this.#options = { learn, minEffect, perWeek };
    this.#recent = new Recent(baseline.grid.step, baseline.measure);
    const rules = watchRules(baseline, perWeek, { minEffect, acceptShifts: learn === 'accept-shifts' });
    this.#rows = new DetectorRows(baseline, rules, from?.later ?? [], from?.oldest);
  }

  /** The baseline that it began with; what was learned since is in the detector's own state. */
  get baseline(): Baseline {
    return this.#baseline;
  }

  /** What is printed of it. @internal */
  [INSPECT](): string {
    const open = this.incidents.filter(({ state }) => state === 'open').length;
    const until = Number.isNaN(this.#end) ? 'nothing observed yet' : `observed to ${timeText(this.#end)}`;
    return `Detector <${until}, ${countText(open, 'open incident', 'open incidents')}; ${this.#baseline[INSPECT]()}>`;
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
    const { missing, keys, rowOf } = this.#rows.match(window.keys);
    const whole = missing.length === 0 ? window : withRows(window, keys);
    const scores = this.#roomFor(whole, rowOf);
    if (window.grid.start < this.#end) this.#restate(whole, rowOf, scores);
    else this.#advance(whole, rowOf, scores);
    return scores;
  }

  #roomFor(whole: SeriesSet, rowOf: Int32Array): RoomForScores {
    const scores = roomForScores(whole);
    scores.known.set(this.#rows.known(rowOf));
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
  #advance(whole: SeriesSet, rowOf: Int32Array, scores: RoomForScores | undefined): void {
    const { start, step, length } = whole.grid;
    if (length === 0) return;
    const end = gridEnd(whole.grid);
    // Only the states of the last two days and of the one before can be asked for.
    const reach = end - RESTATED - CHECKPOINT;
    for (let first = 0; first < length; ) {
      const time = start + first * step;
      const day = Math.floor(time / CHECKPOINT);
      const before = this.#checkpoints.at(-1);
      this.#acceptUntil(time);
      if (before === undefined || day > Math.floor(before.time / CHECKPOINT)) this.#checkpoint(time);
      const next = Math.ceil((Math.max((day + 1) * CHECKPOINT, reach) - start) / step);
      const signOff = this.#accepted[this.#made]?.at ?? Number.POSITIVE_INFINITY;
      const last = Math.min(length, Math.max(first + 1, Math.min(next, Math.ceil((signOff - start) / step))));
      this.#follow(whole, rowOf, first, last, scores);
      this.#recent.append(whole, rowOf, first, last);
      first = last;
    }
    this.#end = end;
    this.#acceptUntil(end);
    this.#forget();
  }

  /** Runs all rows over some buckets, and follows their incidents. */
  #follow(whole: SeriesSet, rowOf: Int32Array, first: number, last: number, scores: RoomForScores | undefined): void {
    const { start, step } = whole.grid;
    if (scores !== undefined || this.#incidents.isKnown) {
      this.#rows.run(whole, rowOf, first, last, scores);
      if (scores === undefined) return;
      countDecided(scores, whole, rowOf, first, this.#recent);
      this.#incidents.take(scores, start + first * step, start + last * step);
      return;
    }
    const width = Math.max(1, Math.floor(REPLAYED_CELLS / Math.max(1, rowOf.length)));
    for (let at = first; at < last; at += width) {
      const part = sliceWindow(whole, start + at * step, start + Math.min(last, at + width) * step);
      const room = this.#roomFor(part, rowOf);
      this.#rows.run(part, rowOf, 0, part.grid.length, room);
      countDecided(room, whole, rowOf, first, this.#recent);
      this.#incidents.take(room, part.grid.start, gridEnd(part.grid));
    }
  }

  #checkpoint(time: number): void {
    const incidents = this.#incidents.snapshot(time);
    if (incidents === undefined) return;
    this.#checkpoints.push({ time, states: this.#rows.statesAt(time), incidents });
  }

  /** Drops the states, and what was observed, that no late window can reach any more. */
  #forget(): void {
    const reach = this.#end - RESTATED;
    while (this.#checkpoints.length > 1 && this.#checkpoints[1].time <= reach) this.#checkpoints.shift();
    this.#recent.forget(this.#kept(this.#checkpoints[0].time));
  }

  /** Since when what was observed is kept, where states are from `oldest` on: windows look a day further back, sign-offs made again more. */
  #kept(oldest: number): number {
    return this.#accepted.reduce((since, { from, at }) => (at > oldest ? Math.min(since, from) : since), oldest - DAY);
  }

  /** Back to the last state before `time`; returns what was observed since it, in order, all rows in each. */
  #goBack(time: number): SeriesSet[] {
    while (this.#checkpoints.length > 1 && (this.#checkpoints.at(-1)?.time ?? 0) > time) this.#checkpoints.pop();
    const { time: since, states, incidents } = this.#checkpoints[this.#checkpoints.length - 1];
    this.#rows.restore(states);
    this.#incidents.goBackTo(incidents);
    this.#checkpoints.pop();
    const again = this.#recent.since(since, this.#rows.keys());
    this.#recent.cut(since);
    this.#end = since;
    this.#made = this.#accepted.filter(({ at }) => at <= since).length;
    return again;
  }

  /** Observes again what was observed before: all rows, in their order. */
  #replay(set: SeriesSet): void {
    this.#advance(set, inOrder(set), undefined);
  }

  #restate(whole: SeriesSet, rowOf: Int32Array, scores: RoomForScores): void {
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
   * What happens to a key between two times is known and no anomaly (a load test, a migration): it is not reported, and what
   * was learned from the last 48 h of it is forgotten. It stays so for buckets still to come, and in the bytes.
   */
  markExpected(key: Partial<SeriesKey>, from: number | Date, to: number | Date): void {
    const range = checkRange(from, to);
    // What was learned longer ago stays: where the states stand that can be gone back to must make no difference.
    const since = Number.isNaN(this.#end) ? range.from : Math.max(range.from, this.#end - RESTATED);
    if (since >= range.to) return;
    this.#rows.acknowledged.push({ id: keyId(checkKey(key)), from: since, to: range.to });
    this.#rows.except();
    if (Number.isNaN(this.#end) || since >= this.#end) return;
    const again = this.#goBack(since);
    for (const set of again) this.#replay(set);
  }

  /**
   * Signs off what a key has done since the bucket of `from`, as seen up to the end of what was observed: it is what is
   * expected from here on, and what later departures are held against, under `'hold'` too. An open incident of the key ends.
   * Of a sign-off that reaches further back, the last 48 h count; what was marked as expected, or not observed, does not. It
   * is kept in the bytes, and made again when what came before it is re-stated.
   *
   * @throws InputError for a key without a row, before anything was observed, or where `from` is not before the end of that
   */
  accept(key: Partial<SeriesKey>, from: number | Date): void {
    const whole = checkKey(key);
    const time = checkTime(from, 'from');
    if (this.#rows.placeOf(whole) === undefined) {
      throw new InputError(`key must be one of the detector's ${this.#rows.length}, got ${keyId(whole)}`);
    }
    if (this.#baseline.measure === 'level') throw new InputError('accept takes counts, got a detector of levels');
    if (!(time < this.#end)) {
      throw new InputError(
        `from must be before the end of what was observed (${shownTime(this.#end)}), got ${new Date(time).toISOString()}`,
      );
    }
    const { step } = this.#baseline.grid;
    const buckets = Math.min(Math.ceil((this.#end - time) / step), Math.max(1, Math.floor(RESTATED / step)));
    this.#accepted.push({ id: keyId(whole), from: this.#end - buckets * step, at: this.#end });
    this.#acceptUntil(this.#end);
  }

  /**
   * Days that have become known since the baseline was fitted, as `Baseline.withCalendar` takes them: the holidays of next
   * year. What was observed of the last two to three days is judged anew by them; what was learned before stands.
   * @throws InputError for an entry that cannot be
   */
  addCalendar(calendar: Calendar | ((key: SeriesKey) => Calendar | undefined)): void {
    const baseline = this.#baseline.withCalendar(calendar);
    if (baseline === this.#baseline) return;
    this.#baseline = baseline;
    this.#rows.useBaseline(baseline);
    if (Number.isNaN(this.#end)) return;
    const again = this.#goBack(this.#checkpoints[0].time);
    for (const set of again) this.#replay(set);
  }

  /** What was signed off, in the order in which it was; times are epoch ms. */
  get accepted(): readonly SignOff[] {
    return this.#accepted;
  }

  /** Makes the sign-offs up to `time` that are not made yet. */
  #acceptUntil(time: number): void {
    for (; this.#made < this.#accepted.length && this.#accepted[this.#made].at <= time; this.#made++) {
      const { id, from, at } = this.#accepted[this.#made];
      this.#rows.accept(id, this.#recent, from, at);
    }
  }

  /**
   * What is expected now of the bucket that begins at `time`, after all that was learned: counts outside the band have a
   * calibrated probability below (1 − probability)/2 on their side. A key without a row is answered by the baseline.
   * @param probability in (0, 1); 0.999 by default
   */
  band(key: Partial<SeriesKey>, time: number | Date, probability = 0.999): Band {
    const at = checkTime(time, 'time');
    checkNumber(probability, 'probability', Number.MIN_VALUE, 1 - Number.EPSILON / 2);
    const place = this.#rows.placeOf(checkKey(key));
    const band = place === undefined ? undefined : this.#rows.band(place, at, -Math.log((1 - probability) / 2));
    return band ?? this.#baseline.band(key, at, probability);
  }

  /**
   * The keys that have been without a call for an hour at least, and could be missed: when each would be reported if nothing
   * came, soonest first. Rows of counts that name a key, and have called; epoch ms.
   * @param within those to be reported this long after the end of what was observed at most; 30 days by default
   */
  quietKeys(within = 30 * DAY): QuietKey[] {
    if (this.#baseline.measure === 'level' || Number.isNaN(this.#end)) return [];
    return this.#rows.quietKeys(this.#end, this.#end + within);
  }

  /** A key was deleted: from the end of what was observed on, its silence is not reported. A call on it would be. */
  retire(key: Partial<SeriesKey>): void {
    const id = keyId(checkKey(key));
    const end = Number.isNaN(this.#end) ? gridEnd(this.#baseline.grid) : this.#end;
    if (!this.#rows.retired.has(id)) this.#rows.retired.set(id, end);
    this.#rows.except();
  }

  /**
   * Everything, so that {@link fromBytes} goes on as if it had never stopped: the baseline, the state of two to three days
   * ago, and what was observed since, which is replayed. Versioned, with a checksum, the same bytes for the same detector.
   */
  toBytes(): Uint8Array {
    this.#rows.finish();
    const oldest = this.#checkpoints.at(0)?.states;
    const now = this.#incidents.snapshot(this.#end);
    const parts = {
      baseline: this.#baseline,
      ...this.#options,
      later: this.#rows.keys().slice(this.#baseline.keys.length),
      oldest,
      recent: oldest === undefined ? [] : this.#recent.since(this.#kept(oldest.time), this.#rows.keys()),
      events: this.#rows.eventsSince(oldest?.time ?? Number.NaN, this.#end),
      incidents: [...this.#checkpoints.map(({ incidents }) => incidents), ...(now === undefined ? [] : [now])],
      accepted: this.#accepted,
      acknowledged: this.#rows.acknowledged,
      retired: [...this.#rows.retired],
    };
    return detectorToBytes(parts, (key) => this.#rows.place(key));
  }

  /** @throws FormatError when the bytes are no detector, of another version, or damaged; it says which */
  static fromBytes(bytes: Uint8Array): Detector {
    return decoded(bytes, 'a Detector', () => Detector.#fromParts(detectorFromBytes(bytes)));
  }

  static #fromParts(all: DetectorParts): Detector {
    const { baseline, learn, minEffect, perWeek, ...parts } = all;
    const detector = new Detector(baseline, { learn, minEffect, alertBudget: { perWeek } }, parts);
    detector.#rows.acknowledged = [...parts.acknowledged];
    detector.#rows.retired = new Map(parts.retired);
    if (parts.oldest === undefined) return detector;
    const { time } = parts.oldest;
    detector.#end = time;
    detector.#accepted = [...parts.accepted];
    detector.#made = parts.accepted.filter(({ at }) => at <= time).length;
    detector.#checkpoints.push({ time, states: parts.oldest, incidents: parts.incidents[0] });
    const again = () => {
      for (const set of parts.recent) {
        const { start } = set.grid;
        const end = gridEnd(set.grid);
        if (start < time) {
          const earlier = end <= time ? set : sliceWindow(set, start, time);
          detector.#recent.append(earlier, inOrder(earlier), 0, earlier.grid.length);
        }
        if (end > time) detector.#replay(start >= time ? set : sliceWindow(set, time, end));
      }
    };
    detector.#incidents.restore(parts.incidents, () => detector.#rows.replay(parts.events, again));
    return detector;
  }
}

/** The rows of a set that has all of a detector's. */
function inOrder(set: SeriesSet): Int32Array {
  return Int32Array.from(set.keys, (_, row) => row);
}

function shownTime(time: number): string {
  return Number.isNaN(time) ? 'nothing yet' : new Date(time).toISOString();
}
