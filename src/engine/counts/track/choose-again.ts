import type { SlotChoice } from '../../types.js';

/**
 * Slots are chosen for a whole stretch, as if all of it were calm, for 1 in 700 is not: what buckets behind the first that
 * is not have shown is forgotten, since what they show during an incident is another thing.
 */
export function chooseAgain(choose: SlotChoice, from: number, to: number): void {
  choose.rewind();
  for (let i = from; i <= to; i++) if (choose.left().open[i] !== 0) choose.choose(i);
}
