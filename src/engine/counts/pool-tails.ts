import type { SeriesKey } from '../../series/key.js';
import { DAY } from '../../time/grid.js';
import { windowsOf } from '../windows.js';
import { SPARSE } from './fit/fit-series.js';
import { type KeptModel, modelColumns, type RowModel } from './model.js';
import { BatchPool } from './pool-batches.js';
import { KNOWN_AFTER, type LeastTails, type TailsShown, tailsAtLeast } from './tail-calibration.js';

/** Fewer rows than this say nothing of others. */
const ENOUGH = 5;
/** The share of rows whose tails are no longer: most young keys are of the common kind, and some are bursty. */
const SHARE = 0.8;

/**
 * What a young series may borrow: how long the tails are of those that have been watched for two weeks, its operation's if
 * there are enough, otherwise all. Two to eight days show no tail, and to take the worst for granted is not to watch a new
 * key at all.
 */
export class Pool {
  readonly #byOperation = new Map<string | null, RowModel[]>();
  readonly #all: RowModel[] = [];
  /** By group: many young keys are of one kind, and each would sort all of it anew. */
  readonly #least = new Map<readonly RowModel[], LeastTails>();

  constructor(keys: readonly SeriesKey[], models: readonly RowModel[], step: number) {
    for (const [row, model] of models.entries()) {
      if (model.calls < SPARSE || model.support * step < KNOWN_AFTER * DAY) continue;
      this.#all.push(model);
      const { operation } = keys[row];
      const group = this.#byOperation.get(operation);
      if (group === undefined) this.#byOperation.set(operation, [model]);
      else group.push(model);
    }
  }

  /** The least tails of a key's kind; `undefined` where too few rows are known. */
  leastTails(key: SeriesKey): LeastTails | undefined {
    const own = this.#byOperation.get(key.operation) ?? [];
    const group = own.length >= ENOUGH ? own : this.#all;
    if (group.length < ENOUGH) return undefined;
    let least = this.#least.get(group);
    if (least === undefined) {
      least = usualTails(group);
      this.#least.set(group, least);
    }
    return least;
  }
}

function usualTails(group: readonly RowModel[]): LeastTails {
  const usual = (of: (model: RowModel) => number) => {
    const sorted = Float64Array.from(group, of).sort();
    return sorted[Math.floor(SHARE * (sorted.length - 1))];
  };
  return {
    above: group[0].above.map((_, w) => usual(({ above }) => above[w].stretch)),
    below: group[0].below.map((_, w) => usual(({ below }) => below[w].stretch)),
    silence: usual(({ silence }) => silence.stretch),
  };
}

/**
 * Gives the models of young rows tails at least as long as those of their kind, and those of few calls the batches of theirs. Of what
 * a history shows of its tails nothing else changes, so that no row is fitted twice.
 * @param tails by row, what the histories of young ones show
 */
export function poolModels(
  keys: readonly SeriesKey[],
  models: readonly KeptModel[],
  tails: ReadonlyMap<number, TailsShown>,
  step: number,
): void {
  // What is borrowed is that of models which do not change, or summed up before any does.
  const pool = new Pool(keys, models, step);
  const windows = windowsOf(step).spans.length;
  const batches = new BatchPool(keys, models, windows);
  const columns = modelColumns(windows);
  for (const [row, model] of models.entries()) {
    const shown = tails.get(row);
    if (shown !== undefined) {
      const least = pool.leastTails(keys[row]);
      if (least !== undefined) columns.change(model, tailsAtLeast(shown, least));
    } else if (model.calls < SPARSE) columns.change(model, { phi: batches.phiOf(keys[row], model) });
  }
}
