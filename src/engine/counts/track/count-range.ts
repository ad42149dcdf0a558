import type { SlotChoice, TrackedRange } from '../../types.js';

/** A range of which it may be known already how it is judged. */
export interface CountRange extends TrackedRange {
  /** `[length]`: where what each bucket left behind goes: {@link TRAINED}, {@link HELD_BACK} or {@link OTHER}. */
  outcomes?: Uint8Array;
  /** True when `outcomes` holds that already, none of it {@link OTHER}: nothing is judged again. */
  isJudged?: boolean;
}

/** A calm bucket that taught, one that did not, and one that was not calm. */
export const TRAINED = 0;
export const HELD_BACK = 1;
export const OTHER = 2;

/**
 * Slots are chosen for a whole stretch, as if all of it were calm, for 1 in 700 is not: what buckets behind the first that
 * is not have shown is forgotten, since what they show during an incident is another thing.
 */
export function chooseAgain({ values }: CountRange, choose: SlotChoice, from: number, to: number): void {
  choose.rewind();
  for (let i = from; i <= to; i++) if (choose.left().open[i] !== 0) choose.choose(values[i], i);
}
