import { fitBaseline } from 'kms-baseline';
import { compare, printGoal, printHeader, printTable, rate, timingOf } from '../harness.js';
import { fleetOf, SEED, SHAPES, shapeLine, zonesOf } from '../shapes.js';

const fleet = fleetOf(SHAPES.fleet);
const contaminated = fleetOf(SHAPES.contaminated);
const points = fleet.history.keys.length * fleet.history.grid.length;

printHeader('Fit', { seed: SEED, shape: shapeLine(SHAPES.fleet) });
const ways = [
  { name: 'fitBaseline, zone given', run: () => fitBaseline(fleet.history, { timeZone: zonesOf(fleet) }) },
  { name: 'fitBaseline, no zone given', run: () => fitBaseline(fleet.history) },
  {
    name: 'fitBaseline, every history with an incident',
    run: () => fitBaseline(contaminated.history, { timeZone: zonesOf(contaminated) }),
  },
];
const timings = await compare(ways, { rounds: 5 });
printTable('The full model, one thread', timings, { amount: points, unit: 'points' });
console.log('');
printGoal('fit, one thread, zone given', rate(timingOf(timings, ways[0].name), points) / 1e6, 12, 'M points/s');
