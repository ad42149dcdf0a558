import { keyId, type SeriesKey } from '../../series/key.js';
import { DAY, HOUR, MINUTE } from '../../time/grid.js';
import { ABOVE, type Affected, BELOW, type Incident, type IncidentChange, type Severity } from '../types.js';
import { type Direction, isCommon, isWide, type Scope, scopeOf } from './affected-keys.js';
import {
  anomalyOf,
  compareSeverity,
  type IsCritical,
  idOf,
  severityOf,
  stageOf,
  worstFirst,
} from './anomaly-of-runs.js';
import { type AlarmRule, byRow, type Run } from './breach-runs.js';
import { mayShare } from './common-cause.js';
import { type Group, groupRuns, rank } from './group-runs.js';
import { namedFirst } from './named-keys.js';

/** How long an incident that is closed is still named. */
const KEPT = 2 * DAY;
/** How long a finding that is over is kept to explain what is found later, by a longer window. */
const LATE = 6 * HOUR;
/**
 * What begins within so long after the last row joined is the same incident: rows that rise with calls of the same
 * operation, and rows that fall or stop, whose silences take longer the fewer calls they have.
 */
const RISE_TOGETHER = 15 * MINUTE;
const STOP_TOGETHER = HOUR;
/** Nothing joins that way later: on a busy day one thing or another begins every quarter of an hour. */
const JOINS_FOR = DAY;
/** What stops together was called for the last time as long before at most: a key that is used on weekdays only. */
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
  /** How much it matters at worst; as of the last change, the calls too many or too few of its largest row. */
  severity: Severity;
  size: number;
  /** The rows that it named, by {@link keyId}: those of its anomalies, and one for each KMS key that is related. */
  readonly named: Map<string, SeriesKey>;
  /** Of its rows; and what its first row names. */
  readonly operations: Set<string>;
  readonly account: string | null;
  readonly region: string | null;
  /** How many keys departed with it as of the last change; null unless they are too many for chance. */
  affected: Affected | null;
  isOpen: boolean;
}

/** How many keys of an account and Region depart on a side in the bucket under way. */
export type AffectedIn = (scope: Scope, direction: Direction) => Affected;

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

/** At most so many of a row's last buckets are asked for breaches. */
export const MOST_PERIODS = 1440;

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

/** What belongs to which incident: they open with a finding, grow, and close when all that they are about is over. */
export class IncidentBook {
  readonly #critical: IsCritical;
  readonly #followed = new Map<Run, Followed>();
  #open: IncidentState[];
  #closed: Incident[];
  /** The end of the bucket under way. */
  #end = Number.NaN;
  #affected: AffectedIn = (scope) => ({ ...scope, keys: 0, of: 0 });

  constructor(
    critical: IsCritical,
    followed: readonly Followed[] = [],
    open: readonly IncidentState[] = [],
    closed: readonly Incident[] = [],
  ) {
    this.#critical = critical;
    for (const one of followed) this.#followed.set(one.run, one);
    this.#open = [...open];
    this.#closed = [...closed];
  }

  get followed(): readonly Followed[] {
    return [...this.#followed.values()];
  }

  get open(): readonly IncidentState[] {
    return this.#open;
  }

  get closed(): readonly Incident[] {
    return this.#closed;
  }

  /** Nothing is remembered. */
  get isEmpty(): boolean {
    return this.#followed.size === 0 && this.#closed.length === 0;
  }

  /** As they are now, in the order in which they opened. */
  incidents(): Incident[] {
    const groups = this.#open.length === 0 ? [] : this.#groups();
    const open = this.#open.map((incident) => this.#incident(incident, this.#groupsOf(incident, groups), null));
    return [...this.#closed, ...open].sort((a, b) => a.opened - b.opened || (a.id < b.id ? -1 : 1));
  }

  /**
   * Takes what became of the findings in a bucket.
   * @param end of the bucket, epoch ms
   * @param breaching findings that have a breach, or a shoulder, in it
   * @param over findings that are over
   * @param changes is handed what opened, grew and closed
   * @param affected what is seen of other keys in the bucket
   */
  take(
    end: number,
    breaching: readonly Run[],
    over: readonly Run[],
    changes: IncidentChange[],
    affected: AffectedIn,
  ): void {
    if (this.isEmpty && breaching.length === 0) return;
    this.#end = end;
    this.#affected = affected;
    for (const run of over) {
      const followed = this.#followed.get(run);
      if (followed !== undefined) followed.isOver = true;
    }
    // In an order of their own: rows come in any.
    const fresh = breaching.filter((run) => !this.#followed.has(run)).sort(byRow);
    for (const run of fresh) {
      this.#followed.set(run, { run, isOver: false, incident: undefined, weighed: 0, stage: 0 });
    }
    const mayMatter = (run: Run) => isHeavier(this.#followed.get(run));
    if (fresh.length > 0 || breaching.some(mayMatter)) this.#regroup(changes);
    if (over.length > 0) this.#close(changes);
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
      const own = this.#groupsOf(incident, groups);
      const size = own.reduce((most, { run }) => Math.max(most, run.departure), 0);
      // Most are what they were, and to make them anew was a third of a grouping.
      if (!isFresh && size < 2 * incident.size && !this.#hasGrown(incident, own)) continue;
      const now = this.#incident(incident, own, null);
      // By the row that is worst when it opens; one that opens later on the same row is another.
      if (isFresh) incident.id = idOf(now.anomalies[0].key, now.anomalies[0].verdict, this.#end);
      incident.changed = this.#end;
      incident.severity = now.severity;
      incident.size = size;
      for (const key of namedFirst(now.anomalies, incident.named)) incident.named.set(keyId(key), key);
      this.#count(incident);
      changes.push({
        change: isFresh ? 'opened' : 'grown',
        at: this.#end,
        incident: { ...now, ...countOf(incident), id: incident.id, changed: this.#end },
      });
    }
  }

  /** Whether an incident is about more than it named, or matters more than it did. */
  #hasGrown({ named, severity }: IncidentState, own: readonly Group[]): boolean {
    const about = own.map(({ run, related }) => ({ key: run.key, related: related.map(({ key }) => key) }));
    if (namedFirst(about, named).length > 0) return true;
    return own.some((group) => compareSeverity(severityOf(group, this.#critical), severity) < 0);
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

  /**
   * The open incident that a finding began together with, or that so many keys of its account are in that it is one of them.
   */
  #joinable(run: Run): IncidentState | undefined {
    const { operation } = run.key;
    const scope = scopeOf(run.key);
    const reach = run.direction === ABOVE ? RISE_TOGETHER : STOP_TOGETHER;
    const begins = (incident: IncidentState) =>
      run.from <= incident.joined + reach &&
      this.#end <= incident.opened + JOINS_FOR &&
      (run.direction === BELOW || (operation !== null && incident.operations.has(operation)));
    return this.#open.find(
      (incident) =>
        incident.direction === run.direction &&
        run.from >= incident.from - LAST_CALLS &&
        !apart(incident.region, scope.region) &&
        (apart(incident.account, scope.account)
          ? begins(incident) && this.#isWide(run.direction, scope)
          : begins(incident) || (mayShare(run, this.#critical) && this.#isCommon(run.direction, scope, incident))),
    );
  }

  #isCommon(direction: Direction, scope: Scope, { account, region }: IncidentState): boolean {
    const isSame = scope.account !== null && scope.account === account && scope.region === region;
    return isSame && isCommon(this.#affected(scope, direction));
  }

  /** Whether it goes through all accounts of a Region. */
  #isWide(direction: Direction, { region }: Scope): boolean {
    return region !== null && isWide(this.#affected({ account: null, region }, direction));
  }

  /** Counts the keys that depart with an incident; what was counted stands when they are fewer. */
  #count(incident: IncidentState): void {
    const { account, region, direction, named } = incident;
    if (account === null) return;
    const isSpread = [...named.values()].some((key) => apart(scopeOf(key).account, account));
    const affected = this.#affected({ account: isSpread ? null : account, region }, direction);
    if (affected.keys > (incident.affected?.keys ?? 0) && isCommon(affected)) incident.affected = affected;
  }

  #opening({ key, direction, from }: Run, fresh: IncidentState[]): IncidentState {
    const { account, region } = scopeOf(key);
    const at = { opened: this.#end, changed: this.#end, joined: this.#end, from };
    const none = {
      id: '',
      severity: 'low',
      size: 0,
      named: new Map<string, SeriesKey>(),
      operations: new Set<string>(),
    } as const;
    const incident: IncidentState = { ...none, ...at, direction, account, region, affected: null, isOpen: true };
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

  /** Those of some groups that an incident is about; where another incident explains them all, its own. */
  #groupsOf(incident: IncidentState, groups: readonly Group[]): readonly Group[] {
    const own = groups.filter(({ run }) => this.#followed.get(run)?.incident === incident);
    if (own.length > 0) return own;
    const runs = [...this.#followed.keys()].filter((run) => this.#followed.get(run)?.incident === incident);
    return groupRuns(runs, { spread: false });
  }

  /** An incident as it is now. @param own groups */
  #incident(incident: IncidentState, own: readonly Group[], closed: number | null): Incident {
    const anomalies = own.map((group) => anomalyOf(group, this.#critical)).sort(worstFirst);
    const { id, opened, changed } = incident;
    // What it was found to be it stays, though another row may come to explain it.
    const severity =
      compareSeverity(anomalies[0].severity, incident.severity) < 0 ? anomalies[0].severity : incident.severity;
    const state = closed === null ? 'open' : 'closed';
    return { id, state, opened, changed: closed ?? changed, closed, severity, anomalies, ...countOf(incident) };
  }

  /** Closes the incidents of which nothing is under way any more. */
  #close(changes: IncidentChange[]): void {
    const alive = new Set<IncidentState | undefined>();
    for (const { isOver, incident } of this.#followed.values()) if (!isOver) alive.add(incident);
    const over = this.#open.filter((incident) => !alive.has(incident));
    if (over.length === 0) return;
    const groups = this.#groups();
    for (const state of over) {
      const incident = this.#incident(state, this.#groupsOf(state, groups), this.#end);
      this.#closed.push(incident);
      changes.push({ change: 'closed', at: this.#end, incident });
    }
    for (const state of over) state.isOpen = false;
    this.#open = this.#open.filter(({ isOpen }) => isOpen);
  }

  /**
   * Drops what was closed two days ago, the findings that nothing under way can be explained by any more, and of a row in
   * an incident that goes on for longer than two days all but its last finding.
   */
  #forget(): void {
    const since = this.#end - KEPT;
    if (this.#closed.length > 0 && (this.#closed[0].closed ?? 0) <= since) {
      this.#closed = this.#closed.filter(({ closed }) => closed !== null && closed > since);
    }
    const late = [...this.#followed.values()].filter(({ run, isOver }) => isOver && run.to + LATE <= this.#end);
    if (late.length === 0) return;
    const begins = this.#begins();
    const later = new Set<string>();
    for (const { run, incident } of late.reverse()) {
      const isLong = run.to <= since;
      const id = `${run.verdict}${keyId(run.key)}`;
      const isOpen = incident?.isOpen === true && !(isLong && later.has(id));
      if (isOpen) later.add(id);
      else if (isLong || begins(run) >= run.to + run.step) this.#followed.delete(run);
    }
  }

  /** When the first of those under way began that have to do with a run: infinity without any. */
  #begins(): (run: Run) => number {
    const byKey = new Map<string, number>();
    const never = Number.POSITIVE_INFINITY;
    const note = (name: string, from: number) => void byKey.set(name, Math.min(from, byKey.get(name) ?? never));
    for (const { run, isOver } of this.#followed.values()) {
      if (isOver) continue;
      note(`${run.direction}`, run.from);
      note(`${run.direction} ${run.key.keyArn}`, run.from);
    }
    return ({ direction, key: { keyArn } }) => {
      if (keyArn === null) return byKey.get(`${direction}`) ?? never;
      return Math.min(byKey.get(`${direction} ${keyArn}`) ?? never, byKey.get(`${direction} null`) ?? never);
    };
  }
}

/** Whether a finding has grown so much that it may matter; one that another explains, that it may not any more. */
function isHeavier(followed: Followed | undefined): boolean {
  if (followed === undefined) return false;
  const { run, incident, weighed, stage } = followed;
  if (stageOf(run) !== stage) return true;
  if (run.departure <= weighed) return false;
  if (incident === undefined) return run.departure >= 1.25 * weighed;
  return run.departure >= 2 * Math.min(weighed, incident.size);
}

function countOf({ affected }: IncidentState): Pick<Incident, 'affected'> {
  return affected === null ? {} : { affected };
}

/** Names of different accounts, Regions. */
function apart(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}
