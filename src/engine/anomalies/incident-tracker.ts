import { checkInteger, InputError } from '../../errors.js';
import { keyId, type SeriesKey, sameKey, sameKeys } from '../../series/key.js';
import { DAY, HOUR, MINUTE } from '../../time/grid.js';
import { ABOVE, BELOW, type Incident, type IncidentChange, type Scores, type Severity } from '../types.js';
import {
  anomalyOf,
  compareSeverity,
  type IsCritical,
  idOf,
  isCriticalOperation,
  stageOf,
  worstFirst,
} from './anomaly-of-runs.js';
import { type AlarmRule, type Run, RunFinder } from './breach-runs.js';
import { evidenceByBucket } from './evidence.js';
import { compareKeys, type Group, groupRuns, rank } from './group-runs.js';
import { incidentsFromBytes, incidentsToBytes } from './incident-bytes.js';

export interface IncidentOptions {
  /** Operations that are critical whenever there are more calls than normal; by default those that the KMS catalogue calls so. */
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

/** How long an incident that is closed is still named. */
const KEPT = 2 * DAY;
/**
 * What begins within so long after the last row joined is the same incident: rows that rise with calls of the same
 * operation, and rows that fall or stop, whose silences take longer the fewer calls they have.
 */
const RISE_TOGETHER = 15 * MINUTE;
const STOP_TOGETHER = HOUR;
/** Nothing joins that way later: on a busy day one thing or another begins every quarter of an hour. */
const JOINS_FOR = DAY;
/** What stops together was called for the last time as long before at most: the week end of a key that is used on weekdays. */
const LAST_CALLS = 3 * DAY;

/** An incident as the tracker keeps it; what it comes to follows from its runs. */
export interface IncidentState {
  id: string;
  readonly direction: typeof ABOVE | typeof BELOW;
  readonly opened: number;
  changed: number;
  /** The beginning of its first run, and when the last of them became a finding. */
  from: number;
  joined: number;
  /** How much it matters at worst; as of the last change, the calls too many or too few of its largest row, and what it named. */
  severity: Severity;
  size: number;
  named: Set<string>;
  /** Of its rows; and what its first row names. */
  readonly operations: Set<string>;
  readonly account: string | null;
  readonly region: string | null;
  isOpen: boolean;
}

/** A finding that is followed: reported, and under way or over within two days. */
export interface Followed {
  readonly run: Run;
  isOver: boolean;
  /** The incident that it is part of; none where another run explains it. */
  incident: IncidentState | undefined;
  /** What was last weighed: its departure, and {@link stageOf}. */
  weighed: number;
  stage: number;
}

/** All that a tracker knows: plain data. */
export interface TrackerState {
  readonly alarm: AlarmRule;
  /** NaN before the first bucket. */
  readonly step: number;
  readonly end: number;
  /** Runs that are no findings yet. */
  readonly pending: readonly Run[];
  readonly followed: readonly Followed[];
  readonly open: readonly IncidentState[];
  readonly closed: readonly Incident[];
}

/**
 * Makes incidents of scores, bucket by bucket: what happens at once and belongs together is one incident, which opens with
 * its first finding, grows, and closes when all of its rows are normal again. The incidents are the same however the time
 * is cut into calls of {@link take}. State is kept only for rows that are unusual; a bucket of 100,000 normal rows takes
 * 0.2 ms.
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
  readonly #critical: IsCritical;
  readonly #alarm: AlarmRule;
  #finder: RunFinder | undefined;
  #end = Number.NaN;
  /** The keys that rows are numbered by. */
  #keys: readonly SeriesKey[] = [];
  /** Runs under way, findings or not, by `2 · row`, and 1 more for those below. */
  #active = new Map<number, Run>();
  /** Those whose rows the last scores lacked. */
  #absent: Run[] = [];
  #followed = new Map<Run, Followed>();
  #open: IncidentState[] = [];
  #closed: Incident[] = [];

  /** @throws InputError when `alarm` asks for more breaches than it has buckets */
  constructor(options: IncidentOptions = {}) {
    const { datapointsToAlarm = 1, evaluationPeriods = 1 } = options.alarm ?? {};
    checkInteger(evaluationPeriods, 'alarm.evaluationPeriods', 1, 1440);
    checkInteger(datapointsToAlarm, 'alarm.datapointsToAlarm', 1, evaluationPeriods);
    this.#critical = options.critical ?? isCriticalOperation;
    this.#alarm = { datapointsToAlarm, evaluationPeriods };
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
    const groups = this.#open.length === 0 ? [] : this.#groups();
    const open = this.#open.map((incident) => this.#incident(incident, groups, null));
    return [...this.#closed, ...open].sort((a, b) => a.opened - b.opened || (a.id < b.id ? -1 : 1));
  }

  /**
   * Takes the next buckets. Those before {@link end} were taken already, and are passed over: what is re-stated changes
   * nothing here. What lies between was not observed.
   * @returns what opened, grew and closed, in the order in which it did
   * @throws InputError when the step differs from that before, or the buckets do not fall on those before
   */
  take(scores: Scores, options: TakeOptions = {}): readonly IncidentChange[] {
    const { grid, keys } = scores.window;
    const { start, step, length } = grid;
    const finder = this.#finderFor(start, step);
    const bucketAt = (time: number) => Math.min(length, Math.max(0, Math.ceil((time - start) / step)));
    const first = bucketAt(Math.max(options.from ?? start, Number.isNaN(this.#end) ? start : this.#end));
    const last = bucketAt(options.to ?? Number.POSITIVE_INFINITY);
    const changes: IncidentChange[] = [];
    if (first >= last) return changes;
    this.#number(keys);
    const evidence = evidenceByBucket(scores, first, last, finder, this.#active);
    for (let bucket = first; bucket < last; bucket++) {
      this.#end = start + (bucket + 1) * step;
      this.#bucket(scores, bucket, finder, evidence(bucket), changes);
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

  /** Numbers the runs under way by the rows of these keys. */
  #number(keys: readonly SeriesKey[]): void {
    if (keys === this.#keys || sameKeys(keys, this.#keys)) {
      this.#keys = keys;
      return;
    }
    this.#keys = keys;
    const runs = [...this.#active.values(), ...this.#absent];
    this.#active = new Map();
    this.#absent = [];
    // Few of many rows: their keys are looked for among the others by ARN, which is a tenth of the work of naming all.
    const byArn = new Map<string | null, Run[]>();
    for (const run of runs) {
      const { keyArn } = run.key;
      byArn.set(keyArn, [...(byArn.get(keyArn) ?? []), run]);
    }
    const found = new Set<Run>();
    for (let row = 0; runs.length > 0 && row < keys.length; row++) {
      for (const run of byArn.get(keys[row].keyArn) ?? []) {
        if (!sameKey(run.key, keys[row])) continue;
        this.#active.set(placeOf(row, run.direction), run);
        found.add(run);
      }
    }
    this.#absent = runs.filter((run) => !found.has(run));
  }

  #bucket(
    scores: Scores,
    bucket: number,
    finder: RunFinder,
    evidence: readonly number[],
    changes: IncidentChange[],
  ): void {
    if (evidence.length === 0 && this.#active.size === 0 && this.#absent.length === 0 && this.#closed.length === 0)
      return;
    let isAnyOver = false;
    const over = (run: Run) => {
      const followed = this.#followed.get(run);
      // What became a finding, and was over, on one and the same bucket is none of a tracker: it never happens.
      if (followed !== undefined) followed.isOver = true;
      isAnyOver = true;
    };
    for (const place of evidence) {
      const direction = place % 2 === 0 ? ABOVE : BELOW;
      const run = finder.next(this.#active.get(place), scores, place >> 1, bucket, direction, over);
      if (run !== undefined) this.#active.set(place, run);
    }
    const fresh: Run[] = [];
    let hasGrown = false;
    for (const [place, run] of this.#active) {
      if (run.to === this.#end) {
        if (!run.isReported) continue;
        const followed = this.#followed.get(run);
        if (followed === undefined) fresh.push(run);
        else if (isHeavier(followed)) hasGrown = true;
        continue;
      }
      if (finder.next(run, scores, place >> 1, bucket, run.direction, over) === undefined) this.#active.delete(place);
    }
    this.#absent = this.#absent.filter((run) => !finder.isBlind(run, this.#end, over));
    // In an order of their own: rows come in any.
    for (const run of fresh.sort(byKey)) {
      this.#followed.set(run, { run, isOver: false, incident: undefined, weighed: 0, stage: 0 });
    }
    if (fresh.length > 0 || hasGrown) this.#regroup(changes);
    if (isAnyOver) this.#close(changes);
    this.#forget();
  }

  /** What belongs together now, but for what only incidents that are closed are about. */
  #groups(): Group[] {
    return groupRuns([...this.#followed.keys()], { spread: false }).flatMap((group) => {
      if (this.#followed.get(group.run)?.incident?.isOpen !== false) return [group];
      const rows = group.rows.filter((run) => this.#followed.get(run)?.isOver === false);
      return rows.length === 0 ? [] : [{ run: rows[0], rows, related: [] }];
    });
  }

  /** Gives every finding that no other explains its incident; says what opened and what grew. */
  #regroup(changes: IncidentChange[]): void {
    const groups = this.#groups();
    const fresh: IncidentState[] = [];
    for (const group of groups) {
      if (group.rows.every((run) => this.#followed.get(run)?.isOver === true)) continue;
      const incident = this.#incidentOf(group) ?? this.#joinable(group.run) ?? this.#opening(group.run, fresh);
      this.#assign(group, incident);
    }
    for (const followed of this.#followed.values()) {
      followed.weighed = followed.run.departure;
      followed.stage = stageOf(followed.run);
    }
    for (const incident of this.#open) {
      const isFresh = fresh.includes(incident);
      const now = this.#incident(incident, groups, null);
      // By the row that is worst when it opens; one that opens later on the same row is another.
      if (isFresh) incident.id = idOf(now.anomalies[0].key, now.anomalies[0].verdict, this.#end);
      const named = namesOf(now);
      const size = Math.max(...now.anomalies.map(({ value, expected }) => Math.abs(value - expected)));
      const hasGrown =
        named.some((name) => !incident.named.has(name)) ||
        size >= 2 * incident.size ||
        compareSeverity(now.severity, incident.severity) < 0;
      if (!isFresh && !hasGrown) continue;
      incident.changed = this.#end;
      incident.severity = now.severity;
      incident.size = size;
      incident.named = new Set([...incident.named, ...named]);
      changes.push({
        change: isFresh ? 'opened' : 'grown',
        at: this.#end,
        incident: { ...now, id: incident.id, changed: this.#end },
      });
    }
  }

  /** The open incident of a group: that of its own rows, else of what it explains. */
  #incidentOf({ rows, related }: Group): IncidentState | undefined {
    for (const run of rows) {
      const incident = this.#openOf(run);
      if (incident !== undefined) return incident;
    }
    let largest: Run | undefined;
    for (const run of related) {
      if (this.#openOf(run) === undefined) continue;
      if (largest === undefined || run.departure > largest.departure) largest = run;
    }
    return largest === undefined ? undefined : this.#openOf(largest);
  }

  #openOf(run: Run): IncidentState | undefined {
    const incident = this.#followed.get(run)?.incident;
    return incident?.isOpen === true ? incident : undefined;
  }

  /** The open incident that a finding began together with. */
  #joinable(run: Run): IncidentState | undefined {
    const { operation, account, region } = run.key;
    const reach = run.direction === ABOVE ? RISE_TOGETHER : STOP_TOGETHER;
    return this.#open.find(
      (incident) =>
        incident.direction === run.direction &&
        run.from <= incident.joined + reach &&
        this.#end <= incident.opened + JOINS_FOR &&
        run.from >= incident.from - LAST_CALLS &&
        !apart(incident.account, account) &&
        !apart(incident.region, region) &&
        (run.direction === BELOW || (operation !== null && incident.operations.has(operation))),
    );
  }

  #opening({ key, direction, from }: Run, fresh: IncidentState[]): IncidentState {
    const { account, region } = key;
    const at = { opened: this.#end, changed: this.#end, joined: this.#end, from };
    const none = { id: '', severity: 'low', size: 0, named: new Set<string>(), operations: new Set<string>() } as const;
    const incident: IncidentState = { ...none, ...at, direction, account, region, isOpen: true };
    this.#open.push(incident);
    fresh.push(incident);
    return incident;
  }

  #assign({ run: main, rows, related }: Group, incident: IncidentState): void {
    for (const run of rows) {
      const followed = this.#followed.get(run);
      if (followed === undefined || this.#openOf(run) !== undefined) continue;
      followed.incident = incident;
      incident.from = Math.min(incident.from, run.from);
      incident.joined = Math.max(incident.joined, run.reported);
      if (run.key.operation !== null) incident.operations.add(run.key.operation);
    }
    // A total that came first leaves the incident to what explains it: it may come to sum up other things.
    for (const run of related) {
      const followed = this.#followed.get(run);
      if (followed?.incident === incident && rank(run.key) < rank(main.key)) followed.incident = undefined;
    }
  }

  /** An incident as it is now. */
  #incident(incident: IncidentState, groups: readonly Group[], closed: number | null): Incident {
    let own = groups.filter(({ run }) => this.#followed.get(run)?.incident === incident);
    // All of it is explained by what another incident is about.
    if (own.length === 0) own = groupRuns(this.#runsOf(incident), { spread: false });
    const anomalies = own.map((group) => anomalyOf(group, this.#critical)).sort(worstFirst);
    const { id, opened, changed } = incident;
    // What it was found to be it stays, though another row may come to explain it.
    const severity =
      compareSeverity(anomalies[0].severity, incident.severity) < 0 ? anomalies[0].severity : incident.severity;
    const state = closed === null ? 'open' : 'closed';
    return { id, state, opened, changed: closed ?? changed, closed, severity, anomalies };
  }

  #runsOf(incident: IncidentState): Run[] {
    return [...this.#followed.values()].flatMap((followed) => (followed.incident === incident ? [followed.run] : []));
  }

  /** Closes the incidents of which nothing is under way any more. */
  #close(changes: IncidentChange[]): void {
    const alive = new Set<IncidentState | undefined>();
    for (const { isOver, incident } of this.#followed.values()) if (!isOver) alive.add(incident);
    const over = this.#open.filter((incident) => !alive.has(incident));
    if (over.length === 0) return;
    const groups = this.#groups();
    for (const state of over) {
      const incident = this.#incident(state, groups, this.#end);
      this.#closed.push(incident);
      changes.push({ change: 'closed', at: this.#end, incident });
    }
    for (const state of over) state.isOpen = false;
    this.#open = this.#open.filter(({ isOpen }) => isOpen);
  }

  /** Drops what was over two days ago, and of a row in an incident that goes on for longer all but its last run. */
  #forget(): void {
    const since = this.#end - KEPT;
    this.#closed = this.#closed.filter(({ closed }) => closed !== null && closed > since);
    const later = new Set<string>();
    for (const { run, incident, isOver } of [...this.#followed.values()].reverse()) {
      if (!isOver || run.to > since) continue;
      const id = `${run.verdict}${keyId(run.key)}`;
      if (incident?.isOpen === true && !later.has(id)) later.add(id);
      else this.#followed.delete(run);
    }
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
    return IncidentTracker.fromState(incidentsFromBytes(bytes), options);
  }

  /** All that it knows, as it stands: for whoever writes it into bytes of its own. @internal */
  get state(): TrackerState {
    const runs = [...this.#active.values(), ...this.#absent];
    return {
      alarm: this.#alarm,
      step: this.#finder?.step ?? Number.NaN,
      end: this.#end,
      pending: runs.filter(({ isReported }) => !isReported).sort(byKey),
      followed: [...this.#followed.values()],
      open: this.#open,
      closed: this.#closed,
    };
  }

  /** A tracker that knows this; the state becomes its own. @internal */
  static fromState(state: TrackerState, options: Pick<IncidentOptions, 'critical'> = {}): IncidentTracker {
    const { alarm, step, end, pending, followed, open, closed } = state;
    const tracker = new IncidentTracker({ ...options, alarm });
    if (!Number.isNaN(step)) tracker.#finder = new RunFinder(step, alarm);
    tracker.#end = end;
    for (const one of followed) tracker.#followed.set(one.run, one);
    // They find their rows when scores come.
    tracker.#absent = [...pending, ...followed.flatMap(({ run, isOver }) => (isOver ? [] : [run]))];
    tracker.#open = [...open];
    tracker.#closed = [...closed];
    return tracker;
  }
}

/** What an incident names: the rows of its anomalies, and KMS keys among what is related. */
function namesOf({ anomalies }: Incident): string[] {
  return anomalies.flatMap(({ key, related }) => [
    keyId(key),
    ...[key, ...related].flatMap(({ keyArn }) => (keyArn === null ? [] : [keyArn])),
  ]);
}

/** Whether a finding has grown so much that it may matter; one that another explains, that it may not any more. */
function isHeavier({ run, incident, weighed, stage }: Followed): boolean {
  return run.departure >= (incident === undefined ? 1.25 : 2) * weighed || stageOf(run) !== stage;
}

function placeOf(row: number, direction: number): number {
  return 2 * row + (direction === ABOVE ? 0 : 1);
}

function byKey(a: Run, b: Run): number {
  return compareKeys(a.key, b.key) || b.direction - a.direction;
}

/** Names of different accounts, Regions. */
function apart(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}
