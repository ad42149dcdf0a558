import { Detector } from '../engine/detector.js';
import type { SeriesSet } from '../series/series-set.js';
import { Random } from '../simulate/random.js';
import { observeChunks } from './observe-chunks.js';
import { type CalibrationTable, tallySurprise } from './tally.js';

/**
 * Nominal against effective false-alarm rates: lets a detector observe a window in which nothing happened, right after
 * what it knows, and counts how many buckets were as rare as 1 in 100, 1,000 and 10,000, per rate band and side. A copy
 * of it learns from the window; the detector itself stays as it was. `calibrationText` prints the table.
 *
 * @param clean buckets without incidents, whose counts the detector has not seen
 */
export function calibration(detector: Detector, clean: SeriesSet): CalibrationTable {
  const copy = Detector.fromBytes(detector.toBytes());
  const random = new Random('calibration');
  return tallySurprise([observeChunks(copy, clean, () => random.uniform())]);
}
