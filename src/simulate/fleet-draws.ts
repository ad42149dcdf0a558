import type { Random } from './random.js';

/** A number of `[low, high)`, all as likely. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** The same on a logarithmic scale: a tenth and ten are as far from one. */
export function logBetween(random: Random, low: number, high: number): number {
  return Math.exp(between(random, Math.log(low), Math.log(high)));
}
