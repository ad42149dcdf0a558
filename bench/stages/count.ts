// Calls in memory to series, as from a stream or a queue: where nothing has to be inflated or parsed.
import { countCalls, type KmsCall } from 'kms-baseline';
import { compare, figure, peakOf, printHeader, printTable } from '../harness.js';
import { mulberry, SEED, uuid } from '../logs.js';

const CALLS = 400_000;
const SHAPES = [
  { name: 'few keys', keys: 40 },
  { name: 'many keys', keys: 20_000 },
] as const;
const STEP = 300_000;

printHeader('count: calls in memory to series of operation, outcome, key, and key with operation', {
  seed: SEED,
  shape: `${CALLS} calls of two days, 1 in 50 a copy`,
});
for (const { name, keys } of SHAPES) {
  const calls = makeCalls(keys);
  const ways = [
    { name: 'Maps of texts, Set of ids', run: () => mapsOf(calls) },
    { name: 'the same, copies not removed', run: () => mapsOf(calls, false) },
    { name: 'countCalls', run: () => countCalls(calls) },
  ];
  const [expected, , set] = await Promise.all(ways.map(({ run }) => run()));
  check(expected as Map<string, number>, set as Awaited<ReturnType<typeof countCalls>>);
  printTable(`${name}: ${keys}`, await compare(ways, { rounds: 3 }), { amount: CALLS, unit: 'calls' });
}
console.log('\n| what is kept of a million ids | bytes an id |\n|---|---:|');
const setUp = `import { randomFillSync } from 'node:crypto'; import { countCalls } from 'kms-baseline';
  const id = (i) => 'aaaaaaaa-bbbb-4ccc-8ddd-' + String(i).padStart(12, '0');
  const call = (i) => ({ time: 1.7e12 + i, operation: 'Decrypt', keyArns: [], account: '1', region: 'r', caller: '', error: null,
    eventId: id(i), sharedEventId: null });`;
const empty = peakOf(setUp, `for (let i = 0; i < 1e6; i++) globalThis.last = id(i);`);
for (const [name, work] of [
  ['Set of texts', `const ids = new Set(); for (let i = 0; i < 1e6; i++) ids.add(id(i)); return ids;`],
  ['countCalls', `return countCalls((function* () { for (let i = 0; i < 1e6; i++) yield call(i); })());`],
] as const) {
  const { peak } = peakOf(setUp, work);
  console.log(`| ${name} | ${figure((peak - empty.peak) / 1e6)} |`);
}

function makeCalls(keys: number): KmsCall[] {
  const random = mulberry(SEED);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const calls: KmsCall[] = [];
  for (let i = 0; i < CALLS; i++) {
    if (i > 0 && i % 50 === 0) {
      calls.push({ ...calls[i - 7] });
      continue;
    }
    const key = Math.floor(random() ** 2 * keys);
    calls.push({
      time: Date.UTC(2026, 2, 1) + Math.floor((i * 172_800_000) / CALLS / 1000) * 1000,
      operation: pick(['Decrypt', 'Decrypt', 'Decrypt', 'GenerateDataKey', 'Encrypt', 'DescribeKey']),
      keyArns: [`arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-${String(key).padStart(12, '0')}`],
      account: '111122223333',
      region: 'eu-central-1',
      caller: `arn:aws:iam::111122223333:role/App${key % 7}`,
      error: random() < 0.02 ? 'AccessDenied' : null,
      eventId: uuid(random),
      sharedEventId: null,
    });
  }
  return calls;
}

/** The straightforward way: a text for each cell of each row. */
function mapsOf(calls: readonly KmsCall[], withIds = true): Map<string, number> {
  const counts = new Map<string, number>();
  const ids = new Set<string>();
  for (const { time, operation, keyArns, account, region, error, eventId } of calls) {
    if (withIds) {
      const id = `${account} ${region} ${eventId}`;
      if (ids.has(id)) continue;
      ids.add(id);
    }
    const bucket = Math.floor(time / STEP);
    const outcome = error === null ? 'ok' : 'error';
    const rows = [`${operation}`, `${operation} ${outcome}`];
    for (const arn of keyArns) rows.push(arn, `${arn} ${operation}`);
    for (const row of rows) {
      const cell = `${bucket} ${row}`;
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
  }
  return counts;
}

/** The two must agree on how much there is: per row, all buckets together. */
function check(expected: ReadonlyMap<string, number>, set: Awaited<ReturnType<typeof countCalls>>): void {
  const cells =
    'offsets' in set.values ? Array.from(set.values.counts) : Array.from(set.values).filter((count) => count > 0);
  const sum = (values: Iterable<number>): number => [...values].reduce((total, count) => total + count, 0);
  if (cells.length === expected.size && sum(cells) === sum(expected.values())) return;
  throw new Error(`${cells.length} cells of ${sum(cells)} calls, and ${expected.size} of ${sum(expected.values())}`);
}
