import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { memoryStore, type Notice, type PlanInput } from '../../src/plan/index.js';
import { poisson, seeded } from '../support/random.js';
import { burst, callAt, JUDGED, lines, run, START, STEP, sorted, steady } from './running.js';
import { DAY, type Delivered, HOUR, logOf, MINUTE } from './support.js';

const arn = (n: number) => `arn:aws:kms:eu-central-1:111122223333:key/0000000${n}-12ab-34cd-56ef-1234567890ab`;

/** Calls on a key at so many a bucket, from START to `to`; delivered a minute later. */
function calling(
  keyArn: string,
  perBucket: number,
  to: number,
  seed: number,
  fields: Partial<KmsCall> = {},
): Delivered[] {
  const random = seeded(seed);
  const all: Delivered[] = [];
  for (let time = START; time < to; time += STEP) {
    for (let n = poisson(random, perBucket); n > 0; n--) {
      const at = Math.floor(time + random() * STEP);
      all.push({ call: callAt(at, { keyArns: [keyArn], ...fields }), at: at + MINUTE });
    }
  }
  return all;
}

const anomalies = (told: readonly Notice[]) => told.filter(({ kind }) => kind === 'anomaly');
/** What a notice is, but for its id. */
const content = ({ id: _, alarm: __, ...rest }: Notice) => rest;

describe('notices of incidents', () => {
  it('name all of six keys that stop together beside two busy ones, within two notices', async () => {
    for (const seed of [1, 3]) {
      const stop = JUDGED + DAY + 10 * HOUR;
      const end = JUDGED + 2 * DAY;
      const six = [1, 2, 3, 4, 5, 6].flatMap((n) => calling(arn(n), 60 / 288, stop, 100 * seed + n));
      const two = [7, 8].flatMap((n) => calling(arn(n), 3, end, 100 * seed + n));
      const { told } = await run({ sources: [logOf('log', sorted([...six, ...two]))] }, end);
      const [first, second] = anomalies(told).filter(({ at }) => at > stop);
      const named = new Set([first, second].flatMap(({ keys }) => keys.map(({ keyArn }) => keyArn)));
      for (const n of [1, 2, 3, 4, 5, 6]) {
        expect(named).toContain(arn(n));
        expect(`${first.text} ${second.text}`).toContain(`0000000${n}`);
      }
      expect(named).not.toContain(arn(7));
    }
  });

  it('wait for alarm.minCalls, whether the plan is restarted or not, and never come where it stays smaller', async () => {
    const at = JUDGED + DAY;
    const records = sorted([
      ...steady(JUDGED + 2 * DAY),
      ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => burst(at + n * STEP, n < 4 ? 30 : 250)),
    ]);
    const watching = async (minCalls: number, stops: readonly number[] = []) => {
      const store = memoryStore();
      const told: Notice[] = [];
      let from = JUDGED + 20 * MINUTE;
      for (const to of [...stops, JUDGED + 2 * DAY]) {
        const plan = { sources: [logOf('log', records)], alarm: { minCalls }, every: 5 * MINUTE };
        told.push(...anomalies((await run(plan, to, { store, from })).told));
        from = to;
      }
      return told;
    };
    const [all, none, some] = [await watching(0), await watching(5000), await watching(200)];
    expect(none).toEqual([]);
    expect([all[0].change, some[0].change]).toEqual(['opened', 'opened']);
    expect(all[0].anomaly?.value).toBeLessThan(200);
    expect(some[0].anomaly?.value).toBeGreaterThanOrEqual(200);
    expect(some[0].incident).toBe(all[0].incident);
    expect(some[0].at).toBeGreaterThan(all[0].at);
    expect(some.at(-1)?.change).toBe('closed');
    const restarted = await watching(200, [at + 25 * MINUTE, at + 32 * MINUTE]);
    expect(restarted.map(content)).toEqual(some.map(content));
  });

  it('come once when an incident opens, when it is worse, and when it is over; all under one alarm', async () => {
    const at = JUDGED + DAY;
    const records = sorted([
      ...steady(JUDGED + 3 * DAY),
      ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => burst(at + n * STEP, n < 4 ? 30 : 250)),
      ...burst(at + DAY, 150),
    ]);
    const { told } = await run({ sources: [logOf('log', records)] }, JUDGED + 3 * DAY);
    const first = told.filter(({ alarm }) => alarm === told[0].id);
    expect(first.map(({ change, state }) => `${change} ${state}`)).toEqual([
      'opened ALARM',
      ...first.slice(1, -1).map(() => 'updated ALARM'),
      'closed OK',
    ]);
    expect(first.length).toBeGreaterThanOrEqual(3);
    expect(first.length).toBeLessThanOrEqual(4);
    expect(new Set(first.map(({ incident }) => incident)).size).toBe(1);
    // Each holds what was known when it was sent.
    const values = first.map(({ anomaly }) => anomaly?.value ?? 0);
    expect([...values].sort((a, b) => a - b)).toEqual(values);
    expect(values[0]).toBeLessThan(60);
    expect(values.at(-1)).toBeGreaterThan(1000);
    for (const { text, anomaly } of first) expect(text.replaceAll(',', '')).toContain(`${anomaly?.value} calls`);
    const second = told.filter(({ alarm }) => alarm !== told[0].id);
    expect(second.map(({ change }) => change)).toEqual(['opened', 'closed']);
    expect(second[0].alarm).toBe(second[0].id);
    expect(second[0].incident).not.toBe(first[0].incident);
  });

  it('are the same however polls are cut, and when every poll is a run of its own', async () => {
    const end = JUDGED + 3 * DAY;
    const records = sorted([
      ...steady(end, { without: { from: JUDGED + 2 * DAY, to: JUDGED + 2 * DAY + 8 * HOUR } }),
      ...[1, 2, 3].flatMap((n) => calling(arn(n), 60 / 288, JUDGED + DAY + n * HOUR, n)),
      ...[0, 1, 2, 3].flatMap((n) => burst(JUDGED + 18 * HOUR + n * STEP, 20 * 4 ** n)),
    ]);
    const sources = [logOf('log', records)];
    const from = JUDGED + HOUR;
    const whole = await run({ sources, every: 5 * MINUTE }, end, { from });
    expect(lines(whole.told).length).toBeGreaterThanOrEqual(8);
    for (const every of [HOUR, 7 * HOUR]) {
      const other = await run({ sources, every }, end, { from });
      expect(anomalies(other.told).map(content)).toEqual(
        anomalies(whole.told)
          .filter(({ at }) => at <= (other.health.settledUntil ?? 0))
          .map(content),
      );
    }
    const store = memoryStore();
    const told: Notice[] = [];
    for (let time = from; time < end; time += HOUR) {
      told.push(...(await run({ sources }, time, { store, from: time, once: true })).told);
    }
    const hourly = await run({ sources }, end, { from });
    expect(told).toEqual(hourly.told);
  }, 120_000);

  it('are the same for any incidents, any times of polls, and any restarts', async () => {
    const WEEK = 7 * DAY;
    const begin = START + WEEK;
    let sent = 0;
    const hours = fc.integer({ min: 1, max: 60 });
    const incidents = fc.array(
      fc.record({ hour: hours, length: fc.integer({ min: 1, max: 12 }), factor: fc.constantFrom(0, 0, 5, 20) }),
      { maxLength: 4 },
    );
    const waits = fc.array(fc.record({ wait: fc.integer({ min: 1, max: 30 }), stops: fc.boolean() }), {
      minLength: 8,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), incidents, waits, async (seed, all, polls) => {
        const random = seeded(seed);
        const records: Delivered[] = [];
        for (let time = START; time < begin + 3 * DAY; time += STEP) {
          const factor = all.reduce((product, { hour, length, factor }) => {
            const from = begin + hour * HOUR;
            return time >= from && time < from + length * HOUR ? product * factor : product;
          }, 1);
          for (const n of [1, 2]) {
            for (let left = poisson(random, factor / n); left > 0; left--) {
              const at = Math.floor(time + random() * STEP);
              records.push({ call: callAt(at, { keyArns: [arn(n)] }), at: at + MINUTE });
            }
          }
        }
        const plan = { sources: [logOf('log', sorted(records))], learnFor: WEEK, step: 15 * MINUTE };
        const from = begin + 30 * MINUTE;
        const whole = await run({ ...plan, every: 15 * MINUTE }, begin + 3 * DAY, { from });
        let store = memoryStore();
        const told: Notice[] = [];
        let settled = 0;
        let time = from;
        for (const { wait, stops } of polls) {
          if (stops) store = memoryStore(await store.load());
          const part = await run(plan, time, { store, from: time, once: true });
          told.push(...part.told);
          settled = part.health.settledUntil ?? 0;
          time += wait * 15 * MINUTE;
          if (time >= begin + 3 * DAY) break;
        }
        sent += anomalies(told).length;
        expect(anomalies(told).map(content)).toEqual(
          anomalies(whole.told)
            .filter(({ at }) => at <= settled)
            .map(content),
        );
      }),
      { numRuns: 10, seed: 12 },
    );
    expect(sent).toBeGreaterThan(20);
  }, 120_000);

  it('of late records are sent once: what was reported is not reported again, and what never was is over', async () => {
    const at = JUDGED + DAY;
    const [late, spike] = [10 * HOUR, at + 20 * MINUTE];
    // The calls of half an hour come ten hours late: a silence that was none, a burst in it, and a burst before it.
    const records = sorted([
      ...steady(JUDGED + 3 * DAY).map((record) =>
        record.call.time >= at && record.call.time < at + 30 * MINUTE
          ? { ...record, at: record.call.time + late }
          : record,
      ),
      ...burst(at - 3 * HOUR, 150),
      ...burst(spike, 150, spike + late),
      ...burst(at + 6 * HOUR, 150),
    ]);
    for (const every of [5 * MINUTE, HOUR]) {
      const { told, health } = await run({ sources: [logOf('log', records)], every }, JUDGED + 3 * DAY);
      const opened = told.filter(({ change }) => change === 'opened');
      expect(opened.map(({ anomaly }) => anomaly?.kind)).toEqual(['spike', 'silence', 'spike', 'spike']);
      expect([0, 2, 3].map((i) => opened[i].at)).toEqual([
        at - 3 * HOUR + STEP,
        at + 6 * HOUR + STEP,
        // The last to come, hours after the fact.
        spike + STEP,
      ]);
      for (const { alarm } of told) {
        expect(told.filter((notice) => notice.alarm === alarm).map(({ change }) => change)).toEqual(
          expect.arrayContaining(['opened', 'closed']),
        );
        expect(told.filter((notice) => notice.alarm === alarm && notice.change !== 'updated').length).toBe(2);
      }
      expect(health.corrected).toBeGreaterThan(0);
    }
  });

  it('withdraw an open incident that late records explain', async () => {
    const at = JUDGED + DAY;
    // Nothing for two hours; then all of it, at once.
    const records = sorted(
      steady(JUDGED + 2 * DAY).map((record) =>
        record.call.time >= at && record.call.time < at + 2 * HOUR ? { ...record, at: at + 2 * HOUR } : record,
      ),
    );
    const { told, verdicts } = await run(
      { sources: [logOf('log', records)], every: 5 * MINUTE, grace: 0 },
      JUDGED + 2 * DAY,
    );
    expect(verdicts.count(-1, at, at + 2 * HOUR)).toBe(0);
    expect(told.map(({ change }) => change)).toEqual(['opened', 'updated', 'closed']);
    expect(told.at(-1)?.text).toBe('Resolved: by what is known now, Decrypt on 1234abcd (eu-central-1) is normal.');
  });

  it('open once M of N buckets of a row were outside of what is normal', async () => {
    const records = sorted([
      ...steady(JUDGED + 2 * DAY),
      ...burst(JUDGED + 2 * HOUR, 150),
      ...[0, 2, 4].flatMap((n) => burst(JUDGED + DAY + n * STEP, 150)),
    ]);
    const told = async (alarm: NonNullable<PlanInput['alarm']>) =>
      anomalies((await run({ sources: [logOf('log', records)], alarm }, JUDGED + 2 * DAY)).told).map(
        ({ change, at }) => [change, at] as const,
      );
    const opened = (found: readonly (readonly [unknown, number])[]) =>
      found.filter(([change]) => change === 'opened').map(([, at]) => at);
    expect(opened(await told({}))).toEqual([JUDGED + 2 * HOUR + STEP, JUDGED + DAY + STEP]);
    expect(opened(await told({ datapointsToAlarm: 3, evaluationPeriods: 5 }))).toEqual([JUDGED + DAY + 5 * STEP]);
    expect(await told({ datapointsToAlarm: 3, evaluationPeriods: 4 })).toEqual([]);
  });

  it('quote what is expected after all that was learned, not what the first poll knew', async () => {
    // 3 a bucket for two weeks, 9 from then on; a week later, 90.
    const end = JUDGED + 9 * DAY;
    const more = calling(steadyKey(), 6, end, 77).filter(({ call }) => call.time >= JUDGED);
    const records = sorted([...steady(end), ...more, ...burst(JUDGED + 8 * DAY, 150)]);
    const { told } = await run({ sources: [logOf('log', records)] }, end);
    const last = told.filter(({ change }) => change === 'opened').at(-1);
    expect(last?.at).toBe(JUDGED + 8 * DAY + STEP);
    expect(last?.anomaly?.expected).toBeGreaterThan(7);
    expect(last?.anomaly?.expected).toBeLessThan(11);
  });
});

function steadyKey(): string {
  return callAt(0).keyArns[0];
}
