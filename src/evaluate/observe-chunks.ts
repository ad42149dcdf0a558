import type { Scores } from '../engine/types.js';
import { UNKNOWN } from '../engine/types.js';
import { InputError } from '../errors.js';
import { type SeriesSet, sliceWindow } from '../series/index.js';
import { gridEnd } from '../time/grid.js';

/** Anything that is shown the buckets that come next, such as a `Detector`. */
export interface Observer {
  observe(window: SeriesSet): Scores;
}

/** Scores of a whole window, put together from its chunks: row-major over the window's own rows. */
export interface ObservedScores {
  readonly window: SeriesSet;
  readonly verdicts: Int8Array;
  readonly surprise: Float64Array;
  readonly expected: Float64Array;
}

/**
 * Shows a detector a window in chunks of uneven length, one bucket to a day, which must change nothing. Rows that the
 * detector appends are left out.
 * @param draw numbers in [0, 1) that choose the lengths
 */
export function observeChunks(detector: Observer, window: SeriesSet, draw: () => number): ObservedScores {
  const { grid, keys } = window;
  const cells = keys.length * grid.length;
  const verdicts = new Int8Array(cells).fill(UNKNOWN);
  const surprise = new Float64Array(cells).fill(Number.NaN);
  const expected = new Float64Array(cells).fill(Number.NaN);
  const longest = Math.max(1, Math.round(86_400_000 / grid.step));
  for (let first = 0; first < grid.length; ) {
    // As many short chunks as long ones.
    const wanted = Math.ceil(Math.exp(Math.log(longest) * draw()));
    const end = Math.min(grid.length, first + wanted);
    const part = sliceWindow(
      window,
      grid.start + first * grid.step,
      Math.min(gridEnd(grid), grid.start + end * grid.step),
    );
    const scores = detector.observe(part);
    const length = end - first;
    if (scores.window.grid.length !== length) {
      throw new InputError(`detector must answer with ${length} buckets, got ${scores.window.grid.length}`);
    }
    for (let row = 0; row < keys.length; row++) {
      const to = row * grid.length + first;
      verdicts.set(scores.verdicts.subarray(row * length, (row + 1) * length), to);
      surprise.set(scores.surprise.subarray(row * length, (row + 1) * length), to);
      expected.set(scores.expected.subarray(row * length, (row + 1) * length), to);
    }
    first = end;
  }
  return { window, verdicts, surprise, expected };
}
