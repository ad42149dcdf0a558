// One piece of work on an organisation (organisation.mjs), alone in its process so that its peak memory is its own. Prints JSON: its
// milliseconds of time and of CPU, the resident bytes before it and at its peak, and what it found.
//   node --expose-gc bench/organisation-job.mjs <dist/index.js> <fit|threads|read|score|rows|observe|write|restore> <rows> <seed> <folder>
// `folder` takes the baseline from fit, and the detector from write, to the jobs that need them.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { resourceUsage } from 'node:process';
import { pathToFileURL } from 'node:url';
import { gridAfter, organisation, ticksAfter } from './organisation.mjs';

/** Ticks that warm up, and those that count: three hours, whose ends learn. */
const WARM_UP = 12;
const TICKS = 36;

const [index, name, rows, seed, folder] = process.argv.slice(2);
const load = (entry) => import(pathToFileURL(join(dirname(resolve(index)), entry)).href);
const { Baseline, Detector, fitBaseline, scoreRows, scoreWindow } = await load('index.js');
const of = organisation(Number(rows), Number(seed));
const baselineFile = join(folder, 'baseline');
const detectorFile = join(folder, 'detector');
const baseline = () => Baseline.fromBytes(readFileSync(baselineFile));
const after = (buckets) => of.counts(gridAfter(of.history, 0, buckets));

/** Each makes ready what is not measured, and returns the work. */
const JOBS = {
  fit() {
    const history = of.counts(of.history);
    return () => fitBaseline(history, { timeZone: 'UTC' });
  },
  async threads() {
    const { fitBaselineOnThreads } = await load('node/index.js');
    const history = of.counts(of.history);
    const onCrash = ({ cause }) => {
      throw cause;
    };
    return () => fitBaselineOnThreads(history, { timeZone: 'UTC', threads: 2, onCrash });
  },
  read() {
    const bytes = readFileSync(baselineFile);
    return () => Baseline.fromBytes(bytes);
  },
  score() {
    const [from, window] = [baseline(), after(24)];
    return () => scoreWindow(from, window);
  },
  rows() {
    const [from, window] = [baseline(), after(288)];
    return () => {
      let buckets = 0;
      for (const row of scoreRows(from, window)) buckets += row.verdicts.length;
      return buckets;
    };
  },
  observe() {
    const detector = new Detector(baseline());
    const ticks = ticksAfter(of, WARM_UP + TICKS);
    for (let i = 0; i < WARM_UP; i++) detector.observe(ticks.next().value);
    return () => Array.from(ticks, (tick) => timed(() => detector.observe(tick)));
  },
  write() {
    const detector = new Detector(baseline());
    detector.observe(after(12));
    return () => detector.toBytes();
  },
  restore() {
    const bytes = readFileSync(detectorFile);
    return () => Detector.fromBytes(bytes);
  },
};

const work = await JOBS[name]();
globalThis.gc?.();
const before = process.memoryUsage.rss();
const cpuBefore = process.cpuUsage();
const begun = performance.now();
const found = await work();
const ms = performance.now() - begun;
const { user, system } = process.cpuUsage(cpuBefore);
const peak = 1024 * (peakOfSystem() ?? resourceUsage().maxRSS);
console.log(JSON.stringify({ ms, cpu: (user + system) / 1000, before, peak, ...result() }));

/** How long a tick took, and its CPU, which a busy machine disturbs less. */
function timed(run) {
  const heap = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  const start = performance.now();
  run();
  const passed = performance.now() - start;
  const used = process.cpuUsage(cpu);
  return { ms: passed, cpu: (used.user + used.system) / 1000, heap: process.memoryUsage().heapUsed - heap };
}

/** Linux counts into maxRSS what the process was before it became Node: a copy of the one that started it, however large. */
function peakOfSystem() {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return undefined;
  }
}

function result() {
  if (name === 'observe') return { ticks: found };
  if (name === 'write') {
    writeFileSync(detectorFile, found);
    return { bytes: found.length };
  }
  if (name !== 'fit' && name !== 'threads') return {};
  const bytes = found.toBytes();
  writeFileSync(baselineFile, bytes);
  return { bytes: bytes.length };
}
