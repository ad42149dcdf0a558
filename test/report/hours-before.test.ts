import { expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import type { Anomaly, DecidedWindows } from '../../src/engine/types.js';
import { withHoursBefore } from '../../src/report/hours-before.js';
import { seriesKey } from '../../src/series/key.js';
import { seriesSet } from '../../src/series/series-set.js';
import { HOUR } from '../../src/time/grid.js';

const key = seriesKey({ operation: 'Decrypt' });
const values = new Float64Array(22 * 24).fill(20);
const set = (from: number, to: number) =>
  seriesSet({ start: from * HOUR, step: HOUR, series: [{ key, values: values.slice(from, to) }] });
const END = 21 * 24;
const scores = scoreWindow(fitBaseline(set(0, END), { timeZone: 'UTC' }), set(END, END + 24));
const [from, to] = [(END + 4) * HOUR, (END + 10) * HOUR];
const anomaly: Anomaly = {
  ...{ id: 'a', severity: 'high', key, verdict: 'above', kind: 'excess', related: [] },
  ...{ from, to, value: 250, expected: 120, lower: 90, upper: 150, surprise: 9, decidedBy: { from, to } },
};

/** Of a window that begins half an hour into that of six hours. */
function decided(values: number, calls: number): DecidedWindows {
  const limits = { expected: [110], lower: [80], upper: [140] };
  return { rows: [0], buckets: [9], from: [from + HOUR / 2], values: [values], calls: [calls], ...limits };
}

it('says how many calls of the window that decided are of findings from before', () => {
  const [found] = withHoursBefore([anomaly], { ...scores, decided: decided(100, 250) }, undefined, 'UTC');
  expect(found).toEqual({ ...anomaly, decidedBy: { from, to, reported: 150 } });
});

it('takes none for such that came before that window', () => {
  const [found] = withHoursBefore([anomaly], { ...scores, decided: decided(250, 250) }, set(0, END), 'UTC');
  expect(found.decidedBy).toEqual({ from, to, weeks: { of: 3, alike: 3 } });
});
