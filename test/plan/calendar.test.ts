import { expect, it } from 'vitest';
import type { Detector } from '../../src/engine/index.js';
import { InputError } from '../../src/errors.js';
import { detectors } from '../../src/plan/judge.js';
import { definePlan, type PlanInput } from '../../src/plan/plan.js';
import { seriesSet } from '../../src/series/index.js';
import type { Calendar } from '../../src/time/index.js';

const HOUR = 3_600_000;
/** A Monday. */
const START = Date.UTC(2026, 5, 1);
const key = { operation: 'Decrypt', keyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1' };
const values = Float64Array.from({ length: 4 * 168 }, (_, hour) => {
  const [day, at] = [Math.floor(hour / 24) % 7, hour % 24];
  return day < 5 && at >= 9 && at < 17 ? 30 + (hour % 3) : 1;
});
const history = seriesSet({ start: START, step: HOUR, series: [{ key, values }] });

function plan(calendar?: Calendar) {
  const input: PlanInput = {
    purpose: 'Watch',
    owner: 'Security',
    step: HOUR,
    timeZone: 'UTC',
    sources: [{ name: 'none', poll: async () => ({ covered: [] }) }] as unknown as PlanInput['sources'],
    notify: [{ name: 'none', tell: async () => {} }],
    ...(calendar === undefined ? {} : { calendar }),
  };
  return definePlan(input);
}

it('judges by the calendar of a plan, and from the next start on by what was added to it', () => {
  const first = plan({ like: [{ date: '2026-07-01', weekday: 0 }] });
  const judge = detectors.fit(history, first) as Detector;
  const expected = (detector: Detector, date: string) => detector.band(key, Date.parse(`${date}T12:00Z`)).expected;
  expect(expected(judge, '2026-07-01')).toBeLessThan(3);
  expect(expected(judge, '2026-07-02')).toBeGreaterThan(25);
  const more = plan({ like: [{ date: '2026-07-02', weekday: 0 }] });
  const later = detectors.fromBytes(judge.toBytes(), more) as Detector;
  expect(expected(later, '2026-07-01')).toBeLessThan(3);
  expect(expected(later, '2026-07-02')).toBeLessThan(3);
  const same = detectors.fromBytes(later.toBytes(), plan()) as Detector;
  expect(same.toBytes()).toEqual(later.toBytes());
});

it('refuses a plan whose calendar cannot be', () => {
  expect(() => plan({ like: [{ date: '2026-06-31', weekday: 0 }] })).toThrow(InputError);
  expect(() => plan({ like: [{ date: '2026-06-31', weekday: 0 }] })).toThrow(/plan\.calendar\.like\[0\]\.date/);
});
