import { logZero, lowerLimit, upperLimit } from '../../stats/negative-binomial.js';
import type { Band } from '../types.js';
import { burstShift } from './burst-hours.js';
import { LEAST_MEAN, type RowModel } from './model.js';
import { uncalibrate, uncalibrateIn } from './tail-calibration.js';

/** The rate of a series as it is known: calls per bucket at shape 1, and its relative variance. */
export interface KnownRate {
  readonly rate: number;
  readonly variance: number;
}

/** The negative binomial of one bucket in a week slot. @param correction of the shape, of a young series */
export function bucketOf(
  model: RowModel,
  slot: number,
  { rate, variance }: KnownRate,
  correction = 1,
): { expected: number; size: number } {
  const expected = Math.max(rate * model.profile.shapeAt(slot) * correction, LEAST_MEAN);
  const known = variance + model.profile.varianceAt(slot);
  return { expected, size: 1 / (model.alpha[0] + known + model.phi[0] / expected) };
}

/**
 * Expected count and normal counts of one bucket in a week slot, at `nats` a side. A count below the mean is never above,
 * one above it never below, however long the tail.
 */
export function bandOf(model: RowModel, slot: number, nats: number, known: KnownRate, correction = 1): Band {
  const { expected, size } = bucketOf(model, slot, known, correction);
  const below = -uncalibrate(nats, model.below[0]);
  const shift = burstShift(model.bursts, slot, model.profile.perWeek / 7);
  return {
    expected,
    lower: logZero(expected, size) >= below ? 0 : Math.min(Math.floor(expected), lowerLimit(expected, size, below)),
    upper: Math.max(Math.floor(expected), upperLimit(expected, size, -uncalibrateIn(nats, model.above[0], shift))),
  };
}
