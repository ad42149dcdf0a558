import { DAY } from '../time/grid.js';
import { negativeBinomial } from './draws.js';
import { growth, type Wander } from './level.js';
import { CELL, overlap, type Process, type Pulse } from './process.js';
import type { Random } from './random.js';

export interface RateOptions {
  /** Expected calls in the cell of five minutes that begins at a time, level 1. */
  readonly perCell: (time: number) => number;
  /** The variance of a cell's count is mean + dispersion · mean². */
  readonly dispersion: number;
  readonly wander: Wander;
  /** Share by which the level grows each week, from `start` on. */
  readonly growthPerWeek: number;
  readonly start: number;
}

/** Calls that come one by one at a rate that follows the time: people, steady machines, what is rare. */
export class RateProcess implements Process {
  readonly #options: RateOptions;

  constructor(options: RateOptions) {
    this.#options = options;
  }

  #planned(cell: number): number {
    return this.#options.perCell(cell) * growth(cell, this.#options.start, this.#options.growthPerWeek);
  }

  mean(from: number, to: number): number {
    let sum = 0;
    for (let cell = Math.floor(from / CELL) * CELL; cell < to; cell += CELL) {
      sum += (this.#planned(cell) * overlap(cell, cell + CELL, from, to)) / CELL;
    }
    return sum;
  }

  draw(day: number, random: Random): Pulse[] {
    const { wander, dispersion } = this.#options;
    const level = wander.at(day);
    const pulses: Pulse[] = [];
    for (let cell = day; cell < day + DAY; cell += CELL) {
      const calls = negativeBinomial(random, this.#planned(cell) * level, dispersion);
      if (calls > 0) pulses.push({ from: cell, to: cell + CELL, calls });
    }
    return pulses;
  }
}
