import { keyId, type SeriesKey, sameKeys } from '../../series/key.js';
import { logGamma } from '../../stats/gamma.js';
import { type ABOVE, type Affected, type BELOW, type Scores, UNKNOWN } from '../types.js';

/** Where a row belongs: the account and Region that it names, or that the ARN of its key does. */
export interface Scope {
  readonly account: string | null;
  readonly region: string | null;
}

export type Direction = typeof ABOVE | typeof BELOW;

/** A row departs from |surprise| 1 on, or while its incident is under way: at most so many of those that are as usual do. */
const EACH = 0.1;
/** So many keys at least are a group, and so rarely do as many depart by chance: of a handful of groups tested a day, one in years. */
const LEAST = 3;
const BY_CHANCE = 2e-3;

const ARN = /^arn:[^:]*:kms:([^:]+):(\d{12}):/;

export function scopeOf({ account, region, keyArn }: SeriesKey): Scope {
  const [, inRegion = null, ofAccount = null] = ARN.exec(keyArn ?? '') ?? [];
  return { account: account ?? ofAccount, region: region ?? inRegion };
}

/** What a row shows on one side: departs, is as usual, or cannot be seen. */
export const DEPARTS = 1;
export const USUAL = 0;
export const UNSEEN = -1;
type Shown = typeof DEPARTS | typeof USUAL | typeof UNSEEN;

/** What a row of some scores shows in a bucket. */
export function shownBy(scores: Scores, row: number, bucket: number, direction: Direction): Shown {
  const cell = row * scores.window.grid.length + bucket;
  const { verdicts, surprise, ongoing } = scores;
  if (verdicts[cell] === UNKNOWN) return UNSEEN;
  const isUnderWay = (ongoing ?? verdicts)[cell] === direction;
  return isUnderWay || verdicts[cell] === direction || direction * surprise[cell] >= 1 ? DEPARTS : USUAL;
}

/** The keys of accounts and Regions, each by the rows that show how it is used. */
export class ScopeKeys {
  #keys: readonly SeriesKey[] = [];
  /** By Region and account, and by Region alone: the rows of each key. */
  #rows: Map<string, number[][]> | undefined;

  /** Looks at rows of these keys from here on. */
  use(keys: readonly SeriesKey[]): void {
    if (keys !== this.#keys && !sameKeys(keys, this.#keys)) this.#rows = undefined;
    this.#keys = keys;
  }

  /**
   * How many keys of a scope depart.
   * @param shown what a row shows on the side that is asked about
   */
  affected({ account, region }: Scope, shown: (row: number) => Shown): Affected {
    let keys = 0;
    let of = 0;
    for (const rows of this.#rowsOf(nameOf({ account, region })) ?? []) {
      let most: Shown = UNSEEN;
      for (const row of rows) most = Math.max(most, shown(row)) as Shown;
      if (most !== UNSEEN) of++;
      if (most === DEPARTS) keys++;
    }
    return { account, region, keys, of };
  }

  #rowsOf(name: string): number[][] | undefined {
    this.#rows ??= rowsByScope(this.#keys);
    return this.#rows.get(name);
  }
}

/** The row of a key's whole use where there is one, else those of its operations. */
function rowsByScope(keys: readonly SeriesKey[]): Map<string, number[][]> {
  const byKey = new Map<string, { scope: Scope; whole: number[]; parts: number[] }>();
  for (const [row, key] of keys.entries()) {
    if (key.keyArn === null || key.caller !== null || key.outcome !== null || key.metric !== null) continue;
    const scope = scopeOf(key);
    if (scope.account === null) continue;
    const id = keyId({ ...key, operation: null });
    let entry = byKey.get(id);
    if (entry === undefined) {
      entry = { scope, whole: [], parts: [] };
      byKey.set(id, entry);
    }
    (key.operation === null ? entry.whole : entry.parts).push(row);
  }
  const found = new Map<string, number[][]>();
  for (const { scope, whole, parts } of byKey.values()) {
    const rows = whole.length > 0 ? whole : parts;
    for (const name of [nameOf(scope), nameOf({ account: null, region: scope.region })]) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [rows]);
      else list.push(rows);
    }
  }
  return found;
}

export function nameOf({ account, region }: Scope): string {
  return `${region} ${account}`;
}

/**
 * Whether so many keys depart together that something they share is the cause: a group test, by the upper tail of the
 * binomial distribution of rows that are as usual.
 */
export function isCommon({ keys, of }: Affected): boolean {
  return keys >= LEAST && upperBinomial(keys, of, EACH) <= BY_CHANCE;
}

/** Whether the most of a scope departs. */
export function isWide(affected: Affected): boolean {
  return 2 * affected.keys >= affected.of && isCommon(affected);
}

/** P(X ≥ k) of a binomial X: its masses from k on, until they add nothing any more. */
export function upperBinomial(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  const odds = p / (1 - p);
  const logMass = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p);
  let mass = Math.exp(logMass);
  let sum = 0;
  for (let i = k; i <= n && mass > sum * 1e-17; i++) {
    sum += mass;
    mass *= ((n - i) / (i + 1)) * odds;
  }
  return Math.min(1, sum);
}
