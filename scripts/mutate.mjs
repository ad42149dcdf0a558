// How many small changes of the program its tests find, room by room:
//   npm run mutate                                     the rooms below, 50 changes each
//   npm run mutate -- kms alarm --sample 100 --seed 7
//   npm run mutate -- engine/levels --all              every change of the files whose path begins so
//   npm run mutate -- node --own                       with the tests that import the file or its room's index
// A change is tried in a copy of the tree, so that nothing has to be put back. First with the tests that import the file, then
// with all of its room (TESTS); one that makes them run much longer than they do counts as found. Prints the score, and what
// no test found. The tests must pass as they are.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createVitest } from 'vitest/node';
import { mutantsOf } from './mutants.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What of test/ counts for a room, beside the tests that import a file by its name: those that state its laws. */
const TESTS = {
  kms: ['kms'],
  alarm: ['alarm'],
  node: ['node', 'hostile-doors'],
  plan: ['plan'],
  engine: ['engine'],
  series: ['series'],
  stats: ['stats'],
  time: ['time'],
};
/** Of these are left out those that take minutes, and those that need processes or modules of their own. */
const TOO_LONG =
  /^(?:engine\/(?:traps|growth|accept|zone-choice|calendar|weeks|clock-changes)|plan\/(?:killed|pairs|callers|isolation|incidents|refits|first-poll|replay)|node\/(?:count-on-threads|memory|sans-logs|bundled|holidays|file-handles|append-line|pipes))\.test\.ts$/;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    own: { type: 'boolean', default: false },
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

const copy = copyOfTree();
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

let vitest = await runner();
const testFiles = filesIn('test', '.test.ts');
const imports = new Map(testFiles.map((file) => [file, readFileSync(join(ROOT, 'test', file), 'utf8')]));
/** Seconds that a set of tests takes as it is. */
const usual = new Map();
for (const scope of scopes) await tryScope(scope);
await vitest.close();
process.exit();

async function tryScope(scope) {
  const files = filesIn('src', '.ts').filter(
    (file) =>
      (file === `${scope}.ts` || file.startsWith(`${scope}/`)) &&
      !/\.generated\.ts$|(?:^|\/)(?:index|wasm\/.*)\.ts$/.test(file),
  );
  const every = files.flatMap((file) =>
    mutantsOf(readFileSync(join(ROOT, 'src', file), 'utf8')).map((m) => ({ file, ...m })),
  );
  // With their own tests alone, files without any say nothing.
  const within = options.own ? every.filter(({ file }) => stagesFor(file)[0].length > 0) : every;
  const chosen = options.all ? within : sampled(within, Number(options.sample), Number(options.seed));
  console.log(`${scope}: ${chosen.length} of ${within.length} changes, seed ${options.seed}`);
  const lived = [];
  let late = 0;
  for (const [i, mutant] of chosen.entries()) {
    const found = await tried(mutant);
    if (found === 'late') late++;
    if (found === 'nothing') {
      lived.push(mutant);
      console.log(`  not found: src/${mutant.file}:${mutant.line}  ${mutant.what}`);
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${i + 1}/${chosen.length} `);
    else if ((i + 1) % 5 === 0) console.log(`  ${i + 1} tried, ${i + 1 - lived.length} found`);
  }
  const killed = chosen.length - lived.length;
  console.log(
    `${scope}: ${killed} of ${chosen.length} found (${Math.round((100 * killed) / chosen.length)} %), ${late} of them by taking too long`,
  );
}

/** What the tests make of a change: `failed`, `late`, or `nothing`. */
async function tried({ file, from, to, text }) {
  const path = join(copy, 'src', file);
  const original = readFileSync(path, 'utf8');
  const put = (changed) => {
    writeFileSync(path, changed);
    vitest.invalidateFile(path);
  };
  for (const tests of stagesFor(file)) {
    if (tests.length === 0) continue;
    const key = tests.join();
    if (!usual.has(key)) usual.set(key, await secondsAsTheyAre(tests));
    put(original.slice(0, from) + text + original.slice(to));
    const { failed } = await run(tests, 30 + 5 * usual.get(key));
    put(original);
    if (failed === 'nothing') continue;
    // A run that ended early may leave a changed module in the caches of its server.
    if (failed === 'failed') await restart();
    return failed;
  }
  return 'nothing';
}

/** How long tests take that pass; on a busy machine one may fail for want of time or memory, and is tried again. */
async function secondsAsTheyAre(tests) {
  for (let tries = 1; ; tries++) {
    const { failed, seconds, why } = await run(tests, 1200);
    if (failed === 'nothing') return seconds;
    console.log(`  fails as it is (${tries}): ${why ?? failed}`);
    if (tries === 3) fail('the tests fail as they are');
  }
}

/** The tests that import a file, or all of its room by the index, then the others of its room. */
function stagesFor(file) {
  const names = [file.replace(/\.ts$/, '.js'), `${roomOf(file)}/index.js`].map((name) => `/src/${name}'`);
  const own = testFiles.filter(
    (test) => names.some((name) => imports.get(test).includes(name)) && isOfRoom(test, file) && !TOO_LONG.test(test),
  );
  const room = testFiles.filter((test) => isOfRoom(test, file) && !TOO_LONG.test(test) && !own.includes(test));
  return options.own ? [own] : [own, room];
}

function isOfRoom(test, file) {
  return TESTS[roomOf(file)].some((begin) => test.startsWith(begin));
}

async function run(tests, seconds) {
  const began = Date.now();
  const given = new Set(tests.map((test) => join(copy, 'test', test)));
  const specifications = (await vitest.globTestSpecifications([...given])).filter(({ moduleId }) =>
    given.has(moduleId),
  );
  // One worker for all: modules are loaded once. What loops for ever is ended with it.
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stopWorkers();
  }, seconds * 1000);
  const late = new Promise((resolve) => setTimeout(resolve, (seconds + 20) * 1000, undefined).unref());
  const ended = await Promise.race([vitest.rerunTestSpecifications(specifications), late]);
  clearTimeout(timer);
  if (isLate) {
    await restart();
    return { failed: 'late', seconds };
  }
  const wrong = ended.testModules.filter((module) => !module.ok());
  const why = [
    ...ended.unhandledErrors.map(String),
    ...wrong.flatMap((module) =>
      [...module.errors(), ...failures(module)].map(
        ({ message, cause }) => `${module.moduleId}: ${message} ${cause?.message ?? ''}`,
      ),
    ),
  ];
  const isSound = ended.unhandledErrors.length === 0 && wrong.length === 0;
  return { failed: isSound ? 'nothing' : 'failed', seconds: (Date.now() - began) / 1000, why: why.join('\n') };
}

async function restart() {
  await Promise.race([vitest.close(), new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
  stopWorkers();
  vitest = await runner();
}

function failures(module) {
  return [...module.children.allTests('failed')].flatMap((test) => test.result().errors ?? []);
}

/** As vitest.config.ts has it, but for one worker, and the end at the first failure. */
function runner() {
  const settings = { testTimeout: 300_000, isolate: false, maxWorkers: 1, bail: 1, env: { TZ: 'America/Los_Angeles' } };
  const files = { root: copy, config: false, include: ['test/**/*.test.ts'] };
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

/** src and test as they are, and links to what tests read beside them. */
function copyOfTree() {
  const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-mutate-'));
  for (const name of readdirSync(ROOT)) {
    if (name === 'src' || name === 'test') cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    else if (!name.startsWith('.')) symlinkSync(join(ROOT, name), join(folder, name));
  }
  return folder;
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
  const places = Map.groupBy === undefined ? grouped(mutants) : Map.groupBy(mutants, placeOf);
  const left = [...places.values()];
  const chosen = [];
  while (chosen.length < size && left.length > 0) {
    const [changes] = left.splice(Math.floor(draw() * left.length), 1);
    chosen.push(changes[Math.floor(draw() * changes.length)]);
  }
  return chosen.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.from - b.from));
}

function placeOf({ file, from, to }) {
  return `${file} ${from} ${to}`;
}

function grouped(mutants) {
  const places = new Map();
  for (const mutant of mutants) places.set(placeOf(mutant), [...(places.get(placeOf(mutant)) ?? []), mutant]);
  return places;
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
