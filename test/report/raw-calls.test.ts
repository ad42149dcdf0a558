import { expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import type { Anomaly } from '../../src/engine/types.js';
import { withRawCalls } from '../../src/report/raw-calls.js';
import { seriesKey } from '../../src/series/key.js';
import { seriesSet } from '../../src/series/series-set.js';
import { DAY, HOUR } from '../../src/time/grid.js';

it('does not say that there were no calls where those of an earlier finding were', () => {
  const key = seriesKey({ operation: 'Decrypt' });
  const values = new Float64Array(15 * 24).fill(20);
  const set = (from: number, to: number) =>
    seriesSet({ start: from * HOUR, step: HOUR, series: [{ key, values: values.slice(from, to) }] });
  const scores = scoreWindow(fitBaseline(set(0, 14 * 24), { timeZone: 'UTC' }), set(14 * 24, 15 * 24));
  const from = 14 * DAY;
  const to = from + 6 * HOUR;
  const silence: Anomaly = {
    ...{ id: 'a', severity: 'critical', key, verdict: 'below', kind: 'silence', related: [] },
    ...{ from, to, value: 0, expected: 120, lower: 1, upper: 150, surprise: -9, decidedBy: { from, to } },
  };
  expect(withRawCalls([silence], scores, undefined, 'UTC')).toMatchObject([{ kind: 'drop', value: 120 }]);
});
