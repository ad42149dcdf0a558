import { SeriesSetBuilder } from '../series/builder.js';
import { keyId, type SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import type { TimeGrid } from '../time/grid.js';
import type { MetricPoints } from './metric-points.js';
import { type AbsentPoints, type Metric, rowsOf } from './metrics.js';

/** What is known of a row while its metrics are added up. */
interface Row {
  metrics: number;
  /** The most careful of its metrics' rules. */
  absent: AbsentPoints;
  /** The first bucket with a point. */
  first: number;
  incomplete: boolean;
}

const CARE: readonly AbsentPoints[] = ['zero', 'zero-after-first', 'unobserved'];

/** Adds up metrics of one measure, in any order, into the rows of a {@link SeriesSet}. */
export class MetricRows {
  readonly #grid: TimeGrid;
  readonly #keys: readonly SeriesKey[];
  readonly #rows: readonly Row[];
  readonly #rowOf: ReadonlyMap<string, number>;
  /** 1 where a metric had a point; in the end, where the row is observed. */
  readonly #mask: Uint8Array;
  /** Of counts: holds what is not zero. */
  readonly #builder: SeriesSetBuilder | null;
  /** Of levels. */
  readonly #levels: Float64Array;

  constructor(grid: TimeGrid, measure: 'count' | 'level', metrics: readonly Metric[]) {
    const own = metrics.filter((metric) => metric.measure === measure).flatMap(rowsOf);
    // Sorted, so that the rows do not depend on the order in which CloudWatch lists metrics, or answers.
    const keys = [...new Map(own.map((key) => [keyId(key), key]))].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#grid = grid;
    this.#keys = keys.map(([, key]) => key);
    this.#rowOf = new Map(keys.map(([id], row) => [id, row]));
    this.#rows = keys.map(() => ({ metrics: 0, absent: 'zero', first: Infinity, incomplete: false }));
    this.#mask = new Uint8Array(keys.length * grid.length);
    this.#levels = new Float64Array(measure === 'level' ? keys.length * grid.length : 0);
    this.#builder = measure === 'count' ? new SeriesSetBuilder(grid) : null;
    for (const key of this.#keys) this.#builder?.row(key);
  }

  add(metric: Metric, { values, problem }: MetricPoints): void {
    const { start, step, length } = this.#grid;
    for (const key of rowsOf(metric)) {
      const r = this.#rowOf.get(keyId(key)) as number;
      const row = this.#rows[r];
      row.metrics++;
      row.incomplete ||= problem !== null;
      if (CARE.indexOf(metric.absent) > CARE.indexOf(row.absent)) row.absent = metric.absent;
      for (let b = 0; b < length; b++) {
        if (Number.isNaN(values[b])) continue;
        // Sums come as doubles.
        const count = Math.max(0, Math.round(values[b]));
        if (this.#builder === null) this.#levels[r * length + b] += values[b];
        else if (count > 0) this.#builder.addAt(r, start + b * step, count);
        this.#mask[r * length + b] = 1;
        row.first = Math.min(row.first, b);
      }
    }
  }

  /** The set; buckets outside `[from, to)`, bucket numbers, are not observed. `add` must not be called after it. */
  finish(from: number, to: number): SeriesSet {
    const { length } = this.#grid;
    for (const [r, row] of this.#rows.entries()) {
      const part = this.#mask.subarray(r * length, (r + 1) * length);
      part.fill(0, 0, Math.min(from, length));
      part.fill(0, Math.max(0, to));
      // What is missing of one metric makes the sum of several too low anywhere.
      if (row.incomplete && row.metrics > 1) part.fill(0);
      if (row.incomplete || row.absent === 'unobserved') continue;
      const zeroFrom = row.absent === 'zero' || row.first === Infinity ? 0 : row.first;
      if (to > Math.max(from, zeroFrom)) part.fill(1, Math.max(from, zeroFrom), to);
    }
    if (this.#builder !== null) return { ...this.#builder.finish(), observed: this.#mask };
    return { grid: this.#grid, keys: this.#keys, measure: 'level', values: this.#levels, observed: this.#mask };
  }
}
