import type { KmsCall } from '../../src/kms/call.js';
import type { PlanClock } from '../../src/plan/clock.js';
import type { Notice, Notifier } from '../../src/plan/notice.js';
import type { CallSource } from '../../src/plan/source.js';
import { seeded } from '../support/random.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Delivered {
  readonly call: KmsCall;
  /** When the source hands it over, at the earliest. */
  readonly at: number;
}

/** Calls as a log delivers them: some minutes late, some of them hours, some twice; not in order. */
export function delivered(calls: Iterable<KmsCall>, seed: number, late = 0.001): Delivered[] {
  const random = seeded(seed);
  const all: Delivered[] = [];
  for (const call of calls) {
    const delay = random() < late ? 20 * MINUTE + random() * 5 * HOUR : random() * 10 * MINUTE;
    all.push({ call, at: call.time + delay });
    if (random() < 0.002) all.push({ call, at: call.time + delay + random() * HOUR });
  }
  return all.sort((a, b) => a.at - b.at);
}

/** A log that hands over what has been delivered; while it is down, nothing is. */
export function logOf(
  name: string,
  records: readonly Delivered[],
  down: readonly { from: number; to: number }[] = [],
): CallSource {
  return {
    name,
    poll: ({ cursor, from, now }) => {
      const after = typeof cursor === 'number' ? cursor : Number.NEGATIVE_INFINITY;
      const isDown = down.some((range) => now >= range.from && now < range.to);
      // As CloudTrail: when the log stands still, nothing tells that it does.
      const until = isDown ? after : now;
      const calls = records.slice(firstAfter(records, after), firstAfter(records, until)).map(({ call }) => call);
      const listened = isDown ? [] : [{ from: Math.max(from, after), to: until }];
      return { calls, coverage: listened, cursor: isDown ? cursor : until };
    },
  };
}

/** The first that is handed over after a time, by bisection: they are in that order. */
function firstAfter(records: readonly Delivered[], time: number): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (records[middle].at > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Remembers what it is told. */
export function recorder(name = 'recorder'): Notifier & { readonly told: Notice[] } {
  const told: Notice[] = [];
  return { name, told, tell: (notice) => void told.push(notice) };
}

/** A clock on which sleeping takes no time, until `end`; then it aborts. */
export function fastClock(start: number, end: number, stop: AbortController): PlanClock & { time: number } {
  const clock = {
    time: start,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
      if (clock.time >= end) stop.abort();
    },
  };
  return clock;
}
