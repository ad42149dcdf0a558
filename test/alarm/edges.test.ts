import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodStart, wholePeriods } from '../../src/alarm/clock-periods.js';
import { breaches, valueOfPeriod } from '../../src/alarm/condition.js';
import { Alarm, type AlarmRule } from '../../src/alarm/index.js';
import { open, seal } from '../../src/alarm/sealed.js';
import { FormatError, InputError } from '../../src/errors.js';
import { ByteWriter } from '../../src/series/bytes.js';
import { seriesSet } from '../../src/series/series-set.js';
import { DAY, HOUR, MINUTE, WEEK } from '../../src/time/grid.js';

const STATISTICS = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'] as const;
const COMPARISONS = {
  GreaterThanThreshold: (value: number, limit: number) => value > limit,
  GreaterThanOrEqualToThreshold: (value: number, limit: number) => value >= limit,
  LessThanThreshold: (value: number, limit: number) => value < limit,
  LessThanOrEqualToThreshold: (value: number, limit: number) => value <= limit,
} as const;
type Comparison = keyof typeof COMPARISONS;

const onValue = (statistic: (typeof STATISTICS)[number], comparison: Comparison, threshold: number, clearAt?: number) =>
  ({ on: 'value', statistic, comparison, threshold, ...(clearAt === undefined ? {} : { clearAt }) }) as const;
const rule = (fields: Partial<AlarmRule>): AlarmRule => ({
  name: 'calls',
  condition: onValue('Sum', 'GreaterThanThreshold', 0),
  step: MINUTE,
  evaluationPeriods: 1,
  ...fields,
});
const observed = (alarm: Alarm, values: readonly number[], from = 0) =>
  values.flatMap((value, i) => alarm.observe(from + i * alarm.rule.step, value));

describe('the value of a period', () => {
  it('is the statistic of the buckets that are there', () => {
    const values = [4, Number.NaN, 2, 9, Number.NaN];
    const of = (statistic: (typeof STATISTICS)[number]) =>
      valueOfPeriod(onValue(statistic, 'GreaterThanThreshold', 0), values);
    expect(STATISTICS.map(of)).toEqual([15, 5, 2, 9, 3]);
    for (const statistic of STATISTICS) {
      expect(valueOfPeriod(onValue(statistic, 'LessThanThreshold', 1), [Number.NaN])).toBeNaN();
      expect(valueOfPeriod(onValue(statistic, 'LessThanThreshold', 1), [])).toBeNaN();
    }
  });

  it('of verdicts and surprises is how far they go on the side that is asked for', () => {
    const of = (is: 'above' | 'below' | 'either', values: number[]) =>
      valueOfPeriod({ on: 'surprise', is, atLeast: 1 }, values);
    expect([of('above', [-5, 2]), of('below', [-5, 2]), of('either', [-5, 2])]).toEqual([2, 5, 5]);
    expect([of('above', [-1, 7]), of('below', [-1, 7]), of('either', [-1, 7])]).toEqual([7, 1, 7]);
    expect(valueOfPeriod({ on: 'verdict', is: 'below' }, [0, -1])).toBe(1);
  });

  it.each(Object.keys(COMPARISONS) as Comparison[])('breaches by %s, at the threshold and beside it', (comparison) => {
    for (const value of [4, 5, 6, 7, 8]) {
      const condition = onValue('Sum', comparison, 6);
      expect(breaches(condition, value, false), `${value}`).toBe(COMPARISONS[comparison](value, 6));
      expect(breaches(condition, value, true), `${value}, open`).toBe(COMPARISONS[comparison](value, 6));
      const clearAt = comparison.startsWith('Greater') ? 5 : 7;
      const other = onValue('Sum', comparison, 6, clearAt);
      expect(breaches(other, value, false)).toBe(COMPARISONS[comparison](value, 6));
      expect(breaches(other, value, true), `${value}, until ${clearAt}`).toBe(COMPARISONS[comparison](value, clearAt));
    }
  });

  it('breaches by a surprise from its least on, and an open alarm by one from where it clears', () => {
    const condition = { on: 'surprise', is: 'either', atLeast: 6, clearBelow: 3 } as const;
    expect([5.9, 6].map((value) => breaches(condition, value, false))).toEqual([false, true]);
    expect([2.9, 3].map((value) => breaches(condition, value, true))).toEqual([false, true]);
    expect([5.9, 6].map((value) => breaches({ on: 'surprise', is: 'above', atLeast: 6 }, value, true))).toEqual([
      false,
      true,
    ]);
    expect([0, 1].map((value) => breaches({ on: 'verdict', is: 'above' }, value, false))).toEqual([false, true]);
  });
});

describe('a rule', () => {
  it('looks two periods further back than it evaluates, unless it says how far', () => {
    expect(new Alarm(rule({ evaluationPeriods: 3 })).rule.evaluationRange).toBe(5);
    // A datapoint of four minutes ago still is in the range, one of five no longer.
    const alarm = (age: number) => {
      const own = new Alarm(rule({ evaluationPeriods: 3, datapointsToAlarm: 3, treatMissingData: 'missing' }));
      observed(own, [0, ...Array<number>(age).fill(Number.NaN)]);
      return own.state;
    };
    expect([alarm(4), alarm(5)]).toEqual(['OK', 'INSUFFICIENT_DATA']);
  });

  it('is complete: what is left out is as CloudWatch has it', () => {
    expect(new Alarm(rule({ evaluationPeriods: 3 })).rule).toMatchObject({
      period: MINUTE,
      datapointsToAlarm: 3,
      datapointsToClear: 0,
      treatMissingData: 'missing',
      window: 'sliding',
    });
    expect(
      new Alarm(rule({ window: { timeZone: 'UTC' }, period: HOUR, evaluationPeriods: 4 })).rule.evaluationRange,
    ).toBe(4);
  });

  it.each([
    [{ evaluationPeriods: 1440 }, true],
    [{ evaluationPeriods: 1441 }, false],
    [{ step: 10_000, evaluationPeriods: 8640 }, true],
    [{ step: 10_000, evaluationPeriods: 8641 }, false],
    [{ period: HOUR, evaluationPeriods: 168 }, true],
    [{ period: HOUR, evaluationPeriods: 169 }, false],
    [{ period: 59 * MINUTE, evaluationPeriods: 25 }, false],
    [{ period: WEEK, evaluationPeriods: 1 }, true],
    [{ period: WEEK + MINUTE, evaluationPeriods: 1 }, false],
    [{ period: MINUTE / 2, evaluationPeriods: 1 }, false],
    [{ evaluationPeriods: 2, evaluationRange: 2 }, true],
    [{ evaluationPeriods: 2, evaluationRange: 1 }, false],
    [{ evaluationPeriods: 2, evaluationRange: 30 }, true],
    [{ evaluationPeriods: 2, evaluationRange: 31 }, false],
    [{ evaluationPeriods: 2, datapointsToClear: 2 }, true],
    [{ evaluationPeriods: 2, datapointsToClear: 3 }, false],
    [{ evaluationPeriods: 2, datapointsToAlarm: 0 }, false],
    [{ name: 7 as never }, false],
    [{ condition: { on: 'surprise', is: 'above', atLeast: 5, clearBelow: 5 } }, true],
    [{ condition: { on: 'surprise', is: 'above', atLeast: 5, clearBelow: 5.1 } }, false],
    [{ condition: { on: 'surprise', is: 'above', atLeast: -1 } }, false],
    [{ condition: onValue('Sum', 'LessThanThreshold', 5, 5) }, true],
    [{ condition: onValue('Sum', 'LessThanThreshold', 5, 4) }, false],
    [{ condition: onValue('Sum', 'LessThanThreshold', 5, 6) }, true],
    [{ condition: onValue('Sum', 'LessThanOrEqualToThreshold', -5, 1e9) }, true],
    [{ condition: onValue('Sum', 'GreaterThanOrEqualToThreshold', 5, 6) }, false],
    [{ condition: onValue('Sum', 'GreaterThanOrEqualToThreshold', 5, 4) }, true],
    [{ condition: onValue('Sum', 'GreaterThanThreshold', 5, -1e9) }, true],
    [{ condition: { on: 'surprise', is: 'above', atLeast: 10_000, clearBelow: 0 } }, true],
    [{ condition: { on: 'surprise', is: 'above', atLeast: 10_001 } }, false],
    [{ condition: { on: 'surprise', is: 'above', atLeast: 5, clearBelow: -1 } }, false],
    [{ condition: { on: 'surprise', is: 'above', atLeast: 5, minCalls: -1 } }, false],
    [{ condition: { on: 'verdict', is: 'above', minCalls: 0 } }, true],
    [{ condition: { on: 'band', is: 'above', minCalls: Number.NaN } }, false],
    [{ evaluationPeriods: 0 }, false],
    [{ evaluationPeriods: 2, datapointsToAlarm: 1 }, true],
    [{ evaluationPeriods: 2, datapointsToClear: -1 }, false],
    [{ step: 0 }, false],
    [{ condition: onValue('Median' as never, 'LessThanThreshold', 5) }, false],
    [{ condition: onValue('Sum', 'Less' as never, 5) }, false],
    [{ condition: undefined as never }, false],
  ] as [Partial<AlarmRule>, boolean][])('%j: %s', (fields, isAllowed) => {
    if (isAllowed) expect(() => new Alarm(rule(fields))).not.toThrow();
    else expect(() => new Alarm(rule(fields))).toThrow(InputError);
  });

  it.each([MINUTE, 5 * MINUTE, HOUR, DAY, WEEK])('has periods of %i ms on a wall clock', (period) => {
    expect(new Alarm(rule({ period, window: { timeZone: 'Europe/Berlin' } })).rule.period).toBe(period);
  });
});

describe('an alarm', () => {
  it('is evaluated with every bucket while its periods make a day, and at full hours beyond', () => {
    const changes = (evaluationPeriods: number) =>
      observed(
        new Alarm(rule({ step: 20 * MINUTE, period: 12 * HOUR, evaluationPeriods, datapointsToAlarm: 1 })),
        [0, 1, 1, 1, 1],
      );
    expect(changes(2).map(({ to, at }) => [to, at / MINUTE])).toEqual([
      ['OK', 20],
      ['ALARM', 40],
    ]);
    expect(changes(3).map(({ to, at }) => [to, at / MINUTE])).toEqual([['ALARM', 60]]);
  });

  it('is numbered by its changes, and says since when, and why', () => {
    const alarm = new Alarm(rule({ evaluationPeriods: 2, datapointsToAlarm: 1, treatMissingData: 'breaching' }));
    expect([alarm.state, alarm.since]).toEqual(['INSUFFICIENT_DATA', null]);
    const changes = observed(alarm, [3, 0, 0, 0, Number.NaN], -MINUTE);
    expect(changes.map(({ id, from, to, at }) => [id, from, to, at / MINUTE])).toEqual([
      ['calls#1', 'INSUFFICIENT_DATA', 'ALARM', 0],
      ['calls#2', 'ALARM', 'OK', 2],
    ]);
    expect(changes[0].reason).toBe('1 of 1 datapoints breached, 1 missing (breaching); 1 of 2 make an alarm');
    expect(changes[1].reason).toBe('0 of 2 datapoints breached; 1 of 2 make an alarm');
    expect(alarm.since).toBe(2 * MINUTE);
    expect(new Alarm(rule({}), { state: 'OK' }).state).toBe('OK');
  });

  it('corrects what it still looks at, and passes over what is older', () => {
    const alarm = () => {
      const own = new Alarm(rule({ evaluationPeriods: 2, datapointsToAlarm: 1 }));
      observed(own, [0, 0, 0, 0, 0, 0]);
      return own;
    };
    expect(alarm().reach).toBe(4);
    const changed = Array.from({ length: 6 }, (_, back) => alarm().observe((5 - back) * MINUTE, 1).length);
    // The two that decide; the others are kept for when these go missing.
    expect(changed).toEqual([1, 1, 0, 0, 0, 0]);
    const later = alarm();
    later.observe(2 * MINUTE, 1);
    later.observe(1 * MINUTE, 1);
    const gone = [3, 4, 5].flatMap((bucket) => later.observe(bucket * MINUTE, Number.NaN));
    expect(gone.map(({ to }) => to)).toEqual(['ALARM']);
  });

  it('refuses what is off its grid, or no number, and other steps', () => {
    const alarm = new Alarm(rule({}));
    alarm.observe(0, 1);
    expect(() => alarm.observe(MINUTE + 1, 1)).toThrow('time must be a whole number of steps of 60000 ms');
    for (const value of [Infinity, -Infinity, '1' as never])
      expect(() => alarm.observe(MINUTE, value)).toThrow(InputError);
    const set = seriesSet({ start: 0, step: HOUR, series: [{ key: { operation: 'Sign' }, values: [1] }] });
    expect(() => alarm.observeSeries(set, 0)).toThrow("grid.step must be the rule's 60000 ms, got 3600000");
    const verdicts = new Alarm(rule({ condition: { on: 'verdict', is: 'above' }, step: HOUR }));
    expect(() => verdicts.observeSeries(set, 0)).toThrow("condition.on must be 'value'");
  });

  it('goes on from its bytes at any moment, under a rule that looks back less far too', () => {
    const bucket = fc.constantFrom(0, 1, 1, Number.NaN);
    fc.assert(
      fc.property(
        fc.array(bucket, { minLength: 1, maxLength: 12 }),
        fc.array(bucket, { maxLength: 8 }),
        (before, after) => {
          const fields = { evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: 'ignore' } as const;
          const never = new Alarm(rule(fields));
          observed(never, before);
          const restored = Alarm.fromBytes(never.toBytes());
          // What a rule of the same range keeps of a longer memory is the newest.
          const { memory } = new Alarm(rule({ ...fields, evaluationRange: 9 }), { memory: never.memory });
          const again = new Alarm(rule(fields), { memory });
          const from = before.length * MINUTE;
          const changes = observed(never, after, from);
          expect(observed(restored, after, from)).toEqual(changes);
          expect(observed(again, after, from)).toEqual(changes);
        },
      ),
    );
  });
});

describe('periods of a wall clock', () => {
  it.each(['UTC', 'Asia/Kolkata', 'Europe/Berlin', 'America/St_Johns'])(
    'begin where clocks of %s say so',
    (timeZone) => {
      const clock = new Intl.DateTimeFormat('en-GB', {
        timeZone,
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
      });
      const at = (time: number) => clock.format(time).replace(',', '');
      for (const time of [Date.UTC(2026, 2, 29, 12, 34), Date.UTC(2026, 5, 17, 3, 7), Date.UTC(1969, 6, 20, 20, 17)]) {
        expect(at(periodStart(time, MINUTE, timeZone))).toBe(at(time));
        expect(at(periodStart(time, HOUR, timeZone))).toBe(at(time).replace(/\d\d$/, '00'));
        expect(at(periodStart(time, DAY, timeZone))).toBe(`${at(time).slice(0, 3)} 00:00`);
        expect(at(periodStart(time, WEEK, timeZone))).toBe('Mon 00:00');
        for (const period of [MINUTE, HOUR, DAY, WEEK]) {
          const start = periodStart(time, period, timeZone);
          expect(periodStart(start, period, timeZone)).toBe(start);
          expect(periodStart(start - 1, period, timeZone)).toBeLessThan(start);
          const edges = wholePeriods(time, period, timeZone, 3);
          expect([edges.length, edges[3]]).toEqual([4, start]);
          expect(edges.slice(1).map((edge) => periodStart(edge - 1, period, timeZone))).toEqual(edges.slice(0, 3));
        }
      }
    },
  );
});

describe('sealed bytes', () => {
  const payload = () => {
    const writer = new ByteWriter();
    writer.varint(7);
    return writer;
  };

  it('are those of one kind and version', () => {
    const bytes = seal('WXYZ', 3, payload());
    expect(open(bytes, 'WXYZ', 3, 'a test').varint()).toBe(7);
    expect(() => open(bytes, 'WXYA', 3, 'a test')).toThrow(
      /^bytes are not those of a test: they begin with "KMSBWXYZ"$/,
    );
    expect(() => open(bytes, 'WXYZ', 2, 'a test')).toThrow(/of version 3, and this library reads version 2/);
    expect(() => open(new Uint8Array(0), 'WXYZ', 3, 'a test')).toThrow(FormatError);
    expect(() => open(Uint8Array.of(...bytes, 0), 'WXYZ', 3, 'a test')).toThrow(
      /cut off or go on after it: 22 of them/,
    );
    expect(() => open('KMSB' as never, 'WXYZ', 3, 'a test')).toThrow(InputError);
  });

  const memory = { text: JSON.stringify(rule({})), state: 1, changes: 3, length: 2, values: [1, 2] };
  const forged = (fields: Partial<typeof memory>) => {
    const { text, state, changes, length, values } = { ...memory, ...fields };
    const out = new ByteWriter();
    out.string(text);
    out.uint8(state);
    out.float64(MINUTE);
    out.varint(changes);
    out.float64(2 * MINUTE);
    out.varint(length);
    for (const value of values) out.float64(value);
    return seal('ALRM', 1, out);
  };

  it('hold an alarm', () => {
    const alarm = Alarm.fromBytes(forged({}));
    expect([alarm.state, alarm.since, alarm.rule.name]).toEqual(['ALARM', MINUTE, 'calls']);
    expect(Alarm.fromBytes(forged({ state: 0 })).state).toBe('OK');
    expect(Alarm.fromBytes(forged({ state: 2 })).state).toBe('INSUFFICIENT_DATA');
  });

  it.each<[Partial<typeof memory>, string]>([
    [{ text: '{' }, 'bytes of an alarm hold no rule: '],
    [{ text: 'null' }, 'bytes of an alarm hold no rule: rule must be an object, got null'],
    [{ text: '7' }, 'bytes of an alarm hold no rule: rule must be an object, got 7'],
    [{ text: '[]' }, 'bytes of an alarm hold no rule: name must be a text'],
    [{ text: JSON.stringify({ ...rule({}), step: 0 }) }, 'bytes of an alarm hold no rule: step must be'],
    [{ state: 3 }, 'no state of an alarm'],
    [{ length: 1 }, '1 values do not fit'],
    [{ length: 3 }, '3 values do not fit'],
  ])('with a checksum of their own are refused all the same: %j', (fields, message) => {
    expect(() => Alarm.fromBytes(forged(fields))).toThrow(FormatError);
    expect(() => Alarm.fromBytes(forged(fields))).toThrow(message);
  });
});

describe('datapointsToClear', () => {
  const alarm = () => new Alarm(rule({ evaluationPeriods: 2, datapointsToAlarm: 2, datapointsToClear: 2 }));
  const states = (values: readonly number[]) =>
    observed(alarm(), values).map(({ from, to, at }) => [from, to, at / MINUTE]);

  it('ends an alarm after so many datapoints that do not breach, not one of them before', () => {
    expect(states([1, 1, 0, 0, 0]).filter(([from]) => from === 'ALARM')).toEqual([['ALARM', 'OK', 4]]);
    expect(states([1, 1, 0, 1, 0, 0]).filter(([from]) => from === 'ALARM')).toEqual([['ALARM', 'OK', 6]]);
  });

  it('keeps no alarm from OK that was not in ALARM', () => {
    const one = alarm();
    observed(one, [1, 0]);
    expect(one.state).toBe('OK');
  });
});
