import { averageLevel, LEVEL } from './level-filter.js';
import type { RowModel } from './model.js';
import type { Tail } from './tail.js';

/**
 * The model with its numbers rounded to 32 bits, before anything judges by it: seven digits are more than any history
 * tells, it takes half the bytes, and what is written comes back to the last bit.
 */
export function settled(model: RowModel): RowModel {
  const tail = ({ stretch, knee, far }: Tail): Tail => ({
    stretch: Math.fround(stretch),
    knee: Math.fround(knee),
    far: Math.fround(far),
  });
  const level = model.level.slice();
  for (let i = 0; i < LEVEL; i++) level[i] = Math.fround(level[i]);
  const anchor = Math.fround(model.anchor);
  averageLevel(level, anchor);
  return {
    ...model,
    level,
    anchor,
    walk: Math.fround(model.walk),
    silenceShift: Math.fround(model.silenceShift),
    clock: Math.fround(model.clock),
    phi: model.phi.map(Math.fround),
    alpha: model.alpha.map(Math.fround),
    above: model.above.map(tail),
    below: model.below.map(tail),
    silence: tail(model.silence),
  };
}
