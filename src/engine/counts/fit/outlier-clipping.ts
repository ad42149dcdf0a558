import type { Clips } from './fit-plan.js';
import type { Taught } from './training-layout.js';

/**
 * Clipping of outliers before anything is learned: an incident in the history must not teach. Every count is held to
 * center ± (4 sd + 2); the + 2 means that single calls are never outliers, or a sparse series would unlearn its own.
 */
const SDS = 4;
const SLACK = 2;

/** Generous scatter for the first pass, before the series has shown its own: cv 0.3 beside twice Poisson. */
const FIRST_PHI = 1;
const FIRST_ALPHA = 0.1;

/** A season: which cell each week slot falls into, and which hour each cell belongs to, as consecutive numbers. */
export interface Season {
  readonly cells: number;
  /** `[perWeek]` */
  readonly cellOf: Int32Array;
  readonly hours: number;
  /** `[cells]` */
  readonly hourOf: Int32Array;
}

/**
 * First estimate of the mean of every bucket, robust against one bad occurrence in eight: the mean of its season cell
 * without the highest values, or of the cell's hour where that is more (so that a sparse series, whose cells are mostly
 * empty, keeps its calls). What lies beyond what is ordinary about it is clipped.
 * @param y `[n]` counts
 * @param sums where the sum of the counts of each slot is written
 */
export function firstClip(
  y: Float64Array,
  { slotFrom, bySlot, repeats, season, cellCount }: Taught,
  sums: Float64Array,
  clips: Clips,
): void {
  const { cells, cellOf, hours, hourOf } = season;
  let most = 0;
  for (let c = 0; c < cells; c++) if (cellCount[c] > most) most = cellCount[c];
  // The highest of each cell so far, in descending order: a week seen eight times needs one, and sorting every cell was a
  // tenth of a fit.
  const kept = most < 3 ? 0 : Math.ceil(most / 8);
  const { trimmed, lowest, greatest, seen, hourSum, hourCells, highest } = scratchFor(cells, hours, kept);
  trimmed.fill(0, 0, cells);
  highest.fill(0, 0, cells * kept);
  seen.fill(0, 0, cells);
  for (let s = 0; s < repeats.length; s++) {
    const from = slotFrom[s];
    const to = slotFrom[s + 1];
    sums[s] = 0;
    if (from === to) continue;
    const c = cellOf[s];
    const start = y[bySlot[from]];
    let sum = 0;
    let least = seen[c] > 0 ? lowest[c] : start;
    let top = seen[c] > 0 ? greatest[c] : start;
    for (let j = from; j < to; j++) {
      const value = y[bySlot[j]];
      sum += value;
      // The lesser and the greater of two whole numbers without a branch, which would be guessed wrong every other time.
      least = 0.5 * (least + value - Math.abs(least - value));
      top = 0.5 * (top + value + Math.abs(top - value));
    }
    seen[c] = 1;
    sums[s] = sum;
    trimmed[c] += sum;
    lowest[c] = least;
    greatest[c] = top;
    if (kept < 2) {
      if (kept === 1) highest[c] = top;
      continue;
    }
    const first = c * kept;
    for (let j = from; j < to; j++) {
      const value = y[bySlot[j]];
      let at = first + kept - 1;
      if (value <= highest[at]) continue;
      for (; at > first && highest[at - 1] < value; at--) highest[at] = highest[at - 1];
      highest[at] = value;
    }
  }
  hourSum.fill(0, 0, hours);
  hourCells.fill(0, 0, hours);
  for (let c = 0; c < cells; c++) {
    const count = cellCount[c];
    if (count === 0) continue;
    const dropped = count < 3 ? 0 : Math.ceil(count / 8);
    for (let i = 0; i < dropped; i++) trimmed[c] -= highest[c * kept + i];
    trimmed[c] /= count - dropped;
    hourSum[hourOf[c]] += trimmed[c];
    hourCells[hourOf[c]]++;
  }
  clips.n = 0;
  for (let s = 0; s < repeats.length; s++) {
    const c = cellOf[s];
    if (repeats[s] === 0) continue;
    const around = hourSum[hourOf[c]] / hourCells[hourOf[c]];
    const m = Math.max(trimmed[c], around);
    const reach = SDS * Math.sqrt(m * (1 + FIRST_PHI) + FIRST_ALPHA * m * m) + SLACK;
    const low = trimmed[c] - reach;
    const high = m + reach;
    // Of a cell whose least and greatest count are ordinary all are: hardly any is looked at again.
    if (lowest[c] >= low && greatest[c] <= high) continue;
    for (let j = slotFrom[s]; j < slotFrom[s + 1]; j++) {
      const value = y[bySlot[j]];
      if (value < low) note(clips, bySlot[j], low - value);
      else if (value > high) note(clips, bySlot[j], high - value);
    }
  }
}

/** Holds every count to its fitted mean ± what is ordinary. */
export function clipAll(
  y: Float64Array,
  mean: Float64Array,
  n: number,
  { phi, alpha }: { readonly phi: number; readonly alpha: number },
  clips: Clips,
): void {
  clips.n = 0;
  for (let k = 0; k < n; k++) {
    const m = mean[k];
    const off = Math.abs(y[k] - m) - SLACK;
    if (off <= 0) continue;
    const variance = m * (1 + phi) + alpha * m * m;
    // Nearly every count is well inside: a square root for the others only.
    if (off * off <= SDS * SDS * variance) continue;
    const beyond = off - SDS * Math.sqrt(variance);
    if (beyond > 0) note(clips, k, y[k] > m ? -beyond : beyond);
  }
}

function note(clips: Clips, at: number, by: number): void {
  clips.at[clips.n] = at;
  clips.by[clips.n++] = by;
}

/** Working space: a row's own, four times a week of slots, was most of the garbage of a fit. */
let scratch = {
  trimmed: new Float64Array(0),
  lowest: new Float64Array(0),
  greatest: new Float64Array(0),
  seen: new Uint8Array(0),
  hourSum: new Float64Array(0),
  hourCells: new Int32Array(0),
  highest: new Float64Array(0),
};

function scratchFor(cells: number, hours: number, kept: number): typeof scratch {
  if (scratch.trimmed.length < cells || scratch.hourSum.length < hours || scratch.highest.length < cells * kept) {
    const column = () => new Float64Array(cells);
    scratch = {
      trimmed: column(),
      lowest: column(),
      greatest: column(),
      seen: new Uint8Array(cells),
      hourSum: new Float64Array(hours),
      hourCells: new Int32Array(hours),
      highest: new Float64Array(cells * kept),
    };
  }
  return scratch;
}
