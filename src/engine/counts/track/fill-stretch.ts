import type { TrackedRange } from '../../types.js';
import { burstShift } from '../burst-hours.js';
import type { TrackerParts } from './parts.js';
import { BURST_SHIFT } from './state.js';
import { enterBurstHour } from './window-test.js';

/** Takes the buckets from `i` on into the stretch, up to `end` or to where their laws do. @returns how many */
export function fillStretch(
  parts: TrackerParts,
  { start, values, observed, slots, choose }: TrackedRange,
  i: number,
  end: number,
  at: number,
): number {
  const { stretch: t } = parts.scratch;
  const bursts = parts.bursts;
  const { step } = parts.rules.windows;
  const perDay = parts.profile.perWeek / 7;
  const most = end - i;
  let left = choose?.left();
  choose?.mark();
  t.start = start + i * step;
  t.first = i;
  t.cell = at + i;
  let n = 0;
  for (; n < most; n++) {
    const y = values[i + n];
    if (observed[i + n] === 0 || !(y < Number.POSITIVE_INFINITY)) break;
    let slot = slots[i + n];
    if (left !== undefined && left.open[i + n] === 0) slot = left.slots[i + n];
    else if (choose !== undefined) {
      // A bucket that ends the stretch for its bursts is chosen for again: one by one, then.
      if (n > 0 && bursts !== null) break;
      slot = choose.choose(y, i + n) | 0;
      left = choose.left();
    }
    if (bursts !== null) {
      const shift = burstShift(bursts, slot, perDay);
      if (n === 0) enterBurstHour(parts, shift);
      else if (shift !== parts.s[parts.derivedAt + BURST_SHIFT]) break;
    }
    t.y[n] = y;
    t.slots[n] = slots[i + n];
    t.judgedBy[n] = slot;
  }
  return n;
}
