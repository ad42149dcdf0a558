import type { FileSeries } from './files.js';

/** Says of each bucket from `series.history` on how strange it is: 0 and more, NaN where it cannot tell. */
export type LevelJudge = (series: FileSeries) => Float64Array;

const MAD = 1.4826;

/** Distance from the median of the day before (of 288 buckets at most, 24 at least), in median absolute deviations. */
const rollingMedian: LevelJudge = ({ values, history, step }) => {
  const width = Math.min(288, Math.max(24, Math.round(86_400_000 / step)));
  const past = values.subarray(0, history).filter((value) => !Number.isNaN(value));
  // A day of one value has no spread: a hundredth of the history's stands in.
  const least = Math.max(0.01 * standardDeviation(past), 1e-9);
  const scores = new Float64Array(values.length - history);
  let center = 0;
  let spread = least;
  for (let i = history; i < values.length; i++) {
    // Half a million medians of a day would be most of the run: every twelfth bucket has a new one.
    if ((i - history) % 12 === 0) {
      const day = values.subarray(Math.max(0, i - width), i).filter((value) => !Number.isNaN(value));
      if (day.length > 0) center = middle(day);
      if (day.length > 0) spread = Math.max(MAD * middle(day.map((value) => Math.abs(value - center))), least);
    }
    scores[i - history] = Math.abs(values[i] - center) / spread;
  }
  return scores;
};

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length);
}

function middle(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1];
}

/** Distance from an exponentially weighted mean in exponentially weighted standard deviations, of 60 buckets' memory. */
const weightedZ: LevelJudge = ({ values, history }) => {
  const scores = new Float64Array(values.length - history);
  let mean = Number.NaN;
  let variance = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      if (i >= history) scores[i - history] = Number.NaN;
      continue;
    }
    if (Number.isNaN(mean)) mean = values[i];
    const off = values[i] - mean;
    if (i >= history) scores[i - history] = Math.abs(off) / Math.max(Math.sqrt(variance), 1e-9);
    mean += off / 60;
    variance += (off * off - variance) / 60;
  }
  return scores;
};

/** Simple ways to judge a metric, and a floor. */
export const LEVEL_RIVALS: Readonly<Record<string, LevelJudge>> = {
  'rolling median + MAD': rollingMedian,
  'exponentially weighted z': weightedZ,
  never: ({ values, history }) => new Float64Array(values.length - history).fill(Number.NaN),
};
