import { describe, expect, it } from 'vitest';
import { findAnomalies } from '../../../src/engine/anomalies/find-anomalies.js';
import { fitBaseline } from '../../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../../src/engine/score-window.js';
import type { Anomaly } from '../../../src/engine/types.js';
import { SeriesSetBuilder } from '../../../src/series/builder.js';
import { type SeriesKey, seriesKey } from '../../../src/series/key.js';
import { seriesSet } from '../../../src/series/series-set.js';
import { sliceWindow } from '../../../src/series/slice.js';
import { poisson, seeded } from '../../support/random.js';
import { DAY, KEY, MONDAY, OTHER_KEY, STEP, WEEK } from '../../support/sets.js';

const END = MONDAY + 3 * WEEK;
const APP = 'arn:aws:iam::111122223333:role/App';
const STRANGER = 'arn:aws:iam::111122223333:user/Stranger';

interface Source {
  operation: string;
  keyArns: string[];
  caller: string;
  outcome?: 'ok' | 'error';
}

/** Counts calls at the default levels and by caller, as countCalls does. */
class Traffic {
  readonly rows = new SeriesSetBuilder({ step: STEP, start: MONDAY, end: END + DAY });
  readonly byCaller = new SeriesSetBuilder({ step: STEP, start: MONDAY, end: END + DAY });

  add({ operation, keyArns, caller, outcome = 'ok' }: Source, time: number, times: number): void {
    this.rows.add({ operation }, time, times);
    this.rows.add({ operation, outcome }, time, times);
    this.byCaller.add({ operation, caller }, time, times);
    for (const keyArn of keyArns) {
      this.rows.add({ keyArn }, time, times);
      this.rows.add({ keyArn, operation }, time, times);
      this.byCaller.add({ keyArn, operation, caller }, time, times);
    }
  }

  /** Steady Poisson traffic over history and window, but for `[from, to)`. */
  steady(source: Source, mean: number, seed: number, silent = { from: 0, to: 0 }): this {
    const random = seeded(seed);
    for (let time = MONDAY; time < END + DAY; time += STEP) {
      const calls = poisson(random, mean);
      if (calls > 0 && (time < silent.from || time >= silent.to)) this.add(source, time, calls);
    }
    return this;
  }

  anomalies(): Anomaly[] {
    const set = this.rows.finish();
    const callers = this.byCaller.finish({ from: MONDAY, to: END + DAY });
    const scores = scoreWindow(fitBaseline(sliceWindow(set, MONDAY, END)), sliceWindow(set, END, END + DAY));
    return findAnomalies(scores, {
      callers: sliceWindow(callers, END, END + DAY),
      usualCallers: sliceWindow(callers, MONDAY, END),
    });
  }
}

const decrypt = { operation: 'Decrypt', keyArns: [KEY], caller: APP };
const encrypt = { operation: 'Encrypt', keyArns: [OTHER_KEY], caller: APP };
const names = (keys: readonly SeriesKey[]) => keys.map((key) => JSON.stringify(key)).sort();

describe('findAnomalies', () => {
  it('finds nothing on an ordinary day', () => {
    expect(new Traffic().steady(decrypt, 3, 1).steady(encrypt, 2, 2).anomalies()).toEqual([]);
  });

  it('tells a burst once, on operation and key, with who did it and what else it moved', () => {
    const traffic = new Traffic().steady(decrypt, 3, 1).steady(encrypt, 2, 2);
    const at = END + 10 * 3_600_000;
    traffic.add({ ...decrypt, caller: STRANGER }, at, 300);
    traffic.add({ ...decrypt, caller: STRANGER }, at + STEP, 200);
    const [anomaly, ...more] = traffic.anomalies();
    expect(more).toEqual([]);
    expect(anomaly?.key).toEqual(seriesKey({ operation: 'Decrypt', keyArn: KEY }));
    expect(anomaly?.verdict).toBe('above');
    expect(anomaly?.kind).toBe('spike');
    expect([anomaly?.from, anomaly?.to]).toEqual([at, at + 2 * STEP]);
    expect(anomaly?.value).toBeGreaterThanOrEqual(500);
    expect(anomaly?.value).toBeLessThan(520);
    expect(anomaly?.expected).toBeCloseTo(6, 0);
    expect(anomaly?.callers?.[0]).toEqual({ caller: STRANGER, calls: 500, usual: 0, before: 0 });
    expect(anomaly?.callers?.[1]?.caller).toBe(APP);
    // The mean of ten minutes in the weeks before, of which there are few.
    expect(Math.abs((anomaly?.callers?.[1]?.usual ?? 0) - 6)).toBeLessThan(4);
    expect(names(anomaly?.related ?? [])).toEqual(
      names([
        seriesKey({ operation: 'Decrypt' }),
        seriesKey({ operation: 'Decrypt', outcome: 'ok' }),
        seriesKey({ keyArn: KEY }),
      ]),
    );
  });

  it('dates a silence from its first missing call, and ranks who is missing', () => {
    const silent = { from: END + 6 * 3_600_000, to: END + 12 * 3_600_000 };
    const traffic = new Traffic().steady(decrypt, 1, 1, silent).steady(encrypt, 2, 2);
    const [anomaly, ...more] = traffic.anomalies();
    expect(more).toEqual([]);
    expect(anomaly?.kind).toBe('silence');
    expect(anomaly?.verdict).toBe('below');
    expect(Math.abs((anomaly?.from ?? 0) - silent.from)).toBeLessThan(10 * STEP);
    expect(anomaly?.to).toBeGreaterThanOrEqual(silent.to - STEP);
    expect(anomaly?.value).toBe(0);
    expect(anomaly?.lower).toBe(1);
    expect(anomaly?.callers?.[0]?.caller).toBe(APP);
    expect(anomaly?.callers?.[0]?.calls).toBe(0);
    expect(anomaly?.callers?.[0]?.usual).toBeGreaterThan(50);
  });

  it('tells a burst of failures on the key, with the failures related', () => {
    const traffic = new Traffic().steady(decrypt, 3, 1);
    traffic.add({ ...decrypt, caller: STRANGER, outcome: 'error' }, END + 5 * 3_600_000, 80);
    const [anomaly, ...more] = traffic.anomalies();
    expect(more).toEqual([]);
    expect(anomaly?.key.keyArn).toBe(KEY);
    expect(names(anomaly?.related ?? [])).toContain(names([seriesKey({ operation: 'Decrypt', outcome: 'error' })])[0]);
  });

  it('tells calls on many keys at once on their operation', () => {
    const traffic = new Traffic().steady(decrypt, 3, 1);
    for (let i = 0; i < 30; i++) {
      const keyArn = KEY.replace('1234abcd', `${1000 + i}abcd`);
      traffic.add({ operation: 'DisableKey', keyArns: [keyArn], caller: STRANGER }, END + 5 * 3_600_000, 1);
    }
    const [anomaly, ...more] = traffic.anomalies();
    expect(more).toEqual([]);
    expect(anomaly?.key).toEqual(seriesKey({ operation: 'DisableKey' }));
    expect(anomaly?.kind).toBe('first-seen');
    expect(anomaly?.value).toBe(30);
    expect(anomaly?.callers).toEqual([{ caller: STRANGER, calls: 30, usual: 0, before: 0 }]);
  });

  it('tells bursts on many keys at once on their operation, and on two keys apart', () => {
    const burst = (keys: number) => {
      const traffic = new Traffic().steady(decrypt, 3, 1);
      for (let i = 0; i < keys; i++) {
        const keyArn = KEY.replace('1234abcd', `${1000 + i}abcd`);
        traffic.add({ operation: 'Encrypt', keyArns: [keyArn], caller: STRANGER }, END + 5 * 3_600_000, 100);
      }
      return traffic.anomalies();
    };
    const [anomaly, ...more] = burst(30);
    expect(more).toEqual([]);
    expect(anomaly?.key).toEqual(seriesKey({ operation: 'Encrypt' }));
    expect(anomaly?.value).toBe(3000);
    expect(burst(2).map(({ key }) => key.keyArn !== null)).toEqual([true, true]);
  });

  it('tells apart what different operations do on one key at once', () => {
    const traffic = new Traffic().steady(decrypt, 3, 1);
    for (const operation of ['CreateGrant', 'DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion']) {
      traffic.add({ operation, keyArns: [KEY], caller: `${STRANGER}/${operation}` }, END + 5 * 3_600_000, 60);
    }
    const found = traffic.anomalies();
    expect(found.map(({ key }) => key.operation).sort()).toEqual([
      'CreateGrant',
      'DisableKey',
      'PutKeyPolicy',
      'ScheduleKeyDeletion',
    ]);
    for (const { key, callers } of found) expect(callers?.[0]?.caller).toBe(`${STRANGER}/${key.operation}`);
  });

  it('tells a ReEncrypt from one key to another once', () => {
    const reEncrypt = { operation: 'ReEncrypt', keyArns: [KEY, OTHER_KEY], caller: STRANGER };
    const traffic = new Traffic().steady(decrypt, 3, 1).steady(encrypt, 2, 2);
    traffic.add(reEncrypt, END + 5 * 3_600_000, 400);
    traffic.add({ ...reEncrypt, keyArns: [KEY] }, END + 5 * 3_600_000, 1);
    const [anomaly, ...more] = traffic.anomalies();
    expect(more).toEqual([]);
    expect(anomaly?.key.operation).toBe('ReEncrypt');
    expect(anomaly?.value).toBe(401);
    expect(names(anomaly?.related ?? []).join()).toContain(anomaly?.key.keyArn === KEY ? OTHER_KEY : KEY);
  });

  it('keeps apart two incidents on two keys, most unusual first', () => {
    const traffic = new Traffic().steady(decrypt, 3, 1).steady(encrypt, 2, 2);
    traffic.add(decrypt, END + 5 * 3_600_000, 60);
    traffic.add(encrypt, END + 5 * 3_600_000, 900);
    const found = traffic.anomalies();
    expect(found.map(({ key }) => key.operation)).toEqual(['Encrypt', 'Decrypt']);
  });

  it('tells a silence around a hole in the logs once, and names no row as its own companion', () => {
    const random = seeded(5);
    const values = Array.from({ length: (3 * WEEK + DAY) / STEP }, () => poisson(random, 1));
    const at = (3 * WEEK) / STEP;
    for (let i = 100; i < 180; i++) values[at + i] = i >= 130 && i < 160 ? Number.NaN : 0;
    values[at + 99] = values[at + 180] = 1;
    const rows = [{ operation: 'Decrypt' }, { keyArn: KEY }, { operation: 'Decrypt', keyArn: KEY }];
    const set = seriesSet({ start: MONDAY, step: STEP, series: rows.map((key) => ({ key, values })) });
    const scores = scoreWindow(fitBaseline(sliceWindow(set, MONDAY, END)), sliceWindow(set, END, END + DAY));
    const [anomaly, ...more] = findAnomalies(scores);
    expect(more).toEqual([]);
    expect(anomaly?.kind).toBe('silence');
    expect([anomaly?.from, anomaly?.to]).toEqual([END + 100 * STEP, END + 180 * STEP]);
    expect(names(anomaly?.related ?? [])).toEqual(
      names([seriesKey({ operation: 'Decrypt' }), seriesKey({ keyArn: KEY })]),
    );
  });

  it('bridges a pause of up to an hour, and no more', () => {
    const traffic = (pause: number) => {
      const t = new Traffic().steady(decrypt, 1, 1);
      t.add(decrypt, END + 5 * 3_600_000, 100);
      t.add(decrypt, END + 5 * 3_600_000 + pause, 100);
      return t.anomalies();
    };
    expect(traffic(3_600_000).length).toBe(1);
    expect(traffic(3_600_000 + 2 * STEP).length).toBe(2);
  });
});
