import { MINUTE, SECOND } from '../time/grid.js';
import { binomial } from './draws.js';
import type { Random } from './random.js';

/** The simulator draws counts per cell of five minutes, and no pulse crosses from one cell of UTC to the next. */
export const CELL = 5 * MINUTE;

/** Some calls, each at a random whole second of `[from, to)` (epoch ms, whole seconds). */
export interface Pulse {
  readonly from: number;
  readonly to: number;
  readonly calls: number;
}

/** The law by which one source makes its calls. */
export interface Process {
  /** Expected calls in `[from, to)`, by the law's plan: the random wandering of its level is left out. */
  mean(from: number, to: number): number;
  /**
   * The pulses that begin in the UTC day that starts at `day`; a run may go on into the next. A function of the day and
   * of `random` alone, so that days can be drawn in any order.
   */
  draw(day: number, random: Random): Pulse[];
}

/** How much of `[a, b)` lies in `[from, to)`, in ms. */
export function overlap(a: number, b: number, from: number, to: number): number {
  return Math.max(0, Math.min(b, to) - Math.max(a, from));
}

/** `calls` calls scattered evenly over `[from, to)`, as pulses that keep to their cells. */
export function spread(random: Random, from: number, to: number, calls: number): Pulse[] {
  const pulses: Pulse[] = [];
  let left = calls;
  for (let at = from; at < to && left > 0; ) {
    const end = Math.min(to, (Math.floor(at / CELL) + 1) * CELL);
    const here = binomial(random, left, (end - at) / (to - at));
    if (here > 0) pulses.push({ from: at, to: end, calls: here });
    left -= here;
    at = end;
  }
  return pulses;
}

/** What is left of pulses when the calls in `[from, to)` are taken out. */
export function without<P extends Pulse>(random: Random, pulses: readonly P[], from: number, to: number): P[] {
  return pulses.flatMap((pulse) => {
    if (pulse.to <= from || pulse.from >= to) return [pulse];
    const before = Math.max(0, from - pulse.from);
    const after = Math.max(0, pulse.to - to);
    const left = binomial(random, pulse.calls, (before + after) / (pulse.to - pulse.from));
    const first = after > 0 ? binomial(random, left, before / (before + after)) : left;
    return [
      { ...pulse, to: from, calls: first },
      { ...pulse, from: to, calls: left - first },
    ].filter((part) => part.calls > 0);
  });
}

/** A time to the whole second at or before it: CloudTrail tells no finer. */
export function wholeSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
