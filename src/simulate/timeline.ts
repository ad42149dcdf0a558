import type { SeriesKey } from '../series/key.js';
import { DAY } from '../time/grid.js';
import type { Effect } from './incident-effect.js';
import type { Batch, Lane } from './lane.js';
import { without } from './process.js';
import type { Random } from './random.js';

/** All lanes and incidents over `[from, to)`, a UTC day at a time. */
export class Timeline {
  readonly from: number;
  readonly to: number;
  readonly #lanes: readonly Lane[];
  readonly #effects: readonly Effect[];
  readonly #random: Random;

  constructor(from: number, to: number, lanes: readonly Lane[], effects: readonly Effect[], random: Random) {
    this.from = from;
    this.to = to;
    this.#lanes = lanes;
    this.#effects = effects;
    this.#random = random;
  }

  /** Expected calls in `[from, to)` that count under a key, incidents left out. */
  mean(from: number, to: number, key: Partial<SeriesKey>): number {
    let sum = 0;
    for (const lane of this.#lanes) sum += lane.mean(from, to, key);
    return sum;
  }

  /** The batches of each UTC day in turn; inside a day in no order. Begins anew, with the same batches, at every call. */
  *days(): Generator<Batch[]> {
    let later: Batch[] = [];
    // A run that began the day before may still be calling at the start.
    for (let day = Math.floor(this.from / DAY) * DAY - DAY; day < this.to; day += DAY) {
      const drawn = [...later, ...this.#lanes.flatMap((lane) => lane.draw(day))];
      const end = day + DAY;
      later = drawn.filter((batch) => batch.from >= end);
      let today = drawn.filter((batch) => batch.from < end);
      for (const effect of this.#effects) today = effect.apply(day, today);
      if (end > this.from) yield this.#inside(day, today);
    }
  }

  #inside(day: number, batches: Batch[]): Batch[] {
    if (day >= this.from && day + DAY <= this.to) return batches;
    const random = this.#random.fork('edge', day);
    return without(random, without(random, batches, -Infinity, this.from), this.to, Infinity);
  }
}
