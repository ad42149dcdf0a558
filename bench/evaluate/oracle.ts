import { ABOVE, BELOW, NORMAL } from '../../src/engine/types.js';
import type { Fleet } from '../../src/simulate/fleet.js';
import { logLowerTail, logUpperTail } from '../../src/stats/negative-binomial.js';
import { DAY, HOUR, WEEK } from '../../src/time/grid.js';
import type { Judge } from './fleet-run.js';

const WINDOWS = [0, HOUR, 6 * HOUR, DAY];

/**
 * The ceiling: knows every bucket's true mean and the law of its noise, and judges rolling windows of 5 minutes, 1 hour,
 * 6 hours and 1 day by negative-binomial tails. It learns nothing and knows of no event.
 * @param perWeek false episodes a week over the whole fleet, spread evenly over rows, sides and windows
 */
export function oracle(perWeek: number): Judge {
  return (_, judged, { fleet }) => {
    const { length, step } = judged.grid;
    const verdicts = new Int8Array(judged.keys.length * length);
    for (let row = 0; row < judged.keys.length; row++) {
      const own = verdicts.subarray(row * length, (row + 1) * length);
      for (const window of WINDOWS) {
        const width = Math.max(1, Math.round(window / step));
        // A rolling window of w buckets is about 4 / w new tests a bucket: neighbours share nearly all they count.
        const tests = (WEEK / step) * Math.min(1, 4 / width);
        const alpha = perWeek / (judged.keys.length * 2 * WINDOWS.length * tests);
        judgeWindow(fleet, row, width, Math.log(alpha), own);
      }
    }
    return { window: judged, verdicts };
  };
}

function judgeWindow(
  { truth, judged }: Fleet,
  row: number,
  width: number,
  logAlpha: number,
  verdicts: Int8Array,
): void {
  const values = judged.values;
  if (!ArrayBuffer.isView(values)) throw new Error('fleets are dense');
  const { length } = judged.grid;
  const all = truth.grid.length;
  const offset = row * all + all - length;
  const { dispersion, batch } = truth.noise[row];
  let count = 0;
  let mean = 0;
  let extra = 0;
  for (let i = 0; i < length; i++) {
    const m = truth.mean[offset + i];
    count += values[row * length + i];
    mean += m;
    extra += (2 * batch - 2) * m + dispersion * m * m;
    if (i >= width) {
      const old = truth.mean[offset + i - width];
      count -= values[row * length + i - width];
      mean -= old;
      extra -= (2 * batch - 2) * old + dispersion * old * old;
    }
    if (verdicts[i] !== NORMAL || i < width - 1) continue;
    const m1 = Math.max(mean, 1e-12);
    const size = (m1 * m1) / Math.max(extra, m1 * m1 * 1e-9);
    const sd = Math.sqrt(m1 + (m1 * m1) / size);
    // Nothing within three standard deviations is rare enough for any budget.
    if (Math.abs(count - m1) < 3 * sd) continue;
    if (count > m1) verdicts[i] = logUpperTail(count, m1, size) < logAlpha ? ABOVE : NORMAL;
    else verdicts[i] = logLowerTail(count, m1, size) < logAlpha ? BELOW : NORMAL;
  }
}
