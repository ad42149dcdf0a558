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
 * empty, keeps its calls). Then `y` is clipped about it into `clipped`.
 * @param slot `[n]` week slot of each count
 */
export function firstClip(
  y: Float64Array,
  slot: Int32Array,
  n: number,
  { cells, cellOf, hours, hourOf }: Season,
  clipped: Float64Array,
): void {
  const { count, trimmed, lowest, greatest } = scratchFor(cells);
  count.fill(0);
  trimmed.fill(0);
  let most = 0;
  for (let k = 0; k < n; k++) most = Math.max(most, ++count[cellOf[slot[k]]]);
  // The highest of each cell so far, in descending order: a week seen eight times needs one, and sorting every cell was a
  // tenth of a fit.
  const kept = most < 3 ? 0 : Math.ceil(most / 8);
  if (highest.length < cells * kept) highest = new Float64Array(cells * kept);
  highest.fill(0, 0, cells * kept);
  for (let k = 0; k < n; k++) {
    const cell = cellOf[slot[k]];
    trimmed[cell] += y[k];
    if (kept === 1) {
      highest[cell] = Math.max(highest[cell], y[k]);
      continue;
    }
    let at = (cell + 1) * kept - 1;
    if (kept === 0 || y[k] <= highest[at]) continue;
    for (; at > cell * kept && highest[at - 1] < y[k]; at--) highest[at] = highest[at - 1];
    highest[at] = y[k];
  }
  const hourSum = new Float64Array(hours);
  const hourCells = new Int32Array(hours);
  for (let c = 0; c < cells; c++) {
    if (count[c] === 0) continue;
    const dropped = count[c] < 3 ? 0 : Math.ceil(count[c] / 8);
    for (let i = 0; i < dropped; i++) trimmed[c] -= highest[c * kept + i];
    trimmed[c] /= count[c] - dropped;
    hourSum[hourOf[c]] += trimmed[c];
    hourCells[hourOf[c]]++;
  }
  for (let c = 0; c < cells; c++) {
    const around = hourCells[hourOf[c]] > 0 ? hourSum[hourOf[c]] / hourCells[hourOf[c]] : 0;
    const m = Math.max(trimmed[c], around);
    const reach = SDS * Math.sqrt(m * (1 + FIRST_PHI) + FIRST_ALPHA * m * m) + SLACK;
    lowest[c] = trimmed[c] - reach;
    greatest[c] = m + reach;
  }
  for (let k = 0; k < n; k++) {
    const cell = cellOf[slot[k]];
    clipped[k] = Math.min(Math.max(y[k], lowest[cell]), greatest[cell]);
  }
}

/** Working space: a row's own, four times a week of slots, was most of the garbage of a fit. */
let scratch = {
  count: new Int32Array(0),
  trimmed: new Float64Array(0),
  lowest: new Float64Array(0),
  greatest: new Float64Array(0),
};
let highest = new Float64Array(0);

function scratchFor(cells: number): typeof scratch {
  if (scratch.count.length < cells) {
    const column = () => new Float64Array(cells);
    scratch = { count: new Int32Array(cells), trimmed: column(), lowest: column(), greatest: column() };
  }
  return scratch;
}

/** Clips one count about its fitted mean and variance. */
export function clip(y: number, mean: number, variance: number): number {
  const off = Math.abs(y - mean) - SLACK;
  // Nearly every count is well inside: a square root for the others only.
  if (off <= 0 || off * off <= SDS * SDS * variance) return y;
  const reach = SDS * Math.sqrt(variance) + SLACK;
  return Math.min(Math.max(y, mean - reach), mean + reach);
}
