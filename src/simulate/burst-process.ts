import { DAY } from '../time/grid.js';
import { negativeBinomial, poisson } from './draws.js';
import { CELL, type Process, type Pulse, spread, wholeSecond } from './process.js';
import type { Random } from './random.js';

export interface BurstOptions {
  /** The calls between bursts. */
  readonly base: Process;
  /** Expected bursts that begin in the cell of five minutes that begins at a time. */
  readonly startsPerCell: (time: number) => number;
  /** Mean calls of a burst, scattered over `duration` ms. */
  readonly calls: number;
  readonly duration: number;
}

/** Relative variance of the size of a burst. */
const SIZE_DISPERSION = 0.15;

/** Bursts at random moments, as deployments make, over a low base. */
export class BurstProcess implements Process {
  readonly #options: BurstOptions;

  constructor(options: BurstOptions) {
    this.#options = options;
  }

  /** A burst's calls are expected in the middle of it, so the plan runs half a burst late. */
  mean(from: number, to: number): number {
    const { base, startsPerCell, calls, duration } = this.#options;
    const lag = duration / 2;
    let starts = 0;
    for (let cell = Math.floor((from - lag) / CELL) * CELL; cell < to - lag; cell += CELL) {
      const share = (Math.min(cell + CELL, to - lag) - Math.max(cell, from - lag)) / CELL;
      starts += startsPerCell(cell) * share;
    }
    return base.mean(from, to) + starts * calls;
  }

  draw(day: number, random: Random): Pulse[] {
    const { base, startsPerCell, calls, duration } = this.#options;
    const pulses = base.draw(day, random.fork('base'));
    for (let cell = day; cell < day + DAY; cell += CELL) {
      for (let left = poisson(random, startsPerCell(cell)); left > 0; left--) {
        const from = wholeSecond(cell + random.below(CELL));
        pulses.push(...spread(random, from, from + duration, negativeBinomial(random, calls, SIZE_DISPERSION)));
      }
    }
    return pulses;
  }
}
