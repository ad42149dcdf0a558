// Gzipped CloudTrail logs to counts, at 10, 50 and 100 % of records of KMS.
import { countCalls, type SeriesSet, valueAt } from 'kms-baseline';
import { countCloudTrail, readCloudTrail } from 'kms-baseline/node';
import {
  compare,
  figure,
  peakOf,
  printGoal,
  printHeader,
  printTable,
  speedup,
  type Timing,
  timingOf,
  type Way,
} from '../harness.js';
import { type LogFolder, makeLogs, SEED } from '../logs.js';
import { type Counts, duckDb, gunzipAlone, parseAndCount, parseHits, takeFields } from '../rivals-ingest.js';

const RECORDS = 30_000;
/** Enough for two threads to be worth their start: 16 MiB of gzip. */
const LARGE = 140_000;
const PER_FILE = 2_000;
/** Share of KMS records, and how many times as fast as gunzip and JSON.parse to be there, in CPU of all threads too at the first. */
const SHARES = [
  { share: 0.1, goal: 3.2 },
  { share: 0.5, goal: 2.5 },
  { share: 1, goal: 2 },
] as const;
const PARSE = 'gunzip, JSON.parse, Map';
const GUNZIP = 'gunzip alone';
const ONE = 'countCloudTrail, one thread';
const TWO = 'countCloudTrail, two threads';
const BY = [['keyArn', 'operation']] as const;

printHeader('ingest: gzipped CloudTrail to counts by 5 minutes, operation and key', {
  seed: SEED,
  shape: `${RECORDS} records in files of ${PER_FILE}, and ${LARGE} for threads and memory`,
});
console.log(
  "countCloudTrail's one thread has zlib's beside it, which inflates the next file; its figures include the removal of",
);
console.log(
  'copies, coverage and statistics, and that every byte is checked to be JSON. The other ways do nothing of the kind.',
);
const duck = await duckDb();
if (duck === null) console.log('DuckDB cannot be loaded here: left out');
for (const { share, goal } of SHARES) {
  const logs = makeLogs({ records: RECORDS, perFile: PER_FILE, share });
  try {
    await atShare(logs, share, goal);
  } finally {
    logs.remove();
  }
}
await threadsAndMemory();

async function atShare(logs: LogFolder, share: number, goal: number): Promise<void> {
  const { files } = logs;
  const expected = parseAndCount(files);
  const ways: Way[] = [
    { name: PARSE, run: () => parseAndCount(files) },
    { name: GUNZIP, run: () => gunzipAlone(files) },
    { name: ONE, run: () => countCloudTrail(files, { by: BY, threads: 1 }) },
    { name: 'the same, default rows', run: () => countCloudTrail(files, { threads: 1 }) },
    { name: 'countCalls of readCloudTrail', run: () => countCalls(readCloudTrail(files), { by: BY }) },
    { name: 'gunzip, JSON.parse of hits', run: () => parseHits(files) },
    { name: 'gunzip, fields by indexOf, unchecked', run: () => takeFields(files) },
  ];
  if (duck !== null && share !== 0.5) ways.push({ name: 'DuckDB, two threads', run: () => duck(files) });
  for (const { name, run } of ways) {
    if (name !== GUNZIP && name !== 'the same, default rows') expectSame(name, await run(), expected);
  }
  const timings = await compare(ways, { rounds: 3, warmUps: 0 });
  const percent = `${share * 100} % KMS`;
  const sizes = `${figure(logs.bytes / 1e6)} MB of JSON, ${figure(logs.compressed / 1e6)} MB gzipped`;
  printTable(`${percent}: ${sizes}`, timings, { amount: logs.bytes, unit: 'B' });
  const [parse, gunzip, one] = await cpuOf(ways.slice(0, 3));
  console.log(
    `\nCPU of all threads: ${figure(parse)} ms to parse, ${figure(gunzip)} to gunzip, ${figure(one)} for countCloudTrail (${figure(parse / one)} x)`,
  );
  const timing = (name: string): Timing => timingOf(timings, name);
  printGoal(`${percent}, one thread against gunzip and JSON.parse`, speedup(timing(ONE), timing(PARSE)), goal);
  if (share === 0.1) {
    printGoal(`${percent}, CPU of all threads against gunzip and JSON.parse`, parse / one, goal);
    // At most 1.3 times as long.
    printGoal(`${percent}, one thread against gunzip alone`, 100 * speedup(timing(ONE), timing(GUNZIP)), 77, '%');
  }
}

/** Milliseconds of CPU, all threads together: the least of some runs. */
async function cpuOf(ways: readonly Way[]): Promise<number[]> {
  const least = ways.map(() => Infinity);
  for (let round = 0; round < 3; round++) {
    for (const [i, { run }] of ways.entries()) {
      const before = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(before);
      least[i] = Math.min(least[i], (user + system) / 1000);
    }
  }
  return least;
}

/** Threads need more to read than they need to start; peak memory must not grow with what is read. */
async function threadsAndMemory(): Promise<void> {
  const small = makeLogs({ records: RECORDS / 2, perFile: PER_FILE, share: 0.5 });
  const large = makeLogs({ records: LARGE, perFile: PER_FILE, share: 0.5 });
  try {
    const timings = await compare(
      [1, 2].map((threads) => ({
        name: threads === 1 ? ONE : TWO,
        run: () => countCloudTrail(large.files, { by: BY, threads }),
      })),
      { rounds: 3 },
    );
    printTable(`Threads, 50 % KMS: ${figure(large.bytes / 1e6)} MB of JSON`, timings, {
      amount: large.bytes,
      unit: 'B',
    });
    console.log(
      `\n| peak memory, MB | ${[small, large].map(({ bytes }) => `${figure(bytes / 1e6)} MB of JSON`).join(' | ')} |`,
    );
    console.log('|---|---:|---:|');
    for (const threads of [1, 2]) {
      const peaks = [small, large].map(({ folder }) => {
        const work = `return (await countCloudTrail(${JSON.stringify(folder)}, { threads: ${threads} })).stats;`;
        return peakOf(`import { countCloudTrail } from 'kms-baseline/node';`, work).peak;
      });
      console.log(`| ${threads === 1 ? ONE : TWO} | ${peaks.map((peak) => figure(peak / 2 ** 20)).join(' | ')} |`);
    }
  } finally {
    small.remove();
    large.remove();
  }
}

/** Every way must find the same calls: a fast wrong one is no rival. */
function expectSame(name: string, found: unknown, expected: Counts): void {
  const counts =
    found instanceof Map
      ? (found as Counts)
      : countsOf('set' in (found as object) ? (found as { set: SeriesSet }).set : (found as SeriesSet));
  const wrong = [...expected].find(([id, count]) => counts.get(id) !== count);
  if (wrong === undefined && counts.size === expected.size) return;
  throw new Error(`${name} counts otherwise than JSON.parse: ${wrong?.join(' × ') ?? 'more cells'}`);
}

function countsOf(set: SeriesSet): Counts {
  const counts: Counts = new Map();
  for (const [row, { operation, keyArn }] of set.keys.entries()) {
    for (let bucket = 0; bucket < set.grid.length; bucket++) {
      const count = valueAt(set, row, bucket);
      if (count > 0) counts.set(`${set.grid.start + bucket * set.grid.step} ${operation} ${keyArn}`, count);
    }
  }
  return counts;
}
