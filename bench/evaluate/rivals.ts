import { ABOVE, BELOW, NORMAL } from '../../src/engine/types.js';
import { observedRow, readRow, type SeriesSet } from '../../src/series/series-set.js';
import { HOUR } from '../../src/time/grid.js';
import { slotsOf, weekSlots } from '../../src/time/week.js';
import type { Judge } from './fleet-run.js';

/** A centre and a half width per hour of the week, from the values that the history has there. */
type BandOf = (values: Float64Array) => { center: number; half: number };

const meanAndSd: BandOf = (values) => {
  let mean = 0;
  let squares = 0;
  for (const [i, value] of values.entries()) {
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
  }
  return { center: mean, half: 3 * Math.sqrt(squares / Math.max(1, values.length - 1)) };
};

const medianAndMad: BandOf = (values) => {
  const center = medianOf(values);
  // 1.4826 makes the median absolute deviation a standard deviation where the values are normal.
  return { center, half: 6 * 1.4826 * medianOf(values.map((value) => Math.abs(value - center))) };
};

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Judges every bucket by a band for its hour of the week, in the zone of its row. */
function hourOfWeek(bandOf: BandOf): Judge {
  return (history, judged, { zoneOf }) => {
    const verdicts = new Int8Array(judged.keys.length * judged.grid.length);
    const past = new Float64Array(history.grid.length);
    const present = new Float64Array(judged.grid.length);
    for (let row = 0; row < judged.keys.length; row++) {
      past.fill(0);
      // The rows that the history has come first.
      if (row < history.keys.length) readRow(history, row, past);
      readRow(judged, row, present);
      const zone = zoneOf(judged.keys[row]);
      const bands = bandsOf(past, history, zone, row, bandOf);
      const hours = slotsOf(judged.grid, zone, weekSlots(HOUR));
      for (const [i, value] of present.entries()) {
        const { center, half } = bands[hours[i]];
        verdicts[row * present.length + i] = value > center + half ? ABOVE : value < center - half ? BELOW : NORMAL;
      }
    }
    return { window: judged, verdicts };
  };
}

function bandsOf(past: Float64Array, history: SeriesSet, zone: string, row: number, bandOf: BandOf) {
  const hours = slotsOf(history.grid, zone, weekSlots(HOUR));
  const observed = row < history.keys.length ? observedRow(history, row) : undefined;
  const cells = Array.from({ length: 168 }, (): number[] => []);
  for (const [i, value] of past.entries()) if (observed === undefined || observed[i] === 1) cells[hours[i]].push(value);
  return cells.map((values) => (values.length === 0 ? { center: 0, half: 0 } : bandOf(Float64Array.from(values))));
}

/** Ways to judge that anybody could write down in a minute. */
export const RIVALS: Readonly<Record<string, Judge>> = {
  'hour of week, mean ± 3 sd': hourOfWeek(meanAndSd),
  'hour of week, median ± 6 MAD': hourOfWeek(medianAndMad),
  never: (_, judged) => ({ window: judged, verdicts: new Int8Array(judged.keys.length * judged.grid.length) }),
  // Either direction in turn, since a bucket has one verdict.
  always: (_, judged) => ({
    window: judged,
    verdicts: new Int8Array(judged.keys.length * judged.grid.length).map((_, i) => (i % 2 === 0 ? ABOVE : BELOW)),
  }),
};
