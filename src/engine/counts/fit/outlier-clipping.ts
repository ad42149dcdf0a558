import type { Dispersion } from '../dispersion.js';
import { isFew } from '../few-weeks.js';
import type { Training } from './training-layout.js';

/**
 * Clipping of outliers before anything is learned: nothing may be learned of an incident in the history. Every count is held to
 * center ± (4 sd + 2); the + 2 means that single calls are never outliers, or a sparse series would unlearn its own.
 */
const SDS = 4;
const SLACK = 2;

/** Generous scatter for the first pass, before the series has shown its own: cv 0.3 beside twice Poisson. */
const FIRST_PHI = 1;
const FIRST_ALPHA = 0.1;

/** What is kept of each cell of a season while its counts are looked at. */
interface SeasonCells {
  /** The sum of each cell, then its mean without the highest. */
  readonly trimmed: Float64Array;
  readonly lowest: Float64Array;
  readonly greatest: Float64Array;
  readonly seen: Uint8Array;
  readonly hourSum: Float64Array;
  readonly hourCells: Int32Array;
  /** `[cells × kept]`: the highest of each cell so far, in descending order. */
  readonly highest: Float64Array;
}

function seasonCells(cells: number, hours: number, kept: number): SeasonCells {
  const column = () => new Float64Array(cells);
  return {
    trimmed: column(),
    lowest: column(),
    greatest: column(),
    seen: new Uint8Array(cells),
    hourSum: new Float64Array(hours),
    hourCells: new Int32Array(hours),
    highest: new Float64Array(cells * kept),
  };
}

/** How many of the highest counts of a cell are left out of its mean. */
export function dropped(count: number): number {
  return count < 3 ? 0 : Math.ceil(count / 8);
}

/** Counts that were held to what is ordinary: which they are, and by how much they were moved. The first `n` entries count. */
export class Clips {
  n = 0;
  readonly at: Int32Array;
  readonly by: Float64Array;
  /** Working space: a row's own, four times a week of slots, was most of the garbage of a fit. */
  #cells = seasonCells(0, 0, 0);

  /** @param most counts of a row */
  constructor(most: number) {
    this.at = new Int32Array(most);
    this.by = new Float64Array(most);
  }

  #add(at: number, by: number): void {
    this.at[this.n] = at;
    this.by[this.n++] = by;
  }

  /**
   * First estimate of the mean of every bucket, robust against one bad occurrence in eight: the mean of its season cell
   * without the highest values, or of the cell's hour where that is more (so that a sparse series, whose cells are mostly
   * empty, keeps its calls). What lies beyond what is ordinary about it is clipped.
   * @param y `[n]` counts
   * @param sums where the sum of the counts of each slot is written
   */
  first(y: Float64Array, training: Training, sums: Float64Array): void {
    const { season, cellCount } = training;
    let most = 0;
    for (let c = 0; c < season.cells; c++) if (cellCount[c] > most) most = cellCount[c];
    const kept = dropped(most);
    const cells = this.#cellsFor(season.cells, season.hours, kept);
    sumCells(y, training, sums, cells, kept);
    trimCells(training, cells, kept);
    this.#clipCells(y, training, cells);
  }

  #cellsFor(cells: number, hours: number, kept: number): SeasonCells {
    const { trimmed, hourSum, highest } = this.#cells;
    if (trimmed.length < cells || hourSum.length < hours || highest.length < cells * kept) {
      this.#cells = seasonCells(cells, hours, kept);
    }
    return this.#cells;
  }

  #clipCells(y: Float64Array, { slotFrom, bySlot, repeats, season }: Training, cells: SeasonCells): void {
    const { trimmed, lowest, greatest, hourSum, hourCells } = cells;
    const { cellOf, hourOf } = season;
    this.n = 0;
    for (let s = 0; s < repeats.length; s++) {
      const c = cellOf[s];
      if (repeats[s] === 0) continue;
      const around = hourSum[hourOf[c]] / hourCells[hourOf[c]];
      const m = Math.max(trimmed[c], around);
      const reach = reachOf(m);
      const low = trimmed[c] - reach;
      let high = m + reach;
      // Of a cell whose least and greatest count are ordinary all are: hardly any is looked at again.
      if (lowest[c] >= low && greatest[c] <= high) continue;
      high = Math.max(high, everyWeek(y, bySlot, slotFrom[s], slotFrom[s + 1]));
      for (let j = slotFrom[s]; j < slotFrom[s + 1]; j++) {
        const value = y[bySlot[j]];
        if (value < low) this.#add(bySlot[j], low - value);
        else if (value > high) this.#add(bySlot[j], high - value);
      }
    }
  }

  /** Holds every count to its fitted mean ± what is ordinary, or to what its slot has had in every week. */
  all(y: Float64Array, mean: Float64Array, { n, slot, slotFrom, bySlot }: Training, { phi, alpha }: Dispersion): void {
    this.n = 0;
    for (let k = 0; k < n; k++) {
      const m = mean[k];
      const off = Math.abs(y[k] - m) - SLACK;
      if (off <= 0) continue;
      const variance = m * (1 + phi) + alpha * m * m;
      // Nearly every count is well inside: a square root for the others only.
      if (off * off <= SDS * SDS * variance) continue;
      const beyond = off - SDS * Math.sqrt(variance);
      if (beyond <= 0) continue;
      if (y[k] < m) this.#add(k, beyond);
      else {
        const most = everyWeek(y, bySlot, slotFrom[slot[k]], slotFrom[slot[k] + 1]);
        if (y[k] > most) this.#add(k, Math.max(-beyond, most - y[k]));
      }
    }
  }
}

/**
 * The most that is ordinary by what a slot of the week had in every week of the history: two may be all there are, and as
 * much in each of them is no outlier, whatever other days hold. 0 for a slot that was seen once, or as often as others.
 */
function everyWeek(y: Float64Array, bySlot: Int32Array, from: number, to: number): number {
  if (!isFew(to - from)) return 0;
  let least = Infinity;
  for (let j = from; j < to; j++) least = Math.min(least, y[bySlot[j]]);
  return least > 0 ? least + reachOf(least) : 0;
}

/** How far from a mean of `m` a count is ordinary, before the series has shown its own scatter. */
export function reachOf(m: number): number {
  return SDS * Math.sqrt(m * (1 + FIRST_PHI) + FIRST_ALPHA * m * m) + SLACK;
}

/** Sums of the slots and the cells, and the least, the greatest and the `kept` highest counts of each cell. */
function sumCells(
  y: Float64Array,
  { slotFrom, bySlot, repeats, season }: Training,
  sums: Float64Array,
  { trimmed, lowest, greatest, seen, highest }: SeasonCells,
  kept: number,
): void {
  const { cells, cellOf } = season;
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
    // A week seen eight times needs one, and sorting every cell was a tenth of a fit.
    if (kept === 1) highest[c] = top;
    if (kept < 2) continue;
    const first = c * kept;
    for (let j = from; j < to; j++) {
      const value = y[bySlot[j]];
      let at = first + kept - 1;
      if (value <= highest[at]) continue;
      for (; at > first && highest[at - 1] < value; at--) highest[at] = highest[at - 1];
      highest[at] = value;
    }
  }
}

/** The mean of each cell without its highest counts, and the sums of those by hour. */
function trimCells(
  { season: { cells, hours, hourOf }, cellCount }: Training,
  { trimmed, hourSum, hourCells, highest }: SeasonCells,
  kept: number,
): void {
  hourSum.fill(0, 0, hours);
  hourCells.fill(0, 0, hours);
  for (let c = 0; c < cells; c++) {
    const count = cellCount[c];
    if (count === 0) continue;
    for (let i = 0; i < dropped(count); i++) trimmed[c] -= highest[c * kept + i];
    trimmed[c] /= count - dropped(count);
    hourSum[hourOf[c]] += trimmed[c];
    hourCells[hourOf[c]]++;
  }
}

/** By how much a count lies above what is ordinary about a mean `m`; 0 for one that does not. */
export function beyond(y: number, m: number, { phi, alpha }: Dispersion): number {
  const off = y - m - SLACK;
  return off <= 0 ? 0 : Math.max(0, off - SDS * Math.sqrt(m * (1 + phi) + alpha * m * m));
}
