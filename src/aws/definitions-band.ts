import type { Baseline } from '../engine/baseline.js';
import { checkNumber, InputError } from '../errors.js';
import { operationInfo } from '../kms/operations.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import { gridEnd, MINUTE, WEEK } from '../time/grid.js';

/** A key and an operation that CloudWatch has a metric of, and the row of the baseline that tells of it. */
export interface LearnedPair {
  readonly keyArn: string;
  readonly operation: string;
  readonly key: SeriesKey;
  /** Calls in the history. */
  readonly calls: number;
}

/** The band of a week to come: the widest of its buckets, in calls per bucket. */
export interface WeekBand {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The pairs of a baseline that `AWS/KMS` `SuccessfulRequest` has a metric of, busiest first: cryptographic operations on a
 * key. ReEncrypt is left out, whose metric is by both of its keys at once, and pairs that the history does not hold.
 * SuccessfulRequest counts successes, so rows of outcome `ok` go before those of all calls.
 */
export function learnedPairs(baseline: Baseline): LearnedPair[] {
  const found = new Map<string, LearnedPair>();
  for (const key of baseline.keys) {
    const { keyArn, operation, outcome } = key;
    if (keyArn === null || operation === null || (outcome !== null && outcome !== 'ok')) continue;
    if (keyId(seriesKey({ keyArn, operation, outcome })) !== keyId(key)) continue;
    if (operation === 'ReEncrypt' || operationInfo(operation)?.plane !== 'data') continue;
    const { calls } = baseline.describe(key);
    const id = JSON.stringify([keyArn, operation]);
    if (calls > 0 && (outcome === 'ok' || !found.has(id))) found.set(id, { keyArn, operation, key, calls });
  }
  return [...found.values()].sort((a, b) => b.calls - a.calls || (keyId(a.key) < keyId(b.key) ? -1 : 1));
}

/** A step that CloudWatch's alarms and dashboards can have, in seconds: a multiple of a minute. */
export function periodOf(baseline: Baseline): number {
  const { step } = baseline.grid;
  if (step % MINUTE !== 0 || step > WEEK) {
    throw new InputError(
      `baseline.grid.step must be a multiple of a minute, at most a week, for CloudWatch, got ${step} ms`,
    );
  }
  return step / 1000;
}

/**
 * The probability of the band with which so many pairs raise `perWeek` false alarms a week together, above and below, if
 * each of its buckets is judged by itself.
 */
export function bandProbability(baseline: Baseline, pairs: number, perWeek: number): number {
  checkNumber(perWeek, 'alertBudget.perWeek', Number.MIN_VALUE, 1e9);
  const buckets = (WEEK / baseline.grid.step) * Math.max(1, pairs);
  return Math.min(1 - Number.EPSILON, Math.max(0.5, 1 - perWeek / buckets));
}

/** Least lower and greatest upper limit over the week that follows the history: what a fixed threshold has to be. */
export function weekBand(baseline: Baseline, key: SeriesKey, probability: number): WeekBand {
  const from = gridEnd(baseline.grid);
  // The profile has no finer slots than five minutes.
  const stride = Math.max(baseline.grid.step, 5 * MINUTE);
  let lower = Infinity;
  let upper = 0;
  for (let time = from; time < from + WEEK; time += stride) {
    const band = baseline.band(key, time, probability);
    lower = Math.min(lower, band.lower);
    upper = Math.max(upper, band.upper);
  }
  return { lower, upper };
}
