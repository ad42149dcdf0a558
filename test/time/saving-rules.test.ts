import { expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/time/grid.js';
import { SAVING_RULES, savedTime } from '../../src/time/saving-rules.js';
import { offsetAt, zoneOffsets } from '../../src/time/zone.js';

const FROM = Date.UTC(2024, 0, 2);
const TO = Date.UTC(2031, 0, 1);
/** What Morocco does from here on depends on the tz release. */
const MOROCCO_TO = Date.UTC(2026, 8, 19);

/** A place that goes by each rule, and its standard time. */
const PLACES: Record<string, readonly [zone: string, standard: number]> = {
  Europe: ['Europe/Berlin', 1],
  'New York': ['America/New_York', -5],
  'Los Angeles': ['America/Los_Angeles', -8],
  Chile: ['America/Santiago', -4],
  Israel: ['Asia/Jerusalem', 2],
  Egypt: ['Africa/Cairo', 2],
  Morocco: ['Africa/Casablanca', 0],
  'Morocco since 2026': ['Africa/Casablanca', 0],
  Sydney: ['Australia/Sydney', 10],
  'Lord Howe': ['Australia/Lord_Howe', 10.5],
  'New Zealand': ['Pacific/Auckland', 12],
};

it.each(SAVING_RULES.map((rule) => [rule.name, rule] as const))('%s saves what the tz database says', (name, rule) => {
  const [zone, standard] = PLACES[name] ?? ['', 0];
  const isMorocco = name.startsWith('Morocco');
  const to = isMorocco ? MOROCCO_TO : TO;
  const saved = savedTime(rule, FROM, to);
  const table = zoneOffsets(zone, FROM, to);
  const changes = [...table.times].slice(1).filter((time) => time < to);
  expect(changes.length).toBeGreaterThanOrEqual(isMorocco ? 6 : 12);
  let wrong = 0;
  for (let time = FROM; time < to; time += 15 * 60_000) {
    if (offsetAt({ ...table, ...saved }, time) !== offsetAt(table, time) - standard * HOUR) wrong++;
  }
  // Ramadan begins by the moon: Morocco may change a week sooner or later than is predicted. All others to the minute.
  expect(wrong * 15 * 60_000).toBeLessThanOrEqual(isMorocco ? 14 * DAY : 0);
});

it('has Morocco on standard time since 2026-09-20, or going on as before', () => {
  const at = Date.UTC(2028, 6, 1);
  const of = (name: string) => {
    const rule = SAVING_RULES.find((each) => each.name === name);
    const { times, offsets } = savedTime(rule ?? SAVING_RULES[0], Date.UTC(2026, 0, 1), at);
    return offsetAt({ times, offsets }, at);
  };
  expect([of('Morocco'), of('Morocco since 2026')]).toEqual([HOUR, 0]);
});
