import { checkInteger, InputError } from '../errors.js';

/** A series whose rows somebody labelled, with what a detector said of it. */
export interface LabelledScores {
  /** One anomaly score a bucket, larger is stranger; NaN is never a detection. */
  readonly scores: ArrayLike<number>;
  /** One entry a bucket: not 0 where it was labelled anomalous. */
  readonly labels: ArrayLike<number>;
}

export interface F1Result {
  /** Buckets with a score of at least this are detections; Infinity where none would be best. */
  readonly threshold: number;
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
}

/**
 * The F1 of the AIOps challenge 2018 (NetManAIOps, KPI-Anomaly-Detection, evaluation.py) at the best threshold for all
 * series together. A labelled run counts whole when one of its first `delay` + 1 buckets is detected, and is missed whole
 * otherwise; outside runs every bucket counts for itself; the buckets of all series are counted in one table.
 *
 * @param delay buckets after a run's first in which a detection still counts; the challenge has 7
 * @throws InputError when a series' columns differ in length
 */
export function bestDelayedF1(series: readonly LabelledScores[], delay = 7): F1Result {
  checkInteger(delay, 'delay', 0, Number.MAX_SAFE_INTEGER);
  const { at, hits, positives } = detectionsOf(series, delay);
  const order = Float64Array.from(at.keys()).sort((a, b) => at[b] - at[a]);
  let best: F1Result = { threshold: Infinity, f1: 0, precision: 0, recall: 0 };
  let found = 0;
  let wrong = 0;
  for (let i = 0; i < order.length; i++) {
    const hit = hits[order[i]];
    if (hit > 0) found += hit;
    else wrong++;
    if (i + 1 < order.length && at[order[i + 1]] === at[order[i]]) continue;
    const f1 = (2 * found) / (positives + found + wrong);
    if (f1 > best.f1) {
      best = { threshold: at[order[i]], f1, precision: found / (found + wrong), recall: found / positives };
    }
  }
  return best;
}

/** Where thresholds change the table: at score `at[i]`, `hits[i]` labelled buckets are found, or one other is detected (0). */
function detectionsOf(
  series: readonly LabelledScores[],
  delay: number,
): { at: number[]; hits: number[]; positives: number } {
  const at: number[] = [];
  const hits: number[] = [];
  let positives = 0;
  for (const [s, { scores, labels }] of series.entries()) {
    if (scores.length !== labels.length) {
      throw new InputError(
        `series[${s}].scores must have ${labels.length} entries as labels has, got ${scores.length}`,
      );
    }
    for (let i = 0; i < labels.length; ) {
      let end = i + 1;
      let highest = scores[i];
      if (labels[i]) {
        while (end < labels.length && labels[end]) {
          if (end <= i + delay && (Number.isNaN(highest) || scores[end] > highest)) highest = scores[end];
          end++;
        }
        positives += end - i;
      }
      if (!Number.isNaN(highest)) {
        at.push(highest);
        hits.push(labels[i] ? end - i : 0);
      }
      i = end;
    }
  }
  return { at, hits, positives };
}
