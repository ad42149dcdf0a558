import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { CallCounter } from '../../src/kms/call-counter.js';
import { observedRow } from '../../src/series/series-set.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T = Date.UTC(2026, 4, 4);
const place = { account: '111122223333', region: 'eu-central-1' };
const arnOf = (i: number) => `arn:aws:kms:eu-central-1:111122223333:key/${i}`;

/** Ten days of calls every four minutes by so many callers, each on a key of its own, but for a pause. */
function counted(callers: number, pause: { from: number; to: number }, serviceGaps = true) {
  const counter = new CallCounter({
    start: T,
    end: T + 10 * DAY,
    step: HOUR,
    by: [['keyArn', 'operation']],
    coverage: [{ ...place, from: T, to: T + 10 * DAY }],
    serviceGaps,
  });
  for (let time = T, i = 0; time < T + 10 * DAY; time += HOUR / 15, i++) {
    if (time >= pause.from && time < pause.to) continue;
    const call: KmsCall = {
      ...{ time, operation: 'Decrypt', keyArns: [arnOf(i % callers)], caller: `role/${i % callers}`, ...place },
      ...{ error: null, eventId: '', sharedEventId: null },
    };
    counter.add(call);
  }
  return counter.finish();
}

describe('KMS records that leave a log which goes on', () => {
  const pause = { from: T + 9 * DAY + 2 * HOUR, to: T + 9 * DAY + 8 * HOUR };

  it('are a gap of the source, and its keys are not observed then', () => {
    const { set, serviceGaps } = counted(4, pause);
    expect(serviceGaps).toEqual([{ ...place, ...pause }]);
    for (let row = 0; row < set.keys.length; row++) {
      const hours = [...observedRow(set, row)].slice(9 * 24);
      expect(hours).toEqual(Array.from({ length: 24 }, (_, hour) => (hour >= 2 && hour < 8 ? 0 : 1)));
    }
  });

  it('are one at the end of the log too', () => {
    const end = { from: T + 9 * DAY + 20 * HOUR, to: T + 10 * DAY };
    expect(counted(4, end).serviceGaps).toEqual([{ ...place, ...end }]);
  });

  it('are the silence of callers where these are fewer than three, or where the pause is no longer than usual', () => {
    expect(counted(2, pause).serviceGaps).toEqual([]);
    expect(counted(4, { from: pause.from, to: pause.from + HOUR / 2 }).serviceGaps).toEqual([]);
  });

  it('are not looked for unless that is asked', () => {
    const { set, serviceGaps } = counted(4, pause, false);
    expect(serviceGaps).toEqual([]);
    expect([...observedRow(set, 0)].every((seen) => seen === 1)).toBe(true);
  });
});
