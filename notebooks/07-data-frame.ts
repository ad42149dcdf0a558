// Scores as a data frame, with arquero: the columns go in as they are, and what comes out becomes a set again.
//
//     npm install arquero
//     npm run build && npx ts-node notebooks/07-data-frame.ts
//
import * as aq from 'arquero';
import {
  fitBaseline,
  rowOf,
  scoreWindow,
  seriesFromCsv,
  simulateCalls,
  sliceWindow,
  valueAt,
  verdictAt,
} from 'kms-baseline';
import { SHOP_CALLERS, SHOP_KEYS, shopCall } from 'kms-baseline/simulate';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.UTC(2026, 4, 4);
const today = start + 28 * DAY;
const timeZone = 'Europe/Berlin';
const { set } = simulateCalls({
  seed: 5,
  start,
  end: today + 2 * DAY,
  by: [['operation']],
  incidents: [
    {
      kind: 'spike',
      from: today + 10 * HOUR,
      to: today + 11 * HOUR,
      call: shopCall('Decrypt', SHOP_CALLERS.support, SHOP_KEYS.documents),
      calls: 4000,
      note: 'a script decrypts every document',
    },
  ],
});
const baseline = fitBaseline(sliceWindow(set, start, today), { timeZone });
const scores = scoreWindow(baseline, sliceWindow(set, today, today + 2 * DAY));

// A line for each series and bucket: the columns of scores are row-major over both, so they need no adapter.
const { keys, grid } = scores.window;
const perCell = <T>(of: (row: number, bucket: number) => T): T[] =>
  Array.from({ length: keys.length * grid.length }, (_, i) => of(Math.floor(i / grid.length), i % grid.length));
const frame = aq.table({
  operation: perCell((row) => keys[row].operation),
  time: perCell((_, bucket) => grid.start + bucket * grid.step),
  // A bucket that was not observed has no count: a sum passes over null.
  calls: perCell((row, bucket) =>
    verdictAt(scores, row, bucket) === 'unknown' ? null : valueAt(scores.window, row, bucket),
  ),
  verdict: perCell((row, bucket) => verdictAt(scores, row, bucket)),
  expected: scores.expected,
  upper: scores.upper,
  surprise: scores.surprise,
});

console.log('Most calls above what is normal, by operation\n');
frame
  .filter((d: Record<'verdict', string>) => d.verdict === 'above')
  .groupby('operation')
  .rollup({
    buckets: aq.op.count(),
    calls: aq.op.sum('calls'),
    expected: (d: Record<'expected', number>) => aq.op.round(aq.op.sum(d.expected)),
    surprise: (d: Record<'surprise', number>) => aq.op.round(aq.op.max(d.surprise)),
  })
  .orderby(aq.desc('surprise'))
  .print({ limit: 5 });

// And back: a frame with columns of times, names and calls is a set again. Here by the hour.
const hourly = frame
  .params({ HOUR })
  .derive({ hour: (d: Record<'time', number>, $: { HOUR: number }) => aq.op.floor(d.time / $.HOUR) * $.HOUR })
  .groupby('operation', 'hour')
  .rollup({ calls: aq.op.sum('calls') })
  .derive({ time: aq.escape((d: Record<'hour', number>) => new Date(d.hour).toISOString()) })
  .select('time', 'operation', 'calls');
const again = seriesFromCsv(hourly.toCSV());
const decrypts = rowOf(again, { operation: 'Decrypt' });
const peak = valueAt(again, decrypts, (today + 10 * HOUR - again.grid.start) / HOUR);
console.log(
  `\n${again.keys.length} series of ${again.grid.length} hours; Decrypt in the hour from 10:00 UTC: ${peak} calls`,
);
