import type { Dispersion } from '../dispersion.js';
import { isFew } from '../few-weeks.js';
import type { SlotCounts } from './slot-counts.js';
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
  /** The mean of those by hour, and how many they are. */
  readonly hourMean: Float64Array;
  readonly hourCells: Int32Array;
  /** `[cells × kept]`: the highest of each cell so far, in descending order. */
  readonly highest: Float64Array;
}

function seasonCells(cells: number, hours: number, kept: number): SeasonCells {
  const column = () => new Float64Array(cells);
  return {
    trimmed: column(),
    hourMean: new Float64Array(hours),
    hourCells: new Int32Array(hours),
    highest: new Float64Array(cells * kept),
  };
}

/** How many of the highest counts of a cell are left out of its mean. */
export function dropped(count: number): number {
  return count < 3 ? 0 : Math.ceil(count / 8);
}

/**
 * Counts that were held to what is ordinary: which they are, as {@link Training.bySlot} has them, their slots, and by how much
 * they were moved. The first `n` entries count.
 */
export class Clips {
  n = 0;
  readonly at: Int32Array;
  readonly slot: Int32Array;
  readonly by: Float64Array;
  /** Working space: a row's own, four times a week of slots, was most of the garbage of a fit. */
  #cells = seasonCells(0, 0, 0);

  /** @param most counts of a row */
  constructor(most: number) {
    this.at = new Int32Array(most);
    this.slot = new Int32Array(most);
    this.by = new Float64Array(most);
  }

  #add(at: number, slot: number, by: number): void {
    this.at[this.n] = at;
    this.slot[this.n] = slot;
    this.by[this.n++] = by;
  }

  /**
   * First estimate of the mean of every bucket, robust against one bad occurrence in eight: the mean of its season cell
   * without the highest values, or of the cell's hour where that is more (so that a sparse series, whose cells are mostly
   * empty, keeps its calls). What lies beyond what is ordinary about it is clipped.
   */
  first(counts: SlotCounts, training: Training): void {
    const { season, cellCount } = training;
    let most = 0;
    for (let c = 0; c < season.cells; c++) if (cellCount[c] > most) most = cellCount[c];
    const kept = dropped(most);
    const cells = this.#cellsFor(season.cells, season.hours, kept);
    sumCells(counts, training, cells, kept);
    trimCells(training, cells, kept);
    this.#clipCells(counts, training, cells);
  }

  #cellsFor(cells: number, hours: number, kept: number): SeasonCells {
    const { trimmed, hourMean, highest } = this.#cells;
    if (trimmed.length < cells || hourMean.length < hours || highest.length < cells * kept) {
      this.#cells = seasonCells(cells, hours, kept);
    }
    return this.#cells;
  }

  #clipCells(
    { calls: y, sums, callSquares }: SlotCounts,
    { slotFrom, slotTo, repeats, season }: Training,
    { trimmed, hourMean }: SeasonCells,
  ): void {
    const { cellOf, hourOf } = season;
    this.n = 0;
    for (let s = 0; s < repeats.length; s++) {
      const c = cellOf[s];
      if (repeats[s] === 0) continue;
      const around = hourMean[hourOf[c]];
      const m = trimmed[c] > around ? trimmed[c] : around;
      // Of a slot whose counts are ordinary together each is: hardly any is looked at again.
      const off = callSquares[s] + trimmed[c] * (repeats[s] * trimmed[c] - 2 * sums[s]);
      if (off <= SLACK * SLACK + SDS * SDS * firstVariance(m)) continue;
      const reach = reachOf(m);
      const low = trimmed[c] - reach;
      let high = m + reach;
      high = Math.max(high, everyWeek(y, slotFrom[s], slotTo[s]));
      for (let j = slotFrom[s]; j < slotTo[s]; j++) {
        if (y[j] < low) this.#add(j, s, low - y[j]);
        else if (y[j] > high) this.#add(j, s, high - y[j]);
      }
    }
  }

  /** Holds every count to its fitted mean ± what is ordinary, or to what its slot has had in every week. */
  all(counts: SlotCounts, { slotFrom, slotTo, hours: { each } }: Training, { phi, alpha }: Dispersion): void {
    const { calls: y } = counts;
    this.n = 0;
    const perCall = 1 + phi;
    for (let s = 0; s < slotFrom.length; s++) {
      // Nearly every slot is well inside with all its counts together: (2 + 4 sd)² is more than 4 + 16 variances.
      const low = counts.leastMeanAt(s, each);
      if (counts.offAt(s) <= SLACK * SLACK + SDS * SDS * low * (perCall + alpha * low)) continue;
      for (let j = slotFrom[s]; j < slotTo[s]; j++) {
        const m = counts.meanAt(j, s);
        const off = Math.abs(y[j] - m) - SLACK;
        if (off <= 0) continue;
        const variance = m * (perCall + alpha * m);
        if (off * off <= SDS * SDS * variance) continue;
        const beyond = off - SDS * Math.sqrt(variance);
        if (beyond <= 0) continue;
        if (y[j] < m) this.#add(j, s, beyond);
        else {
          const usual = everyWeek(y, slotFrom[s], slotTo[s]);
          if (y[j] > usual) this.#add(j, s, Math.max(-beyond, usual - y[j]));
        }
      }
    }
  }
}

/**
 * The most that is ordinary by what a slot of the week had in every week of the history: two may be all there are, and as
 * much in each of them is no outlier, whatever other days hold. 0 for a slot that was seen once, or as often as others.
 */
function everyWeek(y: Float64Array, from: number, to: number): number {
  if (!isFew(to - from)) return 0;
  let least = Infinity;
  for (let j = from; j < to; j++) least = Math.min(least, y[j]);
  return least > 0 ? least + reachOf(least) : 0;
}

/** How far from a mean of `m` a count is ordinary, before the series has shown its own scatter. */
export function reachOf(m: number): number {
  return SDS * Math.sqrt(firstVariance(m)) + SLACK;
}

function firstVariance(m: number): number {
  return m * (1 + FIRST_PHI + FIRST_ALPHA * m);
}

/** Sums of the cells, and the `kept` highest counts of each. */
function sumCells(
  { calls, sums, most }: SlotCounts,
  { slotFrom, slotTo, season: { cells, cellOf } }: Training,
  { trimmed, highest }: SeasonCells,
  kept: number,
): void {
  trimmed.fill(0, 0, cells);
  highest.fill(0, 0, cells * kept);
  for (let s = 0; s < slotFrom.length; s++) {
    const c = cellOf[s];
    trimmed[c] += sums[s];
    // A week seen eight times needs one, and sorting every cell was a tenth of a fit.
    if (kept === 1) highest[c] = most[s] > highest[c] ? most[s] : highest[c];
    if (kept < 2) continue;
    const first = c * kept;
    for (let j = slotFrom[s]; j < slotTo[s]; j++) {
      const value = calls[j];
      let at = first + kept - 1;
      if (value <= highest[at]) continue;
      for (; at > first && highest[at - 1] < value; at--) highest[at] = highest[at - 1];
      highest[at] = value;
    }
  }
}

/** The mean of each cell without its highest counts, and the mean of those by hour. */
function trimCells(
  { season: { cells, hours, hourOf }, cellCount }: Training,
  { trimmed, hourMean, hourCells, highest }: SeasonCells,
  kept: number,
): void {
  hourMean.fill(0, 0, hours);
  hourCells.fill(0, 0, hours);
  let last = 0;
  let without = 0;
  let perCount = 0;
  for (let c = 0; c < cells; c++) {
    const count = cellCount[c];
    if (count === 0) continue;
    if (count !== last) {
      last = count;
      without = dropped(count);
      perCount = 1 / (count - without);
    }
    let sum = trimmed[c];
    for (let i = c * kept; i < c * kept + without; i++) sum -= highest[i];
    trimmed[c] = sum * perCount;
    hourMean[hourOf[c]] += trimmed[c];
    hourCells[hourOf[c]]++;
  }
  for (let hour = 0; hour < hours; hour++) if (hourCells[hour] > 0) hourMean[hour] /= hourCells[hour];
}

/** By how much a count lies above what is ordinary about a mean `m`; 0 for one that does not. */
export function beyond(y: number, m: number, { phi, alpha }: Dispersion): number {
  const off = y - m - SLACK;
  return off <= 0 ? 0 : Math.max(0, off - SDS * Math.sqrt(m * (1 + phi) + alpha * m * m));
}
