import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { machineClock } from '../../src/plan/clock.js';
import { definePlan } from '../../src/plan/plan.js';
import { coverageOf } from '../../src/plan/poll-sources.js';
import { runPlan } from '../../src/plan/run-plan.js';
import type { Poll } from '../../src/plan/source.js';
import { memoryStore } from '../../src/plan/store.js';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 4, 4);
const ranges = [{ from: NOW - HOUR, to: NOW }];

/** The share of the last day that the source covered, as the plan has it after one poll. */
async function shareAfter(poll: Partial<Poll>): Promise<number | undefined> {
  const plan = definePlan({
    ...{ purpose: 'test', owner: 'nobody', learnFor: 24 * HOUR, step: HOUR, grace: 0, timeZone: 'UTC' },
    sources: [{ name: 'own', poll: () => ({ calls: [], cursor: null, ...poll }) }],
    notify: [{ name: 'nobody', tell: async () => undefined }],
  });
  const clock = { ...machineClock, now: () => NOW };
  const health = await runPlan(plan, { store: memoryStore(), stateId: 'test', once: true, clock });
  return health.coverage['own'];
}

describe("a poll's coverage", () => {
  it('may be a function, and go by its former name', () => {
    for (const poll of [
      { coverage: ranges },
      { listened: ranges },
      { coverage: () => ranges },
      { listened: () => ranges },
    ]) {
      expect(coverageOf({ cursor: null, ...poll })).toEqual(ranges);
    }
  });

  it('is refused where it is missing, or given twice', async () => {
    expect(() => coverageOf({ cursor: null })).toThrow(
      new InputError('poll() must give coverage, a list of { from, to }, got neither it and its former name listened'),
    );
    expect(() => coverageOf({ cursor: null, coverage: ranges, listened: ranges })).toThrow(/got both/);
  });

  it('counts under either name', async () => {
    const share = await shareAfter({ coverage: ranges });
    expect(share).toBeGreaterThan(0);
    expect(await shareAfter({ listened: ranges })).toBe(share);
    await expect(shareAfter({})).rejects.toThrow(InputError);
  });
});
