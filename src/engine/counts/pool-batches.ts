import type { SeriesKey } from '../../series/key.js';
import { PHI_PRECISION, PRIOR } from './dispersion.js';
import { SPARSE } from './fit/fit-series.js';
import type { RowModel } from './model.js';
import { RANK } from './tail-calibration.js';

/** Fewer rows than this say nothing of others. */
const ENOUGH = 5;
/**
 * The share of rows whose own batches the pooled figure covers at least. Rows differ in how their calls come together, and most
 * have too few to show it: pooled by its mean alone, phi raised what was reported of 900 real rows of 0 to 21 calls a week from
 * 1.33 to 3.07 a week, most of which did not stand.
 */
const COVERED = 0.975;
/** One or two incidents do not move it, as those of tails. */
const BEYOND = RANK - 1;

/** Batchiness by window: moments Σ Y (Y − 1) less chance, and the calls they are of. They add up over rows. */
interface Batches {
  readonly pairs: Float64Array;
  calls: number;
}

/**
 * How calls come together in rows of few: what each shows is drawn to what those of its operation show, and these to all
 * such rows. A handful of calls says next to nothing of its own: the prior alone would half expect three or four
 * control-plane calls at once, of an operation that never saw two.
 */
export class BatchPool {
  readonly #all: Batches;
  readonly #byOperation = new Map<string | null, Batches>();
  /** `[windows]`: what nine in ten rows do not exceed; `undefined` where too few rows are known. */
  readonly #floor: Float64Array | undefined;

  constructor(keys: readonly SeriesKey[], models: readonly RowModel[], windows: number) {
    this.#all = { pairs: new Float64Array(windows), calls: 0 };
    const own: Float64Array[] = [];
    for (const [row, model] of models.entries()) {
      if (!isFew(model)) continue;
      const pairs = pairsOf(model);
      own.push(pairs.map((value) => value / model.calls));
      const { operation } = keys[row];
      let batches = this.#byOperation.get(operation);
      if (batches === undefined) {
        batches = { pairs: new Float64Array(windows), calls: 0 };
        this.#byOperation.set(operation, batches);
      }
      for (const sums of [batches, this.#all]) {
        sums.calls += model.calls;
        for (let w = 0; w < windows; w++) sums.pairs[w] += pairs[w];
      }
    }
    if (own.length < ENOUGH) return;
    this.#floor = new Float64Array(windows).map((_, w) => {
      const sorted = Float64Array.from(own, (row) => row[w]).sort();
      return sorted[Math.min(Math.floor(COVERED * (sorted.length - 1)), sorted.length - 1 - BEYOND)];
    });
  }

  /** `[windows]` phi of a row, its history and that of its kind taken together; its own where there is nothing to pool. */
  phiOf(key: SeriesKey, model: RowModel): Float64Array {
    const floor = this.#floor;
    if (floor === undefined || !isFew(model)) return model.phi;
    const pairs = pairsOf(model);
    const kind = this.#byOperation.get(key.operation) as Batches;
    const phi = pairs.map((own, w) => {
      const all = drawn(this.#all.pairs[w], this.#all.calls, PRIOR.phi);
      const usual = drawn(kind.pairs[w], kind.calls, all);
      return Math.max(drawn(own, model.calls, usual), floor[w]);
    });
    // Clusters of an hour are clusters of a day.
    for (let w = 1; w < phi.length; w++) phi[w] = Math.max(phi[w], phi[w - 1]);
    return phi;
  }
}

function isFew({ calls }: RowModel): boolean {
  return calls > 0 && calls < SPARSE;
}

/** The moments behind a row's phi, see fit-sparse-series.ts: what is left of it without the prior. */
function pairsOf({ phi, calls }: RowModel): Float64Array {
  return phi.map((value) => Math.max(0, value * (calls + PHI_PRECISION) - PHI_PRECISION * PRIOR.phi));
}

/** phi by its moments, drawn to that of its kind. */
function drawn(pairs: number, calls: number, usual: number): number {
  return (pairs + PHI_PRECISION * usual) / (calls + PHI_PRECISION);
}
