import { describe, expect, it } from 'vitest';
import { ABOVE, BELOW, UNKNOWN } from '../../src/engine/types.js';
import { FormatError, InputError } from '../../src/errors.js';
import type { KmsCall } from '../../src/kms/call.js';
import {
  definePlan,
  healthText,
  memoryStore,
  type Notice,
  type PlanInput,
  type PlanProblem,
  type PlanStore,
  type Poll,
  planText,
  runPlan,
} from '../../src/plan/index.js';
import { burst, JUDGED, KEY, lines, run, START, STEP, sorted, steady } from './running.js';
import { DAY, fastClock, HOUR, logOf, MINUTE, recorder } from './support.js';

describe('runPlan', () => {
  it('opens an alarm when something happens, closes it when it is over, and says who it was', async () => {
    const spike = JUDGED + DAY + 12 * HOUR;
    const stranger = 'arn:aws:iam::111122223333:role/Stranger';
    const records = sorted([
      ...steady(JUDGED + 2 * DAY),
      ...burst(spike, 150, spike + 6 * MINUTE, { caller: stranger }),
    ]);
    const { told, health } = await run({ sources: [logOf('log', records)] }, JUDGED + 2 * DAY);
    expect(lines(told)).toEqual(['first-seen ALARM', 'anomaly ALARM', 'anomaly OK']);
    const [first, opened, over] = told;
    expect(first.text).toMatch(/^role\/Stranger used 1234abcd \(eu-central-1\) for the first time \(Decrypt\)\./);
    expect(opened).toMatchObject({ plan: 'test', owner: 'Tests', at: spike + STEP });
    expect(opened.text).toMatch(/1[45]\d calls \(expected .*role\/Stranger made 150 of them/);
    expect(over.alarm).toBe(opened.id);
    expect(over.at - opened.at).toBeLessThanOrEqual(2 * HOUR);
    expect(health.phase).toBe('watching');
    expect(health.notices).toEqual({ decided: 3, told: 3, waiting: 0 });
    expect(health.coverage).toEqual({ log: 1 });
  });

  it('decides the same whatever the rhythm of its polls', async () => {
    const records = sorted([
      ...steady(JUDGED + 3 * DAY, { without: { from: JUDGED + 2 * DAY, to: JUDGED + 2 * DAY + 8 * HOUR } }),
      ...burst(JUDGED + DAY, 150),
    ]);
    const told = [];
    for (const every of [5 * MINUTE, HOUR, 7 * HOUR]) {
      const result = await run({ sources: [logOf('log', records)], every }, JUDGED + 3 * DAY);
      told.push(result.told.filter(({ kind }) => kind === 'anomaly').map(({ state, at, key }) => ({ state, at, key })));
    }
    expect(told[0].length).toBeGreaterThanOrEqual(4);
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  it('goes on after a stop of two days: judges all of it, and tells nothing again', async () => {
    const before = burst(JUDGED + DAY, 150);
    const meanwhile = burst(JUDGED + 2 * DAY, 150);
    const records = sorted([...steady(JUDGED + 5 * DAY), ...before, ...meanwhile]);
    const store = memoryStore();
    const sources = [logOf('log', records)];
    const first = await run({ sources }, JUDGED + DAY + 6 * HOUR, { store });
    expect(lines(first.told)).toEqual(['anomaly ALARM', 'anomaly OK']);
    const second = await run({ sources }, JUDGED + 4 * DAY, { store, from: JUDGED + 3 * DAY + 6 * HOUR });
    expect(lines(second.told)).toEqual(['anomaly ALARM', 'anomaly OK']);
    expect(second.told[0].at).toBe(JUDGED + 2 * DAY + STEP);
    expect(first.told.some(({ id }) => second.told.some((other) => other.id === id))).toBe(false);
    // Not one bucket was left out: every one that was settled has a verdict.
    const all = new Set([...first.verdicts.times, ...second.verdicts.times]);
    for (let time = JUDGED; time < (second.health.settledUntil ?? 0); time += STEP) {
      if (time >= Math.min(...all)) expect(all.has(time)).toBe(true);
    }
  });

  it('takes a source that brings nothing for six hours for unknown, never for below', async () => {
    const down = { from: JUDGED + DAY, to: JUDGED + DAY + 6 * HOUR };
    const { told, verdicts } = await run({ sources: [logOf('log', steady(JUDGED + 3 * DAY), [down])] }, down.to);
    expect(lines(told)).toEqual(['health INSUFFICIENT_DATA']);
    expect(told[0].text).toMatch(/^No data from log for 2 h/);
    expect(verdicts.count(BELOW, JUDGED, down.to)).toBe(0);
    expect(verdicts.count(UNKNOWN, down.from + STEP, down.to - 2 * HOUR)).toBeGreaterThan(0);
  });

  it('judges what such a source brings after all, and tells of what happened meanwhile', async () => {
    const down = { from: JUDGED + DAY, to: JUDGED + DAY + 6 * HOUR };
    const spike = JUDGED + DAY + 3 * HOUR;
    const records = sorted([...steady(JUDGED + 2 * DAY), ...burst(spike, 150)]);
    const { told, verdicts, health } = await run({ sources: [logOf('log', records, [down])] }, JUDGED + 2 * DAY);
    expect(lines(told)).toEqual(['health INSUFFICIENT_DATA', 'anomaly ALARM', 'anomaly OK', 'health OK']);
    expect(told[1].at).toBe(spike + STEP);
    expect(verdicts.count(UNKNOWN, down.from, down.to)).toBe(0);
    expect(health.corrected).toBeGreaterThan(0);
  });

  it('corrects a window that was judged when its records come late', async () => {
    const at = JUDGED + DAY;
    // A silence that was none: its records were delivered 8 hours late.
    const records = sorted(
      steady(JUDGED + 2 * DAY).map((record) =>
        record.call.time >= at && record.call.time < at + 4 * HOUR
          ? { ...record, at: record.call.time + 8 * HOUR }
          : record,
      ),
    );
    const early = await run({ sources: [logOf('log', records)] }, at + 6 * HOUR);
    expect(early.verdicts.count(BELOW, at, at + 4 * HOUR)).toBeGreaterThan(0);
    expect(lines(early.told)).toContain('anomaly ALARM');
    const late = await run({ sources: [logOf('log', records)] }, at + 20 * HOUR);
    expect(late.verdicts.count(BELOW, at, at + 4 * HOUR)).toBe(0);
    expect(late.health.late).toBeGreaterThan(50);
    expect(late.told.map(({ change }) => change)).toEqual(['opened', 'updated', 'closed']);
  });

  it('waits for late records by its grace, and not longer', async () => {
    const records = steady(JUDGED + DAY, { delay: 50 * MINUTE });
    const hasty = await run(
      { sources: [logOf('log', records)], grace: 10 * MINUTE, every: 10 * MINUTE },
      JUDGED + 6 * HOUR,
    );
    const patient = await run({ sources: [logOf('log', records)], grace: HOUR, every: 10 * MINUTE }, JUDGED + 6 * HOUR);
    expect(hasty.health.late).toBeGreaterThan(0);
    expect(patient.health.late).toBe(0);
    expect(patient.told).toEqual([]);
    expect(patient.health.lag).toBeLessThanOrEqual(HOUR + STEP + 10 * MINUTE);
  });

  it('sets calls of the future aside, and says that they are', async () => {
    const log = logOf('log', steady(JUDGED));
    const [{ call }] = steady(JUDGED);
    const ahead = { ...call, time: JUDGED + 3 * HOUR, eventId: 'ahead' };
    const source = {
      ...log,
      poll: async (request: Parameters<typeof log.poll>[0]) => {
        const poll = await log.poll(request);
        return { ...poll, calls: [...(poll.calls as readonly (typeof call)[]), ahead] };
      },
    };
    const { health } = await run({ sources: [source] }, JUDGED + HOUR, { once: true });
    expect(health.rejected).toBe(1);
    expect(healthText(health)).toContain('\n1 record could not be read, or lies over an hour in the future');
  });

  it('gets over a clock that jumps ahead by a year, and back', async () => {
    const records = sorted([...steady(JUDGED + 6 * DAY), ...burst(JUDGED + 4 * DAY, 150)]);
    const store = memoryStore();
    // The log itself has the right time: it has nothing of the future.
    const log = logOf('log', records);
    let truth = 0;
    const sources = [
      {
        name: 'log',
        poll: (request: Parameters<typeof log.poll>[0]) => log.poll({ ...request, now: Math.min(request.now, truth) }),
      },
    ];
    truth = JUDGED + DAY;
    await run({ sources }, JUDGED + DAY, { store });
    await run({ sources }, JUDGED + 366 * DAY, { store, from: JUDGED + 365 * DAY });
    const told: Notice[] = [];
    for (let time = JUDGED + DAY + HOUR; time < JUDGED + 6 * DAY; time += HOUR) {
      truth = time;
      told.push(...(await run({ sources }, time, { store, from: time, once: true })).told);
    }
    expect(lines(told).filter((line) => line.startsWith('anomaly'))).toEqual(['anomaly ALARM', 'anomaly OK']);
  });

  it('gets over a clock that is set back by three hours, and forward again: nothing is judged twice or left out', async () => {
    const records = sorted([...steady(JUDGED + 2 * DAY), ...burst(JUDGED + DAY, 150)]);
    const clean = await run({ sources: [logOf('log', records)] }, JUDGED + 2 * DAY, { from: JUDGED + HOUR });
    let now = JUDGED + HOUR;
    // By three hours back at ten in the morning, and forward at eight in the evening; once each.
    const changes = new Map([
      [JUDGED + 10 * HOUR, -3 * HOUR - MINUTE],
      [JUDGED + 20 * HOUR, 3 * HOUR],
    ]);
    const stop = new AbortController();
    const told = recorder();
    const judged: number[] = [];
    const plan = definePlan({
      purpose: 'Test',
      owner: 'Tests',
      notify: [told],
      timeZone: 'UTC',
      every: HOUR,
      sources: [logOf('log', records)],
    });
    const health = await runPlan(plan, {
      store: memoryStore(),
      signal: stop.signal,
      onScores: ({ window: { grid } }) => {
        for (let b = 0; b < grid.length; b++) judged.push(grid.start + b * grid.step);
      },
      clock: {
        now: () => now,
        sleep: async (ms) => {
          now += ms;
          const change = changes.get(now) ?? 0;
          changes.delete(now);
          now += change;
          if (now >= JUDGED + 2 * DAY) stop.abort();
        },
      },
    });
    expect(told.told.map(({ state, at, text }) => [state, at, text])).toEqual(
      clean.told.map(({ state, at, text }) => [state, at, text]),
    );
    const once = new Set(judged);
    expect(judged.length - once.size).toBeLessThanOrEqual(health.corrected);
    const first = Math.min(...once);
    expect(once.size).toBe(((health.settledUntil ?? 0) - first) / STEP);
  });

  it('hears that a key was deleted, tells so, and takes its silence for no news from then on', async () => {
    const end = JUDGED + 2 * DAY;
    const deleted = JUDGED + DAY;
    const gone = steady(end).filter(({ call }) => call.time < deleted);
    const last = burst(deleted, 1, deleted + MINUTE, { operation: 'DeleteKey', caller: 'AWS Internal' });
    const silent = await run({ sources: [logOf('log', gone)] }, end);
    expect(lines(silent.told)).toContain('anomaly ALARM');
    // Other calls go on, for the total not to fall silent.
    const other = steady(end, { seed: 8 }).map(({ call, at }) => ({
      at,
      call: { ...call, eventId: `${call.eventId}-o`, keyArns: [KEY.replace('1234', '9999')] },
    }));
    const { told } = await run({ sources: [logOf('log', sorted([...gone, ...other, ...last]))] }, end);
    expect(told.filter(({ kind }) => kind === 'change').map(({ text }) => text.split('. ')[0])).toEqual([
      'DeleteKey on 1234abcd (eu-central-1) by AWS Internal (critical operation)',
    ]);
    expect(told.filter(({ key }) => key?.keyArn === KEY).map(({ kind }) => kind)).toEqual(['change']);
  });

  it('says of itself how well it is calibrated, whatever incidents there were', async () => {
    const without = { from: JUDGED + DAY, to: JUDGED + DAY + 12 * HOUR };
    const { health, told } = await run(
      { sources: [logOf('log', steady(JUDGED + 6 * DAY, { without }))] },
      JUDGED + 6 * DAY,
    );
    // As the silence goes on it can be no chance any more: critical.
    expect(told.map(({ change }) => change)).toEqual(['opened', 'updated', 'closed']);
    expect(health.verdicts.below).toBeGreaterThan(100);
    for (const { nominal, above, below } of health.calibration.slice(0, 2)) {
      expect(above).toBeLessThan(2 * nominal + 0.001);
      expect(below).toBeLessThan(2 * nominal + 0.001);
    }
  });

  it('says which row is unknown when one of two logs fails, and judges the other', async () => {
    const other = steady(JUDGED + 2 * DAY, { seed: 9 }).map(({ call, at }) => ({
      at,
      call: { ...call, region: 'us-east-1', operation: 'Sign', keyArns: [KEY.replace('eu-central-1', 'us-east-1')] },
    }));
    const down = { from: JUDGED + DAY, to: JUDGED + 2 * DAY };
    const failing = logOf('us', other);
    const problems: PlanProblem[] = [];
    const sources = [
      logOf('eu', sorted([...steady(JUDGED + 2 * DAY), ...burst(JUDGED + DAY + 6 * HOUR, 150)])),
      {
        name: 'us',
        poll: (request: Parameters<typeof failing.poll>[0]) => {
          if (request.now >= down.from) throw new Error('AccessDenied');
          return failing.poll(request);
        },
      },
    ];
    const { told, health } = await run({ sources }, JUDGED + 2 * DAY, {
      onProblem: (problem) => problems.push(problem),
    });
    expect(lines(told)).toEqual(['health INSUFFICIENT_DATA', 'anomaly ALARM', 'anomaly OK']);
    expect(told[0].text).toContain('from us for');
    expect(told[0].text).toContain('AccessDenied');
    expect(health.failing).toEqual([{ source: 'us', message: 'AccessDenied' }]);
    expect(problems[0]).toMatchObject({ part: 'source', name: 'us' });
  });

  it('counts nothing twice when a poll breaks off halfway', async () => {
    const records = steady(JUDGED + 6 * HOUR);
    const log = logOf(
      'log',
      records.map(({ call, at }) => ({ at, call: { ...call, eventId: '' } })),
    );
    let polls = 0;
    const breaking = {
      name: 'log',
      poll: async (request: Parameters<typeof log.poll>[0]): Promise<Poll> => {
        const poll = (await log.poll(request)) as Poll & { calls: KmsCall[] };
        if (polls++ % 2 === 1) return poll;
        return {
          ...poll,
          calls: (function* () {
            yield* poll.calls.slice(0, poll.calls.length >> 1);
            throw new Error('cut');
          })(),
        };
      },
    };
    const whole = await run({ sources: [log] }, JUDGED + 6 * HOUR);
    const broken = await run({ sources: [breaking] }, JUDGED + 6 * HOUR, { onProblem: () => undefined });
    expect(broken.health.calls).toBe(whole.health.calls);
  });

  it('tells again what a notifier did not take, in order, and others at once', async () => {
    const records = sorted([...steady(JUDGED + DAY), ...burst(JUDGED + 6 * HOUR, 150)]);
    const steadyOne = recorder('a');
    const flaky = recorder('b');
    let refusals = 5;
    const tell = (notice: Notice) => {
      if (refusals-- > 0) throw new Error('not now');
      flaky.told.push(notice);
    };
    const problems: PlanProblem[] = [];
    const { health } = await run(
      { sources: [logOf('log', records)], notify: [steadyOne, { name: 'b', tell }] },
      JUDGED + DAY,
      { onProblem: (problem) => problems.push(problem) },
    );
    expect(flaky.told).toEqual(steadyOne.told);
    expect(flaky.told.length).toBe(2);
    expect(problems.length).toBe(5);
    expect(health.notices.waiting).toBe(0);
  });

  it('tells nobody of what could not be kept, and goes on when it can', async () => {
    const records = sorted([...steady(JUDGED + DAY), ...burst(JUDGED + 6 * HOUR, 150)]);
    let full = false;
    const inner = memoryStore();
    const store: PlanStore = {
      load: inner.load,
      save: async (bytes) => {
        if (full) throw new Error('disk full');
        await inner.save(bytes);
      },
    };
    const told = recorder();
    const at: boolean[] = [];
    const tell = (notice: Notice) => {
      at.push(full);
      told.told.push(notice);
    };
    const problems: PlanProblem[] = [];
    const stop = new AbortController();
    const clock = fastClock(JUDGED + HOUR, JUDGED + DAY, stop);
    const plan = definePlan({
      purpose: 'Test',
      owner: 'T',
      sources: [logOf('log', records)],
      notify: [{ name: 'n', tell }],
      timeZone: 'UTC',
      every: HOUR,
    });
    await runPlan(plan, {
      store,
      clock,
      signal: stop.signal,
      onProblem: (problem) => problems.push(problem),
      onHealth: () => {
        full = clock.time > JUDGED + 5 * HOUR && clock.time < JUDGED + 10 * HOUR;
      },
    });
    expect(told.told.length).toBe(2);
    expect(at).toEqual([false, false]);
    expect(problems.map(({ part }) => part)).toContain('store');
    full = true;
    await expect(runPlan(plan, { store, clock, once: true })).rejects.toThrow('disk full');
  });

  it('refuses the state of another plan, of other buckets, and what is none', async () => {
    const store = memoryStore();
    const sources = [logOf('log', steady(JUDGED))];
    await run({ sources }, JUDGED + HOUR, { store, once: true });
    const other = (fields: Partial<PlanInput>) => run({ sources, ...fields }, JUDGED + HOUR, { store, once: true });
    await expect(other({ name: 'other' })).rejects.toThrow(InputError);
    await expect(other({ step: MINUTE })).rejects.toThrow(
      'plan.step must be what the state was kept with, 5 min, got 1 min',
    );
    const bytes = (await store.load()) as Uint8Array;
    for (const bad of [bytes.slice(0, 100), new Uint8Array(0), bytes.map((byte, i) => (i === 500 ? byte ^ 1 : byte))]) {
      const kept = memoryStore(bad);
      await expect(run({ sources }, JUDGED + HOUR, { store: kept, once: true })).rejects.toThrow(FormatError);
      expect(await kept.load()).toBe(bad);
    }
  });

  it('leaves excluded times out: they are neither told nor learned from', async () => {
    const at = JUDGED + DAY;
    const exclude = [{ from: at, to: at + HOUR }];
    const records = sorted([...steady(JUDGED + 2 * DAY), ...burst(at + 30 * MINUTE, 500)]);
    const { told, verdicts } = await run({ sources: [logOf('log', records)], exclude }, JUDGED + 2 * DAY);
    expect(told).toEqual([]);
    expect(verdicts.count(UNKNOWN, at, at + HOUR)).toBeGreaterThan(0);
    expect(verdicts.count(ABOVE, at, at + HOUR)).toBe(0);
  });

  it('counts the calls of its resources only', async () => {
    const other = steady(JUDGED).map(({ call, at }) => ({
      at,
      call: { ...call, keyArns: [`${KEY}x`], eventId: `${call.eventId}x` },
    }));
    const records = sorted([...steady(JUDGED), ...other]);
    const count = async (resources: PlanInput['resources']) =>
      (await run({ sources: [logOf('log', records)], ...(resources && { resources }) }, JUDGED + HOUR, { once: true }))
        .health.calls;
    const all = await count(undefined);
    expect(await count({ keys: [KEY] })).toBe(all / 2);
    expect(await count({ keys: ['*:key/1234abcd-*'] })).toBe(all);
    expect(await count({ operations: ['Encrypt'] })).toBe(0);
    expect(await count({ accounts: ['111122223333'], regions: ['eu-central-1'] })).toBe(all);
  });

  it('watches the lives of keys once an hour, and tells each finding once', async () => {
    const records = steady(JUDGED + 2 * DAY);
    const deletion = JUDGED + 7 * DAY + 12 * HOUR;
    let asked = 0;
    const inventory = async () => {
      asked++;
      return [
        {
          keyArn: KEY,
          keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
          aliases: [],
          state: 'PendingDeletion',
          manager: 'CUSTOMER',
          origin: 'AWS_KMS',
          spec: 'SYMMETRIC_DEFAULT',
          usage: 'ENCRYPT_DECRYPT',
          customKeyStoreId: null,
          multiRegion: false,
          created: START - 400 * DAY,
          deletion,
          materialExpires: null,
          rotation: null,
          lastUse: null,
          trackedSince: null,
          failed: [],
        },
      ];
    };
    const { told } = await run({ sources: [logOf('log', records)], every: 15 * MINUTE }, JUDGED + DAY, { inventory });
    expect(lines(told)).toEqual(['lifecycle ALARM', 'lifecycle ALARM']);
    expect(told[0].text).toMatch(
      /^1234abcd \(eu-central-1\) is PendingDeletion and still needed \(about \d+ calls a day\), and will be deleted in 1 week/,
    );
    // Again a week before.
    expect(told[1].at).toBeGreaterThanOrEqual(deletion - 7 * DAY);
    expect(asked).toBeLessThanOrEqual(25);
  });

  it('polls once when asked to, as cron does, and the sum is the same', async () => {
    const records = sorted([...steady(JUDGED + DAY), ...burst(JUDGED + 6 * HOUR, 150)]);
    const sources = [logOf('log', records)];
    const whole = await run({ sources }, JUDGED + DAY);
    const store = memoryStore();
    const told: Notice[] = [];
    for (let time = JUDGED + 20 * MINUTE; time < JUDGED + DAY; time = Math.floor(time / HOUR + 1) * HOUR) {
      told.push(...(await run({ sources }, time, { store, from: time, once: true })).told);
    }
    expect(told).toEqual(whole.told);
  });
});

describe('definePlan', () => {
  const input: PlanInput = {
    purpose: 'Watch the shop’s keys',
    owner: 'Security',
    sources: [logOf('log', [])],
    notify: [recorder()],
  };

  it('completes a plan, and planText answers the six questions with it', () => {
    const plan = definePlan({ ...input, resources: { keys: ['arn:*'] }, timeZone: 'Europe/Berlin' });
    expect(plan).toMatchObject({ name: 'watch-the-shop-s-keys', every: 300_000, step: 300_000, grace: 900_000 });
    expect(planText(plan).split('\n')).toEqual([
      'What for?        Watch the shop’s keys',
      'What?            keys arn:*',
      'How often?       every 5 min, in buckets of 5 min, once late records have had 15 min; time zone Europe/Berlin',
      'From when?       the first poll learns from 1 week 6 days of history; what happened in the 1 day after that, and since, is reported',
      'With what?       log',
      'Who does it?     Security',
      'Who is notified? recorder; weekly alert budget: usage 1, changes 1, new callers 1, new operations 1',
    ]);
  });

  it.each([
    [{ purpose: ' ' }, 'plan.purpose must be a text'],
    [{ owner: 7 }, 'plan.owner must be a text'],
    [{ name: 'a b' }, 'plan.name must be'],
    [{ every: 10 }, 'plan.every must be a whole number in'],
    [{ step: 0.5 }, 'plan.step must be a whole number in'],
    [{ sources: [] }, 'plan.sources must hold at least one'],
    [{ sources: 'log' }, 'plan.sources must be an array, got "log"'],
    [{ sources: [{ name: 'x' }] }, 'plan.sources[0].poll must be a function'],
    [{ notify: [recorder('a'), recorder('a')] }, 'plan.notify[1].name must be a text of its own, got "a"'],
    [
      { alertBudget: { perWeek: 0 } },
      'plan.alertBudget.perWeek must be a number of false alarms a week above 0, got 0',
    ],
    [{ exclude: [{ from: 2, to: 1 }] }, 'plan.exclude[0].from must be earlier than plan.exclude[0].to'],
    [{ resources: { keys: [] } }, 'plan.resources.keys must be an array of at least one text'],
    [{ resources: { key: ['x'] } }, 'plan.resources.key is unknown: did you mean keys?'],
    [{ timeZone: 'Mars' }, 'plan.timeZone must be an IANA time zone'],
    [{ learn: 'never' }, 'plan.learn must be'],
    [
      { alarm: { evaluationPeriods: 2, datapointsToAlarm: 3 } },
      'plan.alarm.datapointsToAlarm must be a whole number in [1, 2]',
    ],
    [{ budget: 1 }, 'plan.budget is unknown: there are name, purpose'],
    [{ alertBudget: { perDay: 1 } }, 'plan.alertBudget.perDay is unknown: '],
    [{ alertBudget: 3 }, 'plan.alertBudget must be an object, got 3'],
  ])('names the field: %j', (fields, message) => {
    expect(() => definePlan({ ...input, ...fields } as PlanInput)).toThrow(InputError);
    expect(() => definePlan({ ...input, ...fields } as PlanInput)).toThrow(message);
  });
});
