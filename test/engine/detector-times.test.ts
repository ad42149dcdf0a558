import { describe, expect, it } from 'vitest';
import { Detector } from '../../src/engine/detector.js';
import { type DetectorParts, detectorFromBytes, detectorToBytes } from '../../src/engine/detector-bytes.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { StatesAt } from '../../src/engine/states-at.js';
import { FormatError } from '../../src/errors.js';
import { seriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { DAY, HOUR } from '../../src/time/grid.js';
import { MONDAY } from '../support/sets.js';

const values = Array.from({ length: 20 * 24 }, (_, i) => 3 + (i % 5));
const set = seriesSet({ start: MONDAY, step: HOUR, series: [{ key: { operation: 'Decrypt' }, values }] });
const detector = new Detector(fitBaseline(sliceWindow(set, MONDAY, MONDAY + 14 * DAY), { timeZone: 'UTC' }));
detector.observe(sliceWindow(set, MONDAY + 14 * DAY, MONDAY + 17 * DAY));
const bytes = detector.toBytes();
const parts = detectorFromBytes(bytes);

/** The bytes with other parts: their checksum is right. */
const changed = (other: Partial<DetectorParts>): Uint8Array => detectorToBytes({ ...parts, ...other }, () => 0);
const moved = (by: (i: number) => number) =>
  parts.recent.map((own, i) => ({ ...own, grid: { ...own.grid, start: own.grid.start + by(i) } }));

/** The oldest state, as if it were of another time. */
const stateOf = (time: number) => {
  const { count, bytes } = parts.oldest as StatesAt;
  return StatesAt.ofBytes(time, count, bytes);
};

describe('the times in the bytes of a detector', () => {
  it('are as they were written', () => {
    expect(parts.recent.length).toBeGreaterThan(0);
    expect(changed({})).toEqual(bytes);
    expect(() => Detector.fromBytes(changed({}))).not.toThrow();
  });

  it.each<[string, () => Partial<DetectorParts>]>([
    ['a state off the grid', () => ({ oldest: stateOf(MONDAY + 15 * DAY + 1) })],
    ['a state of no time', () => ({ oldest: stateOf(Number.NaN) })],
    ['a state at the end of time', () => ({ oldest: stateOf(8.64e15 + HOUR) })],
    ['counts off the grid', () => ({ recent: moved(() => 1) })],
    ['counts beyond the end of time', () => ({ recent: moved(() => 1.1e8 * DAY) })],
    ['counts of long before', () => ({ recent: moved(() => -9 * DAY) })],
    ['counts of one time twice', () => ({ recent: [...parts.recent, ...parts.recent] })],
  ])('are refused where they cannot be: %s', (_, other) => {
    expect(() => Detector.fromBytes(changed(other()))).toThrow(FormatError);
  });

  // Nothing was heard for so long: a detector that saw this writes it, and the time between is passed at once.
  it.each([6, 4_000, 0.9e8])('may lie %d days apart', (days) => {
    const read = Detector.fromBytes(changed({ recent: moved(() => days * DAY) }));
    const { grid } = parts.recent[parts.recent.length - 1];
    expect(read.end).toBe(grid.start + grid.length * grid.step + days * DAY);
  });
});
