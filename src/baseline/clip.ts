/**
 * Clipping of outliers before anything is learned: an incident in the history must not teach. Every count is held to
 * center ± (4 sd + 2); the + 2 means that single calls are never outliers, or a sparse series would unlearn its own.
 */
const SDS = 4;
const SLACK = 2;

/** Generous scatter for the first pass, before the series has shown its own: cv 0.3 beside twice Poisson. */
const FIRST_PHI = 1;
const FIRST_ALPHA = 0.1;

/** Buckets in the order of their season cell: cell k has its buckets at `[from[k], from[k + 1])` of `order`. */
export interface CellOrder {
  readonly from: Int32Array;
  readonly order: Int32Array;
}

/** Groups the buckets whose `use` is not 0 by `cell[bucket]`, in time order within a cell. */
export function orderByCell(cell: ArrayLike<number>, use: Uint8Array, length: number, cells: number): CellOrder {
  const from = new Int32Array(cells + 1);
  for (let i = 0; i < length; i++) if (use[i] !== 0) from[cell[i] + 1]++;
  for (let k = 0; k < cells; k++) from[k + 1] += from[k];
  const order = new Int32Array(from[cells]);
  const next = from.slice();
  for (let i = 0; i < length; i++) if (use[i] !== 0) order[next[cell[i]]++] = i;
  return { from, order };
}

/**
 * First estimate of the mean of every bucket, robust against one bad occurrence in eight: the mean of its season cell
 * without the highest values, or of the cell's hour where that is more (so that a sparse series, whose cells are mostly
 * empty, keeps its calls). Then `y` is clipped about it into `clipped`.
 * @param hour `[cells]` the hour that each cell belongs to, as consecutive numbers
 */
export function firstClip(
  y: Float64Array,
  { from, order }: CellOrder,
  hour: Int32Array,
  hours: number,
  clipped: Float64Array,
): void {
  const cells = from.length - 1;
  const trimmed = new Float64Array(cells);
  const hourSum = new Float64Array(hours);
  const hourCells = new Int32Array(hours);
  const values: number[] = [];
  for (let k = 0; k < cells; k++) {
    const n = from[k + 1] - from[k];
    if (n === 0) continue;
    values.length = 0;
    for (let i = from[k]; i < from[k + 1]; i++) values.push(y[order[i]]);
    values.sort((a, b) => a - b);
    const kept = n < 3 ? n : n - Math.ceil(n / 8);
    let sum = 0;
    for (let i = 0; i < kept; i++) sum += values[i];
    trimmed[k] = sum / kept;
    hourSum[hour[k]] += trimmed[k];
    hourCells[hour[k]]++;
  }
  for (let k = 0; k < cells; k++) {
    const around = hourCells[hour[k]] > 0 ? hourSum[hour[k]] / hourCells[hour[k]] : 0;
    const m = Math.max(trimmed[k], around);
    const reach = SDS * Math.sqrt(m * (1 + FIRST_PHI) + FIRST_ALPHA * m * m) + SLACK;
    for (let i = from[k]; i < from[k + 1]; i++) {
      const t = order[i];
      clipped[t] = Math.min(Math.max(y[t], trimmed[k] - reach), m + reach);
    }
  }
}

/** Clips one count about its fitted mean and variance. */
export function clip(y: number, mean: number, variance: number): number {
  const reach = SDS * Math.sqrt(variance) + SLACK;
  return Math.min(Math.max(y, mean - reach), mean + reach);
}
