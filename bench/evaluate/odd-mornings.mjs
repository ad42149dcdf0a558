// Findings an hour in the days after daylight saving time begins or ends, and in the same days of the week before, on
// simulated accounts without incidents, measured on any build of the library:
//   node bench/evaluate/odd-mornings.mjs <dist/index.js> [--fleets N] [--series N] [--first SEED]
import { parseArgs } from 'node:util';
import { libraryOf } from '../library-of.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fleets: { type: 'string', default: '26' },
    series: { type: 'string', default: '30' },
    first: { type: 'string', default: '8301' },
  },
});
const lib = await libraryOf(positionals[0] ?? 'dist/index.js');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CHANGES = [
  { zone: 'Europe/Berlin', at: Date.UTC(2026, 2, 29, 1) },
  { zone: 'America/New_York', at: Date.UTC(2026, 10, 1, 6) },
  { zone: 'Europe/Berlin', at: Date.UTC(2026, 9, 25, 1) },
  { zone: 'America/Los_Angeles', at: Date.UTC(2026, 2, 8, 10) },
];
/** The zone that each row is said to keep. */
const MODES = {
  'the right zone': (fleet, change) => (key) => zoneIn(fleet, key) ?? change.zone,
  "people's zone for all": (_, change) => change.zone,
  'none given': () => undefined,
};

function zoneIn(fleet, key) {
  fleet.zoneOf ??= new Map(fleet.judged.keys.map((each, row) => [JSON.stringify(each), fleet.zones[row]]));
  return fleet.zoneOf.get(JSON.stringify(key));
}

/** Whether a time is within the three days that begin where the clocks change, or in the same of the week before. */
const partOf = (time, { at }) =>
  time >= at && time < at + 3 * DAY ? 'after' : time >= at - 7 * DAY && time < at - 4 * DAY ? 'before' : undefined;

const series = Number(flags.series);
const perWeek = 0.05 * series;
const totals = new Map();
const count = (mode, part) => {
  const total = totals.get(mode) ?? { before: 0, after: 0 };
  totals.set(mode, total);
  if (part !== undefined) total[part]++;
};
for (let f = 0; f < Number(flags.fleets); f++) {
  const change = CHANGES[f % CHANGES.length];
  const midnight = Math.floor(change.at / DAY) * DAY;
  const judgedFrom = midnight - 8 * DAY;
  const fleet = lib.simulateFleet({
    seed: Number(flags.first) + f,
    series,
    historyDays: 28,
    judgedDays: 12,
    start: judgedFrom - 28 * DAY,
    events: false,
    // All people live by the change, or by none.
    zones: [change.zone, change.zone, 'Asia/Kolkata'],
  });
  for (const [mode, zone] of Object.entries(MODES)) {
    const timeZone = zone(fleet, change);
    const baseline = lib.fitBaseline(fleet.history, timeZone === undefined ? {} : { timeZone });
    // Learns on, as a stream does: what a level wanders in a week is not the change's doing.
    const scores = new lib.Detector(baseline, { alertBudget: { perWeek } }).observe(fleet.judged);
    count(mode, undefined);
    for (const { kind, from } of lib.findAnomalies(scores)) {
      // First calls are reported on purpose, whatever the hour.
      if (kind !== 'first-seen') count(mode, partOf(from, change));
    }
  }
}
const hours = 72 * Number(flags.fleets);
console.log(
  `${flags.fleets} fleets of ${series} series, ${perWeek} false episodes a week each; Node ${process.version}`,
);
console.log(
  'findings in the 3 days from the change on, and in the same 3 days of the week before (per fleet and 100 hours)',
);
for (const [mode, { before, after }] of totals) {
  const rate = (n) => ((100 * n) / hours).toFixed(2);
  console.log(`${mode.padEnd(22)} before ${before} (${rate(before)})  after ${after} (${rate(after)})`);
}
