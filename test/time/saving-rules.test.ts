import { expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/time/grid.js';
import { SAVING_RULES, savedTime } from '../../src/time/saving-rules.js';
import { offsetAt, zoneOffsets } from '../../src/time/zone.js';

const FROM = Date.UTC(2024, 0, 2);
const TO = Date.UTC(2031, 0, 1);

/** A place that goes by each rule, and its standard time. */
const PLACES: Record<string, readonly [zone: string, standard: number]> = {
  Europe: ['Europe/Berlin', 1],
  'New York': ['America/New_York', -5],
  'Los Angeles': ['America/Los_Angeles', -8],
  Chile: ['America/Santiago', -4],
  Israel: ['Asia/Jerusalem', 2],
  Egypt: ['Africa/Cairo', 2],
  Morocco: ['Africa/Casablanca', 0],
  Sydney: ['Australia/Sydney', 10],
  'Lord Howe': ['Australia/Lord_Howe', 10.5],
  'New Zealand': ['Pacific/Auckland', 12],
};

it.each(SAVING_RULES.map((rule) => [rule.name, rule] as const))('%s saves what the tz database says', (name, rule) => {
  const [zone, standard] = PLACES[name] ?? ['', 0];
  const saved = savedTime(rule, FROM, TO);
  const table = zoneOffsets(zone, FROM, TO);
  const changes = [...table.times].slice(1);
  expect(changes.length).toBeGreaterThanOrEqual(12);
  let wrong = 0;
  for (let time = FROM; time < TO; time += 15 * 60_000) {
    if (offsetAt({ ...table, ...saved }, time) !== offsetAt(table, time) - standard * HOUR) wrong++;
  }
  // Ramadan begins by the moon: Morocco may change a week sooner or later than is predicted. All others to the minute.
  expect(wrong * 15 * 60_000).toBeLessThanOrEqual(name === 'Morocco' ? 14 * DAY : 0);
});
