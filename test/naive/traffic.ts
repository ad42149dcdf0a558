import { poisson, seeded } from '../support/random.js';
import { DAY, STEP } from '../support/sets.js';

/** A stretch of time, from the start of the traffic, in which calls come `factor` times as often. */
export interface Episode {
  readonly from: number;
  readonly to: number;
  readonly factor: number;
}

/** Poisson counts of five-minute buckets from `start` on, their mean multiplied during episodes. Drawn call by call. */
export function traffic(
  seed: number,
  buckets: number,
  start: number,
  mean: (time: number) => number,
  episodes: readonly Episode[] = [],
): Float64Array {
  const random = seeded(seed);
  return Float64Array.from({ length: buckets }, (_, i) => {
    const time = start + i * STEP;
    const factor = episodes.reduce((f, e) => (time - start >= e.from && time - start < e.to ? f * e.factor : f), 1);
    return poisson(random, mean(time) * factor);
  });
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * What a clock on the wall of a zone shows: day of the week (Monday 0) and hours since midnight, by asking a formatter for
 * every quarter of an hour.
 */
export function wallClock(zone: string): (time: number) => { day: number; hours: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const shown = new Map<number, { day: number; hours: number }>();
  return (time) => {
    const quarter = Math.floor(time / 900_000) * 900_000;
    let clock = shown.get(quarter);
    if (clock === undefined) {
      const part = Object.fromEntries(format.formatToParts(quarter).map(({ type, value }) => [type, value]));
      clock = {
        day: WEEKDAYS.indexOf(part['weekday'] ?? ''),
        hours: Number(part['hour']) + Number(part['minute']) / 60,
      };
      shown.set(quarter, clock);
    }
    return { day: clock.day, hours: clock.hours + (time - quarter) / 3_600_000 };
  };
}

/** People at work by the clock of `zone`: from eight to seven on weekdays, hardly by night, few at week ends. */
export function people(zone: string, most: number): (time: number) => number {
  const clock = wallClock(zone);
  return (time) => {
    const { day, hours } = clock(time);
    const awake = hours < 8 || hours >= 19 ? 0 : Math.sin((Math.PI * (hours - 8)) / 11);
    return most * (0.03 + (day < 5 ? 1 : 0.15) * awake);
  };
}

/** Runs of the same breach, those at most `bridge` ms apart as one: half-open times from the start. */
export function breaches(
  verdicts: ArrayLike<number>,
  bridge = DAY / 24,
): { verdict: number; from: number; to: number }[] {
  const runs: { verdict: number; from: number; to: number }[] = [];
  for (let i = 0; i < verdicts.length; i++) {
    if (verdicts[i] !== 1 && verdicts[i] !== -1) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.verdict === verdicts[i] && i * STEP - last.to <= bridge) last.to = (i + 1) * STEP;
    else runs.push({ verdict: verdicts[i], from: i * STEP, to: (i + 1) * STEP });
  }
  return runs;
}
