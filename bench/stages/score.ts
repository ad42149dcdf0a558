import { Baseline, fitBaseline, scoreWindow } from 'kms-baseline';
import { compare, figure, printGoal, printHeader, printTable, rate, timingOf } from '../harness.js';
import { fleetOf, SEED, SHAPES, shapeLine, zonesOf } from '../shapes.js';

const fleet = fleetOf(SHAPES.fleet);
const { judged, history } = fleet;
const buckets = judged.keys.length * judged.grid.length;
const baseline = Baseline.fromBytes(fitBaseline(history, { timeZone: zonesOf(fleet) }).toBytes());
const values = judged.values as Uint32Array | Float64Array;

/** The limit: a band per hour of the week that is already there, and five columns to fill. Nothing is fitted, and no tail known. */
function plainBand(): object {
  const { length } = judged.grid;
  const rows = judged.keys.length;
  const calls = new Float64Array(values);
  const mean = new Float64Array(rows * 168).fill(3);
  const lowest = new Float64Array(rows * 168);
  const highest = new Float64Array(rows * 168).fill(12);
  const column = () => new Float64Array(rows * length);
  const [expected, lower, upper, surprise] = [column(), column(), column(), column()];
  const verdicts = new Int8Array(rows * length);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let i = 0; i < length; i++, at++) {
      const slot = row * 168 + (Math.floor(i / 12) % 168);
      const y = calls[at];
      expected[at] = mean[slot];
      lower[at] = lowest[slot];
      upper[at] = highest[slot];
      surprise[at] = y - mean[slot];
      verdicts[at] = y > highest[slot] ? 1 : y < lowest[slot] ? -1 : 0;
    }
  }
  return { expected, lower, upper, surprise, verdicts };
}

printHeader('Score', {
  seed: SEED,
  shape: `${shapeLine(SHAPES.fleet)}; two weeks of ${judged.grid.length} buckets scored`,
});
let verdicts: Int8Array = new Int8Array();
const ways = [
  {
    name: 'scoreWindow, all four window lengths',
    run: () => {
      verdicts = scoreWindow(baseline, judged).verdicts;
    },
  },
  { name: 'a plain band on typed arrays (the limit)', run: plainBand },
];
const timings = await compare(ways, { rounds: 3 });
printTable('Judging a window', timings, { amount: buckets, unit: 'buckets' });
const told = verdicts.reduce((sum, verdict) => sum + (verdict === 0 ? 0 : 1), 0);
console.log(`\n${figure((100 * told) / buckets)} % of the buckets are not normal: every label of the fleet is in it.`);
printGoal('scoreWindow', rate(timingOf(timings, ways[0].name), buckets) / 1e6, 5, 'M buckets/s');
