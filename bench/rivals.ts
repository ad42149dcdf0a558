import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initSync, MSTL } from '@bsull/augurs/mstl';
import type { SeriesSet } from 'kms-baseline';
import { median, medianAbsoluteDeviation } from 'simple-statistics';

/** Hours of the week, and buckets of five minutes in each. */
const CELLS = 168;
const PER_HOUR = 12;

/** Median and median absolute deviation of every hour of the week, row by row, as one writes it with simple-statistics. */
export function simpleStatisticsWay({ keys, grid, values }: SeriesSet): number {
  const dense = values as Uint32Array;
  let sum = 0;
  for (let row = 0; row < keys.length; row++) {
    const cells: number[][] = Array.from({ length: CELLS }, () => []);
    for (let i = 0; i < grid.length; i++) cells[Math.floor(i / PER_HOUR) % CELLS].push(dense[row * grid.length + i]);
    for (const cell of cells) sum += median(cell) + medianAbsoluteDeviation(cell);
  }
  return sum;
}

/** The same over typed arrays, by quickselect in one piece of working space: what plain loops can reach. */
export function typedArrayWay({ keys, grid, values }: SeriesSet): number {
  const dense = values as Uint32Array;
  const scratch = new Float64Array(Math.ceil(grid.length / CELLS));
  let sum = 0;
  for (let row = 0; row < keys.length; row++) {
    for (let cell = 0; cell < CELLS; cell++) {
      let n = 0;
      for (let hour = cell; hour * PER_HOUR < grid.length; hour += CELLS) {
        const from = row * grid.length + hour * PER_HOUR;
        for (let i = from; i < from + PER_HOUR; i++) scratch[n++] = dense[i];
      }
      const center = medianInPlace(scratch, n);
      for (let i = 0; i < n; i++) scratch[i] = Math.abs(scratch[i] - center);
      sum += center + medianInPlace(scratch, n);
    }
  }
  return sum;
}

/** Median of the first `n` numbers, reordering them (Hoare's quickselect, 1961). */
function medianInPlace(x: Float64Array, n: number): number {
  const middle = n >> 1;
  select(x, n, middle);
  if (n % 2 === 1) return x[middle];
  let below = x[0];
  for (let i = 1; i < middle; i++) if (x[i] > below) below = x[i];
  return (below + x[middle]) / 2;
}

function select(x: Float64Array, n: number, rank: number): void {
  let left = 0;
  let right = n - 1;
  while (left < right) {
    const pivot = x[rank];
    let i = left;
    let j = right;
    while (i <= j) {
      while (x[i] < pivot) i++;
      while (pivot < x[j]) j--;
      if (i > j) break;
      const value = x[i];
      x[i++] = x[j];
      x[j--] = value;
    }
    if (j < rank) left = i;
    if (rank < i) right = j;
  }
}

/** MSTL with days and weeks of hours, and ETS for the trend, of the first `rows` rows in hourly sums, by augurs (WebAssembly). */
export function augursWay({ grid, values }: SeriesSet, rows: number): number {
  const dense = values as Uint32Array;
  const hourly = new Float64Array(Math.floor(grid.length / PER_HOUR));
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    hourly.fill(0);
    for (let i = 0; i < hourly.length * PER_HOUR; i++) hourly[Math.floor(i / PER_HOUR)] += dense[row * grid.length + i];
    const model = MSTL.ets([24, 168]);
    model.fit(hourly);
    sum += model.predict(1).point[0];
    model.free();
  }
  return sum;
}

export function startAugurs(): void {
  const wasm = createRequire(import.meta.url)
    .resolve('@bsull/augurs/mstl')
    .replace(/mstl\.js$/, 'mstl_bg.wasm');
  initSync({ module: readFileSync(wasm) });
}

/** Times in ms of numpy's vectorised median and MAD of every hour of the week, over Poisson counts of the same shape; `undefined` without numpy. */
export function numpyTimes(rows: number, buckets: number, rounds: number): number[] | undefined {
  const program = `
import json, time, numpy
x = numpy.random.default_rng(1).poisson(20, (${rows}, ${buckets})).astype(float)
times = []
for _ in range(${rounds} + 1):
    begun = time.perf_counter()
    cells = numpy.ascontiguousarray(x.reshape(${rows}, -1, ${CELLS}, ${PER_HOUR}).transpose(0, 2, 1, 3)).reshape(${rows}, ${CELLS}, -1)
    center = numpy.median(cells, axis=2)
    spread = numpy.median(numpy.abs(cells - center[:, :, None]), axis=2)
    times.append(1000 * (time.perf_counter() - begun))
print(json.dumps(times[1:]))`;
  const { stdout, status } = spawnSync('python3', ['-c', program], { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as number[]) : undefined;
}
