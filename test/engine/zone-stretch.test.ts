import { expect, test } from 'vitest';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { roomForScores } from '../../src/engine/score-window.js';
import { runRow, stateOf, watchRow, watchRules } from '../../src/engine/series-tracker.js';
import { SlotTables } from '../../src/engine/zone-slots.js';
import { readRow } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { simulateFleet } from '../../src/simulate/index.js';

const BUCKETS = 576;

/** Fleets whose clocks change in the week that is judged: series of all of them differed while a window's oldest bucket was looked up by another slot than the chosen one. */
const ZONE_SEEDS = [3, 4, 5, 6, 7];

test('a series whose zone is in doubt becomes the same in stretches and bucket by bucket, whatever breaks a stretch off', () => {
  const fleet = simulateFleet({ seed: 20260209, series: 8, historyDays: 28, judgedDays: 2 });
  const { judged, zones } = fleet;
  const zoneOf = new Map(judged.keys.map((key, row) => [key, zones[row]]));
  const baseline = fitBaseline(fleet.history, { timeZone: (key) => zoneOf.get(key) });
  const { start, step } = judged.grid;
  const whole = new SlotTables(baseline.zonePlans, { start, step, length: BUCKETS });
  const single = Array.from(
    { length: BUCKETS },
    (_, i) => new SlotTables(baseline.zonePlans, { start: start + i * step, step, length: 1 }),
  );
  const rules = watchRules(baseline, 1, { minEffect: 0.1, acceptShifts: false });
  const values = new Float64Array(judged.grid.length);
  const seen = new Uint8Array(judged.grid.length).fill(1);
  const scores = roomForScores(judged);
  let inDoubt = 0;
  for (const [row, key] of judged.keys.entries()) {
    readRow(judged, row, values);
    // Spikes that break stretches off in the middle, some hours apart.
    for (let i = 5; i < BUCKETS; i += 41) values[i] = 20 * values[i] + 500;
    for (const length of [5, 6, 7, 8, 9, 47, BUCKETS]) {
      const one = watchRow(baseline, key, rules);
      for (let i = 0; i < length; i++) {
        const grid = { start: start + i * step, step, length: 1 };
        runRow(one, values.subarray(i, i + 1), seen.subarray(0, 1), grid, single[i], false, scores, i);
      }
      const all = watchRow(baseline, key, rules);
      const cut = length === BUCKETS ? whole : new SlotTables(baseline.zonePlans, { start, step, length });
      runRow(all, values, seen, { start, step, length }, cut, false, scores, 0);
      expect(stateOf(all).choice, `${length} buckets of row ${row}`).toEqual(stateOf(one).choice);
      expect(stateOf(all).tracker).toEqual(stateOf(one).tracker);
      if (stateOf(one).choice !== undefined) inDoubt++;
    }
  }
  expect(inDoubt).toBeGreaterThan(10);
});

test('a series whose zone comes to be decided within a window is judged to the last digit as day by day', () => {
  let compared = 0;
  for (const seed of ZONE_SEEDS) {
    const { history, judged } = simulateFleet({ seed, series: 10, historyDays: 27, judgedDays: 7 });
    const baseline = fitBaseline(history, { timeZone: 'America/New_York' });
    const { start, step, length } = judged.grid;
    const whole = new Detector(baseline).observe(judged);
    const daily = new Detector(baseline);
    for (let first = 0; first < length; first += 288) {
      const end = first + 288;
      const day = daily.observe(sliceWindow(judged, start + first * step, start + end * step));
      for (const column of ['verdicts', 'expected', 'lower', 'upper', 'surprise', 'spans'] as const) {
        for (let row = 0; row < judged.keys.length; row++) {
          const own = whole[column].slice(row * length + first, row * length + end);
          expect(day[column].slice(row * 288, (row + 1) * 288), `${column} of row ${row}, seed ${seed}`).toEqual(own);
          compared++;
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(100);
});
