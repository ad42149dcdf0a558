import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { KmsKey } from '../../src/kms/lifecycle.js';
import {
  definePlan,
  type Health,
  healthText,
  LimitError,
  memoryStore,
  type Notice,
  NotifyError,
  type PlanInput,
  type PlanProblem,
  type Poll,
  type RunOptions,
  runPlan,
} from '../../src/plan/index.js';
import { detectors } from '../../src/plan/judge.js';
import { watchFromBytes } from '../../src/plan/watch-bytes.js';
import { callAt, JUDGED, KEY } from './running.js';
import { DAY, fastClock, HOUR, MINUTE, recorder } from './support.js';
import { runMonth } from './support-month.js';
import { VirtualClock } from './virtual-clock.js';

const KEY_AT_REST: KmsKey = {
  keyArn: KEY,
  keyId: KEY.split('/')[1],
  aliases: [],
  state: 'Enabled',
  manager: 'CUSTOMER',
  origin: 'AWS_KMS',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  customKeyStoreId: null,
  multiRegion: false,
  created: JUDGED - 400 * DAY,
  deletion: null,
  materialExpires: null,
  rotation: null,
  lastUse: null,
  trackedSince: null,
  failed: [],
};
const never = (): Promise<never> => new Promise(() => undefined);
const quiet = (name: string, polls: number[] = []): PlanInput['sources'][number] => ({
  name,
  poll: ({ from, now }) => {
    polls.push(now);
    return { calls: [], coverage: [{ from, to: now }], cursor: now };
  },
});
/** Delivers, and does not, for so many hours by turns: every change is a notice. */
const flapping = (hours = 3): PlanInput['sources'][number] => ({
  name: 'comes and goes',
  poll: ({ from, now }) => ({
    calls: [],
    coverage: Math.floor(now / HOUR) % (2 * hours) < hours ? [] : [{ from, to: now }],
    cursor: null,
  }),
});

async function runFor(ms: number, plan: Partial<PlanInput>, options: Partial<RunOptions> = {}) {
  const clock = (options.clock ?? new VirtualClock(JUDGED)) as VirtualClock;
  const stop = new AbortController();
  if (ms > 0) clock.after(ms, () => stop.abort());
  const problems: PlanProblem[] = [];
  const healths: Health[] = [];
  const health = await runPlan(
    definePlan({
      purpose: 'Test',
      owner: 'Tests',
      timeZone: 'UTC',
      learnFor: DAY,
      sources: [quiet('log')],
      notify: [recorder()],
      ...plan,
    }),
    {
      store: memoryStore(),
      clock,
      signal: stop.signal,
      onProblem: (problem) => problems.push(problem),
      onHealth: (one) => healths.push(one),
      ...options,
    },
  );
  return { health, healths, problems, clock };
}

describe('what hangs', () => {
  it('a source that never answers: others are polled on time, its failure is part of the health, an abort ends the run', async () => {
    const polls: number[] = [];
    const sources = [{ name: 'hangs', poll: never }, quiet('good', polls)];
    const { health, healths, problems, clock } = await runFor(6 * HOUR, { sources, notify: [recorder()] });
    // The first poll waits for all, up to the limit; the others for a minute at most.
    expect(polls.length).toBe(71);
    expect(polls.slice(2).every((at, i) => at - polls[i + 1] === 5 * MINUTE)).toBe(true);
    expect(healths.length).toBeGreaterThanOrEqual(71);
    expect(health.failing).toEqual([{ source: 'hangs', message: 'no answer for 5 min' }]);
    expect(problems[0].error).toBeInstanceOf(LimitError);
    expect(clock.time).toBe(JUDGED + 6 * HOUR);
  });

  it.each<[string, () => Poll | Promise<Poll>]>([
    [
      'in its calls',
      () => ({ calls: { [Symbol.asyncIterator]: () => ({ next: never }) }, coverage: [], cursor: null }),
    ],
    ['before them', never],
  ])('a single poll ends, and says so (%s)', async (_, poll) => {
    const sources = [{ name: 'hangs', poll }, quiet('good')];
    const { health, clock } = await runFor(DAY, { sources }, { once: true, answerWithin: 90_000 });
    expect(health.failing).toEqual([{ source: 'hangs', message: 'no answer for 1 min 30 s' }]);
    expect(clock.time).toBe(JUDGED + 90_000);
  });

  it('a poll that hands over call after call gets on, however long it takes', async () => {
    let signalled = false;
    const poll: PlanInput['sources'][number]['poll'] = ({ from, now, signal }) => ({
      calls: (async function* () {
        signal?.addEventListener('abort', () => {
          signalled = true;
        });
        for (let i = 0; i < 20; i++) {
          await clock.sleep(4 * MINUTE);
          yield callAt(now - HOUR);
        }
      })(),
      coverage: [{ from, to: now }],
      cursor: null,
    });
    const clock = new VirtualClock(JUDGED);
    const { health } = await runFor(0, { sources: [{ name: 'long', poll }] }, { once: true, clock });
    expect([health.calls, health.failing, signalled]).toEqual([20, [], false]);
  });

  it('is handed a signal that aborts, and what it brings too late is not counted', async () => {
    const reasons: unknown[] = [];
    const poll: PlanInput['sources'][number]['poll'] = async ({ now, signal }) => {
      signal?.addEventListener('abort', () => reasons.push(signal.reason));
      await clock.sleep(7 * MINUTE);
      return { calls: [callAt(now)], coverage: [], cursor: 1 };
    };
    const clock = new VirtualClock(JUDGED);
    const { health } = await runFor(HOUR, { sources: [{ name: 'late', poll }] }, { clock });
    expect(health.calls).toBe(0);
    expect(reasons[0]).toBeInstanceOf(LimitError);
    expect(reasons.length).toBeGreaterThan(5);
  });

  it('a notifier that never comes back: others have every notice at once, and the health names it', async () => {
    const good = recorder('good');
    const at: number[] = [];
    const clock = new VirtualClock(JUDGED);
    const tell = (notice: Notice): void => {
      at.push(clock.time - notice.at);
      good.told.push(notice);
    };
    const plan = {
      sources: [flapping()],
      notify: [
        { name: 'hangs', tell: never },
        { name: 'good', tell },
      ],
    };
    const { health } = await runFor(DAY, plan, { clock });
    expect(good.told.length).toBeGreaterThan(5);
    expect(good.told.length).toBe(health.notices.decided);
    expect(Math.max(...at)).toBe(0);
    expect(health.undelivered).toEqual([
      { notifier: 'hangs', failing: 'no answer for 5 min', waiting: good.told.length, refused: 0, last: null },
    ]);
    expect(healthText(health)).toContain(
      `notifier hangs fails: no answer for 5 min; ${good.told.length} notices pending`,
    );
  });

  it('an inventory that never answers, and a store, end with the abort too', async () => {
    const { problems } = await runFor(HOUR, {}, { inventory: never });
    expect(problems.map(({ part }) => part)).toContain('inventory');
    const store = { load: async () => null, save: never };
    const saved = await runFor(HOUR, {}, { store });
    expect(saved.problems.map(({ part }) => part)).toContain('store');
    expect(saved.clock.time).toBeLessThan(JUDGED + HOUR + MINUTE);
  });

  it('an inventory that lists key after key gets on, and one that lists none for too long does not', async () => {
    const problemsOf = async (keys: number) => {
      const clock = new VirtualClock(JUDGED);
      const inventory = async function* () {
        for (let i = 0; i < 10; i++) {
          await clock.sleep(4 * MINUTE);
          for (let k = 0; k < keys; k++) yield KEY_AT_REST;
        }
      };
      return (await runFor(0, {}, { clock, once: true, inventory })).problems.length;
    };
    expect([await problemsOf(1), await problemsOf(0)]).toEqual([0, 1]);
  });
});

describe('a notice that is refused', () => {
  const refusing = (refuse: (notice: Notice, i: number) => Error | null) => {
    const asked: string[] = [];
    const told: string[] = [];
    const tell = (notice: Notice): void => {
      asked.push(notice.id);
      const error = refuse(notice, asked.indexOf(notice.id));
      if (error !== null) throw error;
      told.push(notice.id);
    };
    return { asked, told, notifier: { name: 'picky', tell } };
  };

  it('for good is set aside, reported, part of the health, and holds up nothing', async () => {
    const { asked, told, notifier } = refusing((_, i) => (i === 0 ? new NotifyError('answered 400') : null));
    const all = recorder('all');
    const { health, problems } = await runFor(2 * DAY, { sources: [flapping()], notify: [notifier, all] });
    const ids = all.told.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(10);
    expect(asked).toEqual(ids);
    expect(told).toEqual(ids.slice(1));
    expect(problems).toMatchObject([{ part: 'notifier', name: 'picky', setAside: { id: ids[0] } }]);
    const last = { id: ids[0], message: 'answered 400' };
    expect(health.undelivered).toEqual([{ notifier: 'picky', failing: null, waiting: 0, refused: 1, last }]);
    expect(health.notices).toEqual({ decided: ids.length, told: ids.length - 1, waiting: 0 });
    expect(healthText(health)).toContain(
      `notifier picky: 1 notice not sent, set aside, the last ${ids[0]}: answered 400`,
    );
  });

  it('because of the address waits, and all of them arrive once it is mended', async () => {
    let mended = false;
    const { told, notifier } = refusing(() => (mended ? null : new NotifyError('answered 403', { isOfNotice: false })));
    const all = recorder('all');
    const clock = new VirtualClock(JUDGED);
    clock.after(DAY, () => {
      mended = true;
    });
    const { health } = await runFor(2 * DAY, { sources: [flapping()], notify: [notifier, all] }, { clock });
    expect([...told].sort()).toEqual(all.told.map(({ id }) => id).sort());
    expect(health.undelivered).toEqual([]);
  });

  it('by an address that takes others is set aside', async () => {
    const { told, notifier } = refusing((_, i) => (i === 1 ? new NotifyError('403', { isOfNotice: false }) : null));
    const all = recorder('all');
    const { health } = await runFor(2 * DAY, { sources: [flapping()], notify: [notifier, all] });
    const ids = all.told.map(({ id }) => id);
    expect(told).toEqual(ids.filter((_, i) => i !== 1));
    expect(health.undelivered).toMatchObject([{ failing: null, waiting: 0, refused: 1, last: { id: ids[1] } }]);
  });

  it('stays set aside when the run is begun again', async () => {
    const { asked, notifier } = refusing((_, i) => (i === 0 ? new NotifyError('answered 400') : null));
    const store = memoryStore();
    const plan = { sources: [flapping()], notify: [notifier, { name: 'hangs', tell: never }] };
    await runFor(DAY, plan, { store });
    const before = asked.length;
    const clock = new VirtualClock(JUDGED + DAY + MINUTE);
    const { health } = await runFor(0, plan, { store, clock, once: true });
    expect(asked.length - before).toBeLessThanOrEqual(1);
    expect(new Set(asked).size).toBe(asked.length);
    expect(health.undelivered[0]).toMatchObject({ notifier: 'picky', refused: 1 });
  });

  it('is let go after a week without success, with a word', async () => {
    const { notifier } = refusing(() => new Error('down'));
    const all = recorder('all');
    const { health, problems } = await runFor(9 * DAY, {
      every: HOUR,
      sources: [flapping(12)],
      notify: [notifier, all],
    });
    const gone = problems.flatMap(({ setAside }) => (setAside === undefined ? [] : [setAside.id]));
    expect(gone.length).toBeGreaterThan(1);
    expect(gone).toEqual(all.told.map(({ id }) => id).slice(0, gone.length));
    expect(health.undelivered).toMatchObject([{ failing: 'down', refused: gone.length }]);
    expect(health.undelivered[0].waiting).toBe(all.told.length - gone.length);
  });
});

describe('a source', () => {
  it.each(['constructor', '__proto__', 'toString'])('may be called %s: its cursor is its own', async (name) => {
    const cursors: unknown[] = [];
    const poll: PlanInput['sources'][number]['poll'] = ({ cursor, now }) => {
      cursors.push(cursor);
      if (cursors.length === 3) throw new Error('out');
      return { calls: [], coverage: [], cursor: now };
    };
    const store = memoryStore();
    const plan = definePlan({ purpose: 'Test', owner: 'T', sources: [{ name, poll }], notify: [recorder(name)] });
    const stop = new AbortController();
    const clock = fastClock(JUDGED, JUDGED + 3 * HOUR, stop);
    const options = { store, clock, once: true, onProblem: () => undefined };
    for (let i = 0; i < 3; i++) await runPlan(plan, options);
    const last = watchFromBytes((await store.load()) as Uint8Array, plan, detectors);
    expect(cursors).toEqual([null, JUDGED, JUDGED]);
    expect(last.health(JUDGED).failing).toEqual([{ source: name, message: 'out' }]);
  });

  it('that never answered and is handed what cannot be ends the run before anybody is notified', async () => {
    const told = recorder();
    const sources = [
      flapping(),
      {
        name: 'typo',
        poll: () => {
          throw new InputError('paths must name files and folders that exist, got "lgos"');
        },
      },
    ];
    await expect(runFor(DAY, { sources, notify: [told] })).rejects.toThrow('got "lgos"');
    expect(told.told).toEqual([]);
  });

  it('that answered before is asked again: its folder may be mounted soon', async () => {
    let polls = 0;
    const poll: PlanInput['sources'][number]['poll'] = ({ now }) => {
      if (polls++ > 0) throw new InputError('paths must name files and folders that exist');
      return { calls: [], coverage: [], cursor: now };
    };
    const { health } = await runFor(HOUR, { sources: [{ name: 'mounted', poll }] });
    expect(health.failing).toHaveLength(1);
    expect(polls).toBe(12);
  });

  it('that could not read all of a part says so, and what it read counts', async () => {
    const poll: PlanInput['sources'][number]['poll'] = ({ from, now }) => ({
      calls: [callAt(now - HOUR)],
      coverage: [{ from, to: now }],
      cursor: now,
      problem: () => '1 file could not be read',
    });
    const { health, problems } = await runFor(DAY, { sources: [{ name: 'torn', poll }] }, { once: true });
    expect(health.calls).toBe(1);
    expect(health.failing).toEqual([{ source: 'torn', message: '1 file could not be read' }]);
    expect(problems).toMatchObject([{ part: 'source', name: 'torn' }]);
  });
});

it('two days with a source that never answers, a notifier that refuses every tenth notice and one that hangs: all others arrive once', {
  timeout: 60_000,
}, async () => {
  const { decided, refused, longestGap } = await runMonth(JUDGED, 2);
  expect(decided).toBeGreaterThan(20);
  expect(refused).toBe(Math.floor(decided / 10));
  expect(longestGap).toBeLessThanOrEqual(10 * MINUTE);
});
