import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { zoneOffsets } from '../time/zone.js';
import { BurstProcess } from './burst-process.js';
import { minuteOfDay } from './check-source.js';
import { CronProcess } from './cron-process.js';
import { Wander } from './level.js';
import { CELL, type Process } from './process.js';
import { profileAt, workingWeek } from './profile.js';
import type { Random } from './random.js';
import { RateProcess } from './rate-process.js';
import type { Schedule } from './schedule.js';
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
