// This build beside another one, in one process: fit, score, observe and codec take turns, and CPU time is compared, which a
// busy machine disturbs less than the time that passes.
//   npm run build && node bench/against.mjs <other dist/index.js> [fit score observe codec] [--rounds 25] [--this <dist/index.js>]
// A ratio above 1 says that this build takes longer. Copies of one build differ by 1 to 3 % on a machine that is otherwise busy.
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { libraryOf } from './library-of.mjs';

const SEED = 20260209;
const STEP = 300_000;
const DAY = 86_400_000;
const BUCKETS_PER_DAY = DAY / STEP;
/** Beyond it a stage counts as slower. */
const BOUND = 1.03;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '25' }, this: { type: 'string' } },
});
const [otherPath, ...asked] = positionals;
const STAGES = { fit, score, observe, codec };
const unknown = asked.find((name) => !(name in STAGES));
if (otherPath === undefined || unknown !== undefined) {
  console.error(`usage: node bench/against.mjs <other dist/index.js> [${Object.keys(STAGES).join(' ')}] [--rounds N]`);
  process.exit(2);
}
const thisPath = flags.this ?? fileURLToPath(new URL('../dist/index.js', import.meta.url));
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
const history = 28 * BUCKETS_PER_DAY;
for (const [name, stage] of Object.entries(STAGES)) if (asked.length === 0 || asked.includes(name)) stage();
table();

/** Learning: labelled rows of every kind, and many that are hardly used. */
function fit() {
  const quiet = quietRows(100, 0, history);
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
  const past = quietRows(count, 0, history);
  const ticks = (rounds + 1) * 24;
  const all = quietRows(count, history, history + ticks);
  const detectors = libs.map((lib) => new lib.Detector(lib.fitBaseline(past, { timeZone: 'UTC' })));
  const quiet = [[], []];
  const ends = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const windows = Array.from({ length: 24 }, (_, i) => tickOf(all, round * 24 + i));
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

/** Writing and reading what is kept. */
function codec() {
  const past = quietRows(300, 0, history);
  const next = quietRows(300, history, history + 3.5 * BUCKETS_PER_DAY);
  const { start } = fleet.judged.grid;
  const week = libs[0].sliceWindow(fleet.judged, start, start + 3.5 * DAY);
  const kept = new Map(
    libs.map((lib) => {
      const baselines = [lib.fitBaseline(fleet.history, { timeZone }), lib.fitBaseline(past, { timeZone: 'UTC' })];
      const detectors = baselines.map((baseline) => new lib.Detector(baseline));
      for (const [i, window] of [week, next].entries()) detectors[i].observe(window);
      const bytes = {
        baselines: baselines.map((one) => one.toBytes()),
        detectors: detectors.map((one) => one.toBytes()),
      };
      return [lib, { baselines, detectors, bytes }];
    }),
  );
  for (const [i, name] of ['100 series', '300 hardly used series'].entries()) {
    const of = (lib) => kept.get(lib);
    race(`Baseline.toBytes, ${name}`, (lib) => of(lib).baselines[i].toBytes());
    race(`Baseline.fromBytes, ${name}`, (lib) => lib.Baseline.fromBytes(of(lib).bytes.baselines[i]));
    race(`Detector.toBytes, ${name}`, (lib) => of(lib).detectors[i].toBytes());
    race(`Detector.fromBytes, ${name}`, (lib) => lib.Detector.fromBytes(of(lib).bytes.detectors[i]));
    const [a, b] = libs.map((lib) => of(lib).bytes);
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

/**
 * Pairs of key and operation of which nine in ten have under 100 calls in four weeks, from one bucket to another: sparse
 * counts, the same for the same bounds.
 */
function quietRows(count, from, to) {
  const random = uniforms(SEED + from);
  const rates = uniforms(SEED);
  const operations = ['Decrypt', 'GenerateDataKey', 'Encrypt', 'Sign', 'GetPublicKey', 'CreateGrant'];
  const offsets = new Float64Array(count + 1);
  const cells = [];
  for (let row = 0; row < count; row++) {
    const [least, most] = row % 10 === 9 ? [100, 20_000] : [1, 100];
    const rate = (least * Math.exp(rates() * Math.log(most / least))) / history;
    const wait = () => -Math.log(1 - random()) / rate;
    let last = -1;
    for (let at = from + wait(); at < to; at += wait()) {
      const bucket = Math.floor(at) - from;
      if (bucket === last) cells[cells.length - 1][1]++;
      else cells.push([bucket, 1]);
      last = bucket;
    }
    offsets[row + 1] = cells.length;
  }
  const nobody = { account: null, region: null, caller: null, outcome: null, metric: null };
  return {
    grid: { start: Date.UTC(2026, 1, 9) + from * STEP, step: STEP, length: to - from },
    keys: Array.from({ length: count }, (_, row) => ({
      operation: operations[row % 6],
      keyArn: `key/${row}`,
      ...nobody,
    })),
    measure: 'count',
    values: {
      offsets,
      buckets: Uint32Array.from(cells, ([bucket]) => bucket),
      counts: Float64Array.from(cells, ([, calls]) => calls),
    },
    observed: new Uint8Array(to - from).fill(1),
  };
}

/** One bucket of sparse rows, dense, as a counter hands it over. */
function tickOf(set, bucket) {
  const { offsets, buckets, counts } = set.values;
  const values = new Uint32Array(set.keys.length);
  for (let row = 0; row < set.keys.length; row++) {
    for (let at = offsets[row]; at < offsets[row + 1] && buckets[at] <= bucket; at++) {
      if (buckets[at] === bucket) values[row] = counts[at];
    }
  }
  const grid = { start: set.grid.start + bucket * STEP, step: STEP, length: 1 };
  return { grid, keys: set.keys, measure: 'count', values, observed: new Uint8Array([1]) };
}

function uniforms(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
