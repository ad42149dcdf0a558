import type { Baseline } from '../../src/engine/index.js';
import { scoreWindow } from '../../src/engine/index.js';
import { type CalibrationTable, tallySurprise } from '../../src/evaluate/index.js';
import { type SeriesSet, sliceWindow } from '../../src/series/index.js';
import { Random } from '../../src/simulate/random.js';
import { DAY } from '../../src/time/grid.js';

/**
 * Calibration with randomised probabilities: P(Y > y) + u · P(Y = y), which is uniform where the model is right, however
 * few the calls. Every bucket is scored on its own with its count and with the counts beside it; what the library
 * calibrates, it calibrates in all three.
 */
export function randomisedTable(baseline: Baseline, judged: SeriesSet): CalibrationTable {
  const random = new Random('randomised');
  const { start, step } = judged.grid;
  return tallySurprise(
    Array.from({ length: Math.floor((3 * DAY) / step) }, (_, i) => {
      const window = sliceWindow(judged, start + i * step, start + (i + 1) * step);
      const here = scoreWindow(baseline, window);
      const more = scoreWindow(baseline, moved(window, 1)).surprise;
      const less = scoreWindow(baseline, moved(window, -1)).surprise;
      const surprise = here.surprise.map((own, row) => {
        const u = random.uniform();
        const count = countAt(window, row);
        // The side of the smaller randomised probability; a count on the far side of the mean has 1/2 at least.
        const up = mixed(own >= 0 ? own : 0, more[row], u);
        const down = count === 0 ? -Math.log10(u * tail(-own)) : mixed(own <= 0 ? -own : 0, -less[row], 1 - u);
        return up >= down ? up : -down;
      });
      return { ...here, surprise };
    }),
  );
}

/** −log₁₀ of u · P(at least so far out) + (1 − u) · P(further out). */
function mixed(own: number, further: number, u: number): number {
  return -Math.log10(u * tail(own) + (1 - u) * tail(further));
}

function tail(surprise: number): number {
  return Math.min(1, Math.exp(-Math.LN10 * surprise));
}

function countAt({ values }: SeriesSet, row: number): number {
  if (!ArrayBuffer.isView(values)) throw new Error('fleets are dense');
  return values[row];
}

/** The window with one call more or less in every row; never fewer than none. */
function moved(window: SeriesSet, by: number): SeriesSet {
  if (!ArrayBuffer.isView(window.values)) throw new Error('fleets are dense');
  return { ...window, values: Float64Array.from(window.values, (count) => Math.max(0, count + by)) };
}
