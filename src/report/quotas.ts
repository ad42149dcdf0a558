import { operationInfo } from '../kms/operations.js';
import { readRow, type SeriesSet } from '../series/series-set.js';
import { SECOND } from '../time/grid.js';

/** How near the busiest bucket of a window came to a default request quota. */
export interface QuotaUse {
  readonly account: string;
  readonly region: string;
  /** The operation, or `symmetric` for those that share the quota of symmetric keys. */
  readonly quota: string;
  /** Default requests a second. */
  readonly perSecond: number;
  /** Mean calls a second of the busiest bucket: within it, single seconds may have been busier. */
  readonly busiest: number;
  /** When that bucket began, epoch ms. */
  readonly at: number;
}

/** The symmetric quota by Region (KMS Developer Guide, requests-per-second); elsewhere 10,000. */
const SYMMETRIC: ReadonlyMap<string, number> = new Map([
  ...['us-east-1', 'us-west-2', 'eu-west-1'].map((region) => [region, 100_000] as const),
  ...['us-east-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'eu-central-1', 'eu-west-2'].map(
    (region) => [region, 20_000] as const,
  ),
]);

const KEY_ARN = /^arn:[^:]+:kms:([^:]+):(\d{12}):/;

/**
 * The use of request quotas by account and Region of the keys, nearest to its quota first. Counted are rows of one
 * operation on one key. Operations whose quota depends on the key's type are taken for symmetric ones, which most keys are;
 * calls that name no key are left out, and a quota raised by AWS is not known here.
 */
export function quotaUses(set: SeriesSet): QuotaUse[] {
  const { grid } = set;
  const sums = new Map<string, { use: Omit<QuotaUse, 'busiest' | 'at'>; calls: Float64Array }>();
  const y = new Float64Array(grid.length);
  for (const [row, { operation, keyArn, account, region, caller, outcome, metric }] of set.keys.entries()) {
    if (operation === null || keyArn === null || outcome !== null || caller !== null) continue;
    if (account !== null || region !== null || metric !== null) continue;
    const [, ownRegion, ownAccount] = KEY_ARN.exec(keyArn) ?? [];
    const quota = operationInfo(operation)?.quota ?? null;
    if (ownRegion === undefined || ownAccount === undefined || quota === null) continue;
    const symmetric = quota === 'symmetric' || quota === 'by-key-type';
    if (!symmetric && typeof quota !== 'number') continue;
    const name = symmetric ? 'symmetric' : operation;
    const id = JSON.stringify([ownAccount, ownRegion, name]);
    let sum = sums.get(id);
    if (sum === undefined) {
      const perSecond = typeof quota === 'number' ? quota : (SYMMETRIC.get(ownRegion) ?? 10_000);
      const use = { account: ownAccount, region: ownRegion, quota: name, perSecond };
      sum = { use, calls: new Float64Array(grid.length) };
      sums.set(id, sum);
    }
    readRow(set, row, y);
    for (let i = 0; i < grid.length; i++) sum.calls[i] += y[i];
  }
  return [...sums.values()]
    .map(({ use, calls }) => {
      let busiest = 0;
      for (let i = 1; i < calls.length; i++) if (calls[i] > calls[busiest]) busiest = i;
      const perSecond = (calls[busiest] ?? 0) / (grid.step / SECOND);
      return { ...use, busiest: perSecond, at: grid.start + busiest * grid.step };
    })
    .filter(({ busiest }) => busiest > 0)
    .sort((a, b) => b.busiest / b.perSecond - a.busiest / a.perSecond || (a.quota < b.quota ? -1 : 1));
}
