import { type CountRange, HELD_BACK, TRAINED } from './count-range.js';
import type { TrackerParts } from './parts.js';
import { limitAll, lookUpAll, testBuckets, testDrifts, testSilences } from './stretch-tests.js';
import { testHourAll, testHoursAll } from './stretch-windows.js';

/** Judges the `n` buckets of the stretch, all in one block and one round. @returns how many from the first on are calm */
export function judgeStretch(parts: TrackerParts, { outcomes, isJudged }: CountRange, n: number): number {
  const { stretch: t } = parts.scratch;
  lookUpAll(parts, n);
  if (isJudged === true) {
    for (let j = 0; j < n; j++) t.isSuspect[j] = outcomes?.[t.first + j] === HELD_BACK ? 1 : 0;
    testSilences(parts, n, true);
    return n;
  }
  testBuckets(parts, n);
  testHourAll(parts, n);
  testHoursAll(parts, n);
  testSilences(parts, n, false);
  testDrifts(parts, n);
  const calm = limitAll(parts, n);
  if (outcomes !== undefined) {
    for (let j = 0; j < calm; j++) outcomes[t.first + j] = t.isSuspect[j] !== 0 ? HELD_BACK : TRAINED;
  }
  return calm;
}
