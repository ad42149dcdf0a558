// Which clock and which season do a series' habits follow? Three simulated offices, six weeks in which America changes its
// clocks; then two weeks in which Europe does. A plain forecast by hand shows what matters, then the library finds it itself.
//
//     npm run build && npx ts-node notebooks/02-season-and-zone.ts
//
import { mkdirSync, writeFileSync } from 'node:fs';
import { Detector, fitBaseline } from 'kms-baseline';
import { plotSeries, renderSvg, textTable } from 'kms-baseline/report';
import { simulateFleet } from 'kms-baseline/simulate';

const HOUR = 3_600_000;
const fleet = simulateFleet({
  seed: 12,
  series: 3,
  only: ['human'],
  zones: ['America/New_York', 'Europe/Berlin', 'Asia/Kolkata'],
  events: false,
  contaminated: 0,
});
const { history, judged, zones } = fleet;
const rows = judged.keys.map((key, row) => ({ key, row, zone: zones[row] }));

/** Calls of one row by the hour, with the hour's start. */
function hoursOf(set: typeof judged, row: number): { time: number; calls: number }[] {
  const { start, step, length } = set.grid;
  const values = set.values as Uint32Array;
  const perHour = HOUR / step;
  return Array.from({ length: Math.floor(length / perHour) }, (_, h) => ({
    time: start + h * HOUR,
    calls: values.subarray(row * length + h * perHour, row * length + (h + 1) * perHour).reduce((a, b) => a + b, 0),
  }));
}

/** The place of an hour in a season, on the clock of a zone. */
function placeIn(season: 'none' | 'day' | 'week', zone: string): (time: number) => string {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit' });
  return (time) => {
    const name = clock.format(time);
    return season === 'none' ? '' : season === 'day' ? name.slice(-2) : name;
  };
}

/** The mean error of "as usual at this place of the season", learned from the history, over the judged weeks; calls an hour. */
function error(row: number, season: 'none' | 'day' | 'week', zone: string): number {
  const place = placeIn(season, zone);
  const sums = new Map<string, { calls: number; hours: number }>();
  for (const { time, calls } of hoursOf(history, row)) {
    const at = sums.get(place(time)) ?? { calls: 0, hours: 0 };
    sums.set(place(time), { calls: at.calls + calls, hours: at.hours + 1 });
  }
  const errors = hoursOf(judged, row).map(({ time, calls }) => {
    const usual = sums.get(place(time)) ?? { calls: 0, hours: 1 };
    return Math.abs(calls - usual.calls / usual.hours);
  });
  return errors.reduce((a, b) => a + b, 0) / errors.length;
}

console.log('Mean error of "as usual", calls an hour, over the two judged weeks\n');
const right = (title: string) => ({ title, align: 'right' as const });
console.log(
  textTable(
    [{ title: 'lives in' }, ...['no season', 'day, UTC', 'week, UTC', 'week, own clock'].map(right)],
    rows.map(({ row, zone }) => [
      zone,
      error(row, 'none', 'UTC').toFixed(1),
      error(row, 'day', 'UTC').toFixed(1),
      error(row, 'week', 'UTC').toFixed(1),
      error(row, 'week', zone).toFixed(1),
    ]),
  ).join('\n'),
);

// The library's season is the week. Its zone is given, per series if need be, or found from the history.
const ways = [
  { name: 'UTC for all', fit: { timeZone: 'UTC' } },
  { name: 'Berlin for all', fit: { timeZone: 'Europe/Berlin' } },
  { name: 'none given', fit: {} },
  { name: 'each its own', fit: { timeZone: (key: (typeof judged.keys)[number]) => zones[judged.keys.indexOf(key)] } },
];
const results = ways.map(({ name, fit }) => {
  const baseline = fitBaseline(history, fit);
  const scores = new Detector(baseline, { alertBudget: { perWeek: 1 } }).observe(judged);
  const found = rows.map(({ key }) => baseline.describe(key).timeZone);
  const wrong = rows.map(({ row }) => {
    const own = scores.verdicts.subarray(row * judged.grid.length, (row + 1) * judged.grid.length);
    return own.reduce((sum, verdict) => sum + (verdict === 1 || verdict === -1 ? 1 : 0), 0);
  });
  return { name, found, wrong, scores };
});
console.log('\nBuckets called unusual in the two weeks, in which nothing happened, and the clock that was used\n');
console.log(
  textTable(
    [{ title: 'time zone' }, ...rows.flatMap(({ zone }) => [{ title: zone }, right('unusual')])],
    results.map(({ name, found, wrong }) => [name, ...rows.flatMap((_, i) => [found[i], String(wrong[i])])]),
  ).join('\n'),
);
console.log(`
Kolkata's clocks never change, and Berlin's had not yet: up to the end of the history, zones at the same distance explain
them as well. Where none is given, the detector therefore takes each of them for possible after a change.`);

const berlin = rows[1];
const { scores } = results[2];
const out = new URL('out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(
  new URL('02-week-of-the-clock-change.svg', out),
  renderSvg(plotSeries(scores, berlin.key), { title: 'An office in Berlin; its clocks change', timeZone: berlin.zone }),
);
console.log('\nwritten: notebooks/out/02-week-of-the-clock-change.svg');
