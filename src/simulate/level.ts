import { DAY, WEEK } from '../time/grid.js';
import type { Random } from './random.js';

/** How much of a day's departure from the usual level is left a day later. */
const MEMORY = 0.85;

/**
 * The slow wandering of a source's level: one factor a UTC day, mean 1, its logarithm a first-order autoregression of
 * standard deviation `sd`. A longer stretch begins with the factors of a shorter one.
 */
export class Wander {
  readonly #first: number;
  readonly #factors: Float64Array;

  constructor(random: Random, from: number, to: number, sd: number) {
    this.#first = Math.floor(from / DAY);
    this.#factors = new Float64Array(Math.max(1, Math.ceil(to / DAY) - this.#first)).fill(1);
    if (sd <= 0) return;
    let level = sd * random.normal();
    const fresh = sd * Math.sqrt(1 - MEMORY * MEMORY);
    for (let day = 0; day < this.#factors.length; day++) {
      this.#factors[day] = Math.exp(level - (sd * sd) / 2);
      level = MEMORY * level + fresh * random.normal();
    }
  }

  at(time: number): number {
    const day = Math.floor(time / DAY) - this.#first;
    return this.#factors[Math.min(Math.max(day, 0), this.#factors.length - 1)];
  }
}

/** Growth by a share of the level each week, as a factor: 1 at `start`. */
export function growth(time: number, start: number, perWeek: number): number {
  return perWeek === 0 ? 1 : Math.exp((Math.log(1 + perWeek) * (time - start)) / WEEK);
}
