import { checkInteger, InputError } from '../errors.js';

/** What a profile makes of found windows, false alarms and missed windows. */
export interface NabProfile {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
}

/** The three published profiles (NAB, config/profiles.json). */
export const NAB_PROFILES = {
  standard: { truePositive: 1, falsePositive: 0.11, falseNegative: 1 },
  rewardLowFalsePositives: { truePositive: 1, falsePositive: 0.22, falseNegative: 1 },
  rewardLowFalseNegatives: { truePositive: 1, falsePositive: 0.11, falseNegative: 2 },
} as const satisfies Record<string, NabProfile>;

/** One file of the benchmark with what a detector said of it. */
export interface NabFile {
  /** One anomaly score a row, larger is stranger; NaN counts as the least of all. */
  readonly scores: ArrayLike<number>;
  /** Rows of the labelled windows, first and last included, ascending and apart. */
  readonly windows: readonly { readonly first: number; readonly last: number }[];
}

export interface NabResult {
  /** Rows with a score of at least this are detections; Infinity where none would be best. */
  readonly threshold: number;
  /** Sum over the files, as NAB reports it. */
  readonly score: number;
  /** 100 is perfect, 0 says nothing at all. */
  readonly normalised: number;
}

/** The rows at a file's start that are not scored: 15 %, at most 750. */
export function nabProbation(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 750);
}

/** Rows in order of what they add to the score: to their window its best, outside windows each its own. */
interface Point {
  readonly score: number;
  /** What a detection here is worth, weighted. */
  readonly worth: number;
  /** Index over all files' windows; −1 outside. */
  readonly window: number;
}

/**
 * The Numenta Anomaly Benchmark's score of one threshold for all files (Lavin and Ahmad 2015, "Evaluating Real-time
 * Anomaly Detection Algorithms", section 2; nab/sweeper.py of the published code): a window found early is worth up to 1,
 * a window missed −1, a false alarm up to −0.11, less just after a window (standard profile).
 */
export function nabScore(
  files: readonly NabFile[],
  threshold: number,
  profile: NabProfile = NAB_PROFILES.standard,
): number {
  const { points, windows } = pointsOf(files, profile);
  const sweep = new Sweep(windows, profile);
  for (const point of points) if (point.score >= threshold) sweep.detect(point);
  return sweep.score;
}

/** The best threshold for all files together, as the benchmark chooses it for its score board; of equal ones the highest. */
export function nabBest(files: readonly NabFile[], profile: NabProfile = NAB_PROFILES.standard): NabResult {
  const { points, windows } = pointsOf(files, profile);
  points.sort((a, b) => b.score - a.score);
  const sweep = new Sweep(windows, profile);
  let best = { threshold: Infinity, score: sweep.score };
  for (let i = 0; i < points.length; i++) {
    sweep.detect(points[i]);
    // Rows of one score are detected together.
    if (i + 1 < points.length && points[i + 1].score === points[i].score) continue;
    if (sweep.score > best.score) best = { threshold: points[i].score, score: sweep.score };
  }
  return { ...best, normalised: nabNormalised(best.score, windows, profile) };
}

/** A sum of raw scores on the scale of the score board. @param windows how many windows the files have */
export function nabNormalised(score: number, windows: number, profile: NabProfile = NAB_PROFILES.standard): number {
  const least = -profile.falseNegative * windows;
  return (100 * (score - least)) / (profile.truePositive * windows - least);
}

/** The running score while detections are added. */
class Sweep {
  readonly #best: Float64Array;
  #windows: number;
  #alarms = 0;

  constructor(windows: number, { falseNegative }: NabProfile) {
    this.#best = new Float64Array(windows).fill(-falseNegative);
    this.#windows = -falseNegative * windows;
  }

  detect({ worth, window }: Point): void {
    if (window < 0) this.#alarms += worth;
    else if (worth > this.#best[window]) {
      this.#windows += worth - this.#best[window];
      this.#best[window] = worth;
    }
  }

  get score(): number {
    return this.#windows + this.#alarms;
  }
}

/** −1 from three widths on; 0 at a window's right edge, near 1 at its left. */
function scaledSigmoid(x: number): number {
  return x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1;
}

function pointsOf(files: readonly NabFile[], profile: NabProfile): { points: Point[]; windows: number } {
  const points: Point[] = [];
  let windows = 0;
  for (const [f, { scores, windows: own }] of files.entries()) {
    checkWindows(own, scores.length, `files[${f}].windows`);
    let next = 0;
    for (let row = 0; row < scores.length; row++) {
      while (next < own.length && own[next].last < row) next++;
      if (row < nabProbation(scores.length)) continue;
      const score = Number.isNaN(scores[row]) ? Number.NEGATIVE_INFINITY : scores[row];
      if (next < own.length && own[next].first <= row) {
        points.push({ score, worth: foundWorth(own[next], row) * profile.truePositive, window: windows + next });
      } else {
        points.push({ score, worth: falseWorth(own[next - 1], row) * profile.falsePositive, window: -1 });
      }
    }
    windows += own.length;
  }
  return { points, windows };
}

function foundWorth({ first, last }: { first: number; last: number }, row: number): number {
  const width = last - first + 1;
  return scaledSigmoid(-(last - row + 1) / width) / scaledSigmoid(-1);
}

function falseWorth(previous: { first: number; last: number } | undefined, row: number): number {
  return previous === undefined ? -1 : scaledSigmoid((row - previous.last) / (previous.last - previous.first));
}

function checkWindows(windows: NabFile['windows'], rows: number, name: string): void {
  let from = 0;
  for (const [i, { first, last }] of windows.entries()) {
    checkInteger(first, `${name}[${i}].first`, from, rows - 1);
    checkInteger(last, `${name}[${i}].last`, from, rows - 1);
    if (first > last) throw new InputError(`${name}[${i}].last must not be before first (${first}), got ${last}`);
    from = last + 1;
  }
}
