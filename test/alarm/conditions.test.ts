import { describe, expect, it } from 'vitest';
import { Alarm, type AlarmCondition } from '../../src/alarm/index.js';
import type { Scores } from '../../src/engine/types.js';
import { InputError } from '../../src/errors.js';
import { seriesSet } from '../../src/series/series-set.js';

const MINUTE = 60_000;
const STEP = 5 * MINUTE;

/** Scores of one row: what was counted, and what was judged of it. */
function scoresOf(
  values: readonly number[],
  parts: Partial<Record<'lower' | 'upper' | 'expected' | 'verdicts' | 'spans' | 'surprise', readonly number[]>>,
): Scores {
  const filled = (part: keyof typeof parts, fallback: number) =>
    Float64Array.from(values, (_, i) => parts[part]?.[i] ?? fallback);
  return {
    window: seriesSet({ start: 0, step: STEP, series: [{ key: { operation: 'Decrypt' }, values }] }),
    expected: filled('expected', 5),
    lower: filled('lower', 2),
    upper: filled('upper', 8),
    surprise: filled('surprise', 0),
    verdicts: Int8Array.from(filled('verdicts', 0)),
    reasons: new Uint8Array(values.length),
    known: Uint8Array.of(1),
    spans: filled('spans', STEP),
  };
}

/** The states after each bucket, A for ALARM, o for OK, ? for neither. */
function states(condition: AlarmCondition, scores: Scores): string {
  const alarm = new Alarm({ name: 'a', condition, step: STEP, evaluationPeriods: 1, treatMissingData: 'ignore' });
  const { length } = scores.window.grid;
  const changes = alarm.observeScores(scores, 0);
  let state = '?';
  return Array.from({ length }, (_, i) => {
    for (const { at, to } of changes) if (at === (i + 1) * STEP) state = to === 'ALARM' ? 'A' : 'o';
    return state;
  }).join('');
}

describe('a condition on the band', () => {
  it('breaches outside of the band of each bucket, on the side asked for, not on its ends', () => {
    const scores = scoresOf([8, 9, 2, 1, 5], {});
    expect(states({ on: 'band', is: 'above' }, scores)).toBe('oAooo');
    expect(states({ on: 'band', is: 'below' }, scores)).toBe('oooAo');
    expect(states({ on: 'band', is: 'either' }, scores)).toBe('oAoAo');
  });

  it('follows the hours, and knows nothing where a bucket could not be judged', () => {
    const scores = scoresOf([9, 9, 9], { upper: [8, 20, 8], verdicts: [0, 0, -128] });
    expect(states({ on: 'band', is: 'above' }, scores)).toBe('Aoo');
    // No count would have been normal there.
    expect(states({ on: 'band', is: 'either' }, scoresOf([5], { lower: [7], upper: [3] }))).toBe('A');
  });
});

describe('an absolute minimum', () => {
  it('asks for so many calls above, and so many expected below', () => {
    const above = scoresOf([4, 5, 6], { verdicts: [1, 1, 1] });
    expect(states({ on: 'verdict', is: 'above', minCalls: 5 }, above)).toBe('oAA');
    const below = scoresOf([0, 0, 0], { verdicts: [-1, -1, -1], expected: [4, 5, 0.1] });
    expect(states({ on: 'verdict', is: 'below', minCalls: 5 }, below)).toBe('oAo');
    expect(states({ on: 'verdict', is: 'below' }, below)).toBe('AAA');
  });

  it('is of the window that decided', () => {
    // Two calls expected a bucket; the last three decided.
    const hour = scoresOf([0, 0, 0, 0], {
      verdicts: [0, 0, 0, -1],
      expected: [2, 2, 2, 2],
      spans: [0, 0, 0, 3 * STEP],
    });
    expect(states({ on: 'verdict', is: 'below', minCalls: 6 }, hour)).toBe('oooA');
    expect(states({ on: 'verdict', is: 'below', minCalls: 7 }, hour)).toBe('oooo');
    const burst = scoresOf([3, 3, 3], { verdicts: [0, 0, 1], surprise: [0, 0, 9], spans: [0, 0, 2 * STEP] });
    expect(states({ on: 'surprise', is: 'above', atLeast: 5, minCalls: 6 }, burst)).toBe('ooA');
    expect(states({ on: 'surprise', is: 'above', atLeast: 5, minCalls: 7 }, burst)).toBe('ooo');
  });

  it('is of the bucket alone where no window is named, and never reaches before the first', () => {
    const alone = (spans: number, minCalls: number) =>
      states({ on: 'verdict', is: 'above', minCalls }, scoresOf([3, 3], { verdicts: [0, 1], spans: [spans, spans] }));
    for (const spans of [0, Number.NaN, 1, STEP]) {
      expect(alone(spans, 3)).toBe('oA');
      expect(alone(spans, 4)).toBe('oo');
    }
    expect([alone(100 * STEP, 6), alone(100 * STEP, 7)]).toEqual(['oA', 'oo']);
  });

  it('counts what was observed', () => {
    const scores = scoresOf([3, Number.NaN, 3], { verdicts: [0, -128, 1], spans: [0, 0, 3 * STEP] });
    expect(states({ on: 'verdict', is: 'above', minCalls: 6 }, scores)).toBe('ooA');
    expect(states({ on: 'verdict', is: 'above', minCalls: 7 }, scores)).toBe('ooo');
  });

  it('holds for the band, too', () => {
    expect(states({ on: 'band', is: 'above', minCalls: 10 }, scoresOf([9, 10], {}))).toBe('oA');
  });
});

describe('a percentile', () => {
  const at = (statistic: `p${number}`, values: readonly number[], threshold: number): string => {
    const alarm = new Alarm({
      name: 'p',
      condition: { on: 'value', statistic, comparison: 'GreaterThanOrEqualToThreshold', threshold },
      step: MINUTE,
      period: values.length * MINUTE,
      evaluationPeriods: 1,
      evaluationRange: 1,
    });
    for (const [i, value] of values.entries()) alarm.observe(i * MINUTE, value);
    return alarm.state;
  };

  it.each<[`p${number}`, readonly number[], number]>([
    ['p50', [1, 2, 3, 4, 5], 3],
    ['p50', [1, 2, 3, 4], 2.5],
    ['p0', [7, 3, 9], 3],
    ['p100', [7, 3, 9], 9],
    ['p90', [10, 20, 30, 40, 50], 46],
    ['p99.9', [0, 1000], 999],
    ['p75', [5, Number.NaN, 1], 4],
    ['p99', [6], 6],
  ])('%s of %j is %d', (statistic, values, expected) => {
    expect(at(statistic, values, expected - 1e-9)).toBe('ALARM');
    expect(at(statistic, values, expected + 1e-9)).toBe('OK');
  });

  it.each(['p101', 'p', 'p-1', 'p9.12345678901', 'P99', 'tm90'])('refuses %s', (statistic) => {
    const condition = { on: 'value', statistic, comparison: 'GreaterThanThreshold', threshold: 1 } as never;
    expect(() => new Alarm({ name: 'x', condition, step: MINUTE, evaluationPeriods: 1 })).toThrow(InputError);
    expect(() => new Alarm({ name: 'x', condition, step: MINUTE, evaluationPeriods: 1 })).toThrow(
      'or a percentile from p0',
    );
  });

  it('goes through bytes as other conditions do', () => {
    const alarm = new Alarm({
      name: 'x',
      condition: { on: 'band', is: 'below', minCalls: 3 },
      step: STEP,
      evaluationPeriods: 2,
    });
    expect(Alarm.fromBytes(alarm.toBytes()).rule).toEqual(alarm.rule);
    const minCalls = -1;
    expect(
      () => new Alarm({ ...alarm.rule, window: 'sliding', condition: { on: 'band', is: 'below', minCalls } }),
    ).toThrow('condition.minCalls must be a finite number in [0');
  });
});
