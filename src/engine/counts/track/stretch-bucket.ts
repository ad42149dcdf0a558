import type { TrackerParts } from './parts.js';

/** Takes bucket `j` of the stretch in hand, for what is rarely done. */
export function loadBucket({ scratch, rules }: TrackerParts, j: number): void {
  const { stretch: t, bucket: b } = scratch;
  b.time = t.start + j * rules.windows.step;
  b.cell = t.cell + j;
  b.y = t.y[j];
  b.held = t.held[j];
  b.slot = t.slots[j];
  b.at = t.at[j];
  b.exposure = t.exposure[j];
  b.exposureVar = t.exposureVar[j];
  b.mean = t.mean[j];
  b.reach = t.reach[j];
  b.isAbove = b.y >= b.mean;
  b.upper = t.upper[j];
  b.lower = t.lower[j];
  b.nats = t.nats[j];
  b.decided = t.decided[j];
  b.ratio = t.ratio[j];
  b.dates = t.dates[j];
  b.datesMean = t.datesMean[j];
  b.datesOver = t.datesOver[j];
  b.datesValue = t.datesValue[j];
  b.isReported = t.isReported[j] !== 0;
  b.isSuspect = t.isSuspect[j] !== 0;
  b.silenceAfter = t.silenceAfter[j];
  b.isChanged = false;
}

/** Puts back what a test found of the bucket in hand. */
export function keepBucket({ scratch }: TrackerParts, j: number): void {
  const { stretch: t, bucket: b } = scratch;
  t.upper[j] = b.upper;
  t.lower[j] = b.lower;
  t.nats[j] = b.nats;
  t.decided[j] = b.decided;
  t.ratio[j] = b.ratio;
  t.dates[j] = b.dates;
  t.datesMean[j] = b.datesMean;
  t.datesOver[j] = b.datesOver;
  t.datesValue[j] = b.datesValue;
  t.isReported[j] = b.isReported ? 1 : 0;
  t.isSuspect[j] = b.isSuspect ? 1 : 0;
  if (j >= t.said) t.said = j + 1;
}
