import { ABOVE, BELOW, type Scores } from '../types.js';
import type { RunFinder } from './breach-runs.js';

const NONE: readonly number[] = [];

/**
 * The cells of buckets `[first, last)` that breach or lead to a breach, by bucket: `2 · row`, and 1 more for those below.
 * Rows are read one after another, as they lie in memory. Shoulders that no breach is within reach of are left out.
 * @param active places of runs that were under way before, whose shoulders all count
 */
export function evidenceByBucket(
  scores: Scores,
  first: number,
  last: number,
  { shoulder, reach: within, step }: RunFinder,
  active: { has(place: number): boolean },
): (bucket: number) => readonly number[] {
  const { surprise, verdicts, window } = scores;
  const { length } = window.grid;
  const reach = within / step + 1;
  const found = new Map<number, number[]>();
  const rows = window.keys.length;
  if (last - first === 1) {
    const places: number[] = [];
    for (let row = 0, cell = first; row < rows; row++, cell += length) {
      const verdict = verdicts[cell];
      const by = surprise[cell];
      if (verdict === ABOVE || by >= shoulder) places.push(2 * row);
      if (verdict === BELOW || -by >= shoulder) places.push(2 * row + 1);
    }
    return () => places;
  }
  // What may still turn out to lead to nothing, for either direction.
  const maybe = [new Cells(), new Cells()];
  for (let row = 0; row < rows; row++) {
    const above = active.has(2 * row);
    const below = active.has(2 * row + 1);
    // Of a row without any breach only what leads up to the end may matter.
    const any = above || below || hasBreach(verdicts, row * length + first, row * length + last);
    const from = any ? first : lead(surprise, row * length, first, last, shoulder, reach);
    if (from === last) continue;
    maybe[0].begin(2 * row, above);
    maybe[1].begin(2 * row + 1, below);
    for (let i = from; i < last; i++) {
      const cell = row * length + i;
      const verdict = verdicts[cell];
      const by = surprise[cell];
      if (verdict === ABOVE || by >= shoulder) maybe[0].add(i, verdict === ABOVE, reach, found);
      if (verdict === BELOW || -by >= shoulder) maybe[1].add(i, verdict === BELOW, reach, found);
    }
    for (const cells of maybe) cells.end(last, reach, found);
  }
  return (bucket) => found.get(bucket) ?? NONE;
}

function hasBreach(verdicts: Int8Array, from: number, to: number): boolean {
  for (let cell = from; cell < to; cell++) if (verdicts[cell] === ABOVE || verdicts[cell] === BELOW) return true;
  return false;
}

/** The bucket where the shoulders, of either direction, begin that are within reach of `last` and of one another. */
function lead(
  surprise: Float64Array,
  at: number,
  first: number,
  last: number,
  shoulder: number,
  reach: number,
): number {
  let begin = last;
  for (let i = last - 1; i >= first && begin - i <= reach; i--) if (Math.abs(surprise[at + i]) >= shoulder) begin = i;
  return begin;
}

/** Cells of one row and direction that are within reach of one another. */
class Cells {
  #place = 0;
  #counts = false;
  readonly #buckets: number[] = [];

  begin(place: number, counts: boolean): void {
    this.#place = place;
    this.#counts = counts;
    this.#buckets.length = 0;
  }

  add(bucket: number, isBreach: boolean, reach: number, found: Map<number, number[]>): void {
    const buckets = this.#buckets;
    if (buckets.length > 0 && bucket - buckets[buckets.length - 1] > reach) this.#flush(found);
    buckets.push(bucket);
    this.#counts ||= isBreach;
  }

  /** The row ends at bucket `last`: what is within reach of it may go on in the next scores. */
  end(last: number, reach: number, found: Map<number, number[]>): void {
    const latest = this.#buckets.at(-1);
    if (latest !== undefined && last - latest <= reach) this.#counts = true;
    this.#flush(found);
  }

  #flush(found: Map<number, number[]>): void {
    if (this.#counts) {
      for (const bucket of this.#buckets) {
        const places = found.get(bucket);
        if (places === undefined) found.set(bucket, [this.#place]);
        else places.push(this.#place);
      }
    }
    // After a breach all counts: the row's incident may go on over any time.
    this.#buckets.length = 0;
  }
}
