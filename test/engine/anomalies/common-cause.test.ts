import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCommon, scopeOf, upperBinomial } from '../../../src/engine/anomalies/affected-keys.js';
import { findAnomalies, IncidentTracker } from '../../../src/engine/index.js';
import type { Scores } from '../../../src/engine/types.js';
import { wordsFor } from '../../../src/report/words.js';
import { seriesKey } from '../../../src/series/key.js';
import { seeded } from '../../support/random.js';
import { type Cell, scoresOf } from '../../support/scores.js';
import { cutScores } from '../../support/scores-arbitrary.js';

const START = Date.UTC(2026, 5, 1);
const LENGTH = 60;
const arn = (account: number, n: number) => `arn:aws:kms:eu-central-1:${account}:key/${n}`;
const usual = { value: 9, expected: 9, surprise: 0, verdict: 0 };
const fewer = { value: 5, expected: 9, surprise: -1.4, verdict: 0 };
const gone = { value: 0, expected: 9, surprise: -5, verdict: -1 };
const more = { value: 90, expected: 9, surprise: 8, verdict: 1 };

/** Rows of some accounts; `cell` of each by account, key and bucket. */
function fleet(keys: number, cell: (account: number, key: number, bucket: number) => Cell, accounts = 2): Scores {
  const rows = [111111111111, 222222222222, 333333333333].slice(0, accounts).flatMap((account, a) =>
    Array.from({ length: keys }, (_, n) => ({
      key: { operation: 'Decrypt', keyArn: arn(account, n) },
      cells: Array.from({ length: LENGTH }, (_, bucket) => cell(a, n, bucket)),
    })),
  );
  return scoresOf(rows, START);
}

/** Keys of the first account that become significant one after another, further apart than an hour; all are quieter since bucket 2. */
const holiday = (keys: number) =>
  fleet(keys, (account, key, bucket) => {
    if (account === 1 || bucket < 2 || bucket > 50) return usual;
    const first = 3 + 14 * key;
    return bucket >= first && bucket <= 48 ? gone : fewer;
  });

describe('keys of one account that depart together', () => {
  const scores = holiday(8);

  it('are one incident, which says how many there are', () => {
    const tracker = new IncidentTracker();
    tracker.take(scores);
    const [incident, ...others] = tracker.incidents;
    expect(others).toEqual([]);
    expect(incident.anomalies.map(({ key }) => key.keyArn).sort()).toEqual(
      [0, 1, 2, 3].map((n) => arn(111111111111, n)),
    );
    expect(incident.affected).toEqual({ account: '111111111111', region: 'eu-central-1', keys: 8, of: 8 });
  });

  it('are one anomaly, whose related rows are the others', () => {
    const [anomaly, ...others] = findAnomalies(scores);
    expect(others).toEqual([]);
    expect([anomaly.key, ...anomaly.related].map(({ keyArn }) => keyArn).sort()).toEqual(
      [0, 1, 2, 3].map((n) => arn(111111111111, n)),
    );
    expect(anomaly.affected).toEqual({ account: '111111111111', region: 'eu-central-1', keys: 8, of: 8 });
  });

  it('are apart where the rest of the account is as usual', () => {
    const two = fleet(8, (account, key, bucket) =>
      account === 0 && key < 2 && bucket >= 3 + 20 * key && bucket < 10 + 20 * key ? gone : usual,
    );
    expect(findAnomalies(two).map(({ affected, related }) => [affected, related])).toEqual([
      [undefined, []],
      [undefined, []],
    ]);
    const tracker = new IncidentTracker();
    tracker.take(two);
    expect(tracker.incidents.map(({ affected, anomalies }) => [affected, anomalies.length])).toEqual([
      [undefined, 1],
      [undefined, 1],
    ]);
  });

  it('are an incident of their own beside another account that departs in the same hour', () => {
    const both = fleet(8, (account, key, bucket) => (bucket >= 3 + account && bucket < 40 && key < 7 ? gone : usual));
    const wide = new IncidentTracker();
    wide.take(both);
    // Nearly all of the Region: one thing.
    expect(wide.incidents.length).toBe(1);
    const falls = (account: number, key: number, bucket: number) =>
      account < 2 && bucket >= 3 + account && bucket < 40 && key < 6 - account ? gone : usual;
    const some = fleet(8, falls, 3);
    const tracker = new IncidentTracker();
    tracker.take(some);
    expect(tracker.incidents.map(({ affected }) => affected?.account)).toEqual(['111111111111', '222222222222']);
  });

  it('do not swallow what rises meanwhile', () => {
    const mixed = fleet(8, (account, key, bucket) => {
      if (account === 0 && key === 7) return bucket === 20 ? more : usual;
      return account === 0 && bucket >= 3 && bucket < 40 ? gone : usual;
    });
    expect(findAnomalies(mixed).map(({ verdict }) => verdict)).toEqual(['above', 'below']);
  });
});

it('depends neither on how time is cut, nor on the order of rows, nor on bytes in between', () => {
  const seeds = fc.record({
    seed: fc.nat(),
    keys: fc.integer({ min: 3, max: 7 }),
    cuts: fc.array(fc.integer({ min: 1, max: LENGTH - 1 }), { maxLength: 6 }),
  });
  let together = 0;
  fc.assert(
    fc.property(seeds, ({ seed, keys, cuts }) => {
      const random = seeded(seed);
      const begins = Array.from({ length: 2 * keys }, () => Math.floor(random() * 40));
      const noise = Array.from({ length: 2 * keys * LENGTH }, () => random());
      const scores = fleet(keys, (account, key, bucket) => {
        const row = account * keys + key;
        const begin = begins[row];
        if (bucket >= begin && bucket < begin + 12) return gone;
        return noise[row * LENGTH + bucket] < 0.3 ? fewer : usual;
      });
      const whole = new IncidentTracker();
      const changes = whole.take(scores);
      together += whole.incidents.filter(({ affected }) => affected !== undefined).length;
      const edges = [...new Set([0, ...cuts, LENGTH])].sort((a, b) => a - b);
      const order = scores.window.keys.map((_, row) => row).reverse();
      const parts = edges.slice(1).map((end, i) => cutScores(scores, edges[i], end, i % 2 === 0 ? order : undefined));
      let tracker = new IncidentTracker();
      const again = parts.flatMap((part) => {
        const found = tracker.take(part);
        tracker = IncidentTracker.fromBytes(tracker.toBytes());
        return found;
      });
      expect(again).toEqual(changes);
      expect(tracker.incidents).toEqual(whole.incidents);
      // The order of fields, too: what is written as JSON is compared as text.
      expect(JSON.stringify(tracker.incidents)).toBe(JSON.stringify(whole.incidents));
      expect(findAnomalies(parts)).toEqual(findAnomalies(scores));
      const ids = new Set(changes.flatMap(({ incident }) => incident.anomalies.map(({ id }) => id)));
      for (const { id } of findAnomalies(scores)) expect(ids).toContain(id);
    }),
    { numRuns: 60, seed: 31 },
  );
  expect(together).toBeGreaterThan(20);
});

describe('the group test', () => {
  it('is the tail of the binomial distribution', () => {
    expect(upperBinomial(3, 3, 0.1)).toBeCloseTo(1e-3, 15);
    expect(upperBinomial(0, 5, 0.1)).toBe(1);
    expect(upperBinomial(6, 5, 0.1)).toBe(0);
    // R: pbinom(16, 100, 0.1, lower.tail = FALSE)
    expect(upperBinomial(17, 100, 0.1)).toBeCloseTo(0.02059881, 7);
    // By the sum itself.
    for (let k = 0; k <= 12; k++) {
      let sum = 0;
      for (let i = k; i <= 12; i++) sum += choose(12, i) * 0.1 ** i * 0.9 ** (12 - i);
      expect(upperBinomial(k, 12, 0.1) / sum).toBeCloseTo(1, 10);
    }
  });

  it('asks for three keys at least', () => {
    const scope = { account: '111111111111', region: 'eu-central-1' };
    expect(isCommon({ ...scope, keys: 2, of: 2 })).toBe(false);
    expect(isCommon({ ...scope, keys: 3, of: 3 })).toBe(true);
    expect(isCommon({ ...scope, keys: 3, of: 12 })).toBe(false);
    expect(isCommon({ ...scope, keys: 12, of: 40 })).toBe(true);
  });

  it('finds the account in the key’s ARN where the row does not name it', () => {
    expect(scopeOf(seriesKey({ keyArn: arn(111111111111, 1) }))).toEqual({
      account: '111111111111',
      region: 'eu-central-1',
    });
    expect(scopeOf(seriesKey({ keyArn: arn(111111111111, 1), account: '999999999999' })).account).toBe('999999999999');
    expect(scopeOf(seriesKey({ operation: 'Decrypt' }))).toEqual({ account: null, region: null });
  });
});

function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
}

it('keeps its counts in the bytes of incidents that are closed', () => {
  const tracker = new IncidentTracker();
  tracker.take(fleet(8, (account, key, bucket) => (account === 0 && bucket > key && bucket < 14 ? gone : usual)));
  expect(tracker.incidents.map(({ state, affected }) => [state, affected?.keys])).toEqual([['closed', 8]]);
  expect(IncidentTracker.fromBytes(tracker.toBytes()).incidents).toEqual(tracker.incidents);
});

it('is put in words', () => {
  const [anomaly] = findAnomalies(holiday(8));
  expect(wordsFor(anomaly)).toContain(
    '8 of the 8 keys of account 111111111111 in eu-central-1 have fewer calls than expected.',
  );
});
