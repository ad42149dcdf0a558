// A key goes silent. Each key says beforehand how long a silence must last before it is news; a detector that observes hour
// after hour tells it no later; and what is known to be right is not told again.
//
//     npm run build && npx ts-node notebooks/04-silent-key.ts
//
import { mkdirSync, writeFileSync } from 'node:fs';
import { Detector, findAnomalies, fitBaseline, simulateCalls, sliceWindow, wordsFor } from 'kms-baseline';
import { plotSeries, renderSvg, textTable } from 'kms-baseline/report';
import { SHOP_KEYS } from 'kms-baseline/simulate';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.UTC(2026, 4, 4);
const today = start + 28 * DAY;
const silentFrom = today + 9 * HOUR;
const timeZone = 'Europe/Berlin';
const { set } = simulateCalls({
  seed: 5,
  start,
  end: today + 2 * DAY,
  by: [['keyArn', 'operation']],
  incidents: [
    {
      kind: 'outage',
      from: silentFrom,
      to: today + DAY + 9 * HOUR,
      key: { keyArn: SHOP_KEYS.payments },
      note: 'the payment gateway stops for a day',
    },
  ],
});
const baseline = fitBaseline(sliceWindow(set, start, today), { timeZone });

const span = (ms: number | null) => (ms === null ? 'over 90 days' : `${(ms / HOUR).toFixed(1)} h`);
const known = baseline.keys
  .map((key) => baseline.describe(key))
  .sort((a, b) => b.callsPerHour - a.callsPerHour)
  .slice(0, 10);
console.log('How long a silence that begins at the end of the history must last\n');
console.log(
  textTable(
    [
      { title: 'operation' },
      { title: 'key' },
      { title: 'calls an hour', align: 'right' },
      { title: 'told after', align: 'right' },
    ],
    known.map(({ key, callsPerHour, timeToDetectSilence }) => [
      key.operation ?? '',
      key.keyArn?.split('/')[1]?.slice(0, 8) ?? '',
      callsPerHour.toFixed(2),
      span(timeToDetectSilence),
    ]),
  ).join('\n'),
);

// Hour after hour, as a service would.
const detector = new Detector(baseline, { alertBudget: { perWeek: 1 } });
const payments = { operation: 'Decrypt', keyArn: SHOP_KEYS.payments };
let told = false;
for (let hour = today; hour < today + 2 * DAY; hour += HOUR) {
  const scores = detector.observe(sliceWindow(set, hour, hour + HOUR));
  const mine = findAnomalies(scores).find(({ key }) => key.keyArn === payments.keyArn && key.operation === 'Decrypt');
  if (mine?.verdict === 'below' && !told) {
    told = true;
    const delay = (hour + HOUR - silentFrom) / HOUR;
    console.log(`\nThe silence of the payments key is told ${delay} h after it began:`);
    console.log(wordsFor(mine, { timeZone, judgedUntil: hour + HOUR }));
  }
}
// The verdicts are the same however the time is cut; in one piece, the incident is told as one.
const both = new Detector(baseline, { alertBudget: { perWeek: 1 } }).observe(sliceWindow(set, today, today + 2 * DAY));
console.log('\nBoth days in one piece:');
for (const anomaly of findAnomalies(both)) console.log(`- ${wordsFor(anomaly, { timeZone })}`);

// Had the stop been announced, with an hour for the first call after it, nothing of it would have been told.
const informed = new Detector(baseline, { alertBudget: { perWeek: 1 } });
for (const key of baseline.keys.filter(({ keyArn }) => keyArn === payments.keyArn)) {
  informed.markExpected(key, silentFrom, today + DAY + 10 * HOUR);
}
const scores = informed.observe(sliceWindow(set, today, today + 2 * DAY));
const left = findAnomalies(scores).filter(({ key }) => key.keyArn === payments.keyArn);
console.log(`\nMarked as expected beforehand, on that key: ${left.length === 0 ? 'nothing' : ''}`);
for (const anomaly of left) console.log(`- ${wordsFor(anomaly, { timeZone })}`);

const out = new URL('out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(
  new URL('04-silent-key.svg', out),
  renderSvg(plotSeries(both, payments), {
    title: 'Decrypt on the payments key',
    timeZone,
    marks: [{ from: silentFrom, to: today + DAY + 9 * HOUR }],
  }),
);
console.log('written: notebooks/out/04-silent-key.svg');
