import { Detector } from 'kms-baseline';
import { fitBaselineOnThreads } from 'kms-baseline/node';
import { figure, median, printGoal, printHeader } from '../harness.js';
import { organisation, SEED } from '../shapes.js';
import { ticksOf } from '../ticks.js';

const ROWS = 100_000;
/** Three hours: each hour's first tick ends a block, and learns. */
const TICKS = 36;

const { keys, history, counts } = organisation(ROWS);
printHeader('Observe', {
  seed: SEED,
  shape: `${ROWS.toLocaleString('en')} series, nine in ten under 100 calls in four weeks`,
});
const detector = new Detector(await fitBaselineOnThreads(counts(history), { timeZone: 'UTC' }));
const ticks = ticksOf(keys, counts, history.start + history.length * history.step, history.step, TICKS + 12);

const times: number[] = [];
const heap: number[] = [];
let n = 0;
for (const tick of ticks) {
  const before = process.memoryUsage().heapUsed;
  const begun = performance.now();
  detector.observe(tick);
  const time = performance.now() - begun;
  // The first hour warms up.
  if (n++ < 12) continue;
  times.push(time);
  // Where a collection came between, what was thrown away cannot be told.
  const grown = process.memoryUsage().heapUsed - before;
  if (grown > 0) heap.push(grown);
}
times.sort((a, b) => a - b);
console.log(`
| one bucket of every series | |
|---|---:|
| median tick | ${figure(median(times))} ms |
| slowest of ${TICKS} (an hour ends) | ${figure(times[times.length - 1])} ms |
| a row | ${figure((median(times) * 1e6) / ROWS)} ns |
| heap used by a tick, median | ${figure(median(heap) / 1024)} KB |
`);
printGoal('Detector.observe, one bucket', median(times), 60, 'ms', true);
