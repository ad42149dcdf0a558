import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import type { TrackerParts } from './parts.js';
import {
  BLOCK,
  DRIFT_CALLS,
  DRIFT_EXPOSURE,
  PAST,
  PAST_EXPOSURE,
  PAST_EXPOSURE_VAR,
  PAST_RATE,
  PAST_VARIANCE,
  PER_BLOCK,
  PER_BUCKET,
  RING,
  RING_INDEX,
  RING_PARTIAL_EXPOSURE,
  RING_PARTIAL_EXPOSURE_VAR,
  RING_PARTIAL_SUM,
  SUM,
  SUM_EXPOSURE,
  SUM_EXPOSURE_VAR,
} from './state.js';

/** A bucket that was not observed enters as none: no calls, of no exposure. */
export function pushNothing(parts: TrackerParts): void {
  const { bucket: b } = parts.scratch;
  b.enters = 0;
  b.entersLong = 0;
  b.exposure = 0;
  b.exposureVar = 0;
  push(parts);
}

/** The bucket in hand enters ring and long windows, in the state itself. */
export function push({ s, rules, scratch }: TrackerParts): void {
  const { enters: y, entersLong: held, exposure, exposureVar } = scratch.bucket;
  s[SUM] += held;
  s[SUM_EXPOSURE] += exposure;
  s[SUM_EXPOSURE_VAR] += exposureVar;
  s[DRIFT_CALLS] += held;
  s[DRIFT_EXPOSURE] += exposure;
  const { hourBuckets } = rules.windows;
  if (hourBuckets === 0) return;
  const at = RING + PER_BUCKET * s[RING_INDEX];
  s[at] = y;
  s[at + 1] = exposure;
  s[at + 2] = exposureVar;
  s[RING_PARTIAL_SUM] += y;
  s[RING_PARTIAL_EXPOSURE] += exposure;
  s[RING_PARTIAL_EXPOSURE_VAR] += exposureVar;
  s[RING_INDEX]++;
  if (s[RING_INDEX] < hourBuckets) return;
  endRound({ s, rules });
  s[RING_INDEX] = 0;
  s[RING_PARTIAL_SUM] = 0;
  s[RING_PARTIAL_EXPOSURE] = 0;
  s[RING_PARTIAL_EXPOSURE_VAR] = 0;
}

/** The buckets of the round become sums from each to the end. */
export function endRound({ s, rules }: Pick<TrackerParts, 's' | 'rules'>): void {
  for (let at = RING + PER_BUCKET * rules.windows.hourBuckets - 1; at >= RING; at--) s[at] += s[at + PER_BUCKET];
}

/** The place of a block in a ring; a remainder of doubles is a call out of the engine. */
export function placeOf(block: number, places: number): number {
  return block - places * Math.floor(block / places);
}

/** Sums over the whole blocks of each long window, from the rings. */
export function sumBlocks({ s, derivedAt: d, rules, layout }: TrackerParts): void {
  const { ringBlocks: places, blocksAt } = layout;
  const { blocks } = rules.windows;
  let sum = 0;
  let exposure = 0;
  let exposureVar = 0;
  let w = 1;
  while (w < blocks.length && blocks[w] === 0) w++;
  const isBegun = !Number.isNaN(s[BLOCK]);
  // A whole number to V8 (Node 20) too, and the places that follow.
  const now = isBegun && places > 0 ? placeOf(s[BLOCK], places) | 0 : 0;
  let place = now;
  // From the last block back, once for all windows.
  for (let k = 0; w < blocks.length; w++) {
    // The block so far comes besides.
    const whole = isBegun ? blocks[w] - 1 : 0;
    for (; k < whole; k++) {
      place = place === 0 ? places - 1 : place - 1;
      const at = (blocksAt + PER_BLOCK * place) | 0;
      sum += s[at];
      exposure += s[at + 1];
      exposureVar += s[at + 2];
    }
    // The rate when the window began; where its first blocks were before all, that of the first that was.
    let first = place;
    for (let left = whole; left > 0 && !(s[blocksAt + PER_BLOCK * first + 3] > 0); left--) {
      first = first === places - 1 ? 0 : first + 1;
    }
    const isKnown = whole > 0 && first !== now;
    s[d + PAST + w] = sum;
    s[d + PAST_EXPOSURE + w] = exposure;
    s[d + PAST_EXPOSURE_VAR + w] = exposureVar;
    s[d + PAST_RATE + w] = isKnown ? s[blocksAt + PER_BLOCK * first + 3] : s[RATE];
    s[d + PAST_VARIANCE + w] = isKnown ? s[blocksAt + PER_BLOCK * first + 4] : s[RATE_VARIANCE];
  }
}

/** What the windows hold becomes what was expected: what was reported is not reported again by a longer one. */
export function forgetWindows(parts: TrackerParts): void {
  const { s, layout, rules } = parts;
  const { ringBlocks, blocksAt } = layout;
  for (let k = 0; k < rules.windows.hourBuckets; k++) {
    const at = RING + PER_BUCKET * k;
    s[at] = s[RATE] * s[at + 1];
  }
  s[RING_PARTIAL_SUM] = s[RATE] * s[RING_PARTIAL_EXPOSURE];
  for (let k = 0; k < ringBlocks; k++) {
    const at = blocksAt + PER_BLOCK * k;
    s[at] = s[RATE] * s[at + 1];
    s[at + 3] = s[RATE];
    s[at + 4] = s[RATE_VARIANCE];
  }
  s[SUM] = s[RATE] * s[SUM_EXPOSURE];
  sumBlocks(parts);
}
