import { NORMAL, type Scores, UNKNOWN } from '../score/scores.js';

/** Surprise from which on buckets are counted, against what a calibrated one would have: 1 in 100, 1,000, 10,000 a side. */
const LEVELS = [2, 3, 4] as const;

/** How the watch itself is doing. Counts are since it began; times epoch ms, durations ms. */
export interface Health {
  readonly plan: string;
  readonly phase: 'learning' | 'watching';
  /** Everything before this is judged, or learned from; null before the first poll. */
  readonly settledUntil: number | null;
  /** From there to now. */
  readonly lag: number | null;
  readonly polls: number;
  readonly calls: number;
  readonly duplicates: number;
  /** Of the calls: came when their bucket was judged already. */
  readonly late: number;
  /** Of the late ones: too late to correct anything (48 hours). */
  readonly tooLate: number;
  /** Records that sources could not read, and calls with a time that cannot be. */
  readonly rejected: number;
  /** Buckets of rows that were judged, by verdict. */
  readonly verdicts: {
    readonly normal: number;
    readonly above: number;
    readonly below: number;
    readonly unknown: number;
  };
  /** Verdicts that late records changed. */
  readonly corrected: number;
  /** Share of the settled buckets of the last day in which each source was listening. */
  readonly coverage: Readonly<Record<string, number>>;
  /** Sources whose last poll failed, and why. */
  readonly failing: readonly { readonly source: string; readonly message: string }[];
  /** Shares of judged buckets as surprising as this on a side, where calibrated ones are `nominal`. */
  readonly calibration: readonly {
    readonly surprise: number;
    readonly nominal: number;
    readonly above: number;
    readonly below: number;
  }[];
  /** Notices decided, told to everyone, and still to be told to someone. */
  readonly notices: { readonly decided: number; readonly told: number; readonly waiting: number };
}

/** The part of {@link Health} that adds up. */
export interface Tallies {
  polls: number;
  calls: number;
  duplicates: number;
  late: number;
  tooLate: number;
  rejected: number;
  normal: number;
  above: number;
  below: number;
  unknown: number;
  corrected: number;
  told: number;
  /** By level: buckets as surprising above, and below. */
  surprising: number[];
}

export function newTallies(): Tallies {
  return {
    polls: 0,
    calls: 0,
    duplicates: 0,
    late: 0,
    tooLate: 0,
    rejected: 0,
    normal: 0,
    above: 0,
    below: 0,
    unknown: 0,
    corrected: 0,
    told: 0,
    surprising: LEVELS.flatMap(() => [0, 0]),
  };
}

/** Adds the verdicts of one bucket. */
export function tally(tallies: Tallies, scores: Scores, bucket: number): void {
  const { length } = scores.window.grid;
  for (let row = 0; row < scores.window.keys.length; row++) {
    const verdict = scores.verdicts[row * length + bucket];
    if (verdict === UNKNOWN) tallies.unknown++;
    else if (verdict === NORMAL) tallies.normal++;
    else if (verdict > 0) tallies.above++;
    else tallies.below++;
    const surprise = scores.surprise[row * length + bucket];
    for (const [i, level] of LEVELS.entries()) {
      if (surprise >= level) tallies.surprising[2 * i]++;
      if (surprise <= -level) tallies.surprising[2 * i + 1]++;
    }
  }
}

/** Shares of all buckets that could be judged. */
export function calibrationOf({ normal, above, below, surprising }: Tallies): Health['calibration'] {
  const judged = Math.max(1, normal + above + below);
  return LEVELS.map((surprise, i) => ({
    surprise,
    nominal: [0.01, 0.001, 0.0001][i],
    above: surprising[2 * i] / judged,
    below: surprising[2 * i + 1] / judged,
  }));
}
