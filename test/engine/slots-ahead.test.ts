import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlotsAhead } from '../../src/engine/slots-ahead.js';
import { CANDIDATES } from '../../src/engine/zone-candidates.js';
import { type RowSlots, SlotTables, ZonePlans } from '../../src/engine/zone-slots.js';
import { DAY, HOUR } from '../../src/time/grid.js';
import { zoneOffsets } from '../../src/time/zone.js';

const STEP = HOUR / 4;
const start = Date.UTC(2026, 1, 20);
const history = { start, step: STEP, length: (14 * DAY) / STEP };
const end = start + 14 * DAY;
const zones = ['America/New_York', 'Europe/Berlin', 'Asia/Tokyo'].map((zone) =>
  zoneOffsets(zone, start - DAY, end + 400 * DAY),
);

/** What a row is judged by in each bucket of a window, however it is kept. */
function shown({ each, own, doubtful, odd, ways, wayOf, among }: RowSlots, length: number) {
  return Array.from({ length }, (_, i) => {
    if (doubtful === undefined || doubtful[i] === 0) return own[i];
    const groups = ways[wayOf[i]];
    return {
      slots: Array.from({ length: CANDIDATES }, (_, c) => (each[c] ?? own)[i]),
      odd: odd.get(i) ?? [],
      groups: [[...groups.firsts], [...groups.members], [...groups.groupOf]],
      left: [1, 2, 3, 5, 2 ** CANDIDATES - 1].map((candidates) => [
        among(candidates).slots[i],
        among(candidates).open[i],
      ]),
    };
  });
}

test('windows that come one after another have the slots that each would have by itself, through changes of clocks', () => {
  let inDoubt = 0;
  // The clocks of New York change on 8 March, those of Berlin on the 29th.
  const window = fc.record({ gap: fc.integer({ min: -30, max: 60 }), length: fc.integer({ min: 1, max: 130 }) });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), fc.array(window, { minLength: 1, maxLength: 12 }), (day, windows) => {
      const ahead = new SlotsAhead(new ZonePlans(history));
      const alone = new ZonePlans(history);
      let time = end + day * DAY;
      for (const { gap, length } of windows) {
        time = Math.max(end, time + gap * STEP);
        const grid = { start: time, step: STEP, length };
        const [tables, others] = [ahead.over(grid), new SlotTables(alone, grid)];
        for (const zone of zones) {
          expect([...tables.own(zone)]).toEqual([...others.own(zone)]);
          for (const begins of [Number.NEGATIVE_INFINITY, start + 12 * DAY]) {
            const [slots, own] = [tables.of(zone, begins), others.of(zone, begins)];
            expect(shown(slots, length)).toEqual(shown(own, length));
            expect(slots.doubtful?.includes(1) ?? false).toBe(own.doubtful?.includes(1) ?? false);
            expect(slots.among(1).anyOpen).toBe(own.among(1).anyOpen);
            if (own.doubtful !== undefined) inDoubt++;
          }
        }
        time += length * STEP;
      }
    }),
    { seed: 20260329, numRuns: 15 },
  );
  expect(inDoubt).toBeGreaterThan(50);
});
