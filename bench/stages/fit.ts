import { availableParallelism } from 'node:os';
import { fitBaseline } from 'kms-baseline';
import { fitBaselineOnThreads } from 'kms-baseline/node';
import { compare, printGoal, printHeader, printTable, rate, speedup, timingOf } from '../harness.js';
import { augursWay, numpyTimes, simpleStatisticsWay, startAugurs, typedArrayWay } from '../rivals.js';
import { fleetOf, SEED, SHAPES, shapeLine, zonesOf } from '../shapes.js';

const ROUNDS = 3;
/** Series that augurs is timed on; its time is scaled to all. */
const AUGURS_ROWS = 20;
/** What acceptance asks of one thread, in millions of buckets a second, and of two. */
const GOAL = 8;
const GOAL_THREADS = 1.4;

startAugurs();
const fleet = fleetOf(SHAPES.fleet);
const contaminated = fleetOf(SHAPES.contaminated);
const { keys, grid } = fleet.history;
const points = keys.length * grid.length;
const timeZone = zonesOf(fleet);
const names = {
  given: 'fitBaseline, zone given',
  found: 'fitBaseline, no zone given',
  contaminated: 'fitBaseline, every history with an incident',
  threads: 'fitBaselineOnThreads, 2 threads, zone given',
  simple: 'hour-of-week median + MAD, simple-statistics',
  typed: 'hour-of-week median + MAD, typed arrays',
  numpy: 'hour-of-week median + MAD, numpy',
  augurs: `MSTL + ETS of hourly sums, augurs (${AUGURS_ROWS} series, scaled)`,
};

printHeader('Fit', { seed: SEED, shape: shapeLine(SHAPES.fleet) });
const timings = await compare(
  [
    { name: names.given, run: () => fitBaseline(fleet.history, { timeZone }) },
    { name: names.found, run: () => fitBaseline(fleet.history) },
    {
      name: names.contaminated,
      run: () => fitBaseline(contaminated.history, { timeZone: zonesOf(contaminated) }),
    },
    { name: names.threads, run: () => fitBaselineOnThreads(fleet.history, { timeZone, threads: 2 }) },
    { name: names.simple, run: () => simpleStatisticsWay(fleet.history) },
    { name: names.typed, run: () => typedArrayWay(fleet.history) },
    { name: names.augurs, run: () => augursWay(fleet.history, AUGURS_ROWS) },
  ],
  { rounds: ROUNDS },
);
const all = timings.map(({ name, rounds }) => ({
  name,
  rounds: name === names.augurs ? rounds.map((time) => (time * keys.length) / AUGURS_ROWS) : rounds,
}));
const numpy = numpyTimes(keys.length, grid.length, ROUNDS);
if (numpy !== undefined) all.push({ name: names.numpy, rounds: numpy });
printTable('The full model beside simpler statistics', all, { amount: points, unit: 'points' });
console.log(numpy === undefined ? '\nnumpy is not here.\n' : '');
const [one, two] = [timingOf(all, names.given), timingOf(all, names.threads)];
printGoal('fit, one thread, zone given', rate(one, points) / 1e6, GOAL, 'M points/s');
printGoal('fit, one thread, against simple-statistics', speedup(one, timingOf(all, names.simple)), 1);
if (numpy !== undefined) printGoal('fit, one thread, against numpy', speedup(one, timingOf(all, names.numpy)), 1);
printGoal(`fit, two threads (of ${availableParallelism()} cores) against one`, speedup(two, one), GOAL_THREADS);
const bytes = fitBaseline(fleet.history, { timeZone }).toBytes().length;
console.log(`- bytes of the baseline: ${(bytes / keys.length).toFixed(0)} a series, key names included`);
