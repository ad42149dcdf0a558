import { checkInteger, checkOptions, decoded, InputError, type OptionNames } from '../../errors.js';
import { countText, INSPECT, timeText } from '../../time/inspect.js';
import type { Incident, IncidentChange, Scores } from '../types.js';
import { ActiveRuns } from './active-runs.js';
import { ScopeKeys, shownBy } from './affected-keys.js';
import { isCriticalOperation } from './anomaly-of-runs.js';
import { type AlarmRule, type Run, RunFinder } from './breach-runs.js';
import { evidenceByBucket } from './evidence.js';
import { type AffectedIn, IncidentBook, MOST_PERIODS, type TrackerState } from './incident-book.js';
import { incidentsFromBytes, incidentsToBytes } from './incident-bytes.js';

export interface IncidentOptions {
  /** Operations that are critical when there are more calls than normal; by default those that KMS's catalogue calls so. */
  readonly critical?: (operation: string) => boolean;
  /** How many breaches among a row's last buckets make a finding; by default one does. */
  readonly alarm?: AlarmRule;
}

/** Part of the scores. */
export interface TakeOptions {
  /** Only the buckets that begin at `from` or later, and before `to`; all by default. Epoch ms. */
  readonly from?: number;
  readonly to?: number;
}

/**
 * Makes incidents of scores, bucket by bucket: what happens at once and belongs together is one incident, which opens with
 * its first finding, grows, and closes when all of its rows are normal again. The incidents are the same however the time
 * is cut into calls of {@link take}. State is kept only for rows that are unusual: a bucket of 100,000 rows takes less than
 * a millisecond.
 *
 * A `Detector` has a tracker of its own, which goes back when time is re-stated: see `Detector.incidents`. This class is
 * for those who keep nothing but scores.
 *
 * @example
 * const tracker = new IncidentTracker();
 * for (const { change, incident } of tracker.take(detector.observe(window))) {
 *   console.log(change, incident.severity, incident.anomalies.map((anomaly) => wordsFor(anomaly)));
 * }
 */
export class IncidentTracker {
  readonly #alarm: AlarmRule;
  #finder: RunFinder | undefined;
  #end = Number.NaN;
  #active = new ActiveRuns();
  #book: IncidentBook;
  readonly #scopes = new ScopeKeys();

  /** @throws InputError when `alarm` asks for more breaches than it has buckets */
  constructor(options: IncidentOptions = {}) {
    checkOptions(options, INCIDENT_OPTIONS);
    const { datapointsToAlarm = 1, evaluationPeriods = 1 } = options.alarm ?? {};
    checkInteger(evaluationPeriods, 'alarm.evaluationPeriods', 1, MOST_PERIODS);
    checkInteger(datapointsToAlarm, 'alarm.datapointsToAlarm', 1, evaluationPeriods);
    this.#alarm = { datapointsToAlarm, evaluationPeriods };
    this.#book = new IncidentBook(options.critical ?? isCriticalOperation);
  }

  /** What is printed of it. @internal */
  [INSPECT](): string {
    const open = this.incidents.filter(({ state }) => state === 'open').length;
    return `IncidentTracker <scores to ${timeText(this.#end)}, ${countText(open, 'open incident', 'open incidents')}>`;
  }

  /** The end of the last bucket taken, epoch ms; NaN before the first. */
  get end(): number {
    return this.#end;
  }

  /**
   * The open incidents, and those closed within 48 h before {@link end}, as they are now; in the order in which they
   * opened.
   */
  get incidents(): readonly Incident[] {
    return this.#book.incidents();
  }

  /**
   * Takes the next buckets. Those before {@link end} were taken already, and are passed over: what is re-stated changes
   * nothing here. What lies between was not observed.
   * @returns what opened, grew and closed, in the order in which it did
   * @throws InputError when the step differs from that before, or the buckets do not fall on those before
   */
  take(scores: Scores, options: TakeOptions = {}): readonly IncidentChange[] {
    checkOptions(options, TAKE_OPTIONS);
    const { grid, keys } = scores.window;
    const { start, step, length } = grid;
    const finder = this.#finderFor(start, step);
    const bucketAt = (time: number) => Math.min(length, Math.max(0, Math.ceil((time - start) / step)));
    const first = bucketAt(Math.max(options.from ?? start, Number.isNaN(this.#end) ? start : this.#end));
    const last = bucketAt(options.to ?? Number.POSITIVE_INFINITY);
    const changes: IncidentChange[] = [];
    if (first >= last) return changes;
    this.#active.number(keys);
    const evidence = evidenceByBucket(scores, first, last, finder, this.#active);
    let over: Run[] = [];
    const keep = (run: Run) => void over.push(run);
    let at = first;
    const affected: AffectedIn = (scope, direction) => {
      this.#scopes.use(keys);
      return this.#scopes.affected(scope, (row) => shownBy(scores, row, at, direction));
    };
    for (let bucket = first; bucket < last; bucket++) {
      this.#end = start + (bucket + 1) * step;
      at = bucket;
      const breaching = this.#active.step(scores, bucket, finder, evidence(bucket), keep);
      this.#book.take(this.#end, breaching, over, changes, affected);
      if (over.length > 0) over = [];
    }
    return changes;
  }

  #finderFor(start: number, step: number): RunFinder {
    this.#finder ??= new RunFinder(step, this.#alarm);
    if (this.#finder.step !== step) {
      throw new InputError(`scores.window.grid.step must be ${this.#finder.step} ms as before, got ${step} ms`);
    }
    if ((start - this.#end) % step !== 0 && !Number.isNaN(this.#end)) {
      throw new InputError(
        `scores.window.grid.start must fall on the buckets taken before (${new Date(this.#end).toISOString()} is one), got ${new Date(start).toISOString()}`,
      );
    }
    return this.#finder;
  }

  /** Everything, so that {@link fromBytes} goes on as if it had never stopped; the same bytes for the same incidents. */
  toBytes(): Uint8Array {
    return incidentsToBytes(this.state);
  }

  /**
   * @param options of `critical`, a function, which bytes cannot hold
   * @throws FormatError when the bytes are not a tracker's, of another version, or damaged; it says which
   */
  static fromBytes(bytes: Uint8Array, options: Pick<IncidentOptions, 'critical'> = {}): IncidentTracker {
    return decoded(bytes, 'an IncidentTracker', () => IncidentTracker.fromState(incidentsFromBytes(bytes), options));
  }

  /** All that it knows, as it stands: for whoever writes it into bytes of its own. @internal */
  get state(): TrackerState {
    return {
      alarm: this.#alarm,
      step: this.#finder?.step ?? Number.NaN,
      end: this.#end,
      pending: this.#active.pending,
      followed: this.#book.followed,
      open: this.#book.open,
      closed: this.#book.closed,
    };
  }

  /** A tracker that knows this; the state becomes its own. @internal */
  static fromState(state: TrackerState, options: Pick<IncidentOptions, 'critical'> = {}): IncidentTracker {
    const { alarm, step, end, pending, followed, open, closed } = state;
    const tracker = new IncidentTracker({ ...options, alarm });
    if (!Number.isNaN(step)) tracker.#finder = new RunFinder(step, alarm);
    tracker.#end = end;
    // They find their rows when scores come.
    tracker.#active = new ActiveRuns([...pending, ...followed.flatMap(({ run, isOver }) => (isOver ? [] : [run]))]);
    tracker.#book = new IncidentBook(options.critical ?? isCriticalOperation, followed, open, closed);
    return tracker;
  }
}

const TAKE_OPTIONS: OptionNames<TakeOptions> = { from: true, to: true };

const INCIDENT_OPTIONS: OptionNames<IncidentOptions> = { critical: true, alarm: true };
