import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { ABOVE, BELOW } from '../../src/engine/types.js';
import { decidingView } from '../../src/report/html/deciding-view.js';
import { cut, plausibleCeiling } from '../../src/report/html/finding-picture.js';
import { incidentGroups } from '../../src/report/html/incident-groups.js';
import { unpackCounts } from '../../src/report/html/pack.js';
import { pageData } from '../../src/report/html/page-rows.js';
import { judgeWindow } from '../../src/report/judge.js';
import { plotColumns } from '../../src/report/svg/columns.js';
import { readRow, rowOf } from '../../src/series/series-set.js';
import { simulateFleet } from '../../src/simulate/fleet.js';
import { reportOf } from './reports.js';

const fleets = [3, 4, 5].map((seed) => {
  const { history, judged } = simulateFleet({ seed, series: 45, historyDays: 21, judgedDays: 1 });
  return judgeWindow(fitBaseline(history, {}), judged, { history, alertBudget: { perWeek: 20 } });
});
const all = fleets.flatMap(({ judgement, evidence }) =>
  judgement.anomalies.map((anomaly) => ({ anomaly, evidence, view: decidingView(evidence, anomaly) })),
);

describe('the picture of an anomaly', () => {
  it('is of the fleets: windows, buckets and silences', () => {
    const spans = new Set(all.map(({ anomaly: { decidedBy } }) => decidedBy.to - decidedBy.from));
    expect(spans.size).toBeGreaterThan(4);
    expect(all.filter(({ anomaly }) => anomaly.kind === 'silence').length).toBeGreaterThan(3);
    expect(all.length).toBeGreaterThan(40);
  });

  it('marks what was decided outside the band that it was held against', () => {
    for (const { anomaly, view } of all) {
      if (view === undefined) throw new Error('no view');
      const { mark, values, lower = [], upper = [], verdicts = [] } = view;
      expect(verdicts[mark]).toBe(anomaly.verdict === 'above' ? ABOVE : BELOW);
      if (anomaly.verdict === 'above') expect(values[mark]).toBeGreaterThan(upper[mark]);
      else expect(values[mark]).toBeLessThan(lower[mark]);
      // Where the view ends above, the band at the mark is still whole.
      expect(plausibleCeiling(view) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(upper[mark]);
    }
  });

  it('still does when buckets are drawn together', () => {
    for (const { view } of all) {
      if (view === undefined) throw new Error('no view');
      for (const most of [160, 40]) {
        const columns = plotColumns(view, most);
        const c = Math.floor(view.mark / columns.width);
        const isOut =
          columns.breach[c] === ABOVE ? columns.high[c] > columns.upper[c] : columns.low[c] < columns.lower[c];
        expect(columns.breach[c] === 0 || isOut).toBe(true);
      }
    }
  });

  it('adds up the calls of the window, by hand', () => {
    let checked = 0;
    for (const { anomaly, evidence, view } of all) {
      if (view === undefined || view.span <= view.grid.step) continue;
      const { scores, history } = evidence;
      const row = rowOf(scores.window, anomaly.key);
      const before = history === null ? -1 : rowOf(history, anomaly.key);
      if (history === null || before < 0) continue;
      const [past, y] = [new Float64Array(history.grid.length), new Float64Array(scores.window.grid.length)];
      readRow(history, before, past);
      readRow(scores.window, row, y);
      const counts = [...past, ...y];
      const buckets = Math.round(view.span / view.grid.step);
      const decided = new Set(
        scores.decided?.rows.flatMap((at, i) => (at === row ? [scores.decided?.buckets[i] ?? -1] : [])),
      );
      for (let i = 0; i < y.length; i += 7) {
        // At buckets that a window decided, its own count stands: calls of an incident before count as expected there.
        if (decided.has(i)) continue;
        const end = past.length + i + 1;
        const sum = counts.slice(Math.max(0, end - buckets), end).reduce((total, calls) => total + calls, 0);
        if (!Number.isNaN(view.values[i])) expect(view.values[i]).toBeCloseTo(sum, 6);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(200);
  });

  it('comes to the page as it is', () => {
    for (const { judgement, evidence } of fleets) {
      const { analysis } = reportOf(1);
      const data = pageData({ analysis: { ...analysis, ...judgement }, evidence }, 2000);
      for (const [i, { view, verdict }] of data.anomalies.entries()) {
        if (view === undefined) continue;
        const [values, lower, upper] = [view.values, view.lower, view.upper].map(unpackCounts);
        const at = view.mark;
        expect(verdict === 'above' ? values[at] > upper[at] : values[at] < lower[at], String(i)).toBe(true);
      }
    }
  });

  it('ends above where what is normal can be read, and only where something is beyond it', () => {
    const quiet = { values: [1, 2, 3], expected: [2, 2, 2], lower: [0, 0, 0], upper: [6, 6, 6] };
    expect(plausibleCeiling(quiet)).toBeUndefined();
    const ceiling = plausibleCeiling({ ...quiet, values: [1, 425, 3] }) ?? 0;
    expect(ceiling).toBeGreaterThan(6);
    expect(ceiling).toBeLessThan(20);
  });

  it('is cut to a time, within what there is', () => {
    const grid = { start: 1000, step: 10, length: 5 };
    const series = { grid, values: [0, 1, 2, 3, 4] };
    expect(cut(series, 1012, 1031)).toMatchObject({ grid: { start: 1010, step: 10, length: 3 }, values: [1, 2, 3] });
    expect(cut(series, 0, 9999)).toMatchObject({ grid, values: series.values });
    expect(cut(series, 5000, 6000).values).toEqual([4]);
  });
});

describe('incidents of a list', () => {
  it('hold each anomaly once, worst first', () => {
    for (const { judgement, evidence } of fleets) {
      const groups = incidentGroups(evidence.scores, judgement.anomalies);
      expect(groups.flat().sort((a, b) => a - b)).toEqual([...judgement.anomalies.keys()]);
      const rank = (at: number) => ['critical', 'high', 'medium', 'low'].indexOf(judgement.anomalies[at].severity);
      const heads = groups.map(([head]) => rank(head));
      expect(heads).toEqual([...heads].sort((a, b) => a - b));
      for (const [head, ...others] of groups)
        for (const at of others) expect(rank(at)).toBeGreaterThanOrEqual(rank(head));
      expect(groups.length).toBeLessThan(judgement.anomalies.length);
    }
  });
});
