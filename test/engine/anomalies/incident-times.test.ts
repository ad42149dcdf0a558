import { describe, expect, it } from 'vitest';
import type { TrackerState } from '../../../src/engine/anomalies/incident-book.js';
import { incidentsFromBytes, incidentsToBytes } from '../../../src/engine/anomalies/incident-bytes.js';
import { IncidentTracker } from '../../../src/engine/anomalies/incident-tracker.js';
import { fitBaseline } from '../../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../../src/engine/score-window.js';
import { FormatError } from '../../../src/errors.js';
import { seriesSet } from '../../../src/series/series-set.js';
import { sliceWindow } from '../../../src/series/slice.js';
import { DAY, HOUR, MOST_TIME } from '../../../src/time/grid.js';
import { MONDAY } from '../../support/sets.js';

const values = Array.from({ length: 15 * 24 }, (_, i) => (i < 14 * 24 + 20 ? 3 + (i % 5) : 90));
const set = seriesSet({ start: MONDAY, step: HOUR, series: [{ key: { operation: 'Decrypt' }, values }] });
const baseline = fitBaseline(sliceWindow(set, MONDAY, MONDAY + 14 * DAY), { timeZone: 'UTC' });
const tracker = new IncidentTracker();
tracker.take(scoreWindow(baseline, sliceWindow(set, MONDAY + 14 * DAY, MONDAY + 15 * DAY)));
const bytes = tracker.toBytes();

/** Bytes of a tracker whose state was changed, with a checksum that is right. */
function changed(change: (state: TrackerState) => void): Uint8Array {
  const state = incidentsFromBytes(bytes);
  change(state);
  return incidentsToBytes(state);
}
type Times = { -readonly [name in 'from' | 'to' | 'reported' | 'decidedFrom' | 'decidedTo' | 'seen']: number };
const run = (state: TrackerState) => state.followed[0].run as Times;

describe('the times in the bytes of incidents', () => {
  it('are as they were written', () => {
    expect(tracker.incidents).toHaveLength(1);
    expect(changed(() => undefined)).toEqual(bytes);
  });

  it.each(['from', 'to', 'reported', 'decidedFrom', 'decidedTo'] as const)(
    'are refused where they are none: %s',
    (name) => {
      for (const time of [Number.NaN, Number.POSITIVE_INFINITY, MOST_TIME + HOUR, -MOST_TIME - HOUR]) {
        const damaged = changed((state) => {
          run(state)[name] = time;
        });
        expect(() => IncidentTracker.fromBytes(damaged).incidents, `${time}`).toThrow(FormatError);
      }
    },
  );

  it('are refused beyond all dates where none may be', () => {
    const damaged = changed((state) => {
      run(state).seen = MOST_TIME + HOUR;
    });
    expect(() => IncidentTracker.fromBytes(damaged)).toThrow(FormatError);
  });
});
