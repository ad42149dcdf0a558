import { describe, expect, it } from 'vitest';
import { UNKNOWN } from '../../src/engine/types.js';
import {
  definePlan,
  healthText,
  type Judges,
  memoryStore,
  type Notice,
  type PlanInput,
  runPlan,
} from '../../src/plan/index.js';
import { detectors } from '../../src/plan/judge.js';
import { seriesKey } from '../../src/series/key.js';
import { valueAt } from '../../src/series/series-set.js';
import { burst, JUDGED, KEY, lines, run, START, STEP, sorted, steady } from './running.js';
import { DAY, type Delivered, HOUR, logOf, MINUTE, recorder } from './support.js';

const STRANGER = 'arn:aws:iam::111122223333:role/Stranger';
/** When the first poll is made: the plan then reads from START on. */
const NOW = JUDGED + 15 * MINUTE;

const first = (records: readonly Delivered[], plan: Partial<PlanInput> = {}) =>
  run({ sources: [logOf('log', sorted(records))], ...plan }, NOW, { from: NOW, once: true });

describe('the first poll of a plan', () => {
  it('reports a burst of 80 minutes ago and a key that was disabled two hours ago', async () => {
    const { told, health } = await first([
      ...steady(JUDGED),
      ...burst(JUDGED - 80 * MINUTE, 150, JUDGED - 70 * MINUTE, { caller: STRANGER }),
      ...burst(JUDGED - 2 * HOUR, 1, JUDGED - HOUR, { operation: 'DisableKey' }),
    ]);
    expect(told.filter(({ state }) => state === 'ALARM').map(({ kind, at }) => [kind, at])).toEqual([
      ['change', JUDGED - 2 * HOUR],
      ['first-seen', JUDGED - 80 * MINUTE],
      ['anomaly', JUDGED - 75 * MINUTE],
    ]);
    expect(health).toMatchObject({ phase: 'watching', reportsFrom: JUDGED - DAY, settledUntil: JUDGED });
  });

  it('reports a critical operation that is used for minutes once, as a change', async () => {
    const { told } = await first([
      ...steady(JUDGED),
      ...[0, 4, 8].flatMap((minutes) => {
        const time = JUDGED - 5 * HOUR + minutes * MINUTE;
        return burst(time, 3, time, { operation: 'DisableKey' });
      }),
    ]);
    expect(lines(told)).toEqual(['change ALARM']);
  });

  it('judges the last day of two weeks and learns from those before it, unless the plan says how much', async () => {
    for (const [judgeFirst, from] of [
      [undefined, JUDGED - DAY],
      [0, JUDGED],
      [6 * HOUR, JUDGED - 6 * HOUR],
      [7 * DAY, JUDGED - 7 * DAY],
    ] as const) {
      const records = [...steady(JUDGED), ...burst(JUDGED - 3 * DAY, 150), ...burst(JUDGED - 7 * HOUR, 150)];
      const plan = judgeFirst === undefined ? {} : { judgeFirst };
      const { told, health, verdicts } = await first(records, plan);
      expect(health.reportsFrom).toBe(from);
      expect([...verdicts.times].sort((a, b) => a - b)[0] ?? JUDGED).toBe(from);
      const expected = [JUDGED - 3 * DAY, JUDGED - 7 * HOUR].filter((time) => time >= from);
      const opened = told.filter(({ state, kind }) => state === 'ALARM' && kind === 'anomaly');
      expect(opened.map(({ at }) => at - STEP)).toEqual(expected);
      expect(verdicts.count(UNKNOWN, from, JUDGED)).toBe(0);
    }
  });

  it('takes at most a seventh of a short history', () => {
    const plan = (fields: Partial<PlanInput>) =>
      definePlan({ purpose: 'p', owner: 'o', sources: [logOf('l', [])], notify: [recorder()], ...fields });
    expect(plan({}).judgeFirst).toBe(DAY);
    expect(plan({ learnFor: 60 * DAY }).judgeFirst).toBe(DAY);
    expect(plan({ learnFor: 6 * HOUR }).judgeFirst).toBe(50 * MINUTE);
    expect(() => plan({ learnFor: 7 * DAY, judgeFirst: 4 * DAY })).toThrow('plan.judgeFirst must be a whole number in');
  });

  it('takes no caller for new whom the history of a later source knows', async () => {
    const known = [3, 6, 9].flatMap((day) => burst(START + day * DAY, 1, START + day * DAY, { caller: STRANGER }));
    const again = burst(JUDGED - HOUR, 1, JUDGED - HOUR, { caller: STRANGER });
    const sources = [logOf('one', sorted([...steady(JUDGED), ...again])), logOf('two', known)];
    expect((await first([], { sources })).told).toEqual([]);
    const without = [sources[0], logOf('two', [])];
    expect(lines((await first([], { sources: without })).told)).toEqual(['first-seen ALARM']);
  });

  it('finds the same when the history comes in several polls, and the run ends in between', async () => {
    const records = sorted([
      ...steady(JUDGED),
      ...burst(JUDGED - 80 * MINUTE, 1, JUDGED - 70 * MINUTE, { caller: STRANGER }),
      ...[2, 2.5].flatMap((hours) => burst(JUDGED - hours * HOUR, 1, JUDGED - HOUR, { operation: 'DisableKey' })),
    ]);
    const whole = (await first(records)).told;
    expect(lines(whole)).toEqual(['change ALARM', 'first-seen ALARM']);
    const store = memoryStore();
    const told: Notice[] = [];
    // First the newest day, of which nothing is known to be complete; then what lies before it.
    for (const poll of [0, 1]) {
      const source = {
        name: 'log',
        poll: () => ({
          calls: records.filter(({ call }) => call.time >= JUDGED - DAY === (poll === 0)).map(({ call }) => call),
          coverage: poll === 0 ? [] : [{ from: START, to: NOW }],
          cursor: poll,
        }),
      };
      const recorded = recorder();
      const plan = { purpose: 'Test', owner: 'Tests', timeZone: 'UTC', sources: [source], notify: [recorded] };
      const clock = { now: () => NOW, sleep: async () => undefined };
      await runPlan(definePlan({ ...plan, every: HOUR }), { store, stateId: 'test', once: true, clock });
      told.push(...recorded.told);
    }
    expect(told.filter(({ kind }) => kind !== 'health').map(({ text, at, key }) => [text, at, key])).toEqual(
      whole.map(({ text, at, key }) => [text, at, key]),
    );
  });
});

describe('after the first poll', () => {
  /** What the judges of a run learned from, in days since START. */
  async function learned(
    records: readonly Delivered[],
    to: number,
    every = HOUR,
    learn: 'hold' | 'accept-shifts' = 'accept-shifts',
  ): Promise<[from: number, to: number][]> {
    const spans: [number, number][] = [];
    const judges: Judges = {
      ...detectors,
      fit: (history, plan) => {
        const { start, step, length } = history.grid;
        spans.push([(start - START) / DAY, (start + length * step - START) / DAY]);
        return detectors.fit(history, plan);
      },
    };
    const store = memoryStore();
    const sources = [logOf('log', sorted(records))];
    for (let at = NOW; at < to; at += every) await run({ sources, learn }, at, { store, from: at, once: true, judges });
    return spans;
  }

  it('learns from all of its history, the day that was judged with it', async () => {
    expect(await learned(steady(JUDGED), NOW + 1)).toEqual([
      [0, 13],
      [0, 14],
    ]);
  });

  it('does so a day later while an incident goes on, and not at all where one goes on for two days', async () => {
    const stopped = (hours: number) => {
      const without = { from: JUDGED - 6 * HOUR, to: JUDGED + hours * HOUR };
      return steady(JUDGED + 4 * DAY, { without });
    };
    for (const every of [HOUR, 2 * DAY]) {
      expect(await learned(stopped(3), NOW + 3 * DAY, every)).toEqual([
        [0, 13],
        [0, 15],
      ]);
    }
    expect(await learned(stopped(4 * 24), NOW + 3 * DAY, DAY, 'hold')).toEqual([[0, 13]]);
  });

  it('takes a job of every week for one that is seen twice', async () => {
    // 300 calls, at 03:00 of each Sunday: the last day of the history is the second.
    const sundays = [6, 13, 20].map((day) => START + day * DAY + 3 * HOUR);
    const job = sundays.flatMap((time) => burst(time, 300, time, { operation: 'ReEncrypt' }));
    const counts: number[] = [];
    const judges: Judges = {
      ...detectors,
      fit: (history, plan) => {
        const row = history.keys.findIndex(
          ({ operation, outcome, keyArn }) => operation === 'ReEncrypt' && outcome === null && keyArn === null,
        );
        counts.push(
          new Float64Array(history.grid.length).map((_, b) => valueAt(history, row, b)).reduce((a, b) => a + b),
        );
        return detectors.fit(history, plan);
      },
    };
    await run({ sources: [logOf('log', sorted([...steady(JUDGED), ...job]))] }, NOW, { from: NOW, once: true, judges });
    expect(counts).toEqual([300, 600]);
  });
});

describe('ids of notices', () => {
  const records = sorted([...steady(JUDGED + DAY), ...burst(JUDGED - 3 * HOUR, 150), ...burst(JUDGED + 6 * HOUR, 150)]);
  const sources = [logOf('log', records)];
  const plan = (told: ReturnType<typeof recorder>, fields: Partial<PlanInput> = {}) =>
    definePlan({ purpose: 'Test', owner: 'Tests', timeZone: 'UTC', sources, notify: [told], ...fields });
  const poll = async (at: number, store = memoryStore(), fields: Partial<PlanInput> = {}): Promise<Notice[]> => {
    const told = recorder();
    const clock = { now: () => at, sleep: async () => undefined };
    await runPlan(plan(told, fields), { store, once: true, clock });
    return told.told;
  };

  it('do not come again when a state was lost and the plan begins anew, at the same moment even', async () => {
    const before = await poll(NOW);
    const anew = await poll(NOW);
    expect(before.length).toBe(2);
    expect(anew.map(({ text }) => text)).toEqual(before.map(({ text }) => text));
    expect(new Set([...before, ...anew].map(({ id }) => id)).size).toBe(4);
  });

  it('do not come again for other notices when a state is restored from a backup; the same notice has its id', async () => {
    const store = memoryStore();
    await poll(NOW, store);
    const backup = memoryStore(await store.load());
    const later = await poll(JUDGED + DAY, store);
    const sameAgain = await poll(JUDGED + DAY, memoryStore(await backup.load()));
    expect(later.length).toBe(2);
    expect(sameAgain).toEqual(later);
    // Meanwhile the log was lost too, and another burst is what there is.
    const other = sorted([...steady(JUDGED + DAY), ...burst(JUDGED + 9 * HOUR, 150)]);
    const rest = other.filter(({ at }) => at > NOW);
    const others = await poll(JUDGED + DAY, backup, { sources: [logOf('log', rest)] });
    expect(others.length).toBe(2);
    expect(later.some(({ id }) => others.some((notice) => notice.id === id))).toBe(false);
  });
});

describe('health', () => {
  it('lists quiet keys, those first that are reported first, where the judge can say', async () => {
    const key = (operation: string) => seriesKey({ operation, keyArn: KEY });
    const quiet = [9, 3, 5].map((hours) => ({
      key: key(`Op${hours}`),
      since: JUDGED - HOUR,
      reportedAt: JUDGED + hours * HOUR,
    }));
    const judges: Judges = {
      ...detectors,
      fit: (history, plan) => Object.assign(detectors.fit(history, plan), { quietKeys: () => quiet }),
    };
    const sources = [logOf('log', steady(JUDGED))];
    const { health } = await run({ sources }, NOW, { from: NOW, once: true, judges });
    expect(health.quiet.map(({ reportedAt }) => (reportedAt - JUDGED) / HOUR)).toEqual([3, 5, 9]);
    expect(healthText(health)).toContain(
      '\nOp3 on 1234abcd (eu-central-1): no calls since 2026-05-17T23:00Z, reported at 2026-05-18T03:00Z if none come\n',
    );
    expect((await run({ sources }, NOW, { from: NOW, once: true })).health.quiet).toEqual([]);
  });
});
