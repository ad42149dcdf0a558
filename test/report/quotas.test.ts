import { describe, expect, it } from 'vitest';
import { Baseline } from '../../src/engine/baseline.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { InputError } from '../../src/errors.js';
import type { KmsKey } from '../../src/kms/lifecycle.js';
import { datesOf, timesToReach } from '../../src/report/quota-dates.js';
import { quotaHeadroom, quotaWords } from '../../src/report/quota-headroom.js';
import { quotaSeries, quotaUses } from '../../src/report/quotas.js';
import { seriesSet } from '../../src/series/series-set.js';
import { DAY, KEY, MONDAY, OTHER_KEY, officeMean, oneRow, poissonRow, STEP } from '../support/sets.js';

const BUCKETS = DAY / STEP;

function key(keyArn: string, fields: Partial<KmsKey>): KmsKey {
  return { keyArn, spec: null, customKeyStoreId: null, ...fields } as KmsKey;
}

describe('quotaUses', () => {
  it('files asymmetric keys under the quota of their type, and key stores under their own', () => {
    const set = seriesSet({
      start: 0,
      step: 1000,
      series: [
        { key: { operation: 'Sign', keyArn: KEY }, values: [100] },
        { key: { operation: 'Decrypt', keyArn: OTHER_KEY }, values: [900] },
      ],
    });
    const keys = [
      key(KEY, { spec: 'RSA_2048' }),
      key(OTHER_KEY, { spec: 'SYMMETRIC_DEFAULT', customKeyStoreId: 'cks-1' }),
    ];
    expect(quotaUses(set, { keys }).map(({ quota, perSecond, share }) => [quota, perSecond, share])).toEqual([
      ['custom key store cks-1', 1800, 0.5],
      ['RSA', 1000, 0.1],
      ['symmetric', 20_000, 0.045],
    ]);
    expect(quotaUses(set).map(({ quota, busiest }) => [quota, busiest])).toEqual([['symmetric', 1000]]);
  });

  it('goes by the account that was called from, where counts tell it: that one is throttled', () => {
    const there = { account: '444455556666', region: 'eu-central-1' };
    const set = seriesSet({
      start: 0,
      step: 1000,
      series: [
        { key: { operation: 'Decrypt', keyArn: KEY }, values: [5] },
        { key: { operation: 'Decrypt', ...there }, values: [5] },
        { key: { operation: 'GenerateRandom', ...there }, values: [7] },
      ],
    });
    expect(quotaUses(set).map(({ account, quota, busiest }) => [account, quota, busiest])).toEqual([
      ['444455556666', 'symmetric', 12],
    ]);
  });

  it('takes usage metrics for what they are: KMS’s own count against each quota', () => {
    const usage = (resource: string, value: number) => ({
      key: { metric: `AWS/Usage CallCount Resource=${resource}` },
      values: [value],
    });
    const set = seriesSet({
      start: 0,
      step: 60_000,
      series: [
        usage('CryptographicOperationsSymmetric', 600_000),
        usage('CryptographicOperationsRsa', 6_000),
        usage('GenerateDataKeyPair-RSA_4096', 30),
        usage('GenerateDataKeyPair-ECC_NIST_P256', 60),
        usage('CreateKey', 30),
        usage('SomethingNew', 30),
        { key: { operation: 'Decrypt', keyArn: KEY }, values: [1] },
      ],
    });
    const here = { region: 'us-east-1', account: '111122223333', raised: { symmetric: 200_000 } };
    expect(quotaUses(set, here).map(({ quota, perSecond, share }) => [quota, perSecond, share])).toEqual([
      ['GenerateDataKeyPair RSA_4096', 1, 0.5],
      ['CreateKey', 5, 0.1],
      ['RSA', 1000, 0.1],
      ['symmetric', 200_000, 0.05],
      ['GenerateDataKeyPair ECC_NIST_P256', 100, 0.01],
    ]);
    expect(() => quotaUses(set)).toThrow(InputError);
    expect(() => quotaUses(set, { ...here, raised: { symmetric: 0 } })).toThrow(/^raised\["symmetric"\] must be/);
  });

  it('trap 46: knows the quotas of each Region as they are, not those of older pages', () => {
    const regions = { 'us-east-1': 100_000, 'eu-west-1': 100_000, 'eu-central-1': 20_000, 'sa-east-1': 10_000 };
    for (const [region, perSecond] of Object.entries(regions)) {
      const series = [{ key: { operation: 'Decrypt', account: '111122223333', region }, values: [1] }];
      expect(quotaUses(seriesSet({ start: 0, step: 1000, series }))[0]).toMatchObject({ region, perSecond });
    }
  });

  it('leaves out buckets that were not observed, of any part of a sum', () => {
    const set = seriesSet({
      start: 0,
      step: 1000,
      series: [
        { key: { operation: 'Decrypt', keyArn: KEY }, values: [50, 7, 1] },
        { key: { operation: 'Encrypt', keyArn: KEY }, values: [NaN, 1, 1] },
      ],
    });
    expect(quotaUses(set).map(({ busiest, at }) => [busiest, at])).toEqual([[8, 1000]]);
    expect([...quotaSeries(set).set.observed]).toEqual([0, 1, 1]);
  });
});

describe('quotaHeadroom', () => {
  /** Calls a second near the quota of DescribeKey, 2,000, on one busy hour of each day. */
  const busy = (perSecond: number) => (time: number) => ((time % DAY) / 3_600_000 < 1 ? perSecond * 300 : 3000);
  /** Counts of the variance of Poisson ones: to draw those of 200,000 takes long. */
  const wavering = (weeks: number, mean: (time: number) => number) =>
    Float64Array.from({ length: weeks * 7 * BUCKETS }, (_, i) => {
      const expected = mean(MONDAY + i * STEP);
      return Math.round(expected + Math.sqrt(2 * expected) * Math.sin(i * 12.9898));
    });
  const history = (perSecond: number, weeks = 4) =>
    seriesSet({
      start: MONDAY,
      step: STEP,
      series: [{ key: { operation: 'DescribeKey', keyArn: KEY }, values: wavering(weeks, busy(perSecond)) }],
    });

  it('says that throttling is next to certain, possible or out of question', () => {
    const chanceAt = (perSecond: number) =>
      quotaHeadroom(history(perSecond), { timeZone: 'UTC', burst: 3 })[0]?.chance ?? NaN;
    expect(chanceAt(100)).toBeLessThan(1e-9);
    expect(chanceAt(700)).toBeGreaterThan(0.99);
    expect(chanceAt(620)).toBeGreaterThan(chanceAt(560));
  });

  it('agrees with what a steady Poisson stream would do: the chance of each second, over all of the week', () => {
    // 0.2 calls a second, never more: P(more than 5 in one second) over 604,800 seconds.
    const series = [{ key: { operation: 'DisableKey', keyArn: KEY }, values: poissonRow(5, 6, () => 60) }];
    const [headroom] = quotaHeadroom(seriesSet({ start: MONDAY, step: STEP, series }), { timeZone: 'UTC', burst: 1 });
    let within = 0;
    for (let k = 0, term = Math.exp(-0.2); k <= 5; k++, term *= 0.2 / k) within += term;
    const truth = 1 - within ** 604_800;
    expect(truth).toBeCloseTo(0.044, 2);
    expect(headroom?.chance).toBeGreaterThan(truth / 2);
    expect(headroom?.chance).toBeLessThan(truth * 2.5);
  });

  it('tells nothing of a history that is too short', () => {
    const short = seriesSet({
      start: MONDAY,
      step: STEP,
      series: [{ key: { operation: 'DescribeKey', keyArn: KEY }, values: [100, 100, 100] }],
    });
    const [headroom] = quotaHeadroom(short);
    expect(headroom?.chance).toBeNull();
    if (headroom !== undefined) expect(quotaWords(headroom)).toContain('Too little history');
  });

  it('counts seconds as they are, without assuming a burst', () => {
    const values = Float64Array.from({ length: 86_400 }, (_, i) => (i === 40_000 ? 4 : 0));
    const set = seriesSet({
      start: MONDAY,
      step: 1000,
      series: [{ key: { operation: 'EnableKey', keyArn: KEY }, values }],
    });
    expect(quotaHeadroom(set)[0]).toMatchObject({ burst: 1, busiest: 4, share: 0.8, at: MONDAY + 40_000_000 });
  });

  it('says it in words', () => {
    const [headroom] = quotaHeadroom(oneRow(poissonRow(1, 3, officeMean)), { timeZone: 'UTC' });
    if (headroom === undefined) throw new Error('no headroom');
    expect(quotaWords(headroom)).toMatch(
      /^Cryptographic operations with symmetric keys \(eu-central-1, account 111122223333\): at most 0\.1\d? calls a second, under 0\.1 % of 20,000, at 2026-01-\d\d \d\d:\d\d\. Chance of throttling within a week: less than one in a million, if no second runs at over 3 times the mean around it\. At the growth of the history, the quota is not reached within two years\.$/,
    );
    expect(quotaWords({ ...headroom, chance: 0.003 })).toContain('one in 300');
    expect(quotaWords({ ...headroom, chance: 0.31 })).toContain('31 %');
    expect(() => quotaHeadroom(oneRow([1]), { burst: 0.5 })).toThrow(/^burst must be/);
  });
});

describe('Baseline.chanceOf', () => {
  it('agrees with the share of buckets that hold so many, and falls with the count', () => {
    const values = poissonRow(9, 8, officeMean);
    const baseline = Baseline.fromBytes(fitBaseline(oneRow(values), { timeZone: 'UTC' }).toBytes());
    const later = poissonRow(10, 8, officeMean);
    const end = MONDAY + 8 * 7 * DAY;
    for (const count of [1, 15, 20, 26]) {
      let expected = 0;
      let seen = 0;
      for (let b = 0; b < 7 * BUCKETS; b++)
        expected += baseline.chanceOf({ operation: 'Decrypt', keyArn: KEY }, end + b * STEP, count);
      for (const value of later) if (value >= count) seen++;
      expect(expected / (7 * BUCKETS) / (seen / later.length)).toBeGreaterThan(0.8);
      expect(expected / (7 * BUCKETS) / (seen / later.length)).toBeLessThan(1.3);
    }
    const chances = [0, 1, 10, 100, 1e6].map((count) =>
      baseline.chanceOf({ operation: 'Decrypt', keyArn: KEY }, end, count),
    );
    expect(chances[0]).toBe(1);
    for (let i = 1; i < chances.length; i++) expect(chances[i]).toBeLessThan(chances[i - 1] ?? NaN);
  });
});

describe('when a quota is reached', () => {
  it('names the dates between which growth that the history shows gets there', () => {
    // Ten per cent a week, from 20 calls a bucket: the end of six weeks has 35.
    const history = oneRow(poissonRow(9, 6, (time) => 20 * 1.1 ** ((time - MONDAY) / (7 * DAY))));
    const end = MONDAY + 42 * DAY;
    const at = (perSecond: number) => quotaHeadroom(history, { timeZone: 'UTC', raised: { symmetric: perSecond } })[0];
    const headroom = at(10);
    if (headroom?.reached == null) throw new Error('a history of six weeks shows growth');
    const { from, to } = headroom.reached;
    expect(from).toBeGreaterThan(end);
    expect(to).toBeGreaterThan(from as number);
    expect(quotaWords(headroom)).toContain('At the growth of the history, the quota is reached between');
  });

  it('is as likely as not at the middle of a law that is known, and wider with its doubt', () => {
    const use = (variance: number) => (time: number) => ({ ratio: Math.exp(time / DAY / 100), variance });
    const { from, to } = datesOf(Math.exp(1), 0, use(0.01));
    // One in ten at 1.28 standard deviations: 13 days before and after day 100.
    expect([from, to]).toEqual([88 * DAY, 113 * DAY]);
    const wide = datesOf(Math.exp(1), 0, use(0.04));
    expect(wide.from as number).toBeLessThan(from as number);
    expect(wide.to as number).toBeGreaterThan(to as number);
    expect(datesOf(undefined, 0, use(0.01))).toEqual({ from: null, to: null });
    expect(datesOf(1e9, 0, use(0.01))).toEqual({ from: null, to: null });
    expect(timesToReach((times) => (times > 7 ? 0.9 : 0.1))).toBeCloseTo(7, 0);
    expect(timesToReach(() => 0)).toBeUndefined();
  });
});
