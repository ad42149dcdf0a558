// How many small changes of the program its tests find, room by room:
//   npm run mutate                                     the rooms below, 40 changes each
//   npm run mutate -- kms alarm --sample 100 --seed 7
//   npm run mutate -- engine/levels --all              every change of the files whose path begins so
//   npm run mutate -- kms/coverage.ts:57 --tests kms/coverage     those of one line, with the test files whose path begins so (several by commas)
//   npm run mutate -- plan --reach                     only the lines that no test of theirs reaches
// Each test file is run alone first: it says which changes it reaches, and how long it takes. A change is then tried with the
// files that reach it, those that have found most in their time first, up to the first test that fails. One that makes them run
// much longer than they do counts as found. Prints the score, and what no test found. The tests must pass as they are.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BaseSequencer, createVitest } from 'vitest/node';
import { groupBy, mutantsOf } from './mutants.mjs';
import { choose, copyOfTree, putMutants, reachedOf, removeCopy, takeMutants } from './mutated-tree.mjs';
import { helpFor } from './usage.mjs';

helpFor(import.meta.url);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What of test/ counts for a room: the tests of its own folder, and those elsewhere that state its laws. */
const TESTS = {
  kms: ['kms/'],
  alarm: ['alarm/'],
  node: ['node/', 'hostile-doors'],
  plan: ['plan/'],
  engine: ['engine/', 'evaluate/'],
  series: ['series/'],
  stats: ['stats/'],
  time: ['time/'],
};
/** Of these are left out those that take minutes, those that need processes of their own, and those that read src as text. */
const LEFT_OUT =
  /^(?:engine\/(?:traps|growth|accept|zone-choice|calendar|weeks|clock-changes|house)|evaluate\/(?:fleet-run|nab)|plan\/(?:killed|pairs)|node\/(?:memory|sans-logs|bundled|file-handles))\.test\.ts$/;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    tests: { type: 'string', default: '' },
    reach: { type: 'boolean', default: false },
  },
});
for (const name of ['sample', 'seed']) {
  if (!/^\d{1,9}$/.test(options[name])) fail(`--${name} must be a whole number, got ${options[name]}`);
}
const scopes = positionals.length > 0 ? positionals : ['kms', 'alarm', 'node', 'plan', 'engine'];
for (const scope of scopes) {
  if (!Object.hasOwn(TESTS, roomOf(scope)))
    fail(`no room is called ${scope}; there are ${Object.keys(TESTS).join(', ')}`);
}

const copy = copyOfTree(ROOT);
process.on('exit', () => removeCopy(copy));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** Of each test file: how long it takes, in seconds, and how many changes it has found. */
const records = new Map();
/** The place of each test file in the run at hand. */
let order = new Map();
class InOrder extends BaseSequencer {
  sort(files) {
    return [...files].sort((a, b) => order.get(a.moduleId) - order.get(b.moduleId));
  }
}
let vitest;
for (const scope of scopes) await tryScope(scope);
process.exit();

async function tryScope(scope) {
  const within = mutantsIn(scope);
  const chosen =
    options.all || options.reach || scope.includes(':')
      ? within
      : sampled(within, Number(options.sample), Number(options.seed));
  if (chosen.length === 0) fail(`nothing to change in ${scope}`);
  console.log(`${scope}: ${chosen.length} of ${within.length} changes, seed ${options.seed}`);
  const mutants = chosen.map((mutant, id) => ({ ...mutant, id }));
  await putMutants(ROOT, copy, mutants);
  vitest = await runner();
  const reaching = await whoReaches(testsFor(scope));
  if (options.reach) return unreached(scope, mutants, reaching);
  const lived = [];
  let late = 0;
  for (const mutant of mutants) {
    const tests = reaching.get(mutant.id) ?? [];
    const found = tests.length === 0 ? 'nothing' : await tried(mutant, tests);
    if (found === 'late') late++;
    if (found === 'nothing') {
      lived.push(mutant);
      const reached = tests.length === 0 ? ', which no test reaches' : '';
      console.log(`  not found: src/${mutant.file}:${mutant.line}  ${mutant.what}${reached}`);
    }
    const tries = mutant.id + 1;
    if (process.stderr.isTTY) process.stderr.write(`\r${tries}/${mutants.length} `);
    else if (tries % 10 === 0) console.log(`  ${tries} tried, ${tries - lived.length} found`);
  }
  const killed = mutants.length - lived.length;
  const share = Math.round((100 * killed) / mutants.length);
  console.log(`${scope}: ${killed} of ${mutants.length} found (${share} %), ${late} of them by taking too long`);
  await leave(mutants);
}

async function unreached(scope, mutants, reaching) {
  const missed = mutants.filter(({ id }) => !reaching.has(id));
  const lines = groupBy(missed, ({ file, line }) => `${file}:${line}`);
  for (const [line, [{ what }]] of lines) console.log(`  src/${line}  ${what}`);
  console.log(`${scope}: ${mutants.length - missed.length} of ${mutants.length} changes are reached`);
  await leave(mutants);
}

/** The copy as it was. */
async function leave(mutants) {
  await vitest.close();
  takeMutants(ROOT, copy, new Set(mutants.map(({ file }) => file)));
}

/** All changes of the files of a room, or of those whose path begins so, or of a line `path:57`. */
function mutantsIn(scope) {
  const [path, line] = scope.split(':');
  const isOfScope = (file) => file === path || file === `${path}.ts` || file.startsWith(`${path}/`);
  const files = filesIn('src', '.ts').filter(
    (file) => isOfScope(file) && !/\.generated\.ts$|(?:^|\/)(?:index|wasm\/.*)\.ts$/.test(file),
  );
  const every = files.flatMap((file) =>
    mutantsOf(readFileSync(join(ROOT, 'src', file), 'utf8')).map((mutant) => ({ file, ...mutant })),
  );
  return line === undefined ? every : every.filter((mutant) => mutant.line === Number(line));
}

function testsFor(scope) {
  return filesIn('test', '.test.ts').filter((test) =>
    options.tests === ''
      ? !LEFT_OUT.test(test) && TESTS[roomOf(scope)].some((begin) => test.startsWith(begin))
      : options.tests.split(',').some((begin) => test.startsWith(begin)),
  );
}

/** Which test files reach each change. Notes how long each takes. */
async function whoReaches(tests) {
  const reaching = new Map();
  for (const test of tests) {
    choose(copy, undefined);
    records.set(test, { seconds: await secondsAsItIs(test), found: 0 });
    for (const id of reachedOf(copy)) reaching.set(id, [...(reaching.get(id) ?? []), test]);
  }
  return reaching;
}

/** How long a test file takes that passes; on a busy machine it may fail for want of time or memory, and is tried again. */
async function secondsAsItIs(test) {
  for (let tries = 1; ; tries++) {
    const { ended, seconds, why } = await run([test], 1200);
    if (ended === 'nothing') return seconds;
    console.log(`  ${test} fails as it is (${tries}): ${why ?? ended}`);
    if (tries === 3) fail('the tests fail as they are');
  }
}

/** What the tests make of a change: `failed`, `late`, or `nothing`. */
async function tried({ id }, tests) {
  const secondsOf = (test) => records.get(test).seconds;
  // Those that find a change at the least expense first.
  const value = (test) => (records.get(test).found + 0.5) / (secondsOf(test) + 0.5);
  const inOrder = [...tests].sort((a, b) => value(b) - value(a));
  choose(copy, id);
  const usual = inOrder.reduce((sum, test) => sum + secondsOf(test), 0);
  const { ended, by } = await run(inOrder, 30 + 4 * usual);
  for (const test of by ?? []) records.get(test).found++;
  return ended;
}

async function run(tests, seconds) {
  const began = Date.now();
  order = new Map(tests.map((test, i) => [join(copy, 'test', test), i]));
  const specifications = (await vitest.globTestSpecifications([...order.keys()])).filter(({ moduleId }) =>
    order.has(moduleId),
  );
  // One worker for all: modules are loaded once. What loops for ever is ended with it.
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stopWorkers();
  }, seconds * 1000);
  const late = new Promise((resolve) => setTimeout(resolve, (seconds + 20) * 1000, undefined).unref());
  const result = await Promise.race([vitest.rerunTestSpecifications(specifications), late]);
  clearTimeout(timer);
  if (isLate) {
    await restart();
    return { ended: 'late', seconds };
  }
  const wrong = result.testModules.filter((module) => !module.ok());
  if (result.unhandledErrors.length === 0 && wrong.length === 0)
    return { ended: 'nothing', seconds: (Date.now() - began) / 1000 };
  const errors = [...result.unhandledErrors.map(String), ...wrong.flatMap(failures)];
  const by = wrong.filter((module) => module.state() === 'failed').map((module) => module.moduleId);
  return { ended: 'failed', why: errors.join('\n'), by: tests.filter((test) => by.includes(join(copy, 'test', test))) };
}

async function restart() {
  await Promise.race([vitest.close(), new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
  stopWorkers();
  vitest = await runner();
}

function failures(module) {
  const errors = [...module.children.allTests('failed')].flatMap((test) => test.result().errors ?? []);
  return [...module.errors(), ...errors].map(({ message, cause }) => `${message} ${cause?.message ?? ''}`);
}

/** As vitest.config.ts has it, but for one worker, the order of files, and the end at the first failure. */
function runner() {
  const settings = { testTimeout: 300_000, isolate: false, maxWorkers: 1, bail: 1, env: { TZ: 'America/Los_Angeles' } };
  const files = { root: copy, config: false, include: ['test/**/*.test.ts'], sequence: { sequencer: InOrder } };
  return createVitest('test', { ...files, ...settings, watch: false, reporters: [{}], onConsoleLog: () => false });
}

/** Ends the processes that this one started, and no others. */
function stopWorkers() {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  for (const [pid, parent] of lines.map((line) => line.trim().split(/\s+/).map(Number))) {
    if (parent !== process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself, as ps has.
    }
  }
}

function filesIn(folder, ending) {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(ending))
    .sort();
}

/** So many places, drawn without putting back, and one change of each. */
function sampled(mutants, size, seed) {
  const draw = drawFrom(seed);
  const left = [...groupBy(mutants, ({ file, from, to }) => `${file} ${from} ${to}`).values()];
  const chosen = [];
  while (chosen.length < size && left.length > 0) {
    const [changes] = left.splice(Math.floor(draw() * left.length), 1);
    chosen.push(changes[Math.floor(draw() * changes.length)]);
  }
  return chosen.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.from - b.from));
}

/** Mulberry32, by Tommy Ettinger (public domain). */
function drawFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function roomOf(path) {
  return path.split('/')[0];
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
