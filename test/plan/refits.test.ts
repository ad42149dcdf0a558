import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { REFUSED_KEYS } from '../../src/kms/refused-keys.js';
import { definePlan, memoryStore, type Notice } from '../../src/plan/index.js';
import { Ledger } from '../../src/plan/ledger.js';
import { ByteReader, ByteWriter } from '../../src/series/bytes.js';
import { poisson, seeded } from '../support/random.js';
import { callAt, run, START } from './running.js';
import { DAY, type Delivered, HOUR, logOf, MINUTE, recorder } from './support.js';

const WEEK = 7 * DAY;
const NOW = START + 14 * DAY + 15 * MINUTE;
const ALL = { refitEvery: WEEK } as const;

/** Six calls in each hour of a working day from `opens` to eight hours later, an hour earlier for good after `moved`; and one a day at night. */
function officeCalls(until: number, moved: number, seed = 3): Delivered[] {
  const random = seeded(seed);
  const all: Delivered[] = [];
  for (let hour = START; hour < until; hour += HOUR) {
    const day = Math.floor((hour - START) / DAY) % 7;
    const opens = hour >= moved ? 8 : 9;
    const at = (hour % DAY) / HOUR;
    const mean = day < 5 && at >= opens && at < opens + 8 ? 40 : 0.1;
    for (let n = poisson(random, mean); n > 0; n--) {
      const time = Math.floor(hour + random() * HOUR);
      all.push({ call: callAt(time), at: time + MINUTE });
    }
  }
  return all.sort((a, b) => a.at - b.at);
}

const plan = { step: HOUR, every: 6 * HOUR, alarm: { evaluationPeriods: 1 } };
const moved = START + 21 * DAY;
const until = START + 9 * WEEK;
const records = officeCalls(until, moved);

/** Anomalies that were reported in each week after the move. */
async function perWeek(fields: object, options: object = {}): Promise<number[]> {
  const { told } = await run({ sources: [logOf('log', records)], ...plan, ...fields }, until, {
    from: NOW,
    ...options,
  });
  const found = told.filter(
    ({ state, kind, change }) => state === 'ALARM' && kind === 'anomaly' && change === 'opened',
  );
  return Array.from({ length: 6 }, (_, week) => {
    const from = moved + week * WEEK;
    return found.filter(({ at }) => at >= from && at < from + WEEK).length;
  });
}

describe('a plan that fits its baseline again', () => {
  it('reports a new habit on its first days, and then it is the habit', async () => {
    const once = await perWeek({ refitEvery: 0 });
    const again = await perWeek(ALL);
    expect(again[0]).toBeGreaterThan(0);
    // Without it, every week is as the first.
    expect(Math.min(...once.slice(1))).toBeGreaterThan(2);
    expect(again.slice(3)).toEqual([0, 0, 0]);
  });

  it('says when it may not: under hold a fit would learn what was not signed off', () => {
    const defined = (fields: object) =>
      definePlan({ purpose: 'p', owner: 'o', sources: [logOf('log', [])], notify: [recorder()], ...fields } as never);
    expect(defined({}).refitEvery).toBe(WEEK);
    expect(defined({ learn: 'hold' }).refitEvery).toBe(0);
    expect(() => defined({ learn: 'hold', refitEvery: WEEK })).toThrow("must be 0 where plan.learn is 'hold'");
    expect(() => defined({ refitEvery: HOUR })).toThrow('plan.refitEvery must be 0 or a whole number in');
  });
});

describe('what a ledger remembers', () => {
  const ledgerOf = () => {
    const ledger = new Ledger(HOUR);
    for (const { call } of records.slice(0, 4000)) ledger.add(call, 'log');
    ledger.listen('log', [{ from: START, to: until }]);
    return ledger;
  };
  const written = (ledger: Ledger) => {
    const out = new ByteWriter();
    ledger.write(out);
    return out.toBytes();
  };

  it('keeps the counts of rows that are judged, and not those of callers, for longer', () => {
    const ledger = ledgerOf();
    const end = START + 14 * DAY;
    const before = ledger.window(START, end, 'judged', []);
    const callers = ledger.window(START, end, 'callers', []);
    ledger.forget(START, end - 3 * DAY, 1e9);
    expect(ledger.window(START, end, 'judged', [])).toEqual(before);
    expect(ledger.window(end - 3 * DAY, end, 'callers', []).keys).toEqual(callers.keys);
    const left = Ledger.read(new ByteReader(written(ledger), 0), HOUR);
    expect(left.window(START, end, 'judged', [])).toEqual(before);
  });

  it('is bounded: of more counts than that the oldest days go', () => {
    const ledger = ledgerOf();
    const size = written(ledger).length;
    for (let poll = 0; poll < 30; poll++) ledger.forget(-Infinity, START + 10 * DAY, 500);
    // No further than to the time of which nothing may go.
    expect(ledger.since).toBeGreaterThan(START + 3 * DAY);
    expect(ledger.since).toBeLessThanOrEqual(START + 10 * DAY);
    expect(written(ledger).length).toBeLessThan(size);
  });
});

const keyOf = (n: number) => `arn:aws:kms:eu-central-1:111122223333:key/000000${10 + n}-12ab-34cd-56ef-1234567890ab`;
const roleOf = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
function refused(name: string, key: number): Partial<KmsCall> {
  return { keyArns: [keyOf(key)], caller: roleOf(name), error: 'AccessDeniedException' };
}

describe('a plan that fits its baseline again, with callers that are refused', () => {
  const random = seeded(11);
  const first = START + 7 * DAY;
  const last = first + 10 * DAY;
  const all: Delivered[] = [];
  const put = (time: number, fields: Partial<KmsCall>) => all.push({ call: callAt(time, fields), at: time + MINUTE });
  for (let time = START; time < last; time += HOUR) {
    for (let n = poisson(random, 8); n > 0; n--) put(Math.floor(time + random() * HOUR), {});
    // One that always fails on a few keys, with days without; and a key and a caller that begin late.
    const day = Math.floor((time - START) / DAY);
    if (day % 5 !== 4 && random() < 0.3) put(time + MINUTE, refused('Job', Math.floor(random() * 3)));
    if (time > first + 5.6 * DAY) put(time + 2 * MINUTE, { keyArns: [keyOf(9)], caller: roleOf('Late') });
  }
  // Somebody who tries key after key, twice: a few of them on the next day too, which is not new.
  for (const [at, keys] of [
    [first + 8.4 * DAY, 25],
    [first + 9.1 * DAY, 12],
  ]) {
    for (let n = 0; n < keys; n++) put(at + n * 1000, refused('Thief', 20 + n));
  }
  all.sort((a, b) => a.at - b.at);
  const plan = { sources: [logOf('log', all)], step: HOUR, learnFor: WEEK, refitEvery: WEEK };
  const from = first + 30 * MINUTE;
  const content = ({ id: _, alarm: __, ...rest }: Notice) => rest;
  const anomalies = (told: readonly Notice[], until: number) =>
    told.filter(({ kind, at }) => kind === 'anomaly' && at <= until).map(content);

  it('decides the same however its polls are cut, and restarted', async () => {
    const whole = await run({ ...plan, every: 3 * HOUR }, last, { from });
    const tried = whole.told.filter(
      ({ anomaly, change }) => anomaly?.key.metric === REFUSED_KEYS && change === 'opened',
    );
    expect(tried.length).toBeGreaterThanOrEqual(1);
    for (const hours of [7, 31]) {
      let store = memoryStore();
      const told: Notice[] = [];
      let settled = 0;
      for (let time = from; time < last; time += hours * HOUR) {
        store = memoryStore(await store.load());
        const part = await run(plan, time, { store, from: time, once: true });
        told.push(...part.told);
        settled = part.health.settledUntil ?? 0;
      }
      expect(anomalies(told, settled)).toEqual(anomalies(whole.told, settled));
    }
  }, 120_000);
});
