import { checkNumber } from '../../errors.js';
import { KEY_FIELDS, keyId, type SeriesKey, specificity } from '../../series/key.js';
import type { SeriesSet } from '../../series/series-set.js';
import { HOUR } from '../../time/grid.js';
import type { Anomaly, AnomalyKind, Scores } from '../types.js';
import { type Run, runsOf } from './breach-runs.js';
import { callerShares } from './callers.js';
import { discoveries } from './false-discovery.js';

export interface AnomalyOptions {
  /** Counts by caller over the window, at ['keyArn', 'operation', 'caller'] or the like: tells who. */
  readonly callers?: SeriesSet;
  /** The same over the history: tells who usually. */
  readonly usualCallers?: SeriesSet;
  /**
   * Of the anomalies told of each of the scores, at most this share may be false on average, beside the alert budget that
   * gave the verdicts; for large fleets at a generous budget. Not asked for by default. See {@link discoveries}.
   */
  readonly falseDiscoveryRate?: number;
}

interface Told {
  readonly run: Run;
  readonly key: SeriesKey;
  readonly known: boolean;
  readonly step: number;
  /** The rows that are the incident: the one it is told on, and its companions. */
  rows: { readonly key: SeriesKey; readonly departure: number }[];
  related: SeriesKey[];
}

/** A row whose bucket expects less than this had hardly any calls in the history. */
const RARE = 0.01;
/** What lasts as long is a shift of the level: about when a detector that may accepts it. */
const SHIFT = 36 * HOUR;
/** Share of a total's excess that its parts must make up to explain it. */
const EXPLAINED = 0.5;
/** From so many parts on, none of them half of the total, they are one incident on the total. */
const MANY = 3;

/**
 * Runs of breaches, most unusual first, each incident once on its most specific row. A total whose departure is at least
 * half made up by more specific rows in the same direction at the same time is `related` to the largest of them;
 * otherwise it is the incident, and those of its parts that are no more surprising than it are related to it. The total of
 * an operation made up by three keys or more, none of them half of it, is the incident too.
 * The operations of one key that fall silent together are told as one, and so are a ReEncrypt's two keys; operations that
 * rise together are not: ScheduleKeyDeletion must not hide behind a busier neighbour.
 *
 * @param scores of one window, or of several that follow one another (each is searched by itself)
 */
export function findAnomalies(scores: Scores | readonly Scores[], options: AnomalyOptions = {}): Anomaly[] {
  const q = options.falseDiscoveryRate;
  if (q !== undefined) checkNumber(q, 'falseDiscoveryRate', Number.MIN_VALUE, 1);
  const told = (isList(scores) ? scores : [scores]).flatMap((part) => incidents(part, q));
  return told
    .map((incident) => toAnomaly(incident, options))
    .sort((a, b) => Math.abs(b.surprise) - Math.abs(a.surprise) || a.from - b.from || compareKeys(a.key, b.key));
}

function isList(scores: Scores | readonly Scores[]): scores is readonly Scores[] {
  return Array.isArray(scores);
}

function incidents(scores: Scores, falseDiscoveryRate: number | undefined): Told[] {
  const { keys, grid } = scores.window;
  const standing = falseDiscoveryRate === undefined ? undefined : discoveries(scores, falseDiscoveryRate);
  const runs = runsOf(scores).filter(({ row, verdict }) => standing === undefined || standing[verdict][row] === 1);
  const found = runs.map((run): Told => {
    const key = keys[run.row];
    const rows = [{ key, departure: departure(run) }];
    return { run, key, known: scores.known[run.row] === 1, step: grid.step, rows, related: [] };
  });
  found.sort((a, b) => rank(b.key) - rank(a.key) || departure(b.run) - departure(a.run) || compareKeys(a.key, b.key));
  const told = new ToldIndex();
  for (const incident of found) {
    const near = told.related(incident.key).filter((other) => together(other, incident));
    const parts = near
      .map((other) => ({ other, explained: explainedBy(other, incident.key) }))
      .filter(({ explained }) => explained > 0);
    const companion = near.find((other) => companions(incident, other));
    const explained = parts.reduce((sum, part) => sum + part.explained, 0);
    const half = EXPLAINED * departure(incident.run);
    const largest = parts.length === 0 ? undefined : parts.reduce((a, b) => (b.explained > a.explained ? b : a));
    const spread =
      incident.key.operation !== null && parts.length >= MANY && largest !== undefined && largest.explained < half;
    if (largest !== undefined && explained >= half && !spread) {
      relate(largest.other, incident);
    } else if (companion !== undefined) {
      relate(companion, incident);
      companion.rows.push(...incident.rows);
      told.add(companion, incident.key);
    } else {
      const own = Math.abs(incident.run.surprise);
      const weaker = parts.filter(({ other }) => spread || Math.abs(other.run.surprise) <= own);
      const absorbed = weaker.map(({ other }) => other);
      for (const part of absorbed) relate(incident, part);
      for (const part of absorbed) told.drop(part);
      told.add(incident, incident.key);
    }
  }
  return told.all();
}

/**
 * The incidents told so far, by the operations and keys of their rows: only those that share one with a new one can
 * explain it, and to try all of them took 17 s for 40,000 rows.
 */
class ToldIndex {
  readonly #byOperation = new Map<string | null, Set<Told>>();
  readonly #byKey = new Map<string | null, Set<Told>>();
  /** In the order in which they were told first. */
  readonly #order = new Map<Told, number>();
  #next = 0;

  add(incident: Told, { operation, keyArn }: SeriesKey): void {
    if (!this.#order.has(incident)) this.#order.set(incident, this.#next++);
    setOf(this.#byOperation, operation).add(incident);
    setOf(this.#byKey, keyArn).add(incident);
  }

  drop(incident: Told): void {
    this.#order.delete(incident);
    for (const { key } of incident.rows) {
      this.#byOperation.get(key.operation)?.delete(incident);
      this.#byKey.get(key.keyArn)?.delete(incident);
    }
  }

  all(): Told[] {
    return [...this.#order.keys()];
  }

  /** Those that may explain a row of this key, be its companion, or be explained by it; in the order of telling. */
  related({ operation, keyArn }: SeriesKey): Told[] {
    if (operation === null && keyArn === null) return this.all();
    const found = new Set<Told>();
    const take = (set: Set<Told> | undefined) => {
      for (const incident of set ?? []) found.add(incident);
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
    return [...found].sort((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0));
  }
}

function setOf(map: Map<string | null, Set<Told>>, name: string | null): Set<Told> {
  let set = map.get(name);
  if (set === undefined) {
    set = new Set();
    map.set(name, set);
  }
  return set;
}

function relate(incident: Told, other: Told): void {
  incident.related.push(other.key, ...other.related);
}

/** How much of a departure of `total` a more specific incident accounts for, in calls. */
function explainedBy(incident: Told, total: SeriesKey): number {
  let calls = 0;
  for (const { key, departure } of incident.rows) {
    if (rank(key) > rank(total) && compatible(key, total)) calls += departure;
  }
  return calls;
}

/**
 * More names first; of rows with as many, the one that names the key tells more than the one that names the outcome, and
 * success is no name at all: it is the outcome that every total is made of.
 */
function rank(key: SeriesKey): number {
  return specificity(key) + (key.keyArn === null ? 0 : 0.5) - (key.outcome === 'ok' ? 1.25 : 0);
}

function departure(run: Run): number {
  return Math.abs(run.value - run.expected);
}

function together(a: Told, b: Told): boolean {
  return a.run.verdict === b.run.verdict && a.run.from < b.run.to + b.step && b.run.from < a.run.to + a.step;
}

/** True when some call can belong to both rows. */
function compatible(a: SeriesKey, b: SeriesKey): boolean {
  return KEY_FIELDS.every((field) => a[field] === null || b[field] === null || a[field] === b[field]);
}

function companions({ key, run }: Told, other: Told): boolean {
  if (run.verdict === 'below' && key.keyArn !== null && key.keyArn === other.key.keyArn) return true;
  if (key.operation !== 'ReEncrypt' || other.key.operation !== 'ReEncrypt' || key.keyArn === null) return false;
  // Each key may have other ReEncrypts beside the common ones.
  return Math.abs(departure(run) - departure(other.run)) <= 0.1 * departure(other.run);
}

function toAnomaly({ run, key, known, step, related }: Told, options: AnomalyOptions): Anomaly {
  const { row: _, ...told } = run;
  const others = new Map(related.map((other) => [keyId(other), other]));
  others.delete(keyId(key));
  const anomaly = { key, ...told, kind: kindOf(run, known, step), related: [...others.values()] };
  if (options.callers === undefined) return anomaly;
  const callers = callerShares(key, run.verdict, run.from, run.to, options.callers, options.usualCallers);
  return { ...anomaly, callers };
}

function kindOf(run: Run, known: boolean, step: number): AnomalyKind {
  const lasting = run.to - run.from >= SHIFT;
  if (lasting && known && run.value > 0) return 'level-shift';
  if (run.verdict === 'below') return run.value === 0 ? 'silence' : 'drop';
  if (!known) return 'first-seen';
  const buckets = (run.to - run.from) / step;
  if (run.expected / buckets < RARE) return 'rare';
  return run.to - run.from <= HOUR ? 'spike' : 'excess';
}

function compareKeys(a: SeriesKey, b: SeriesKey): number {
  for (const field of KEY_FIELDS) {
    const x = a[field] ?? '';
    const y = b[field] ?? '';
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
