import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Alarm, type AlarmRule } from '../../src/alarm/index.js';
import { fitBaseline, scoreWindow } from '../../src/engine/index.js';
import { FormatError, InputError } from '../../src/errors.js';
import { seriesSet } from '../../src/series/series-set.js';
import { MONDAY, oneRow, poissonRow, STEP, WEEK } from '../support/sets.js';
import { slowClockStates, slowStates } from './naive-alarm.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const above = (threshold: number, clearAt?: number): AlarmRule['condition'] => ({
  on: 'value',
  statistic: 'Maximum',
  comparison: 'GreaterThanThreshold',
  threshold,
  ...(clearAt === undefined ? {} : { clearAt }),
});
const rule = (fields: Partial<AlarmRule>): AlarmRule => ({
  name: 'calls',
  condition: above(0),
  step: MINUTE,
  evaluationPeriods: 3,
  ...fields,
});
const run = (alarm: Alarm, values: readonly number[], from = 0) =>
  values.flatMap((value, i) => alarm.observe(from + i * alarm.rule.step, value));

const rules = fc
  .record({
    n: fc.integer({ min: 1, max: 6 }),
    m: fc.integer({ min: 1, max: 6 }),
    treat: fc.constantFrom('missing' as const, 'ignore' as const, 'breaching' as const, 'notBreaching' as const),
    width: fc.integer({ min: 1, max: 4 }),
    extra: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ n, m, treat, width, extra }) => ({ n, m: Math.min(m, n), treat, width, range: n + extra, threshold: 0 }));
const values = fc.array(fc.constantFrom(0, 0, 1, Number.NaN, Number.NaN), { maxLength: 60 });
const alarmFor = ({
  n,
  m,
  treat,
  width,
  range,
}: {
  n: number;
  m: number;
  treat: AlarmRule['treatMissingData'] & string;
  width: number;
  range: number;
}) =>
  new Alarm(
    rule({
      evaluationPeriods: n,
      datapointsToAlarm: m,
      treatMissingData: treat,
      period: width * MINUTE,
      evaluationRange: range,
    }),
  );

describe('Alarm', () => {
  it('goes through the states of a slow simulation of the guide, bucket by bucket', () => {
    fc.assert(
      fc.property(rules, values, (slow, points) => {
        const alarm = alarmFor(slow);
        const states = points.map((value, i) => {
          alarm.observe(i * MINUTE, value);
          return alarm.state;
        });
        expect(states).toEqual(slowStates(points, slow));
      }),
      { numRuns: 1000 },
    );
  });

  it('goes through the states of a slow simulation on a wall clock of any zone, through changes of the clock', () => {
    const clocks = fc.record({
      timeZone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'Asia/Kolkata', 'UTC'),
      period: fc.constantFrom('day' as const, 'hour' as const, 'week' as const),
      n: fc.integer({ min: 1, max: 3 }),
      m: fc.integer({ min: 1, max: 3 }),
      treat: fc.constantFrom('missing' as const, 'ignore' as const, 'breaching' as const, 'notBreaching' as const),
      // Some of these zones change their clocks within the weeks after.
      start: fc.constantFrom(Date.UTC(2026, 2, 1), Date.UTC(2026, 9, 18), Date.UTC(2026, 9, 1)),
      hours: fc.integer({ min: 0, max: 40 }),
    });
    const pieces = fc.array(fc.tuple(fc.constantFrom(0, 1, 1, Number.NaN), fc.integer({ min: 1, max: 40 })), {
      minLength: 4,
      maxLength: 24,
    });
    fc.assert(
      fc.property(clocks, pieces, ({ timeZone, period, n: most, m: least, treat, start, hours }, runs) => {
        const n = period === 'week' ? 1 : most;
        const m = Math.min(least, n);
        const from = start + hours * HOUR + (timeZone === 'Asia/Kolkata' ? HOUR / 2 : 0);
        const threshold = { hour: 0, day: 11, week: 80 }[period];
        const alarm = new Alarm(
          rule({
            condition: { on: 'value', statistic: 'Sum', comparison: 'GreaterThanThreshold', threshold },
            step: HOUR,
            period: { hour: HOUR, day: DAY, week: 7 * DAY }[period],
            evaluationPeriods: n,
            datapointsToAlarm: m,
            treatMissingData: treat,
            window: { timeZone },
          }),
        );
        const points = runs.flatMap(([value, length]) => Array<number>(length).fill(value));
        const states = points.map((value, i) => {
          alarm.observe(from + i * HOUR, value);
          return alarm.state;
        });
        expect(states).toEqual(slowClockStates(points, from, { n, m, treat, timeZone, period, threshold }));
      }),
      { numRuns: 20 },
    );
  });

  it('trap 31: tells changes and nothing else, each from the state before', () => {
    fc.assert(
      fc.property(rules, values, (slow, points) => {
        let state = 'INSUFFICIENT_DATA';
        const changes = run(alarmFor(slow), points);
        for (const change of changes) {
          expect(change.from).toBe(state);
          expect(change.to).not.toBe(state);
          state = change.to;
        }
        expect(new Set(changes.map(({ id }) => id)).size).toBe(changes.length);
      }),
    );
  });

  it('goes on after a restart as if there had been none, with the same ids', () => {
    fc.assert(
      fc.property(rules, values, fc.nat(60), (slow, points, at) => {
        const whole = run(alarmFor(slow), points);
        const first = alarmFor(slow);
        const cut = Math.min(at, points.length);
        const before = run(first, points.slice(0, cut));
        const bytes = first.toBytes();
        const after = run(Alarm.fromBytes(bytes), points.slice(cut), cut * MINUTE);
        expect([...before, ...after]).toEqual(whole);
        // Killed before anybody was told, it decides the same again.
        expect(run(Alarm.fromBytes(bytes), points.slice(cut), cut * MINUTE)).toEqual(after);
        expect(Alarm.fromBytes(bytes).toBytes()).toEqual(bytes);
      }),
    );
  });

  it('trap 29: takes buckets that are left out for missing, however many', () => {
    fc.assert(
      fc.property(rules, values, fc.integer({ min: 0, max: 400 }), (slow, points, gap) => {
        const [left, filled] = [alarmFor(slow), alarmFor(slow)];
        const to = points.length + gap;
        const some = [...run(left, points), ...left.observe(to * MINUTE, 1)];
        const all = run(filled, [...points, ...Array<number>(gap).fill(Number.NaN), 1]);
        // Without any bucket before, there is nothing to be missing from.
        if (points.length > 0) expect(some).toEqual(all);
      }),
    );
  });

  it('judges a corrected bucket by what it holds now', () => {
    const alarm = new Alarm(rule({ evaluationPeriods: 2 }));
    run(alarm, [0, 0, 1]);
    expect(alarm.state).toBe('OK');
    expect(alarm.observe(1 * MINUTE, 1)).toMatchObject([{ to: 'ALARM', at: 3 * MINUTE }]);
    expect(alarm.observe(1 * MINUTE, 0)).toMatchObject([{ to: 'OK', at: 3 * MINUTE, id: 'calls#3' }]);
    expect(alarm.observe(-500 * MINUTE, 1)).toEqual([]);
  });

  it('trap 30: slides: a period of five minutes is evaluated every minute', () => {
    const alarm = new Alarm(
      rule({
        condition: { on: 'value', statistic: 'Sum', comparison: 'GreaterThanOrEqualToThreshold', threshold: 5 },
        period: 5 * MINUTE,
        evaluationPeriods: 1,
      }),
    );
    // The last two minutes of one clock's five and the first three of the next hold five calls between them.
    expect(run(alarm, [0, 0, 0, 2, 1, 1, 1, 0, 0, 0])).toMatchObject([
      { to: 'OK', at: 1 * MINUTE },
      { to: 'ALARM', at: 7 * MINUTE },
      { to: 'OK', at: 9 * MINUTE },
    ]);
  });

  it('follows the clock instead when told to, and never looks further back', () => {
    const clock = (evaluationPeriods: number) =>
      new Alarm(
        rule({
          condition: { on: 'value', statistic: 'Sum', comparison: 'GreaterThanOrEqualToThreshold', threshold: 5 },
          period: 5 * MINUTE,
          evaluationPeriods,
          window: { timeZone: 'Europe/Berlin' },
        }),
      );
    expect(run(clock(1), [0, 0, 0, 2, 1, 1, 1, 0, 0, 0])).toMatchObject([{ to: 'OK', at: 5 * MINUTE }]);
    const gone = Array<number>(10).fill(Number.NaN);
    // A sliding window would still find the datapoint of before.
    expect(run(clock(2), [5, 0, 0, 0, 0, 5, 0, 0, 0, 0, ...gone])).toMatchObject([
      { to: 'ALARM', at: 10 * MINUTE },
      { to: 'INSUFFICIENT_DATA', at: 20 * MINUTE },
    ]);
  });

  it.each([
    // Berlin's 29 March 2026 has 23 hours and 25 October 25; days begin at 23:00 UTC in winter, 22:00 in summer.
    [Date.UTC(2026, 2, 28, 12), ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', '2026-03-30T22:00:00.000Z']],
    [Date.UTC(2026, 9, 24, 12), ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', '2026-10-26T23:00:00.000Z']],
  ])('has days as long as they are where the clocks change (%#)', (from, ends) => {
    const alarm = new Alarm(
      rule({
        condition: { on: 'value', statistic: 'SampleCount', comparison: 'GreaterThanThreshold', threshold: 23.5 },
        step: HOUR,
        period: DAY,
        evaluationPeriods: 1,
        window: { timeZone: 'Europe/Berlin' },
      }),
    );
    const evaluated: string[] = [];
    for (let i = 0; i < 72; i++) {
      const before = alarm.toBytes();
      alarm.observe(from + i * HOUR, 1);
      // Alternates, for a new period to show as a change of state.
      if (alarm.state !== Alarm.fromBytes(before).state) evaluated.push(new Date(from + (i + 1) * HOUR).toISOString());
    }
    const states = from < Date.UTC(2026, 5, 1) ? [ends[0], ends[2]] : [ends[0], ends[1]];
    expect(evaluated).toEqual(states);
  });

  it('evaluates once an hour, with data up to the full hour, when its periods make more than a day', () => {
    const alarm = new Alarm(rule({ step: 10 * MINUTE, period: 12 * HOUR, evaluationPeriods: 3, datapointsToAlarm: 1 }));
    const changes = run(alarm, [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(changes).toMatchObject([
      { to: 'OK', at: HOUR },
      { to: 'ALARM', at: 2 * HOUR },
    ]);
  });

  it('has hysteresis: another threshold to clear, and more datapoints than one', () => {
    const byLevel = new Alarm(rule({ condition: above(10, 5), evaluationPeriods: 1 }));
    expect(run(byLevel, [3, 11, 8, 6, 11, 5, 8]).map(({ to, at }) => [to, at / MINUTE])).toEqual([
      ['OK', 1],
      ['ALARM', 2],
      ['OK', 6],
    ]);
    const byTime = new Alarm(rule({ evaluationPeriods: 3, datapointsToAlarm: 1, datapointsToClear: 3 }));
    expect(run(byTime, [0, 1, 0, 0, 1, 0, 0, 0, 0]).map(({ to, at }) => [to, at / MINUTE])).toEqual([
      ['OK', 1],
      ['ALARM', 2],
      ['OK', 8],
    ]);
  });

  it('watches verdicts and surprises of scores', () => {
    const baseline = fitBaseline(oneRow(poissonRow(1, 4, () => 20)), { timeZone: 'UTC' });
    const values = Array<number>(24).fill(20);
    values.splice(10, 3, 200, 200, 200);
    const observed = values.map((_, i) => (i === 11 ? 0 : 1));
    const scores = scoreWindow(baseline, oneRow(values, MONDAY + 4 * WEEK, observed));
    const on = (condition: AlarmRule['condition']) =>
      new Alarm(rule({ condition, step: STEP, evaluationPeriods: 2, datapointsToAlarm: 2 })).observeScores(scores, 0);
    const times = (changes: ReturnType<typeof on>) =>
      changes.map(({ to, at }) => `${to} ${(at - MONDAY - 4 * WEEK) / STEP}`);
    expect(times(on({ on: 'verdict', is: 'above' }))).toEqual(['OK 1', 'ALARM 13', 'OK 14']);
    expect(times(on({ on: 'verdict', is: 'below' }))).toEqual(['OK 1']);
    expect(times(on({ on: 'surprise', is: 'either', atLeast: 20 }))).toEqual(['OK 1', 'ALARM 13', 'OK 14']);
    expect(times(on({ on: 'value', statistic: 'Sum', comparison: 'GreaterThanThreshold', threshold: 100 }))).toEqual([
      'OK 1',
      'ALARM 13',
      'OK 14',
    ]);
  });

  it('watches a level, and what is not observed of it is missing', () => {
    const set = seriesSet({
      start: 0,
      step: MINUTE,
      measure: 'level',
      series: [{ key: { metric: 'AWS/KMS SecondsUntilKeyMaterialExpiration' }, values: [9, 8, Number.NaN, 4, 3] }],
    });
    const alarm = new Alarm(
      rule({
        condition: { on: 'value', statistic: 'Minimum', comparison: 'LessThanThreshold', threshold: 5 },
        evaluationPeriods: 2,
        treatMissingData: 'ignore',
      }),
    );
    expect(alarm.observeSeries(set, 0).map(({ to, at }) => [to, at / MINUTE])).toEqual([
      ['OK', 1],
      ['ALARM', 5],
    ]);
  });

  it.each([
    [{ name: '' }, 'name must be a text'],
    [{ evaluationPeriods: 0 }, 'evaluationPeriods must be an integer in [1, 8640], got 0'],
    [{ datapointsToAlarm: 4 }, 'datapointsToAlarm must be an integer in [1, 3], got 4'],
    [{ evaluationPeriods: 1440, period: 2 * MINUTE }, 'evaluationPeriods must be at most 720'],
    [{ period: DAY, evaluationPeriods: 8 }, 'evaluationPeriods must be at most 7'],
    [{ period: 90_000 }, 'period must be a multiple of the step'],
    [{ treatMissingData: 'zero' }, 'treatMissingData must be one of missing, ignore'],
    [{ window: { timeZone: 'Mars' } }, 'window.timeZone must be an IANA time zone'],
    [{ window: { timeZone: 'UTC' }, period: 2 * MINUTE }, 'period must be a minute, five minutes'],
    [{ window: { timeZone: 'UTC' }, evaluationRange: 5 }, 'evaluationRange must be left out'],
    [{ evaluationRange: 2 }, 'evaluationRange must be an integer in [3, '],
    [{ condition: { on: 'verdict', is: 'up' } }, 'condition.is must be one of'],
    [{ condition: above(5, 6) }, 'condition.clearAt must be a finite number in'],
    [{ condition: { on: 'mood' } }, 'condition must be on one of'],
  ])('refuses %j', (fields, message) => {
    expect(() => new Alarm(rule(fields as Partial<AlarmRule>))).toThrow(InputError);
    expect(() => new Alarm(rule(fields as Partial<AlarmRule>))).toThrow(message);
  });

  it('refuses a rule that is none', () => {
    for (const none of [null, undefined, 'rule']) {
      expect(() => new Alarm(none as never)).toThrow(InputError);
      expect(() => new Alarm(none as never)).toThrow('rule must be an object, got');
    }
  });

  it('refuses bytes that are none, damaged, cut, or of another version', () => {
    const alarm = new Alarm(rule({}));
    run(alarm, [1, 1, 1]);
    const bytes = alarm.toBytes();
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] ^= 0x10;
      expect(() => Alarm.fromBytes(damaged), `byte ${i}`).toThrow(FormatError);
      expect(() => Alarm.fromBytes(bytes.slice(0, i)), `${i} bytes`).toThrow(FormatError);
    }
    expect(Alarm.fromBytes(bytes).state).toBe('ALARM');
  });
});
