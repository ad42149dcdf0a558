// Two simulated weeks of 100,000 series, bucket by bucket: fails when memory grows after the third day, by when all that is
// ever kept is kept. A smaller round: SOAK_ROWS=10000 SOAK_DAYS=6 npm run soak -- observe
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Detector } from 'kms-baseline';
import { fitBaselineOnThreads } from 'kms-baseline/node';
import { figure, median, printHeader } from '../harness.js';
import { organisation, ticksAfter } from '../organisation.mjs';
import { SEED } from '../shapes.js';

const ROWS = Number(process.env['SOAK_ROWS'] ?? 100_000);
const DAYS = Number(process.env['SOAK_DAYS'] ?? 14);
const PER_DAY = 288;
/** Days until the oldest kept state is as old as it gets: two that late windows reach back, one to the midnight before. */
const SETTLED = 4;
const MB = 2 ** 20;
/** What may come on top after {@link SETTLED} days: busy days keep more calls than quiet ones, and small heaps breathe. */
const MOST_GROWTH = 0.1;
const SLACK = 16 * MB;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const of = organisation(ROWS, SEED);
const { history } = of;
const ticks = DAYS * PER_DAY;
printHeader('Soak: observe', { seed: SEED, shape: `${ROWS} series, ${ticks} ticks` });
const detector = new Detector(await fitBaselineOnThreads(of.counts(history), { timeZone: 'UTC' }));
console.log('\n| day | median tick ms | slowest | heap MB | arrays MB | process MB |\n|---:|---:|---:|---:|---:|---:|');
const settled: number[] = [];
let times: number[] = [];
for (const tick of ticksAfter(of, ticks)) {
  const begun = performance.now();
  detector.observe(tick);
  times.push(performance.now() - begun);
  if (times.length < PER_DAY) continue;
  collect();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const day = (tick.grid.start - history.start) / (PER_DAY * history.step) - history.length / PER_DAY;
  const cells = [median(times), Math.max(...times), heapUsed / MB, arrayBuffers / MB, rss / MB];
  console.log(`| ${Math.round(day)} | ${cells.map(figure).join(' | ')} |`);
  if (day >= SETTLED) settled.push(heapUsed + arrayBuffers);
  times = [];
}
const half = settled.length >> 1;
const [early, late] = [median(settled.slice(0, Math.max(1, half))), median(settled.slice(half))];
console.log(
  `\nHeld after day ${SETTLED}: ${figure(early / MB)} MB in the first half of the days, ${figure(late / MB)} MB in the second.`,
);
if (!(late < early * (1 + MOST_GROWTH) + SLACK)) {
  console.error(`memory grows: at most ${100 * MOST_GROWTH} % and ${SLACK / MB} MB on top is flat`);
  process.exit(1);
}
