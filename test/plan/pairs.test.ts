import { expect, it } from 'vitest';
import { runPairs } from './support-pairs.js';

/** `npm run soak -- watch` starts a hundred. */
const PAIRS = 6;

it(`of ${PAIRS} pairs of runs that start together, one goes on and the other ends with 2, also after one was killed`, {
  timeout: 120_000,
}, async () => {
  const { pairs, killed, notices } = await runPairs(PAIRS, 3);
  expect(pairs).toBe(PAIRS);
  expect(killed).toBeGreaterThan(0);
  expect(notices).toBeGreaterThan(1);
});
