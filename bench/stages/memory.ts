import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, peakOf, printGoal, printHeader } from '../harness.js';
import { SEED } from '../shapes.js';

const ROWS = 100_000;
const MB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-bench-'));
/** The baseline goes from stage to stage as bytes: to fit it once is half a minute. */
const file = JSON.stringify(join(folder, 'baseline'));

// What is measured runs in a Node of its own, where only the built package and plain JavaScript are at hand.
const setUp = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { Detector, fitBaseline, scoreRows, scoreWindow, Baseline } from 'kms-baseline';
  const STEP = 300_000, HISTORY = 8_064, START = Date.UTC(2026, 1, 9);
  let state = ${SEED};
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const keys = Array.from({ length: ${ROWS} }, (_, row) => ({ operation: 'Decrypt', keyArn: 'arn:aws:kms:eu-central-1:111122223333:key/' + row,
    account: null, region: null, caller: null, outcome: null, metric: null }));
  const rate = keys.map((_, row) => (row % 10 === 9 ? 100 * Math.exp(random() * Math.log(200)) : Math.exp(random() * Math.log(100))) / HISTORY);
  function counts(first, length) {
    const offsets = new Float64Array(keys.length + 1), buckets = [], counts = [];
    for (let row = 0; row < keys.length; row++) {
      let last = -1;
      for (let at = -Math.log(1 - random()) / rate[row]; at < length; at -= Math.log(1 - random()) / rate[row]) {
        if (Math.floor(at) === last) counts[counts.length - 1]++;
        else { buckets.push(last = Math.floor(at)); counts.push(1); }
      }
      offsets[row + 1] = buckets.length;
    }
    return { grid: { start: START + first * STEP, step: STEP, length }, keys, measure: 'count', observed: new Uint8Array(length).fill(1),
      values: { offsets, buckets: Uint32Array.from(buckets), counts: Float64Array.from(counts) } };
  }
`;
const withBaseline = `${setUp} const baseline = Baseline.fromBytes(readFileSync(${file}));`;
const stages = [
  [
    'fit, and its bytes',
    `${setUp} const history = counts(0, HISTORY);`,
    `const baseline = fitBaseline(history, { timeZone: 'UTC' }); writeFileSync(${file}, baseline.toBytes()); return baseline;`,
  ],
  ['Baseline from bytes', setUp, `return Baseline.fromBytes(readFileSync(${file}));`],
  [
    'scoreWindow, two hours',
    `${withBaseline} const window = counts(HISTORY, 24);`,
    'return scoreWindow(baseline, window);',
  ],
  [
    'scoreRows, a day row by row',
    `${withBaseline} const window = counts(HISTORY, 288);`,
    'let buckets = 0; for (const row of scoreRows(baseline, window)) buckets += row.verdicts.length; return buckets;',
  ],
  [
    'observe, an hour bucket by bucket',
    `${withBaseline} const windows = Array.from({ length: 12 }, (_, i) => counts(HISTORY + i, 1));`,
    'const detector = new Detector(baseline); for (const window of windows) detector.observe(window); return detector;',
  ],
  [
    'Detector to bytes and back',
    `${withBaseline} const detector = new Detector(baseline); detector.observe(counts(HISTORY, 12));`,
    'return Detector.fromBytes(detector.toBytes());',
  ],
] as const;

printHeader('Memory', {
  seed: SEED,
  shape: `${ROWS.toLocaleString('en')} series, nine in ten under 100 calls in 8064 buckets`,
});
console.log('\n| stage | before MB | peak MB | s |\n|---|---:|---:|---:|');
let fit = 0;
let rows = 0;
for (const [name, before, work] of stages) {
  const { peak, before: had, ms } = peakOf(before, work);
  if (fit === 0) fit = peak;
  if (name.startsWith('scoreRows')) rows = peak - had;
  console.log(`| ${name} | ${figure(had / MB)} | ${figure(peak / MB)} | ${figure(ms / 1000)} |`);
}
rmSync(folder, { recursive: true });
console.log('\nThe peak is that of the whole process, the making of its input included.\n');
printGoal('peak of a fit', fit / MB / 1024, 1.5, 'GB', true);
printGoal('scoreRows of a day, beyond its input', rows / MB, 300, 'MB', true);
