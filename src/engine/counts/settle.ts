import type { RowModel } from './model.js';
import { averageLevel, LEVEL } from './rate-filter.js';
import type { Tail } from './tail-calibration.js';

/**
 * The model with its numbers rounded to 32 bits, before anything judges by it: seven digits are more than any history
 * tells, it takes half the bytes, and what is written comes back to the last bit. Its columns are rounded where they are.
 */
export function settled(model: RowModel): RowModel {
  const { level, phi, alpha, bursts } = model;
  for (let i = 0; i < LEVEL; i++) level[i] = Math.fround(level[i]);
  const anchor = Math.fround(model.anchor);
  averageLevel(level, anchor);
  for (let w = 0; w < phi.length; w++) {
    phi[w] = Math.fround(phi[w]);
    alpha[w] = Math.fround(alpha[w]);
  }
  return {
    ...model,
    anchor,
    walk: Math.fround(model.walk),
    silenceShift: Math.fround(model.silenceShift),
    clock: Math.fround(model.clock),
    above: settledTails(model.above),
    below: settledTails(model.below),
    bursts: bursts === null ? null : { ...bursts, gain: Math.fround(bursts.gain), loss: Math.fround(bursts.loss) },
    silence: settledTail(model.silence),
  };
}

/** Rows of few calls have one tail for all their windows, and keep it one. */
export function settledTails(tails: readonly Tail[]): Tail[] {
  let last = tails[0];
  let settled = settledTail(last);
  return tails.map((tail) => {
    if (tail !== last) settled = settledTail(tail);
    last = tail;
    return settled;
  });
}

export function settledTail({ stretch, knee, far }: Tail): Tail {
  return { stretch: Math.fround(stretch), knee: Math.fround(knee), far: Math.fround(far) };
}
