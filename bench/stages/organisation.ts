// An organisation of 1,000, 10,000 and 100,000 series: what growth costs, and time and memory of each kind of work on the largest. Each
// piece of work runs in a process of its own, on one baseline that is fitted once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figure, median, printGoal, printHeader } from '../harness.js';
import { type Job, type JobName, runJob } from '../run-job.mjs';
import { SEED } from '../shapes.js';

const SIZES = [1_000, 10_000, 100_000];
const MOST = 100_000;
const MB = 2 ** 20;
const BUILD = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const WORK: readonly (readonly [JobName, string])[] = [
  ['fit', 'fit, one thread'],
  ['threads', 'fit, two threads'],
  ['read', 'Baseline from bytes'],
  ['score', 'scoreWindow, two hours'],
  ['rows', 'scoreRows, a day row by row'],
  ['observe', 'observe, three hours bucket by bucket'],
  ['write', 'Detector to bytes'],
  ['restore', 'Detector from bytes'],
];

const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-bench-'));
try {
  printHeader('Organisation', {
    seed: SEED,
    shape: 'nine series in ten have under 100 calls in 8064 buckets',
  });
  const jobs = new Map<JobName, Job>();
  growth(jobs);
  memory(jobs);
} finally {
  rmSync(folder, { recursive: true });
}

function growth(largest: Map<JobName, Job>): void {
  console.log(
    '\n| series | fit s | µs a series | tick ms | ns a series | Baseline MB | Detector MB | tick: process MB |',
  );
  console.log('|---:|---:|---:|---:|---:|---:|---:|---:|');
  const perSeries: number[][] = [];
  for (const rows of SIZES) {
    const [fit, observe, write] = (['fit', 'observe', 'write'] as const).map((name) => {
      const job = runJob(BUILD, name, rows, SEED, folder);
      if (rows === MOST) largest.set(name, job);
      return job;
    });
    const tick = median(ticksOf(observe));
    perSeries.push([fit.ms / rows, tick / rows]);
    const cells = [fit.ms / 1000, (fit.ms * 1000) / rows, tick, (tick * 1e6) / rows];
    const sizes = [fit.bytes ?? Number.NaN, write.bytes ?? Number.NaN, observe.peak].map((bytes) => bytes / MB);
    console.log(`| ${rows} | ${[...cells, ...sizes].map(figure).join(' | ')} |`);
  }
  const [least, , most] = perSeries;
  const [fit, tick] = most.map((time, i) => figure(time / least[i]));
  console.log(
    `\nFrom 1k to 100k series, a series costs ${fit} times as much to fit and ${tick} times as much to observe.`,
  );
}

function memory(jobs: Map<JobName, Job>): void {
  console.log(`\n${MOST.toLocaleString('en')} series\n`);
  console.log('| work | before MB | peak MB | s | CPU s |\n|---|---:|---:|---:|---:|');
  for (const [name, words] of WORK) {
    const job = jobs.get(name) ?? runJob(BUILD, name, MOST, SEED, folder);
    jobs.set(name, job);
    const cells = [job.before / MB, job.peak / MB, job.ms / 1000, job.cpu / 1000];
    console.log(`| ${words} | ${cells.map(figure).join(' | ')} |`);
  }
  console.log('\nThe peak is that of the whole process, the making of its input included.');
  const of = (name: JobName): Job => jobs.get(name) as Job;
  const ticks = ticksOf(of('observe'));
  const grown = (of('observe').ticks ?? []).map(({ heap }) => heap).filter((heap) => heap > 0);
  console.log(`
| one bucket of ${MOST.toLocaleString('en')} series | |
|---|---:|
| median tick | ${figure(median(ticks))} ms |
| slowest of ${ticks.length} | ${figure(Math.max(...ticks))} ms |
| a row | ${figure((median(ticks) * 1e6) / MOST)} ns |
| heap used by a tick, median | ${figure(median(grown) / 1024)} KB |
`);
  const two = Math.min(of('fit').ms, of('threads').ms);
  printGoal('fit, on two cores', two / 1000, 15, 's', true);
  printGoal('peak of a fit', of('fit').peak / MB / 1024, 1.3, 'GB', true);
  printGoal('scoreRows of a day, beyond its input', (of('rows').peak - of('rows').before) / MB, 300, 'MB', true);
  printGoal('Detector.observe, one bucket', median(ticks), 40, 'ms', true);
  printGoal('Detector.observe, slowest of three hours', Math.max(...ticks), 100, 'ms', true);
  const peak = Math.max(of('write').peak, of('restore').peak) / MB / 1024;
  printGoal('peak of Detector to and from bytes', peak, 0.7, 'GB', true);
}

function ticksOf({ ticks = [] }: Job): number[] {
  return ticks.map(({ ms }) => ms);
}
