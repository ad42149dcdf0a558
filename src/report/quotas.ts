import { InputError, shown } from '../errors.js';
import type { KmsKey } from '../kms/lifecycle.js';
import { operationInfo } from '../kms/operations.js';
import { type SeriesKey, seriesKey } from '../series/key.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { SECOND } from '../time/grid.js';
import { wholeRows } from './whole-rows.js';

/** How near the busiest bucket of a window came to a default request quota. */
export interface QuotaUse {
  readonly account: string;
  readonly region: string;
  /**
   * The operation, or what shares a quota: `symmetric`, `RSA`, `ML-DSA`, `ECC and SM2`, `GenerateDataKeyPair RSA_2048`,
   * `custom key store cks-…`.
   */
  readonly quota: string;
  /** Requests a second that it allows. */
  readonly perSecond: number;
  /** Mean calls a second of the busiest bucket: within it, single seconds may have been busier. */
  readonly busiest: number;
  /** When that bucket began, epoch ms. */
  readonly at: number;
  /** `busiest` as a share of `perSecond`. */
  readonly share: number;
}

export interface QuotaOptions {
  /** The keys' types and key stores, from `keyInventory`: keys not among them are taken for symmetric ones of KMS's own. */
  readonly keys?: Iterable<KmsKey>;
  /** Where usage metrics are from, which do not say: needed for them. */
  readonly account?: string;
  readonly region?: string;
  /** Quotas that AWS has raised, in requests a second, by the names of `QuotaUse`: `{ symmetric: 50_000 }`. */
  readonly raised?: Readonly<Record<string, number>>;
}

/** Quotas of one account and Region, and the calls that count against each. */
export interface QuotaSeries {
  readonly quotas: readonly {
    readonly account: string;
    readonly region: string;
    readonly quota: string;
    readonly perSecond: number;
  }[];
  /** Row by row the calls against `quotas`. */
  readonly set: SeriesSet;
}

/** The symmetric quota by Region (KMS Developer Guide, requests-per-second); elsewhere 10,000. */
const SYMMETRIC: ReadonlyMap<string, number> = new Map([
  ...['us-east-1', 'us-west-2', 'eu-west-1'].map((region) => [region, 100_000] as const),
  ...['us-east-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'eu-central-1', 'eu-west-2'].map(
    (region) => [region, 20_000] as const,
  ),
]);

/** Cryptographic operations on RSA keys, on ML-DSA keys, and on ECC and SM2 keys: 1,000 a second each (same page). */
const ASYMMETRIC = 1000;
const KEY_STORE = 1800;
const PAIRS: Readonly<Record<string, number>> = { RSA_2048: 20, RSA_3072: 4, RSA_4096: 1, SM2: 25 };
const ECC_PAIR = 100;

const KEY_ARN = /^arn:[^:]+:kms:([^:]+):(\d{12}):/;
const USAGE = 'AWS/Usage CallCount Resource=';

interface Quota {
  readonly quota: string;
  readonly perSecond: number;
}

/**
 * The use of request quotas by account and Region, nearest to its quota first. Told from the first of these that the set has:
 * - usage metrics as `fetchMetricSeries` names them: KMS's own count against each quota;
 * - rows by `['account', 'region', 'operation']`, unless `keys` are given: the caller's account is the one that is throttled;
 * - rows by `['keyArn', 'operation']`, filed under the key's own account: calls that name no key are left out.
 *
 * Buckets that were not observed tell nothing.
 */
export function quotaUses(set: SeriesSet, options: QuotaOptions = {}): QuotaUse[] {
  const { quotas, set: sums } = quotaSeries(set, options);
  return quotas
    .map((quota, row) => useOf(quota, sums, row))
    .filter(({ busiest }) => busiest > 0)
    .sort((a, b) => b.share - a.share || (a.quota < b.quota ? -1 : 1));
}

/** The calls against each quota as series of their own, which can be fitted and judged like any other. */
export function quotaSeries(set: SeriesSet, options: QuotaOptions = {}): QuotaSeries {
  checkSet(set, 'set');
  const keys = options.keys === undefined ? undefined : new Map(Array.from(options.keys, (key) => [key.keyArn, key]));
  const kinds = [
    (key: SeriesKey) => quotasOfUsage(key, options),
    keys === undefined ? quotasOfOperation : () => [],
    (key: SeriesKey) => quotasOfKey(key, keys),
  ];
  const kind = kinds.find((quotasOf) => set.keys.some((key) => quotasOf(key).length > 0)) ?? (() => []);
  const { length } = set.grid;
  const sums = new Map<string, { quota: QuotaSeries['quotas'][number]; calls: Float64Array; observed: Uint8Array }>();
  const values = new Float64Array(length);
  const whole = wholeRows(set.keys);
  for (const [row, key] of set.keys.entries()) {
    const found = whole.has(row) ? kind(key) : [];
    if (found.length === 0) continue;
    readRow(set, row, values);
    const listened = observedRow(set, row);
    for (const { account, region, quota, perSecond } of found) {
      const id = JSON.stringify([account, region, quota]);
      let sum = sums.get(id);
      if (sum === undefined) {
        const raised = raisedTo(options.raised, quota) ?? perSecond;
        const observed = new Uint8Array(length).fill(1);
        sum = { quota: { account, region, quota, perSecond: raised }, calls: new Float64Array(length), observed };
        sums.set(id, sum);
      }
      for (let b = 0; b < length; b++) {
        if (listened[b] === 1) sum.calls[b] += values[b];
        else sum.observed[b] = 0;
      }
    }
  }
  const all = [...sums.values()];
  const cells = new Float64Array(all.length * length);
  const observed = new Uint8Array(all.length * length);
  for (const [i, sum] of all.entries()) {
    cells.set(sum.calls, i * length);
    observed.set(sum.observed, i * length);
  }
  return {
    quotas: all.map(({ quota }) => quota),
    set: {
      grid: set.grid,
      keys: all.map(({ quota: { account, region, quota } }) =>
        seriesKey({ account, region, metric: `Quota ${quota}` }),
      ),
      measure: 'count',
      values: cells,
      observed,
    },
  };
}

/** The busiest bucket of one row of {@link quotaSeries}. */
export function useOf(
  quota: QuotaSeries['quotas'][number],
  { grid, values, observed }: SeriesSet,
  row: number,
): QuotaUse {
  const cells = values as Float64Array;
  let busiest = -1;
  for (let b = row * grid.length; b < (row + 1) * grid.length; b++) {
    if (observed[b] === 1 && (busiest < 0 || cells[b] > cells[busiest])) busiest = b;
  }
  const calls = busiest < 0 ? 0 : cells[busiest] / (grid.step / SECOND);
  const at = grid.start + Math.max(0, busiest - row * grid.length) * grid.step;
  return { ...quota, busiest: calls, at, share: calls / quota.perSecond };
}

type Counted = QuotaSeries['quotas'];

function quotasOfUsage({ metric, account }: SeriesKey, options: QuotaOptions): Counted {
  if (metric === null || !metric.startsWith(USAGE)) return [];
  const { region } = options;
  if (region === undefined) throw new InputError('region must be given for usage metrics, which do not name theirs');
  const resource = metric.slice(USAGE.length);
  const quota = quotaOfResource(resource, region);
  return quota === null ? [] : [{ account: account ?? options.account ?? '', region, ...quota }];
}

/** A `Resource` of usage metrics, as public code knows them: there is no official list. */
function quotaOfResource(resource: string, region: string): Quota | null {
  switch (resource) {
    case 'CryptographicOperationsSymmetric':
      return symmetric(region);
    case 'CryptographicOperationsRsa':
      return { quota: 'RSA', perSecond: ASYMMETRIC };
    case 'CryptographicOperationsEcc':
      return { quota: 'ECC and SM2', perSecond: ASYMMETRIC };
  }
  const [operation, spec] = resource.split('-', 2);
  if (spec !== undefined && operationInfo(operation)?.quota === 'key-pair-spec') {
    const perSecond = PAIRS[spec] ?? (spec.startsWith('ECC_') ? ECC_PAIR : null);
    return perSecond === null ? null : { quota: `${operation} ${spec}`, perSecond };
  }
  const perSecond = operationInfo(resource)?.quota;
  return typeof perSecond === 'number' ? { quota: resource, perSecond } : null;
}

function quotasOfOperation({ operation, account, region, keyArn, caller, outcome, metric }: SeriesKey): Counted {
  if (operation === null || account === null || region === null) return [];
  if (keyArn !== null || caller !== null || outcome !== null || metric !== null) return [];
  const quota = quotaOf(operation, region, null);
  return quota === null ? [] : [{ account, region, ...quota }];
}

function quotasOfKey(key: SeriesKey, known: ReadonlyMap<string, KmsKey> | undefined): Counted {
  const { operation, keyArn, account, region, caller, metric } = key;
  if (operation === null || keyArn === null || caller !== null) return [];
  if (account !== null || region !== null || metric !== null) return [];
  const [, ownRegion, ownAccount] = KEY_ARN.exec(keyArn) ?? [];
  if (ownRegion === undefined || ownAccount === undefined) return [];
  const { spec = null, customKeyStoreId = null } = known?.get(keyArn) ?? {};
  const quota = quotaOf(operation, ownRegion, spec);
  const quotas = quota === null ? [] : [quota];
  if (customKeyStoreId !== null && operationInfo(operation)?.plane === 'data') {
    quotas.push({ quota: `custom key store ${customKeyStoreId}`, perSecond: KEY_STORE });
  }
  return quotas.map((one) => ({ account: ownAccount, region: ownRegion, ...one }));
}

/** @param spec KMS's KeySpec; null where it is not known, and then taken for symmetric */
function quotaOf(operation: string, region: string, spec: string | null): Quota | null {
  const quota = operationInfo(operation)?.quota ?? null;
  if (typeof quota === 'number') return { quota: operation, perSecond: quota };
  if (quota === 'symmetric') return symmetric(region);
  if (quota === 'ecc-sm2') return { quota: 'ECC and SM2', perSecond: ASYMMETRIC };
  if (quota !== 'by-key-type') return null;
  if (spec?.startsWith('RSA_')) return { quota: 'RSA', perSecond: ASYMMETRIC };
  if (spec?.startsWith('ML_DSA_')) return { quota: 'ML-DSA', perSecond: ASYMMETRIC };
  if (spec?.startsWith('ECC_') || spec === 'SM2') return { quota: 'ECC and SM2', perSecond: ASYMMETRIC };
  return symmetric(region);
}

function symmetric(region: string): Quota {
  return { quota: 'symmetric', perSecond: SYMMETRIC.get(region) ?? 10_000 };
}

function raisedTo(raised: QuotaOptions['raised'], quota: string): number | undefined {
  if (raised === undefined || !Object.hasOwn(raised, quota)) return undefined;
  const perSecond = raised[quota];
  if (typeof perSecond === 'number' && perSecond > 0 && Number.isFinite(perSecond)) return perSecond;
  throw new InputError(`raised[${shown(quota)}] must be requests a second above 0, got ${shown(perSecond)}`);
}
