import { Detector } from '../engine/detector.js';
import { fitBaseline } from '../engine/fit-baseline.js';
import { calibration } from '../evaluate/calibration.js';
import type { Evidence } from '../report/judge.js';
import type { Report } from '../report/report.js';
import { selectRows, sliceWindow } from '../series/slice.js';
import { gridEnd, WEEK } from '../time/grid.js';

/** So many series tell as much of calibration as more would, and a page is not kept waiting for it. */
const ROWS = 300;

/**
 * How well the false-alarm rate was kept on the last week of the history, judged by what came before it; nothing where the
 * history is no longer than three weeks. Incidents in that week, of which nobody knows, count as false alarms.
 */
export function calibrationFor(
  { history }: Evidence,
  timeZone: string | undefined,
): Pick<Report, 'calibration' | 'calibratedOn'> | undefined {
  if (history === null) return undefined;
  const { grid, keys } = history;
  const end = gridEnd(grid);
  const split = end - WEEK;
  if (split - grid.start < 2 * WEEK || (split - grid.start) % grid.step !== 0) return undefined;
  const first = new Set(keys.slice(0, ROWS));
  const rows = keys.length <= ROWS ? history : selectRows(history, (key) => first.has(key));
  const baseline = fitBaseline(sliceWindow(rows, grid.start, split), timeZone === undefined ? {} : { timeZone });
  if (baseline.learning) return undefined;
  const table = calibration(new Detector(baseline), sliceWindow(rows, split, end));
  return {
    calibration: table,
    calibratedOn: { from: split, to: end, series: rows.keys.length },
  };
}
