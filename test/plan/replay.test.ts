import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { KmsCall } from '../../src/kms/call.js';
import {
  definePlan,
  memoryStore,
  type Notice,
  noticesMatching,
  type PlanInput,
  replayPlan,
  routedNotifier,
  runPlan,
} from '../../src/plan/index.js';
import type { CallSource } from '../../src/plan/source.js';
import { callAt, JUDGED, START, steady } from './running.js';
import { DAY, fastClock, HOUR, MINUTE } from './support.js';

const END = JUDGED + DAY;
const DELIVERY = 7 * MINUTE;
/** Two weeks of three calls a bucket; on the day after: four hours without, a burst, a key that is disabled. */
const CALLS: readonly KmsCall[] = [
  ...steady(END, { without: { from: JUDGED + 4 * HOUR, to: JUDGED + 8 * HOUR } }).map(({ call }) => call),
  ...Array.from({ length: 400 }, (_, i) => callAt(JUDGED + 12 * HOUR + i * 1000)),
  callAt(JUDGED + 20 * HOUR, { operation: 'DisableKey', caller: 'arn:aws:iam::111122223333:role/Admin' }),
];

/** Hands over what has been delivered by the time of the poll. */
const live: CallSource = {
  name: 'log',
  poll: ({ cursor, from, now }) => {
    const after = typeof cursor === 'number' ? cursor : from;
    const until = Math.min(now - DELIVERY, END);
    const calls = CALLS.filter(({ time }) => time >= after && time < until);
    return { calls, coverage: [{ from: Math.max(from, START), to: until }], cursor: until };
  },
};
/** All at once, in two parts, not in order. */
const past: CallSource = {
  name: 'log',
  poll: ({ cursor, from }) => {
    const known = CALLS.filter(({ time }) => time >= from).reverse();
    const half = known.length >> 1;
    return {
      calls: cursor === null ? known.slice(0, half) : known.slice(half),
      coverage: cursor === null ? [] : [{ from: START, to: END }],
      cursor: 1,
      more: cursor === null,
    };
  },
};
const input = (source: CallSource): PlanInput => ({
  name: 'replayed',
  purpose: 'Watch',
  owner: 'Tests',
  timeZone: 'UTC',
  every: 15 * MINUTE,
  judgeFirst: 0,
  sources: [source],
  notify: [{ name: 'nobody', tell: () => Promise.reject(new Error('a replay sends nothing')) }],
});

describe('a replay', () => {
  it('reports what the plan reports when it runs, at the same times, and sends nothing', async () => {
    const told: Notice[] = [];
    const times: number[] = [];
    const stop = new AbortController();
    const clock = fastClock(JUDGED + 15 * MINUTE, END + 15 * MINUTE + 1, stop);
    await runPlan(
      definePlan({
        ...input(live),
        notify: [
          {
            name: 'told',
            tell: (notice) => {
              told.push(notice);
              times.push(clock.time);
            },
          },
        ],
      }),
      { store: memoryStore(), clock, signal: stop.signal, stateId: 'replay' },
    );
    const handed: number[] = [];
    const replayed = await replayPlan(definePlan(input(past)), {
      delivery: DELIVERY,
      now: END + 300 * DAY,
      onNotice: ({ sentAt }) => handed.push(sentAt),
    });
    expect(replayed.notices.map(({ notice }) => notice)).toEqual(told);
    expect(replayed.notices.map(({ sentAt }) => sentAt)).toEqual(times);
    expect(handed).toEqual(times);
    expect(replayed).toMatchObject({ from: JUDGED, to: END, learnedFrom: START, problems: [] });
    expect(replayed.notices.map(({ notice }) => notice.kind)).toEqual(expect.arrayContaining(['anomaly', 'change']));
    expect(replayed.health.notices).toMatchObject({ decided: told.length, waiting: 0 });
  });

  it('reports what happened in a range, and nothing that happened outside of it', async () => {
    const plan = definePlan(input(past));
    const from = JUDGED + 10 * HOUR;
    const { notices, learnedFrom } = await replayPlan(plan, { from, to: JUDGED + 14 * HOUR, now: END });
    expect(notices.map(({ notice }) => [notice.kind, notice.change])).toEqual([
      ['anomaly', 'opened'],
      ['anomaly', 'closed'],
    ]);
    expect(notices[0].notice.text).toMatch(/Decrypt on 1234abcd .* calls/);
    expect(learnedFrom).toBe(from - 14 * DAY);
  });

  it('says for whom each notice is, whoever wraps whom', async () => {
    const to = (name: string) => ({ name, tell: () => Promise.reject(new Error('a replay sends nothing')) });
    const closing = { detail: { change: ['closed'] } };
    const plan = definePlan({
      ...input(past),
      notify: [
        to('all'),
        routedNotifier(to('opened'), { changes: ['opened'], kinds: ['anomaly'] }),
        noticesMatching(closing, routedNotifier(to('none'), { kinds: ['change'] })),
        routedNotifier(noticesMatching(closing, to('closed')), { kinds: ['anomaly'] }),
      ],
    });
    const range = { from: JUDGED + 10 * HOUR, to: JUDGED + 14 * HOUR, now: END };
    const { notices } = await replayPlan(plan, range);
    expect(notices.map(({ notice, to }) => [notice.change, to])).toEqual([
      ['opened', ['all', 'opened']],
      ['closed', ['all', 'closed']],
    ]);
    // As it is when it runs: to whom it is not is not sent.
    for (const { notice, to } of notices) {
      for (const notifier of plan.notify) {
        if (to.includes(notifier.name)) await expect(notifier.tell(notice)).rejects.toThrow('sends nothing');
        else await notifier.tell(notice);
      }
    }
  });

  it('says what it could not read, and how short its history is', async () => {
    const source: CallSource = {
      name: 'log',
      poll: () => ({
        calls: CALLS.filter(({ time }) => time >= JUDGED - 3 * DAY),
        coverage: [{ from: JUDGED - 3 * DAY, to: END }],
        cursor: null,
        rejected: 2,
        problem: 'could not read a.json.gz (truncated)',
      }),
    };
    const plan = definePlan(input(source));
    const { problems, learnedFrom, health } = await replayPlan(plan, { from: JUDGED, now: END });
    expect(problems).toEqual([{ source: 'log', message: 'could not read a.json.gz (truncated)' }]);
    expect(learnedFrom).toBe(JUDGED - 3 * DAY);
    expect(health.rejected).toBe(2);
    await expect(replayPlan(plan, { now: END })).rejects.toThrow(
      /there is nothing to replay: log cover 2026-05-15.* to 2026-05-19.*; it takes more history than plan.learnFor/,
    );
  });

  it.each([
    [{ from: END + DAY }, 'from must be earlier than to and now'],
    [{ from: JUDGED, to: JUDGED }, 'from must be earlier than to and now'],
    [{ from: Number.NaN }, 'from must be a Date'],
    [{ to: START - 400 * DAY }, 'there is nothing to replay: log cover no time before'],
    [{ delivery: -1 }, 'delivery must be an integer in'],
    [{ form: 1 }, 'options.form is unknown: did you mean from?'],
  ])('refuses %o', async (options, message) => {
    const plan = definePlan(input(past));
    await expect(replayPlan(plan, { now: END, ...options })).rejects.toThrow(InputError);
    await expect(replayPlan(plan, { now: END, ...options })).rejects.toThrow(message);
  });

  it('ends when it is aborted, and fails as its source does', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(replayPlan(definePlan(input(past)), { now: END, signal })).rejects.toThrow('enough');
    const broken: CallSource = { name: 'log', poll: () => Promise.reject(new Error('AccessDenied')) };
    await expect(replayPlan(definePlan(input(broken)), { now: END })).rejects.toThrow('AccessDenied');
  });
});
