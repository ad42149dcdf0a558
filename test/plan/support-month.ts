import { deepStrictEqual, ok } from 'node:assert';
import type { Health } from '../../src/plan/health.js';
import { definePlan, memoryStore, type Notice, NotifyError, type PlanProblem, runPlan } from '../../src/plan/index.js';
import { callAt } from './running.js';
import { DAY, HOUR, logOf, MINUTE, recorder } from './support.js';
import { VirtualClock } from './virtual-clock.js';

export interface Month {
  readonly health: Health;
  readonly decided: number;
  /** Polls of the good source, and the longest time between two of them, ms. */
  readonly polls: number;
  readonly longestGap: number;
  readonly refused: number;
  readonly givenUp: number;
}

/**
 * Runs a plan over so many days, in which one source never answers and one takes three minutes, one notifier refuses every
 * tenth notice and one never comes back. A log that stops for one of every three hours makes for notices. Throws when one of
 * them is lost, comes twice, or is held up; when the health does not name each part that is amiss; and when an abort in the
 * middle of it all does not end the run.
 */
export async function runMonth(start: number, days: number): Promise<Month> {
  const clock = new VirtualClock(start);
  const stop = new AbortController();
  clock.after(days * DAY, () => stop.abort());
  const polls: number[] = [];
  const records = Array.from({ length: (days + 2) * 72 }, (_, i) => {
    const time = start - 2 * DAY + i * 20 * MINUTE;
    return { call: callAt(time), at: time + MINUTE };
  });
  const log = logOf('log', records);
  const good = recorder('good');
  const picky = recorder('picky');
  const asked: string[] = [];
  const problems: PlanProblem[] = [];
  let hanging = 0;
  const plan = definePlan({
    purpose: 'Outlive what hangs',
    owner: 'Tests',
    timeZone: 'UTC',
    every: 5 * MINUTE,
    learnFor: 2 * DAY,
    noDataAfter: 15 * MINUTE,
    sources: [
      {
        name: 'log',
        poll: (request) => {
          polls.push(request.now);
          return log.poll(request);
        },
      },
      { name: 'silent', poll: () => new Promise<never>(() => undefined) },
      {
        name: 'slow',
        poll: async ({ from, now }) => {
          await clock.sleep(3 * MINUTE);
          return { calls: [], coverage: [{ from, to: now }], cursor: null };
        },
      },
      {
        name: 'comes and goes',
        poll: ({ from, now }) => ({
          calls: [],
          coverage: now % (3 * HOUR) < HOUR ? [] : [{ from, to: now }],
          cursor: null,
        }),
      },
    ],
    notify: [
      good,
      {
        name: 'picky',
        tell: (notice) => {
          asked.push(notice.id);
          if (asked.length % 10 === 0) throw new NotifyError('answered 400');
          picky.told.push(notice);
        },
      },
      {
        name: 'hangs',
        tell: () => {
          hanging++;
          return new Promise<never>(() => undefined);
        },
      },
    ],
  });
  const health = await runPlan(plan, {
    store: memoryStore(),
    clock,
    signal: stop.signal,
    onProblem: (problem) => problems.push(problem),
  });
  ok(clock.time < start + days * DAY + MINUTE, 'the abort ended it');
  checkDelivery(health, good.told, picky.told, asked, problems);
  checkHealth(health, hanging);
  return {
    health,
    decided: health.notices.decided,
    polls: polls.length,
    longestGap: polls.slice(1).reduce((most, at, i) => Math.max(most, at - polls[i]), 0),
    refused: asked.length - picky.told.length,
    givenUp: givenUpBy('hangs', problems).length,
  };
}

const givenUpBy = (name: string, problems: readonly PlanProblem[]): string[] =>
  problems.flatMap((problem) => (problem.name === name && problem.setAside ? [problem.setAside.id] : []));

function checkDelivery(
  health: Health,
  good: readonly Notice[],
  picky: readonly Notice[],
  asked: readonly string[],
  problems: readonly PlanProblem[],
): void {
  const ids = good.map(({ id }) => id);
  deepStrictEqual(new Set(ids).size, ids.length, 'none comes twice');
  deepStrictEqual(ids.length, health.notices.decided, 'none is lost');
  deepStrictEqual(asked, ids, 'the same to the notifier that refuses some, each once, in order');
  const refused = ids.filter((_, i) => i % 10 === 9);
  deepStrictEqual(
    picky.map(({ id }) => id),
    ids.filter((id) => !refused.includes(id)),
    'but for every tenth',
  );
  deepStrictEqual(givenUpBy('picky', problems), refused, 'each of which was reported');
  // Those that the hanging one could not be sent for a week were let go with a word, and in order.
  const givenUp = givenUpBy('hangs', problems);
  deepStrictEqual(givenUp, ids.slice(0, givenUp.length));
}

function checkHealth({ failing, undelivered, notices }: Health, hanging: number): void {
  deepStrictEqual(failing, [{ source: 'silent', message: 'no answer for 5 min' }]);
  const [picky, hangs] = undelivered;
  deepStrictEqual([picky.notifier, picky.failing, picky.waiting], ['picky', null, 0]);
  deepStrictEqual(picky.refused, Math.floor(notices.decided / 10));
  deepStrictEqual([hangs.notifier, hangs.failing], ['hangs', 'no answer for 5 min']);
  deepStrictEqual(hangs.waiting, notices.waiting);
  ok(hanging > 1, 'it is tried again');
}
