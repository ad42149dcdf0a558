import type { TrackedRange } from '../../types.js';

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
