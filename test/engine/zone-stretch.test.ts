import { expect, test } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { roomForScores } from '../../src/engine/score-window.js';
import { runRow, watchRow, watchRules } from '../../src/engine/series-tracker.js';
import { SlotTables } from '../../src/engine/zone-slots.js';
import { readRow } from '../../src/series/series-set.js';
import { simulateFleet } from '../../src/simulate/index.js';

const BUCKETS = 576;

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
      expect(all.choice?.state, `${length} buckets of row ${row}`).toEqual(one.choice?.state);
      expect(all.tracker.toState()).toEqual(one.tracker.toState());
      if (one.choice?.state !== undefined) inDoubt++;
    }
  }
  expect(inDoubt).toBeGreaterThan(10);
});
