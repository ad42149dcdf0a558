import { NORMAL, type ScoreColumns, type TrackedRange } from '../../types.js';
import { burstShift } from '../burst-hours.js';
import { putBack, takeInHand, takeSums } from './block-in-hand.js';
import { lookUp, testBucket, testSilence } from './bucket-test.js';
import { chooseAgain } from './choose-again.js';
import { testDrift } from './drift.js';
import { judgeStretch } from './judge-stretch.js';
import { leaveInHand } from './learn.js';
import type { TrackerParts } from './parts.js';
import { BLOCK, BURST_SHIFT, INCIDENT_SIDE, PRE_SHIFT_RATE } from './state.js';
import { AT_JUDGED_BY, AT_SLOT, AT_Y, MOST_BUCKETS } from './stretch.js';
import { loadBucket, setHour } from './stretch-bucket.js';
import { leaveStretch, writeVerdicts } from './stretch-end.js';
import { finishBucket, writeVerdict } from './verdict.js';
import { enterBurstHour, testWindows } from './window-test.js';
import { hourOf } from './young-hours.js';

/**
 * Runs from bucket `i` to the end of its block, of what is observed, or to the first bucket that is not calm: to the end
 * of the block the rate stands, and what changes is kept at hand; 40 reads and writes of the state a bucket were half
 * of its time (Node 20).
 * @returns the next bucket; with `onlyCalm`, −1 − the first that is not calm
 */
export function runBlock(
  parts: TrackerParts,
  range: TrackedRange,
  i: number,
  learn: boolean,
  out: ScoreColumns | undefined,
  at: number,
  onlyCalm: boolean,
): number {
  const { start, length } = range;
  const { step, block, hourBuckets } = parts.rules.windows;
  const { block: k } = parts.scratch;
  const blockStart = parts.s[BLOCK] * block;
  const end = Math.min(length, Math.ceil((blockStart + block - start) / step));
  takeInHand(parts, start + i * step, range.exceptions === undefined, learn);
  k.back = ((start + i * step - blockStart) / step) | 0;
  if (parts.s[INCIDENT_SIDE] !== 0) return runIncident(parts, range, i, end, learn, out, at);
  // What a young series learns of its hours may have the next bucket's slot chosen otherwise.
  if (!k.isCalm || end - i === 1 || (k.isTraining && isOpen(range, i)))
    return runBucket(parts, range, i, learn, out, at, onlyCalm);
  while (i < end && !(k.isTraining && isOpen(range, i))) {
    const round = hourBuckets === 0 ? 1 : hourBuckets - k.ringIndex;
    let n = fillStretch(parts, range, i, Math.min(end, i + MOST_BUCKETS, i + round), at);
    if (n === 0) break;
    if (k.isTraining) n = ofOneHour(parts, n);
    const calm = judgeStretch(parts, n);
    if (calm > 0) {
      if (out !== undefined) writeVerdicts(parts, out, calm, range.learning);
      leaveStretch(parts, out, calm, learn);
    }
    i += calm;
    if (calm === n) continue;
    if (onlyCalm) return -1 - i;
    if (range.choose !== undefined) chooseAgain(range.choose, i - calm, i);
    loadBucket(parts, calm);
    if (k.isYoung) setHour(parts, calm);
    putBack(parts);
    finishBucket(parts, range, learn, out);
    return i + 1;
  }
  putBack(parts);
  return i;
}

/** Takes the buckets from `i` on into the stretch, up to `end` or to where their laws do. @returns how many */
function fillStretch(
  parts: TrackerParts,
  { start, values, observed, slots, choose }: TrackedRange,
  i: number,
  end: number,
  at: number,
): number {
  const { stretch: t } = parts.scratch;
  const { all: c, whole } = t;
  const { bursts } = parts;
  const { isTraining } = parts.scratch.block;
  const { step } = parts.rules.windows;
  const perDay = parts.profile.perWeek / 7;
  let left = choose?.left();
  choose?.mark();
  t.start = start + i * step;
  t.first = i;
  t.cell = at + i;
  let most = 0;
  for (; i + most < end; most++) {
    const y = values[i + most];
    if (observed[i + most] === 0 || !(y < Number.POSITIVE_INFINITY)) break;
    c[AT_Y + most] = y;
  }
  if (choose === undefined && bursts === null) {
    for (let k = 0; k < most; k++) whole[AT_SLOT + k] = slots[i + k];
    for (let k = 0; k < most; k++) whole[AT_JUDGED_BY + k] = slots[i + k];
    return most;
  }
  let n = 0;
  for (; n < most; n++) {
    let slot = slots[i + n];
    if (left !== undefined && left.open[i + n] === 0) slot = left.slots[i + n];
    else if (choose !== undefined) {
      // A bucket that ends the stretch for its bursts is chosen for again: one by one, then. A young series' comes by itself.
      if (n > 0 && (bursts !== null || isTraining)) break;
      slot = choose.choose(i + n) | 0;
      left = choose.left();
    }
    if (bursts !== null) {
      const shift = burstShift(bursts, slot, perDay);
      if (n === 0) enterBurstHour(parts, shift);
      else if (shift !== parts.s[parts.derivedAt + BURST_SHIFT]) break;
    }
    whole[AT_JUDGED_BY + n] = slot;
    whole[AT_SLOT + n] = choose === undefined ? slot : choose.usual(i + n);
  }
  return n;
}

/** Whether the slot of a bucket is still to be chosen by what it holds. */
function isOpen({ choose }: TrackedRange, i: number): boolean {
  return choose !== undefined && choose.left().open[i] !== 0;
}

/**
 * How many of the stretch's first `n` buckets lie in one local hour: what a young series learns of an hour is taken in with the first
 * bucket of another.
 */
function ofOneHour(parts: TrackerParts, n: number): number {
  const { whole } = parts.scratch.stretch;
  const hour = hourOf(parts, whole[AT_JUDGED_BY]);
  let same = 1;
  while (same < n && hourOf(parts, whole[AT_JUDGED_BY + same]) === hour) same++;
  return same;
}

/**
 * Runs from bucket `i` to `end`, or as long as the incident is open. Until it ends, rate and windows stand as at the
 * beginning of the block: they were half of what a bucket took (Node 20). @returns the next bucket
 */
function runIncident(
  parts: TrackerParts,
  range: TrackedRange,
  i: number,
  end: number,
  learn: boolean,
  out: ScoreColumns | undefined,
  at: number,
): number {
  const { s } = parts;
  const { values, observed } = range;
  const { block: k } = parts.scratch;
  const side = s[INCIDENT_SIDE];
  let next = runBucket(parts, range, i, learn, out, at, false);
  const stands = s[PRE_SHIFT_RATE] === 0 && !k.isTraining;
  while (stands && next < end && s[INCIDENT_SIDE] === side && observed[next] !== 0 && Number.isFinite(values[next])) {
    takeSums(parts);
    k.back++;
    next = runBucket(parts, range, next, learn, out, at, false);
  }
  return next;
}

/** One bucket, where more may happen than that it is judged: bucket `i`, which is observed. @returns the next */
function runBucket(
  parts: TrackerParts,
  range: TrackedRange,
  i: number,
  learn: boolean,
  out: ScoreColumns | undefined,
  at: number,
  onlyCalm: boolean,
): number {
  const { start, values, slots, choose, learning } = range;
  const { block: k, bucket: b } = parts.scratch;
  const y = values[i];
  const slot = (choose === undefined ? slots[i] : choose.choose(i)) | 0;
  if (parts.bursts !== null) enterBurstHour(parts, burstShift(parts.bursts, slot, parts.profile.perWeek / 7));
  lookUp(parts, slot, y);
  b.time = start + i * parts.rules.windows.step;
  b.cell = at + i;
  b.slot = choose === undefined ? slot : choose.usual(i);
  b.isSuspect = false;
  testBucket(parts);
  testWindows(parts);
  testSilence(parts);
  testDrift(parts);
  // A count below its mean is never above, one above it never below, whatever a window says.
  b.upper = Math.max(b.upper, Math.floor(b.mean));
  b.lower = Math.min(b.lower, Math.max(1, Math.floor(b.mean)));
  const isCalm = k.isCalm && !(b.y > b.upper || b.y < b.lower);
  if (onlyCalm && !isCalm) return -1 - i;
  if (isCalm) {
    if (out !== undefined) writeVerdict(parts, out, NORMAL, learning, k.silentBuckets);
    leaveInHand(parts, learn);
    putBack(parts);
  } else {
    putBack(parts);
    finishBucket(parts, range, learn, out);
  }
  return i + 1;
}
