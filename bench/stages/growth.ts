import { Detector, fitBaseline } from 'kms-baseline';
import { figure, printHeader } from '../harness.js';
import { organisation, SEED } from '../shapes.js';
import { ticksOf } from '../ticks.js';

const SIZES = [1_000, 10_000, 100_000];
const TICKS = 24;
const MB = 2 ** 20;

printHeader('Growth', { seed: SEED, shape: 'an organisation of 1k, 10k and 100k series, 8064 buckets' });
console.log('\n| series | fit s | µs a series | tick ms | ns a series | Baseline MB | Detector MB | process MB |');
console.log('|---:|---:|---:|---:|---:|---:|---:|---:|');
const perSeries: number[][] = [];
for (const rows of SIZES) {
  const { keys, history, counts } = organisation(rows);
  const set = counts(history);
  const begun = performance.now();
  const baseline = fitBaseline(set, { timeZone: 'UTC' });
  const fit = performance.now() - begun;
  const detector = new Detector(baseline);
  const times: number[] = [];
  for (const tick of ticksOf(keys, counts, history.start + history.length * history.step, history.step, TICKS)) {
    const start = performance.now();
    detector.observe(tick);
    times.push(performance.now() - start);
  }
  const tick = times.slice(TICKS / 2).sort((a, b) => a - b)[TICKS / 4];
  const bytes = [baseline.toBytes().length, detector.toBytes().length];
  perSeries.push([fit / rows, tick / rows]);
  const cells = [fit / 1000, (fit * 1000) / rows, tick, (tick * 1e6) / rows, ...bytes.map((size) => size / MB)];
  console.log(`| ${rows} | ${[...cells, process.memoryUsage().rss / MB].map(figure).join(' | ')} |`);
}
const [least, , most] = perSeries;
console.log(
  `\nFrom 1k to 100k series, a series costs ${figure(most[0] / least[0])} times as much to fit and ${figure(most[1] / least[1])} times as much to observe.`,
);
