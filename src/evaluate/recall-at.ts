import { checkNumber, InputError } from '../errors.js';
import { HOUR, WEEK } from '../time/grid.js';
import type { LabelledScores } from './delayed-f1.js';

export interface RecallResult {
  /** Infinity where the first step down would already be too far. */
  readonly threshold: number;
  /** Share of the labelled runs with a bucket of at least the threshold inside. */
  readonly recall: number;
  readonly found: number;
  readonly events: number;
  readonly falsePerSeriesWeek: number;
}

/**
 * How many labelled runs are found when all series share one threshold that allows so many false episodes a series and
 * week. An episode is a run of buckets at or above the threshold outside labelled ones, gaps of up to an hour bridged; a
 * labelled run cuts it. The threshold is lowered from the highest score until it allows more: further down, where nearly
 * every bucket is above it, all would be one episode.
 *
 * @param perSeriesWeek false episodes allowed, on average over all series' time
 * @throws InputError when a series' columns differ in length
 */
export function recallAt(
  series: readonly (LabelledScores & { readonly step: number })[],
  perSeriesWeek: number,
): RecallResult {
  checkNumber(perSeriesWeek, 'perSeriesWeek', 0, Number.MAX_VALUE);
  for (const [s, { scores, labels }] of series.entries()) {
    if (scores.length === labels.length) continue;
    throw new InputError(`series[${s}].scores must have ${labels.length} entries as labels has, got ${scores.length}`);
  }
  const weeks = series.reduce((sum, { labels, step }) => sum + (labels.length * step) / WEEK, 0);
  const runs = series.map(({ labels, step }) => new Runs(labels, step));
  const events = runs.reduce((sum, { events }) => sum + events, 0);
  const { owner, bucket, score, order } = descending(series);
  let best = { threshold: Infinity, found: 0, episodes: 0 };
  let found = 0;
  let episodes = 0;
  for (let i = 0; i < order.length; i++) {
    const at = order[i];
    const change = runs[owner[at]].rise(bucket[at]);
    found += change.found;
    episodes += change.episodes;
    // Buckets of one score rise together.
    if (i + 1 < order.length && score[order[i + 1]] === score[at]) continue;
    if (episodes > perSeriesWeek * weeks) break;
    best = { threshold: score[at], found, episodes };
  }
  const { threshold } = best;
  return {
    threshold,
    recall: best.found / events,
    found: best.found,
    events,
    falsePerSeriesWeek: best.episodes / weeks,
  };
}

/** The buckets that were scored, of all series, and their order from the highest score down. */
function descending(series: readonly LabelledScores[]) {
  const owner: number[] = [];
  const bucket: number[] = [];
  const score: number[] = [];
  for (const [s, { scores }] of series.entries()) {
    for (let i = 0; i < scores.length; i++) {
      if (Number.isNaN(scores[i])) continue;
      owner.push(s);
      bucket.push(i);
      score.push(scores[i]);
    }
  }
  return { owner, bucket, score, order: Uint32Array.from(score.keys()).sort((a, b) => score[b] - score[a]) };
}

/** One series while its buckets rise above a falling threshold: which labelled runs are found, how many episodes stand. */
class Runs {
  readonly events: number;
  readonly #labels: ArrayLike<number>;
  /** `[buckets]`: number of the labelled run. */
  readonly #runOf: Int32Array;
  readonly #found: Uint8Array;
  readonly #above: Uint8Array;
  /** Two buckets no further apart belong together. */
  readonly #reach: number;

  constructor(labels: ArrayLike<number>, step: number) {
    this.#labels = labels;
    this.#reach = Math.floor(HOUR / step) + 1;
    this.#above = new Uint8Array(labels.length);
    this.#runOf = new Int32Array(labels.length);
    let run = -1;
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] && (i === 0 || !labels[i - 1])) run++;
      this.#runOf[i] = run;
    }
    this.events = run + 1;
    this.#found = new Uint8Array(this.events);
  }

  rise(bucket: number): { found: number; episodes: number } {
    if (this.#labels[bucket]) {
      const run = this.#runOf[bucket];
      const first = this.#found[run] === 0;
      this.#found[run] = 1;
      return { found: first ? 1 : 0, episodes: 0 };
    }
    this.#above[bucket] = 1;
    const left = this.#neighbour(bucket, -1);
    const right = this.#neighbour(bucket, 1);
    // A bucket alone is an episode of its own; one that joins two that stood apart makes them one.
    const joined = left !== undefined && right !== undefined && right - left <= this.#reach ? 1 : 0;
    return { found: 0, episodes: 1 - (left === undefined ? 0 : 1) - (right === undefined ? 0 : 1) + joined };
  }

  /** The next bucket above on one side, when it is near enough and no labelled one lies between. */
  #neighbour(bucket: number, side: 1 | -1): number | undefined {
    for (let i = bucket + side, n = 1; n <= this.#reach && i >= 0 && i < this.#labels.length; i += side, n++) {
      if (this.#labels[i]) return undefined;
      if (this.#above[i] === 1) return i;
    }
    return undefined;
  }
}
