import type { Scores } from '../../src/engine/types.js';
import { valueAt } from '../../src/series/series-set.js';

const HOUR = 3_600_000;

/** What is found of a row in one direction. */
interface NaiveRun {
  from: number;
  to: number;
  value: number;
  expected: number;
  lower: number;
  upper: number;
  surprise: number;
}

/**
 * The runs of breaches of one row, the obvious way: with all buckets at hand, buckets that matter are put together one
 * after another, and each run is measured when it is whole.
 * @param direction 1 above, −1 below
 */
export function naiveRuns(scores: Scores, row: number, direction: number): NaiveRun[] {
  const { start, step, length } = scores.window.grid;
  const at = (bucket: number) => start + bucket * step;
  const cell = (bucket: number) => row * length + bucket;
  const bridge = Math.floor(HOUR / step);
  const least = Math.log10((bridge + 1) / 0.03);
  const isObserved = (i: number) =>
    scores.window.observed[scores.window.observed.length === length ? i : cell(i)] === 1;
  const isBreach = (i: number) => scores.verdicts[cell(i)] === direction;
  /** Figures of a range: calls, what was expected, and how far away the limits are. */
  const range = (value: number, expected: number, lower: number, upper: number) => {
    const up = Math.max(0, upper - expected);
    return { value, expected, up, down: lower > 0 ? Math.max(0, expected - lower) : up };
  };
  const windowOf = (i: number) => {
    const { decided } = scores;
    const entry = decided?.rows.findIndex((r, e) => r === row && decided.buckets[e] === i) ?? -1;
    if (decided === undefined || entry < 0) return { from: at(i), ...own([i]) };
    const [value, expected] = [decided.calls[entry], decided.expected[entry]];
    // What came before on the other side makes up for it.
    if ((value - expected) * scores.surprise[cell(i)] < 0) return { from: at(i), ...own([i]) };
    return { from: decided.from[entry], ...range(value, expected, decided.lower[entry], decided.upper[entry]) };
  };
  const own = (buckets: number[]) => {
    const each = buckets
      .filter(isObserved)
      .map((i) => [valueAt(scores.window, row, i), ...columns.map((column) => column[cell(i)])])
      .map(([value, expected, lower, upper]) => range(value, expected, lower, upper));
    return {
      value: each.reduce((sum, one) => sum + one.value, 0),
      expected: each.reduce((sum, one) => sum + one.expected, 0),
      up: Math.hypot(...each.map(({ up }) => up)),
      down: Math.hypot(...each.map(({ down }) => down)),
    };
  };
  const columns = [scores.expected, scores.lower, scores.upper];
  const all = Array.from({ length }, (_, i) => i);
  const matter = all.filter((i) => isBreach(i) || direction * scores.surprise[cell(i)] >= least);
  /** Whether bucket `b` goes on with what bucket `a` was the last of. */
  const goesOn = (a: number, b: number, reported: boolean) => {
    if (b - a <= bridge + 1) return true;
    if (!reported) return false;
    const seen = [a, ...all.filter((i) => i > a && i < b && isObserved(i)), b];
    if (seen.some((i, n) => n > 0 && at(i) - at(seen[n - 1] + 1) > 48 * HOUR)) return false;
    const goes = (i: number) => scores.ongoing?.[cell(i)] === direction;
    const between = seen.slice(1, -1);
    if (between.some((i) => i - a > bridge && !goes(i))) return false;
    return goes(seen[seen.length - 2]) || (isBreach(b) && windowOf(b).from < at(a + 1));
  };
  const groups: number[][] = [];
  for (const i of matter) {
    const last = groups.at(-1);
    if (last === undefined || !goesOn(last[last.length - 1], i, last.some(isBreach))) groups.push([i]);
    else if (isBreach(i) || i - last[last.length - 1] <= bridge + 1) last.push(i);
  }
  return groups.filter((group) => group.some(isBreach)).map(measure);

  function measure(group: number[]): NaiveRun {
    let run = windowOf(group[0]);
    let last = group[0];
    for (const i of group.slice(1)) {
      const rest = own(all.filter((j) => j > last && j <= i));
      const before = own(all.filter((j) => j > last && j < i));
      const window = windowOf(i);
      const isSilence = direction < 0 && run.value + before.value + window.value === 0;
      if (isBreach(i) && window.from < run.from && isSilence) run = window;
      else {
        run = {
          from: run.from,
          value: run.value + rest.value,
          expected: run.expected + rest.expected,
          up: Math.hypot(run.up, rest.up),
          down: Math.hypot(run.down, rest.down),
        };
      }
      last = i;
    }
    const surprises = group.filter(isBreach).map((i) => scores.surprise[cell(i)]);
    const surprise = surprises.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    const { from, value, expected } = run;
    const to = at(last + 1);
    return { from, to, value, expected, lower: expected - run.down, upper: expected + run.up, surprise };
  }
}
