import type { TrackerParts } from './parts.js';
import {
  AT_DATES_MEAN,
  AT_DATES_OVER,
  AT_DATES_VALUE,
  AT_EXPOSURE,
  AT_EXPOSURE_VAR,
  AT_HELD,
  AT_JUDGED_BY,
  AT_LAW,
  AT_LOWER,
  AT_MEAN,
  AT_NATS,
  AT_RATIO,
  AT_REACH,
  AT_SILENCE_AFTER,
  AT_SLOT,
  AT_UPPER,
  AT_Y,
} from './stretch.js';
import { correctionOf, hourOf } from './young-hours.js';

/** Takes bucket `j` of the stretch in hand, for what is rarely done. */
export function loadBucket({ scratch, rules }: TrackerParts, j: number): void {
  const { stretch: t, bucket: b } = scratch;
  const c = t.all;
  b.time = t.start + j * rules.windows.step;
  b.cell = t.cell + j;
  b.y = c[AT_Y + j];
  b.held = c[AT_HELD + j];
  b.slot = t.whole[AT_SLOT + j];
  b.at = t.whole[AT_LAW + j];
  b.exposure = c[AT_EXPOSURE + j];
  b.exposureVar = c[AT_EXPOSURE_VAR + j];
  b.mean = c[AT_MEAN + j];
  b.reach = c[AT_REACH + j];
  b.isAbove = b.y >= b.mean;
  b.upper = c[AT_UPPER + j];
  b.lower = c[AT_LOWER + j];
  b.nats = c[AT_NATS + j];
  b.decided = t.decided[j];
  b.ratio = c[AT_RATIO + j];
  b.dates = t.dates[j];
  b.datesMean = c[AT_DATES_MEAN + j];
  b.datesOver = c[AT_DATES_OVER + j];
  b.datesValue = c[AT_DATES_VALUE + j];
  b.isReported = t.isReported[j] !== 0;
  b.isSuspect = t.isSuspect[j] !== 0;
  b.silenceAfter = c[AT_SILENCE_AFTER + j];
  b.isChanged = false;
}

/** The local hour of a young series' bucket in hand, and its correction: no test of a stretch needs them. */
export function setHour(parts: TrackerParts, j: number): void {
  const { stretch: t, bucket: b } = parts.scratch;
  const slot = t.whole[AT_JUDGED_BY + j];
  b.hour = hourOf(parts, slot);
  b.correction = correctionOf(parts, b.hour, slot);
}

/** Puts back what a test found of the bucket in hand. */
export function keepBucket({ scratch }: TrackerParts, j: number): void {
  const { stretch: t, bucket: b } = scratch;
  const c = t.all;
  c[AT_UPPER + j] = b.upper;
  c[AT_LOWER + j] = b.lower;
  c[AT_NATS + j] = b.nats;
  t.decided[j] = b.decided;
  c[AT_RATIO + j] = b.ratio;
  t.dates[j] = b.dates;
  c[AT_DATES_MEAN + j] = b.datesMean;
  c[AT_DATES_OVER + j] = b.datesOver;
  c[AT_DATES_VALUE + j] = b.datesValue;
  t.isReported[j] = b.isReported ? 1 : 0;
  t.isSuspect[j] = b.isSuspect ? 1 : 0;
  if (j >= t.said) t.said = j + 1;
}
