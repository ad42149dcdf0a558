import type { Scores } from '../../src/engine/types.js';
import type { KmsCall } from '../../src/kms/call.js';
import {
  definePlan,
  memoryStore,
  type Notice,
  type PlanInput,
  type RunOptions,
  runPlan,
} from '../../src/plan/index.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, type Delivered, fastClock, HOUR, MINUTE, recorder } from './support.js';

export const START = Date.UTC(2026, 4, 4);
export const JUDGED = START + 14 * DAY;
export const STEP = 5 * MINUTE;
export const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
let ids = 0;

export function callAt(time: number, fields: Partial<KmsCall> = {}): KmsCall {
  return {
    time,
    operation: 'Decrypt',
    keyArns: [KEY],
    account: '111122223333',
    region: 'eu-central-1',
    caller: 'arn:aws:iam::111122223333:role/Shop',
    error: null,
    eventId: `call-${ids++}`,
    sharedEventId: null,
    ...fields,
  };
}

/** Calls on one key, 3 a bucket, up to `to`; delivered after `delay`, none from the times in `without`. */
export function steady(
  to: number,
  options: { delay?: number; without?: { from: number; to: number }; seed?: number } = {},
): Delivered[] {
  const random = seeded(options.seed ?? 5);
  const all: Delivered[] = [];
  for (let time = START; time < to; time += STEP) {
    const times = Array.from({ length: poisson(random, 3) }, () => time + random() * STEP);
    if (options.without !== undefined && time >= options.without.from && time < options.without.to) continue;
    for (const at of times) all.push({ call: callAt(Math.floor(at)), at: at + (options.delay ?? MINUTE) });
  }
  return all;
}

export const burst = (
  time: number,
  calls: number,
  at = time + 6 * MINUTE,
  fields: Partial<KmsCall> = {},
): Delivered[] => Array.from({ length: calls }, (_, i) => ({ call: callAt(time + i * 1000, fields), at }));

export const sorted = (records: readonly Delivered[]) => [...records].sort((a, b) => a.at - b.at);

/** Verdicts of all rows as they stand at the end, by time and key; corrected ones replace those before. */
export class Verdicts {
  readonly #last = new Map<string, number>();
  times = new Set<number>();
  readonly take = ({ window, verdicts }: Scores): void => {
    for (let row = 0; row < window.keys.length; row++) {
      for (let b = 0; b < window.grid.length; b++) {
        const time = window.grid.start + b * window.grid.step;
        this.times.add(time);
        this.#last.set(`${time} ${JSON.stringify(window.keys[row])}`, verdicts[row * window.grid.length + b]);
      }
    }
  };
  /** How often each verdict was given in `[from, to)`. */
  count(verdict: number, from: number, to: number): number {
    let found = 0;
    for (const [id, value] of this.#last) {
      const time = Number(id.split(' ')[0]);
      if (time >= from && time < to && value === verdict) found++;
    }
    return found;
  }
}

export async function run(
  plan: Partial<PlanInput> & Pick<PlanInput, 'sources'>,
  to: number,
  { from = JUDGED + 20 * MINUTE, ...options }: Partial<RunOptions> & { from?: number } = {},
) {
  const told = recorder();
  const stop = new AbortController();
  const clock = fastClock(from, to, stop);
  const verdicts = new Verdicts();
  const health = await runPlan(
    definePlan({ purpose: 'Test', owner: 'Tests', notify: [told], timeZone: 'UTC', every: HOUR, ...plan }),
    {
      store: memoryStore(),
      stateId: 'test',
      clock,
      signal: stop.signal,
      onScores: verdicts.take,
      ...options,
    },
  );
  return { told: told.told, health, verdicts, clock };
}

export const lines = (told: readonly Notice[]) => told.map(({ kind, state }) => `${kind} ${state}`);
