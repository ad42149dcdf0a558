import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runsOf } from '../../../src/engine/anomalies/find-anomalies.js';
import { joinScores } from '../../../src/engine/anomalies/joined-scores.js';
import { findAnomalies, IncidentTracker } from '../../../src/engine/index.js';
import type { IncidentChange, Scores } from '../../../src/engine/types.js';
import { naiveRuns } from '../../naive/breach-runs.js';
import { cutScores, hardScores, scoresFrom } from '../../support/scores-arbitrary.js';

const whole = hardScores();
const cuts = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 12 });

/** Pieces of scores that follow one another. */
function pieces(scores: Scores, at: readonly number[], order?: readonly number[]): Scores[] {
  const { length } = scores.window.grid;
  const edges = [...new Set([0, length, ...at])].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => cutScores(scores, edges[i], end, i % 2 === 0 ? undefined : order));
}

function reversed(scores: Scores): number[] {
  return scores.window.keys.map((_, row) => row).reverse();
}

function follow(tracker: IncidentTracker, parts: readonly Scores[]): IncidentChange[] {
  return parts.flatMap((part) => tracker.take(part));
}

describe('runs of breaches', () => {
  it('are those that are put together the obvious way', () => {
    fc.assert(
      fc.property(whole, (hard) => {
        const scores = scoresFrom(hard);
        // Without the windows that decided, runs reach back by spans, which the arbitrary leaves at a bucket.
        for (const [row, joined] of joinScores([scores]).entries()) {
          const found = runsOf(joined);
          for (const direction of [1, -1] as const) {
            const own = found.filter((run) => run.direction === direction);
            const plain = naiveRuns(scores, row, direction);
            expect(own.map(({ from, to, value, surprise }) => ({ from, to, value, surprise }))).toEqual(
              plain.map(({ from, to, value, surprise }) => ({ from, to, value, surprise })),
            );
            for (const [i, run] of own.entries()) {
              for (const figure of ['expected', 'lower', 'upper'] as const) {
                expect(run[figure]).toBeCloseTo(plain[i][figure], 6);
              }
            }
          }
        }
      }),
      { numRuns: 150, seed: 5 },
    );
  });
});

describe('findAnomalies', () => {
  it('gives the same of consecutive scores as of one of the whole, whatever the order of their rows', () => {
    fc.assert(
      fc.property(whole, cuts, (hard, at) => {
        const scores = scoresFrom(hard);
        const parts = pieces(scores, at, reversed(scores));
        expect(findAnomalies(parts)).toEqual(findAnomalies(scores));
      }),
      { numRuns: 100, seed: 6 },
    );
  });

  it('lets later scores re-state earlier ones', () => {
    fc.assert(
      fc.property(whole, fc.nat(), fc.nat(199), fc.nat(199), (hard, seed, a, b) => {
        fc.pre(a !== b);
        const scores = scoresFrom(hard);
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const parts = [cutScores(scores, 0, first), cutScores(scores, first, last), cutScores(scores, last, 200)];
        // What is re-stated is wrong at first.
        const wrong = scoresFrom({ ...hard, seed });
        expect(findAnomalies([wrong, ...parts])).toEqual(findAnomalies(scores));
        expect(findAnomalies([parts[0], wrong, parts[2], parts[0], parts[1]])).toEqual(findAnomalies(scores));
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('quotes limits on either side of what is expected, and dates no finding beyond its breaches', () => {
    fc.assert(
      fc.property(whole, (hard) => {
        const scores = scoresFrom(hard);
        for (const { lower, expected, upper, from, to, decidedBy, id } of findAnomalies(scores)) {
          expect(lower).toBeLessThanOrEqual(expected);
          expect(upper).toBeGreaterThanOrEqual(expected);
          expect(from).toBeLessThan(to);
          expect(decidedBy.to).toBeLessThanOrEqual(to);
          expect(id).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{16}$/);
        }
      }),
      { numRuns: 100, seed: 8 },
    );
  });

  it('gives no two anomalies the same id', () => {
    fc.assert(
      fc.property(whole, (hard) => {
        const scores = scoresFrom(hard);
        const ids = findAnomalies(scores).map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 50, seed: 9 },
    );
  });
});

describe('IncidentTracker', () => {
  it('reports the same changes however the time is cut, whatever the order of rows, and from its bytes', () => {
    fc.assert(
      fc.property(whole, cuts, (hard, at) => {
        const scores = scoresFrom(hard);
        const once = new IncidentTracker();
        const changes = follow(once, [scores]);
        const parts = pieces(scores, at, reversed(scores));
        const cut = new IncidentTracker();
        expect(follow(cut, parts)).toEqual(changes);
        expect(cut.incidents).toEqual(once.incidents);
        expect(cut.toBytes()).toEqual(once.toBytes());
        // Read back every few buckets: what is over may still become part of an incident that opens later.
        let restored = new IncidentTracker();
        const again: IncidentChange[] = [];
        for (let i = 0; i < 200; i += 8) {
          again.push(...restored.take(cutScores(scores, i, i + 8)));
          const next = IncidentTracker.fromBytes(restored.toBytes());
          expect(next.incidents).toEqual(restored.incidents);
          restored = next;
        }
        expect(again).toEqual(changes);
        expect(restored.toBytes()).toEqual(once.toBytes());
      }),
      { numRuns: 100, seed: 10 },
    );
  });

  it('passes over what it has taken, and takes parts of scores', () => {
    fc.assert(
      fc.property(whole, fc.nat(200), fc.nat(200), (hard, a, b) => {
        const scores = scoresFrom(hard);
        const { start, step } = scores.window.grid;
        const once = new IncidentTracker();
        const changes = follow(once, [scores]);
        const twice = new IncidentTracker();
        const first = twice.take(scores, { to: start + a * step });
        expect([...first, ...follow(twice, [cutScores(scores, Math.min(a, b), 200)])]).toEqual(changes);
        expect(twice.toBytes()).toEqual(once.toBytes());
      }),
      { numRuns: 50, seed: 11 },
    );
  });

  it('opens each incident once, lets it grow while it is open, and closes it; no two have the same id', () => {
    fc.assert(
      fc.property(whole, (hard) => {
        const scores = scoresFrom(hard);
        const tracker = new IncidentTracker();
        const state = new Map<string, string>();
        for (const { change, at, incident } of follow(tracker, [scores])) {
          expect(state.get(incident.id)).toBe(change === 'opened' ? undefined : 'open');
          state.set(incident.id, change === 'closed' ? 'closed' : 'open');
          expect(incident.changed).toBe(at);
          expect(incident.state).toBe(change === 'closed' ? 'closed' : 'open');
          expect(incident.closed).toBe(change === 'closed' ? at : null);
          expect(incident.anomalies.length).toBeGreaterThan(0);
        }
        const open = [...state].filter(([, is]) => is === 'open').map(([id]) => id);
        const named = tracker.incidents.filter((incident) => incident.state === 'open').map(({ id }) => id);
        expect(named.sort()).toEqual(open.sort());
      }),
      { numRuns: 150, seed: 12 },
    );
  });

  it('names every KMS key of which there is a finding', () => {
    fc.assert(
      fc.property(whole, (hard) => {
        const scores = scoresFrom(hard);
        const named = new Set<string | null>();
        for (const { incident } of follow(new IncidentTracker(), [scores])) {
          for (const { key, related } of incident.anomalies) for (const one of [key, ...related]) named.add(one.keyArn);
        }
        for (const joined of joinScores([scores])) {
          const { keyArn } = joined.key;
          if (keyArn !== null && runsOf(joined).length > 0) expect(named).toContain(keyArn);
        }
      }),
      { numRuns: 150, seed: 13 },
    );
  });
});
