import type { AlarmState, MissingData } from '../../src/alarm/index.js';

export interface SlowRule {
  readonly n: number;
  readonly m: number;
  readonly treat: MissingData;
  /** Buckets a period. */
  readonly width: number;
  /** Periods that a window may look back over. */
  readonly range: number;
  readonly threshold: number;
}

/**
 * The states of an alarm on the greatest value of a period being above a threshold, after every bucket of all: each time
 * anew from the whole history, by the words of the CloudWatch User Guide (alarm-evaluation, alarms-and-missing-data).
 */
export function slowStates(values: readonly number[], rule: SlowRule): AlarmState[] {
  const states: AlarmState[] = [];
  for (let end = 1; end <= values.length; end++) {
    const before = states.at(-1) ?? 'INSUFFICIENT_DATA';
    states.push(slowState(values.slice(0, end), rule) ?? before);
  }
  return states;
}

function slowState(values: readonly number[], { n, m, treat, width, range, threshold }: SlowRule): AlarmState | null {
  // Newest period first: true breaches, false does not, null is missing.
  const periods = Array.from({ length: range }, (_, age) => {
    const to = values.length - age * width;
    const there = values.slice(Math.max(0, to - width), Math.max(0, to)).filter((value) => !Number.isNaN(value));
    return there.length === 0 ? null : there.some((value) => value > threshold);
  });
  const real = periods.filter((period) => period !== null);
  if (real.length >= n) return real.slice(0, n).filter(Boolean).length >= m ? 'ALARM' : 'OK';
  // Fewer than N: what is there, and as many of the treatment as make N.
  const outcome = (fill: boolean): AlarmState =>
    [...real, ...Array<boolean>(n - real.length).fill(fill)].filter(Boolean).length >= m ? 'ALARM' : 'OK';
  if (treat === 'breaching') return outcome(true);
  if (treat === 'notBreaching') return outcome(false);
  if (real.length === 0) return treat === 'missing' ? 'INSUFFICIENT_DATA' : null;
  if (outcome(false) === 'ALARM') return 'ALARM';
  if (real.includes(false)) return 'OK';
  // All that is there breaches, too few to be M: the premature-alarm rule, for missing treated as missing only.
  const oldest = periods.lastIndexOf(true) + 1;
  return treat === 'missing' && oldest >= m ? 'ALARM' : null;
}

/** A wall clock's alarm, in a zone; days and weeks of the clock, so that some have 23 hours and some 25. */
export interface SlowClockRule {
  readonly n: number;
  readonly m: number;
  readonly treat: MissingData;
  readonly timeZone: string;
  readonly period: 'hour' | 'day' | 'week';
  readonly threshold: number;
}

/**
 * The states of an alarm on the sum of a period being above a threshold, after every hour from `start` on: each hour is put
 * into its period by what a calendar of the zone shows, and exactly N whole periods are looked at.
 */
export function slowClockStates(values: readonly number[], start: number, rule: SlowClockRule): AlarmState[] {
  const { n, m, treat, threshold } = rule;
  const names = values.map((_, i) => periodName(start + i * 3_600_000, rule));
  const states: AlarmState[] = [];
  let evaluated = -1;
  for (let end = 1; end <= values.length; end++) {
    const before = states.at(-1) ?? 'INSUFFICIENT_DATA';
    // A period is over when the next hour belongs to another.
    const next = periodName(start + end * 3_600_000, rule);
    if (next === names[end - 1]) {
      states.push(before);
      continue;
    }
    evaluated = end;
    const periods: (boolean | null)[] = [];
    for (let i = evaluated - 1; i >= 0 && periods.length < n; ) {
      const name = names[i];
      const own: number[] = [];
      for (; i >= 0 && names[i] === name; i--) own.push(values[i]);
      const there = own.filter((value) => !Number.isNaN(value));
      periods.push(there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0) > threshold);
    }
    while (periods.length < n) periods.push(null);
    states.push(decide(periods, { n, m, treat }) ?? before);
  }
  return states;
}

function decide(
  periods: readonly (boolean | null)[],
  { n, m, treat }: Pick<SlowRule, 'n' | 'm' | 'treat'>,
): AlarmState | null {
  const values = periods.map((value) => (value === null ? Number.NaN : Number(value))).reverse();
  return slowState(values, { n, m, treat, width: 1, range: n, threshold: 0.5 });
}

const calendars = new Map<string, Intl.DateTimeFormat>();

/** What a calendar on the wall calls the period of an hour; weeks by their Monday. */
function periodName(time: number, { timeZone, period }: SlowClockRule): string {
  const calendar =
    calendars.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      weekday: 'short',
      hour: '2-digit',
      timeZoneName: 'longOffset',
    });
  calendars.set(timeZone, calendar);
  const parts = Object.fromEntries(calendar.formatToParts(time).map(({ type, value }) => [type, value]));
  const { year, month, day, weekday, hour, timeZoneName } = parts;
  if (period === 'hour') return `${year}-${month}-${day} ${hour} ${timeZoneName}`;
  if (period === 'day') return `${year}-${month}-${day}`;
  const back = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(String(weekday));
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) - back)).toISOString().slice(0, 10);
}
