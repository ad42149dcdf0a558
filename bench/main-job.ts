// The main job, stage by stage, on the bundled logs and on a simulated shop: `npm run bench`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { countCalls, fitBaseline, type KmsCall, scoreWindow, simulateCalls, sliceWindow } from 'kms-baseline';
import { readCloudTrail } from 'kms-baseline/node';
import { mean, standardDeviation } from 'simple-statistics';
import { machine, measure, report } from './measure.js';

const LOGS = fileURLToPath(new URL('../data/logs', import.meta.url));
const SEED = 7;
const STEP = 300_000;
const WEEK = 604_800_000;

console.log(`${machine()}\nseed ${SEED}; median of 7 rounds, ways interleaved; ratios to the first way of each stage`);

const files = readdirSync(LOGS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.gz'))
  .map((file) => join(LOGS, file));
const size = files.reduce((sum, file) => sum + gunzipSync(readFileSync(file)).length, 0);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

report(
  `read: ${files.length} files of data/logs, ${(size / 1e6).toFixed(1)} MB of JSON`,
  size,
  'bytes',
  await measure([
    {
      name: 'gunzip and JSON.parse alone',
      run: () => files.map((file) => JSON.parse(gunzipSync(readFileSync(file)).toString())),
    },
    { name: 'gunzip alone', run: () => files.map((file) => gunzipSync(readFileSync(file)).length) },
    { name: 'readCloudTrail', run: () => all(readCloudTrail(LOGS)) },
  ]),
);

const calls: KmsCall[] = await all(readCloudTrail(LOGS));
report(
  `count: ${calls.length} calls at four levels`,
  calls.length,
  'calls',
  await measure([
    {
      name: 'a Map by joined strings, no de-duplication',
      run: () => {
        const counts = new Map<string, number>();
        for (const { operation, keyArns, error, time } of calls) {
          const bucket = Math.floor(time / STEP);
          const rows = [operation, `${operation} ${error}`, keyArns[0], `${operation} ${keyArns[0]}`];
          for (const row of rows) counts.set(`${bucket} ${row}`, (counts.get(`${bucket} ${row}`) ?? 0) + 1);
        }
        return counts;
      },
    },
    { name: 'countCalls', run: () => countCalls(calls) },
  ]),
);

const start = Date.UTC(2026, 0, 5);
const { set } = simulateCalls({ seed: SEED, start, weeks: 6 });
const history = sliceWindow(set, start, start + 4 * WEEK);
const window = sliceWindow(set, start + 4 * WEEK, start + 6 * WEEK);
const points = history.keys.length * history.grid.length;
report(
  `fit: ${history.keys.length} series x ${history.grid.length} buckets`,
  points,
  'points',
  await measure(
    [
      {
        name: 'simple-statistics: hour-of-week mean and sd',
        run: () => {
          const { values, grid, keys } = history;
          if (!ArrayBuffer.isView(values)) throw new Error('the shop is dense');
          return keys.map((_, row) => {
            const cells = Array.from({ length: 168 }, (): number[] => []);
            for (let i = 0; i < grid.length; i++) cells[Math.floor(i / 12) % 168].push(values[row * grid.length + i]);
            return cells.map((cell) => [mean(cell), standardDeviation(cell)]);
          });
        },
      },
      { name: 'fitBaseline', run: () => fitBaseline(history) },
    ],
    5,
  ),
);

const baseline = fitBaseline(history);
report(
  `score: ${window.keys.length} series x ${window.grid.length} buckets`,
  window.keys.length * window.grid.length,
  'buckets',
  await measure([{ name: 'scoreWindow', run: () => scoreWindow(baseline, window) }], 5),
);
