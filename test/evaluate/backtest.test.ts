import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { backtest } from '../../src/evaluate/backtest.js';
import type { EventLabel } from '../../src/evaluate/label.js';
import { seriesSet } from '../../src/series/index.js';
import { DAY, KEY, MONDAY, OTHER_KEY, officeMean, poissonRow, STEP, WEEK } from '../support/sets.js';

const FROM = MONDAY + 4 * WEEK;
const bucketOf = (time: number) => (time - MONDAY) / STEP;

/** Office traffic with a spike on a Wednesday noon and an outage the Tuesday after, and a pair first used that Friday. */
function account() {
  const office = poissonRow(3, 6, officeMean);
  const spike = FROM + 2 * DAY + 12 * 3_600_000;
  const outage = FROM + 8 * DAY + 9 * 3_600_000;
  const first = FROM + 11 * DAY;
  for (let i = 0; i < 2; i++) office[bucketOf(spike) + i] += 400;
  for (let i = 0; i < 48; i++) office[bucketOf(outage) + i] = 0;
  const unseen = new Float64Array(office.length);
  for (let i = 0; i < 6; i++) unseen[bucketOf(first) + i] = 50;
  const set = seriesSet({
    start: MONDAY,
    step: STEP,
    series: [
      { key: { operation: 'Decrypt', keyArn: KEY }, values: office },
      { key: { operation: 'Sign', keyArn: OTHER_KEY }, values: unseen },
    ],
  });
  const labels: EventLabel[] = [
    { key: set.keys[0], from: spike, to: spike + 2 * STEP, verdict: 'above', kind: 'spike' },
    { key: set.keys[0], from: outage, to: outage + 48 * STEP, verdict: 'below', kind: 'outage' },
    { key: set.keys[1], from: new Date(first), to: new Date(first + 6 * STEP), verdict: 'above', kind: 'first-use' },
  ];
  return { set, labels };
}

describe('backtest', () => {
  const { set, labels } = account();
  const result = backtest(set, labels, { from: FROM });

  it('finds what stands out, at once where it can be, and invents nothing', () => {
    expect(result).toMatchObject({ recall: 1, events: 3, found: 3, falseEpisodes: 0, falsePerSeriesWeek: 0 });
    expect(result.kinds.map(({ kind, found }) => [kind, found])).toEqual([
      ['spike', 1],
      ['outage', 1],
      ['first-use', 1],
    ]);
    expect(result.kinds[0].medianDelay).toBe(0);
    expect(result.scores.window.grid).toEqual({ start: FROM, step: STEP, length: (2 * WEEK) / STEP });
  });

  it('counts as false what no label explains', () => {
    const unlabelled = backtest(set, [], { from: new Date(FROM) });
    expect(unlabelled.falseEpisodes).toBeGreaterThanOrEqual(3);
    expect(unlabelled.recall).toBeNaN();
    expect(unlabelled.detail.falseEpisodes.length).toBe(2);
  });

  it('gives the same verdicts however the judged weeks are cut', () => {
    const other = backtest(set, labels, { from: FROM, seed: 99 });
    expect(other.scores.verdicts.every((verdict, i) => verdict === result.scores.verdicts[i])).toBe(true);
  });

  it('leaves out labels that end before the judged part', () => {
    const past = { key: set.keys[0], from: FROM - DAY, to: FROM, verdict: 'above' } as const;
    expect(backtest(set, [past, ...labels], { from: FROM }).events).toBe(3);
  });

  it('passes on its options', () => {
    // Nothing of it is labelled: what is found is false, and more of it is where more may be.
    const found = (detector: object) => backtest(set, [], { from: FROM, detector }).falseEpisodes;
    expect(found({})).toBeGreaterThanOrEqual(3);
    expect(found({ alertBudget: { perWeek: 200 } })).toBeGreaterThan(found({}));
    expect(() => backtest(set, labels, { from: FROM, fit: { timeZone: 'Mars/Olympus' } })).toThrow(/timeZone/);
  });

  it('refuses a start that leaves no history or nothing to judge', () => {
    expect(() => backtest(set, labels, { from: MONDAY })).toThrow(InputError);
    expect(() => backtest(set, labels, { from: MONDAY + 6 * WEEK })).toThrow(/from must lie inside the set/);
    expect(() => backtest(set, labels, { from: FROM, seed: 0.5 })).toThrow(/seed must be/);
  });
});
