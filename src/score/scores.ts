import type { SeriesSet } from '../series/series-set.js';

/** Verdicts as they stand in {@link Scores.verdicts}. */
export const NORMAL = 0;
export const ABOVE = 1;
export const BELOW = -1;
export const UNKNOWN = -128;

/** Reasons as they stand in {@link Scores.reasons}. */
export const REASONS = ['none', 'not observed', 'learning', 'cannot be judged'] as const;
export const NOT_OBSERVED = 1;
export const LEARNING = 2;
export const CANNOT_JUDGE = 3;

export type Verdict = 'normal' | 'above' | 'below' | 'unknown';
export type Reason = (typeof REASONS)[number];

/** The judgement of a window, in columns: every array is row-major `[window.keys.length × window.grid.length]`. */
export interface Scores {
  /** The window judged: its own rows, then the baseline's rows that it lacked, which had no call in it. */
  readonly window: SeriesSet;
  /** Calls per bucket; NaN where not observed. */
  readonly expected: Float64Array;
  /**
   * The counts of this bucket that, earlier buckets as they were, would have given normal: `lower` to `upper`, both
   * included; NaN where not observed. `lower` > `upper` when none would.
   */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Signed −log₁₀ of the calibrated tail probability: + above, − below; within ±1e4 wherever observed, NaN where not. */
  readonly surprise: Float64Array;
  /** {@link ABOVE}, {@link BELOW}, {@link NORMAL} or {@link UNKNOWN}. */
  readonly verdicts: Int8Array;
  /** Index into {@link REASONS}; 0 unless the verdict is unknown. */
  readonly reasons: Uint8Array;
  /** Observed time in ms that decided: the step, or that of a silence. */
  readonly spans: Float64Array;
  /** `[window.keys.length]`: 1 when the history holds a call of this row; 0 for a row first seen in the window. */
  readonly known: Uint8Array;
}

/** The verdict of one bucket, in a word. */
export function verdictAt(scores: Scores, row: number, bucket: number): Verdict {
  switch (scores.verdicts[row * scores.window.grid.length + bucket]) {
    case NORMAL:
      return 'normal';
    case ABOVE:
      return 'above';
    case BELOW:
      return 'below';
    default:
      return 'unknown';
  }
}

/** Why a verdict is unknown; `none` when it is not. */
export function reasonAt(scores: Scores, row: number, bucket: number): Reason {
  return REASONS[scores.reasons[row * scores.window.grid.length + bucket] ?? 0] ?? 'none';
}

/** The columns of {@link Scores} that a run fills. */
export type ScoreColumns = Pick<Scores, 'expected' | 'lower' | 'upper' | 'surprise' | 'verdicts' | 'reasons' | 'spans'>;

/** A bucket of which nothing is known. */
export function unobserved(out: ScoreColumns, cell: number, step: number): void {
  out.expected[cell] = Number.NaN;
  out.lower[cell] = Number.NaN;
  out.upper[cell] = Number.NaN;
  out.surprise[cell] = Number.NaN;
  out.spans[cell] = step;
  out.verdicts[cell] = UNKNOWN;
  out.reasons[cell] = NOT_OBSERVED;
}
