// This build beside another one: fit, score, observe and codec take turns in one process, and an organisation's work in processes of
// its own; CPU time is compared, which a busy machine disturbs less than the time that passes.
//   npm run build && node bench/against.mjs <commit, or dist/index.js> [fit score observe codec organisation] [--rounds 25]
//     [--rows 20000] [--this <dist/index.js>]
// A ratio above 1 says that this build takes longer. Copies of one build differ by 1 to 3 % on a machine that is otherwise busy.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { helpFor } from '../scripts/usage.mjs';
import { buildOf } from './build-of.mjs';
import { libraryOf } from './library-of.mjs';
import { gridAfter, organisation as organisationOf, ticksAfter } from './organisation.mjs';
import { runJob } from './run-job.mjs';

helpFor(import.meta.url);
const SEED = 20260209;
const STEP = 300_000;
const DAY = 86_400_000;
const BUCKETS_PER_DAY = DAY / STEP;
/** Beyond it a stage counts as slower. */
const BOUND = 1.03;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '25' },
    rows: { type: 'string', default: '20000' },
    this: { type: 'string' },
  },
});
const [other, ...asked] = positionals;
const STAGES = { fit, score, observe, codec, organisation };
const unknown = asked.find((name) => !(name in STAGES));
if (other === undefined || unknown !== undefined) {
  console.error(
    `usage: node bench/against.mjs <commit or dist/index.js> [${Object.keys(STAGES).join(' ')}] [--rounds N] [--rows N]`,
  );
  process.exit(2);
}
const thisPath = flags.this ?? fileURLToPath(new URL('../dist/index.js', import.meta.url));
const otherPath = other.endsWith('.js') ? other : buildOf(other);
const libs = await Promise.all([thisPath, otherPath].map(libraryOf));
const rounds = Math.max(7, Number(flags.rounds));
const rows = [];

console.log(
  `${cpus()[0]?.model.trim()} x ${cpus().length}, Node ${process.version}; seed ${SEED}, ${rounds} rounds, CPU time`,
);
console.log(`this: ${resolve(thisPath)}\nother: ${resolve(otherPath)}\n`);
const fleet = libs[0].simulateFleet({
  seed: SEED,
  series: 100,
  historyDays: 28,
  judgedDays: 14,
  only: ['human', 'cron', 'cron-straddling', 'flat', 'deploy', 'sparse', 'control', 'young'],
});
const zones = new Map(fleet.judged.keys.map((key, row) => [key, fleet.zones[row]]));
const timeZone = (key) => zones.get(key);
// An organisation takes minutes: only where it is asked for.
if (asked.length === 0) asked.push('fit', 'score', 'observe', 'codec');
for (const name of asked) STAGES[name]();
table();

/** Learning: labelled rows of every kind, and many that are hardly used. */
function fit() {
  const few = organisationOf(100, SEED);
  const quiet = few.counts(few.history);
  race('fit, 100 series x 4 weeks', (lib) => lib.fitBaseline(fleet.history, { timeZone }));
  race('fit, 100 hardly used series', (lib) => lib.fitBaseline(quiet, { timeZone: 'UTC' }));
  same(
    'bytes of the baselines',
    ([a, b]) => differing(a.toBytes(), b.toBytes()),
    (lib) => lib.fitBaseline(fleet.history, { timeZone }),
  );
}

/** Judging a finished window, labels and all. */
function score() {
  const baselines = new Map(libs.map((lib) => [lib, lib.fitBaseline(fleet.history, { timeZone })]));
  const run = (lib) => lib.scoreWindow(baselines.get(lib), fleet.judged);
  race('scoreWindow, 100 series x 2 weeks', run);
  same('verdicts of scoreWindow', ([a, b]) => differing(a.verdicts, b.verdicts), run);
}

/** Ticks of rows that are mostly quiet, those that end an hour apart; and a fleet by the hour. */
function observe() {
  const count = 3000;
  const of = organisationOf(count, SEED);
  const past = of.counts(of.history);
  const ticks = ticksAfter(of, (rounds + 1) * 24);
  const detectors = libs.map((lib) => new lib.Detector(lib.fitBaseline(past, { timeZone: 'UTC' })));
  const quiet = [[], []];
  const ends = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const windows = Array.from({ length: 24 }, () => ticks.next().value);
    for (const side of turn(round)) {
      const sums = [0, 0];
      for (const [i, window] of windows.entries())
        sums[Number(i % 12 === 0)] += timed(() => detectors[side].observe(window));
      // The first round warms up.
      if (round === 0) continue;
      quiet[side].push(sums[0]);
      ends[side].push(sums[1]);
    }
  }
  put(`observe, 22 quiet ticks of ${count} series`, quiet);
  put(`observe, 2 ticks of ${count} series that end an hour`, ends);
  const baselines = new Map(libs.map((lib) => [lib, lib.fitBaseline(fleet.history, { timeZone })]));
  const { start } = fleet.judged.grid;
  const hours = Array.from({ length: 48 }, (_, hour) =>
    libs[0].sliceWindow(fleet.judged, start + 12 * hour * STEP, start + 12 * (hour + 1) * STEP),
  );
  const byHour = (lib) => {
    const detector = new lib.Detector(baselines.get(lib));
    return hours.map((window) => detector.observe(window).verdicts);
  };
  race('observe, 100 series x 48 windows of an hour', byHour);
  same('verdicts of observe', ([a, b]) => a.reduce((sum, part, i) => sum + differing(part, b[i]), 0), byHour);
  const whole = libs[0].sliceWindow(fleet.judged, start, start + 7 * DAY);
  race('observe, 100 series x a week in one piece', (lib) => new lib.Detector(baselines.get(lib)).observe(whole));
}

/** An organisation's work, each piece in a process of its own: CPU time, and peak memory. At most three rounds: a fit is long. */
function organisation() {
  const count = Number(flags.rows);
  const names = ['fit', 'read', 'score', 'observe', 'write', 'restore'];
  const folders = libs.map(() => mkdtempSync(join(tmpdir(), 'kms-baseline-bench-')));
  const found = names.map(() => [[], []]);
  try {
    for (let round = 0; round < Math.min(3, rounds); round++) {
      for (const [i, name] of names.entries()) {
        // The baseline of the first round serves those after it, but for the time of its fit.
        for (const side of turn(round)) {
          found[i][side].push(runJob([thisPath, otherPath][side], name, count, SEED, folders[side]));
        }
      }
    }
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
  for (const [i, name] of names.entries()) {
    const of = (figure) => found[i].map((jobs) => jobs.map(figure));
    const cpu = name === 'observe' ? (job) => median(job.ticks.map((tick) => tick.cpu)) : (job) => job.cpu;
    put(`organisation of ${count}: ${name === 'observe' ? 'a tick' : name}`, of(cpu));
    if (name === 'observe') {
      const slowest = of((job) => Math.max(...job.ticks.map(({ ms }) => ms)));
      put(`organisation of ${count}: slowest tick, time`, slowest);
    }
    const peaks = of((job) => job.peak).map((all) => (Math.min(...all) / 2 ** 20).toFixed(0));
    console.log(`organisation of ${count}: peak of ${name} ${peaks[0]} MB against ${peaks[1]}`);
  }
}

/** Writing and reading what is kept. */
function codec() {
  const of = organisationOf(300, SEED);
  const past = of.counts(of.history);
  const next = of.counts(gridAfter(of.history, 0, 3.5 * BUCKETS_PER_DAY));
  const { start } = fleet.judged.grid;
  const week = libs[0].sliceWindow(fleet.judged, start, start + 3.5 * DAY);
  const kept = new Map(
    libs.map((lib) => {
      const fits = () => [lib.fitBaseline(fleet.history, { timeZone }), lib.fitBaseline(past, { timeZone: 'UTC' })];
      const baselines = fits();
      const detectors = baselines.map((baseline) => new lib.Detector(baseline));
      for (const [i, window] of [week, next].entries()) detectors[i].observe(window);
      const bytes = {
        baselines: baselines.map((one) => one.toBytes()),
        detectors: detectors.map((one) => one.toBytes()),
      };
      // A baseline keeps the bytes that it was read from, and those that a detector wrote of it: others are written.
      return [lib, { baselines: fits(), detectors, bytes }];
    }),
  );
  for (const [i, name] of ['100 series', '300 hardly used series'].entries()) {
    const at = (lib) => kept.get(lib);
    race(`Baseline.toBytes, ${name}`, (lib) => at(lib).baselines[i].toBytes());
    race(`Baseline.fromBytes, ${name}`, (lib) => lib.Baseline.fromBytes(at(lib).bytes.baselines[i]));
    race(`Detector.toBytes, ${name}`, (lib) => at(lib).detectors[i].toBytes());
    race(`Detector.fromBytes, ${name}`, (lib) => lib.Detector.fromBytes(at(lib).bytes.detectors[i]));
    const [a, b] = libs.map((lib) => at(lib).bytes);
    const sizes = ['baselines', 'detectors'].map(
      (what) => `${what.slice(0, -1)} ${a[what][i].length} against ${b[what][i].length}`,
    );
    console.log(`bytes of ${name}: ${sizes.join(', ')}`);
  }
}

/** One thing by both builds, each so often that a round takes some 60 ms; they take turns, every other round backwards. */
function race(name, run) {
  const once = Math.min(
    ...libs.map((lib) =>
      Math.max(
        1,
        timed(() => run(lib)),
      ),
    ),
  );
  const times = Math.max(1, Math.round(60 / once));
  const found = [[], []];
  for (let round = -1; round < rounds; round++) {
    for (const side of turn(round)) {
      const time = timed(() => {
        for (let i = 0; i < times; i++) globalThis.kept = run(libs[side]);
      });
      // The first round warms up.
      if (round >= 0) found[side].push(time / times);
    }
  }
  put(name, found);
}

function turn(round) {
  return round % 2 === 0 ? [0, 1] : [1, 0];
}

/** Milliseconds of CPU time of this process, its garbage collector's included. */
function timed(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function put(name, [own, other]) {
  const least = quartile(own) / quartile(other);
  const middle = median(own.map((time, i) => time / other[i]));
  const ms = (time) => (time >= 100 ? time.toFixed(0) : time.toPrecision(3));
  const isSlower = least > BOUND && middle > BOUND;
  rows.push([
    name,
    ms(Math.min(...own)),
    ms(Math.min(...other)),
    least.toFixed(3),
    ms(median(own)),
    ms(median(other)),
    middle.toFixed(3),
    isSlower ? 'SLOWER' : '',
  ]);
}

function same(what, count, run) {
  const found = count(libs.map(run));
  console.log(found === 0 ? `${what}: the same` : `${what}: ${found} differ`);
}

function differing(a, b) {
  let found = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) found++;
  return found;
}

function table() {
  const header = ['stage', 'least, ms', 'other', 'ratio of quartiles', 'median, ms', 'other', 'ratio of pairs', ''];
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (cells) =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
  console.log();
  for (const row of [header, ...rows]) line(row);
}

/** Of the faster half the middle: what a quiet moment takes, without leaning on a single one. */
function quartile(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 2];
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
