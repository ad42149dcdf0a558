import { DAY, HOUR, MINUTE, SECOND } from '../time/grid.js';
import { zoneOffsets } from '../time/zone.js';
import { minuteOfDay } from './check-source.js';
import { negativeBinomial, poisson } from './draws.js';
import { growth, Wander } from './level.js';
import { CELL, overlap, type Process, type Pulse, spread, wholeSecond } from './process.js';
import { profileAt, workingWeek } from './profile.js';
import type { Random } from './random.js';
import { type Schedule, startsIn } from './schedule.js';
import type { CronSource, Source } from './source.js';

const CELLS_PER_HOUR = HOUR / CELL;
const CELLS_PER_WEEK = 7 * 24 * CELLS_PER_HOUR;
/** Runs are drawn from a day before the start, and local days reach into their neighbours. */
const MARGIN = 4 * DAY;

/** Dispersion and wander where a source does not say. */
const USUAL = {
  human: { dispersion: 0.08, wander: 0.08 },
  flat: { dispersion: 0.02, wander: 0.02 },
  sparse: { dispersion: 0, wander: 0 },
  'control-plane': { dispersion: 0, wander: 0 },
  bursty: { dispersion: 0.02, wander: 0.05 },
};

/** The law of a source (checked) over `[from, to)`; `random` feeds what is drawn once, the wandering of the level. */
export function processOf(source: Source, from: number, to: number, random: Random): Process {
  if (source.kind === 'cron') return cronOf(source, from, to);
  const rate = (perCell: (time: number) => number) =>
    new RateProcess({
      perCell,
      dispersion: source.dispersion ?? USUAL[source.kind].dispersion,
      wander: new Wander(random, from, to, source.wander ?? USUAL[source.kind].wander),
      growthPerWeek: source.growthPerWeek ?? 0,
      start: from,
    });
  /** `atPeak` calls in the busiest cell of a working week, fewer in the others. */
  const atWork = (timeZone: string, atPeak: (weekTotal: number) => number, weekend = 0.08) => {
    const zone = zoneOffsets(timeZone, from - MARGIN, to + MARGIN);
    const week = workingWeek(weekend);
    const peak = atPeak(week.total);
    return (time: number) => peak * profileAt(week, zone, time);
  };
  switch (source.kind) {
    case 'human':
      return rate(atWork(source.timeZone, () => source.perHour / CELLS_PER_HOUR, source.weekend));
    case 'control-plane':
      return rate(atWork(source.timeZone, (total) => source.perWeek / total));
    case 'flat':
      return rate(() => source.perHour / CELLS_PER_HOUR);
    case 'sparse':
      return rate(() => source.perWeek / CELLS_PER_WEEK);
    case 'bursty':
      return new BurstProcess({
        base: rate(() => source.perHour / CELLS_PER_HOUR),
        startsPerCell: atWork(source.timeZone, (total) => source.burstsPerWeek / total),
        calls: source.burstCalls,
        duration: (source.minutes ?? 10) * MINUTE,
      });
  }
}

function cronOf(source: CronSource, from: number, to: number): Process {
  const { schedule } = source;
  const runs: Schedule =
    'every' in schedule
      ? { every: schedule.every * MINUTE, phase: (schedule.phase ?? 0) * MINUTE }
      : {
          at: schedule.at.map((at) => minuteOfDay(at, 'at') * MINUTE),
          days: new Set((schedule.days ?? [1, 2, 3, 4, 5, 6, 7]).map((day) => day - 1)),
          zone: zoneOffsets(schedule.timeZone ?? 'UTC', from - MARGIN, to + MARGIN),
        };
  return new CronProcess({
    schedule: runs,
    batch: source.batch,
    noise: source.noise ?? 0,
    jitter: (source.jitter ?? 0) * MINUTE,
    duration: (source.minutes ?? 1) * MINUTE,
  });
}

interface BurstOptions {
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
class BurstProcess implements Process {
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

interface CronOptions {
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
class CronProcess implements Process {
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

interface RateOptions {
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
class RateProcess implements Process {
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
