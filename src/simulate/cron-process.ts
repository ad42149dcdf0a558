import { DAY, SECOND } from '../time/grid.js';
import { overlap, type Process, type Pulse, spread } from './process.js';
import type { Random } from './random.js';
import { type Schedule, startsIn } from './schedule.js';

export interface CronOptions {
  readonly schedule: Schedule;
  /** Mean calls of a run. */
  readonly batch: number;
  /** Standard deviation of a run's calls, as a share of `batch`. */
  readonly noise: number;
  /** A run begins up to this many ms late, evenly: enough of it and a run straddles two buckets. */
  readonly jitter: number;
  /** How long a run makes calls, ms. */
  readonly duration: number;
}

/** Runs by the clock, each of about the same number of calls. */
export class CronProcess implements Process {
  readonly #options: CronOptions;

  constructor(options: CronOptions) {
    this.#options = options;
  }

  /** A window that cuts through a run gets its share of the time in which the run may call. */
  mean(from: number, to: number): number {
    const { schedule, batch, jitter, duration } = this.#options;
    const reach = jitter + duration;
    let sum = 0;
    for (const start of startsIn(schedule, from - reach, to)) {
      sum += (batch * overlap(start, start + reach, from, to)) / reach;
    }
    return sum;
  }

  draw(day: number, random: Random): Pulse[] {
    const { schedule, batch, noise, jitter, duration } = this.#options;
    return startsIn(schedule, day, day + DAY).flatMap((start) => {
      const calls = Math.max(0, Math.round(batch * (1 + noise * random.normal())));
      const from = start + random.below(Math.floor(jitter / SECOND) + 1) * SECOND;
      return spread(random, from, from + duration, calls);
    });
  }
}
