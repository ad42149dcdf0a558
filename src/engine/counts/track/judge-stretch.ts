import type { TrackerParts } from './parts.js';
import { limitAll, lookUpAll, testBuckets, testDrifts, testSilences } from './stretch-tests.js';
import { testHourAll, testHoursAll } from './stretch-windows.js';

/** Judges the `n` buckets of the stretch, all in one block and one round. @returns how many from the first on are calm */
export function judgeStretch(parts: TrackerParts, n: number): number {
  lookUpAll(parts, n);
  testBuckets(parts, n);
  testHourAll(parts, n);
  testHoursAll(parts, n);
  testSilences(parts, n);
  testDrifts(parts, n);
  return limitAll(parts, n);
}
