import { Baseline, Detector, fitBaseline, type SeriesSet, seriesToBytes, sliceWindow } from 'kms-baseline';
import { compare, figure, median, printGoal, printHeader } from '../harness.js';
import { gridAfter, organisation } from '../organisation.mjs';
import { fleetOf, SEED, SHAPES, shapeLine, zonesOf } from '../shapes.js';

const DAY = 86_400_000;
const SPARSE_ROWS = 5_000;

/** Bytes without what the names of the keys take: those of a set of no buckets. */
function keyBytes(set: SeriesSet): number {
  return seriesToBytes({
    ...set,
    grid: { ...set.grid, length: 0 },
    values: new Uint32Array(0),
    observed: new Uint8Array(0),
  }).length;
}

async function measure(name: string, baseline: Baseline, live: SeriesSet) {
  const rows = baseline.keys.length;
  const names = keyBytes(live);
  // A baseline keeps the bytes that it was read from, and those that a detector wrote of it: it is written before either.
  const written = await compare([{ name: 'Baseline.toBytes', run: () => baseline.toBytes() }], { rounds: 3 });
  const detector = new Detector(baseline);
  // Three days and a half: as much is kept as ever is.
  detector.observe(live);
  const [model, state] = [baseline.toBytes(), detector.toBytes()];
  const ways = [
    { name: 'Baseline.fromBytes', run: () => Baseline.fromBytes(model) },
    { name: 'Detector.toBytes', run: () => detector.toBytes() },
    { name: 'Detector.fromBytes', run: () => Detector.fromBytes(state) },
  ];
  const timings = [...written, ...(await compare(ways, { rounds: 3 }))];
  const times = timings.map((timing) => figure((median(timing.rounds) * 1000) / rows));
  const perRow = (bytes: number) => (bytes - names) / rows;
  console.log(
    `| ${name} | ${rows} | ${figure(perRow(model.length))} | ${figure(perRow(state.length))} | ${times.join(' | ')} |`,
  );
  return { baseline: perRow(model.length), detector: perRow(state.length) };
}

const fleet = fleetOf(SHAPES.account);
const busyRows = fleet.history.keys.filter((_, row) => !['sparse', 'control'].includes(fleet.kinds[row]));
const only = (set: SeriesSet, keys: ReadonlySet<unknown>): SeriesSet => {
  const rows = set.keys.flatMap((key, row) => (keys.has(key) ? [row] : []));
  const values = new Float64Array(rows.length * set.grid.length);
  const from = set.values as Uint32Array;
  for (const [i, row] of rows.entries()) {
    values.set(from.subarray(row * set.grid.length, (row + 1) * set.grid.length), i * set.grid.length);
  }
  return { ...set, keys: rows.map((row) => set.keys[row]), values };
};
const names = new Set<unknown>(busyRows);
const busyLive = only(
  fleet.judged,
  new Set<unknown>(fleet.judged.keys.filter((_, row) => names.has(fleet.history.keys[row]))),
);
const start = fleet.judged.grid.start;
const { keys, history, counts } = organisation(SPARSE_ROWS, SEED);
const hardlyUsed = (set: SeriesSet): SeriesSet => selectSparse(set, (row) => row % 10 !== 9);

function selectSparse(set: SeriesSet, keep: (row: number) => boolean): SeriesSet {
  if (ArrayBuffer.isView(set.values)) throw new Error('sparse counts are needed');
  const { offsets, buckets, counts: calls } = set.values;
  const rows = keys.flatMap((_, row) => (keep(row) ? [row] : []));
  const from = new Float64Array(rows.length + 1);
  const cells: number[] = [];
  for (const [i, row] of rows.entries()) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) cells.push(at);
    from[i + 1] = cells.length;
  }
  const values = {
    offsets: from,
    buckets: Uint32Array.from(cells, (at) => buckets[at]),
    counts: Float64Array.from(cells, (at) => calls[at]),
  };
  return { ...set, keys: rows.map((row) => keys[row]), values };
}

printHeader('Codec', { seed: SEED, shape: `${shapeLine(SHAPES.account)}; ${SPARSE_ROWS} of an organisation` });
console.log('\nBytes a series, key names apart, and µs a series to write and read\n');
console.log('| series | rows | Baseline | Detector | Baseline to | from | Detector to | from |');
console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
const busy = await measure(
  'busy',
  fitBaseline(only(fleet.history, names), { timeZone: zonesOf(fleet) }),
  sliceWindow(busyLive, start, start + 3.5 * DAY),
);
const sparse = await measure(
  'under 100 calls in four weeks',
  fitBaseline(hardlyUsed(counts(history)), { timeZone: 'UTC' }),
  hardlyUsed(counts(gridAfter(history, 0, 1008))),
);
console.log('');
printGoal('Baseline, busy series', busy.baseline, 1000, 'bytes', true);
printGoal('Baseline, sparse series', sparse.baseline, 96, 'bytes', true);
printGoal('Detector, busy series', busy.detector, 2000, 'bytes', true);
