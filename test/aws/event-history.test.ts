import { expect, it } from 'vitest';
import { eventHistoryCoverage } from '../../src/aws/event-history.js';
import { InputError } from '../../src/errors.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 19);
const source = { account: '111122223333', region: 'eu-central-1' };

it('tells what the event history can tell of: 90 days, but for the last minutes', () => {
  const covered = (from: number, to: number, grace?: number) =>
    eventHistoryCoverage({ ...source, from, to, now: NOW, ...(grace === undefined ? {} : { grace }) });
  expect(covered(NOW - 200 * DAY, NOW)).toEqual([{ ...source, from: NOW - 90 * DAY, to: NOW - 900_000 }]);
  expect(covered(NOW - 2 * DAY, NOW - DAY)).toEqual([{ ...source, from: NOW - 2 * DAY, to: NOW - DAY }]);
  expect(covered(NOW - DAY, NOW, 0)).toEqual([{ ...source, from: NOW - DAY, to: NOW }]);
  expect(covered(NOW - 200 * DAY, NOW - 100 * DAY)).toEqual([]);
  expect(() => covered(NOW, NOW - DAY)).toThrow(InputError);
});
