import { compareKeys, KEY_FIELDS, type SeriesKey, specificity } from '../../series/key.js';
import type { Run } from './breach-runs.js';

/** Runs that are one anomaly: the one that it is reported on, and what it explains. */
export interface Group {
  readonly run: Run;
  /** The run itself, and its companions on the same key. */
  readonly rows: Run[];
  /** The totals that it explains, the parts that it stands for, its companions. */
  readonly related: Run[];
}

/** Share of a total's departure that its parts must make up to explain it. */
const EXPLAINED = 0.5;
/** Failed calls that a key which refuses a caller stands for: who tries key after key makes a few on each. */
const TRIES = 3;
/** From so many parts on, none of them half of the total, they are one anomaly on the total. */
const MANY = 3;

/**
 * Groups runs into anomalies, each on its most specific row, whatever the order of the runs. A total whose departure is at
 * least half made up by more specific rows in the same direction at the same time is `related` to the largest of them;
 * otherwise it is the anomaly, and those of its parts that are no more surprising than it are related to it. The total of
 * an operation made up by three keys or more, none of them half of it, is the anomaly too.
 * (With `spread: false` parts that fall or stop are anomalies of their own: which keys stopped is what matters then.)
 * The operations of one key that fall silent together are one, and so are a ReEncrypt's two keys; operations that rise
 * together are not: ScheduleKeyDeletion must not hide behind a busier neighbour. Of callers, what one first uses within the
 * same time is one, and where some take over what others of the key leave, the latter are reported, with the former.
 */
export function groupRuns(runs: readonly Run[], options: { readonly spread?: boolean } = {}): Group[] {
  const groups = new GroupIndex();
  const ranked = runs.filter(isMissed).map((run) => ({ run, rank: rank(run.key), departure: run.departure }));
  for (const { run } of ranked.sort(bySpecificity)) {
    const group: Group = { run, rows: [run], related: [] };
    const beside = groups.near(run.key).filter((other) => overlap(other.run, run));
    const near = beside.filter((other) => other.run.direction === run.direction);
    const parts = near
      .map((other) => ({ other, explained: explainedBy(other, run.key) }))
      .filter(({ explained }) => explained > 0);
    const companion = near.find((other) => companions(run, other.run));
    const left = beside.find((other) => tookOver(run, other.run));
    const explained = parts.reduce((sum, part) => sum + part.explained, 0);
    const half = EXPLAINED * run.departure;
    const largest = parts.length === 0 ? undefined : parts.reduce((a, b) => (b.explained > a.explained ? b : a));
    const spread =
      (options.spread !== false || run.verdict === 'above') &&
      run.key.operation !== null &&
      parts.length >= MANY &&
      largest !== undefined &&
      largest.explained < half;
    if (largest !== undefined && explained >= half && !spread) {
      relate(largest.other, group);
    } else if (companion !== undefined) {
      relate(companion, group);
      companion.rows.push(run);
      groups.add(companion, run.key);
    } else if (run.verdict === 'above' && left !== undefined) {
      relate(left, group);
    } else {
      for (const other of beside.filter((other) => run.verdict === 'below' && tookOver(other.run, run))) {
        relate(group, other);
        groups.drop(other);
      }
      const own = Math.abs(run.surprise);
      const weaker = parts.filter(({ other }) => spread || Math.abs(other.run.surprise) <= own);
      for (const { other } of weaker) {
        relate(group, other);
        groups.drop(other);
      }
      groups.add(group, run.key);
    }
  }
  return groups.all();
}

/**
 * The groups so far, by the operations and keys of their rows: only those that share one with a new run can explain it,
 * and to try all of them took 17 s for 40,000 rows.
 */
class GroupIndex {
  readonly #byOperation = new Map<string | null, Set<Group>>();
  readonly #byKey = new Map<string | null, Set<Group>>();
  readonly #byCaller = new Map<string | null, Set<Group>>();
  /** In the order in which they came. */
  readonly #order = new Map<Group, number>();
  #next = 0;

  add(group: Group, { operation, keyArn, caller }: SeriesKey): void {
    if (!this.#order.has(group)) this.#order.set(group, this.#next++);
    setOf(this.#byOperation, operation).add(group);
    setOf(this.#byKey, keyArn).add(group);
    if (caller !== null) setOf(this.#byCaller, caller).add(group);
  }

  drop(group: Group): void {
    this.#order.delete(group);
    for (const { key } of group.rows) {
      this.#byOperation.get(key.operation)?.delete(group);
      this.#byKey.get(key.keyArn)?.delete(group);
      this.#byCaller.get(key.caller)?.delete(group);
    }
  }

  all(): Group[] {
    return [...this.#order.keys()];
  }

  /** Those that may explain a row of this key, be its companion, or be explained by it; in the order in which they came. */
  near({ operation, keyArn, caller }: SeriesKey): Group[] {
    if (operation === null && keyArn === null) return this.all();
    const found = new Set<Group>();
    const take = (set: Set<Group> | undefined) => {
      for (const group of set ?? []) found.add(group);
    };
    if (keyArn !== null) {
      take(this.#byKey.get(keyArn));
      take(this.#byKey.get(null));
      // The two keys of a ReEncrypt have only the operation in common.
      if (operation === 'ReEncrypt') take(this.#byOperation.get(operation));
    } else {
      take(this.#byOperation.get(operation));
      take(this.#byOperation.get(null));
    }
    if (caller !== null) take(this.#byCaller.get(caller));
    return [...found].sort((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0));
  }
}

function setOf(map: Map<string | null, Set<Group>>, name: string | null): Set<Group> {
  let set = map.get(name);
  if (set === undefined) {
    set = new Set();
    map.set(name, set);
  }
  return set;
}

function relate(group: Group, other: Group): void {
  group.related.push(other.run, ...other.related);
}

/** How much of a departure of `total` a more specific group accounts for, in calls. */
function explainedBy(group: Group, total: SeriesKey): number {
  let calls = 0;
  for (const { key, departure } of group.rows) {
    if (rank(key) > rank(total) && compatible(key, total)) calls += countsKeys(key) ? TRIES * departure : departure;
  }
  return calls;
}

/**
 * More names first; of rows with as many, the one that names the key says more than the one that names the outcome, and
 * success does not count as a name: it is the outcome that every total is made of. A caller's row comes after that of all
 * callers: a key that is used more is reported on the key, which names its callers, and a caller only where the key's own
 * rows do not show it. A row that counts something else than calls, such as keys, comes before those of the calls.
 */
export function rank(key: SeriesKey): number {
  return (
    specificity(key) +
    (key.keyArn === null ? 0 : 0.5) -
    (key.outcome === 'ok' ? 1.25 : 0) -
    (key.caller === null || countsKeys(key) ? 0 : 1.6)
  );
}

interface Ranked {
  readonly run: Run;
  readonly rank: number;
  readonly departure: number;
}

function bySpecificity(a: Ranked, b: Ranked): number {
  return (
    b.rank - a.rank ||
    b.departure - a.departure ||
    compareKeys(a.run.key, b.run.key) ||
    b.run.direction - a.run.direction ||
    a.run.from - b.run.from ||
    a.run.to - b.run.to
  );
}

/** Whether calls that do not come are missed: those of a row that counts keys are not, it is of calls that failed. */
function isMissed({ key, verdict }: Run): boolean {
  return verdict === 'above' || !countsKeys(key);
}

/** Whether a row is of the keys on which a caller fails, see `refusedKeys`. */
function countsKeys({ caller, metric }: SeriesKey): boolean {
  return caller !== null && metric !== null;
}

function overlap(a: Run, b: Run): boolean {
  return a.from < b.to + b.step && b.from < a.to + a.step;
}

/** True when `run` is of a caller that does more on a key while the one of `other` does less on it. */
function tookOver(run: Run, other: Run): boolean {
  return (
    run.verdict === 'above' &&
    other.verdict === 'below' &&
    run.key.caller !== null &&
    other.key.caller !== null &&
    run.key.keyArn !== null &&
    run.key.keyArn === other.key.keyArn
  );
}

/** True when some call can belong to both rows. */
function compatible(a: SeriesKey, b: SeriesKey): boolean {
  return KEY_FIELDS.every((field) => a[field] === null || b[field] === null || a[field] === b[field]);
}

function companions(run: Run, other: Run): boolean {
  const { caller } = run.key;
  if (caller !== other.key.caller) return false;
  if (caller !== null && !run.known && !other.known) return true;
  if (run.verdict === 'below' && run.key.keyArn !== null && run.key.keyArn === other.key.keyArn) return true;
  if (run.key.operation !== 'ReEncrypt' || other.key.operation !== 'ReEncrypt' || run.key.keyArn === null) return false;
  // Each key may have other ReEncrypts beside the common ones.
  return Math.abs(run.departure - other.departure) <= 0.1 * other.departure;
}
