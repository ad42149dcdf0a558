// Kills `kms-baseline watch` with SIGKILL at random moments of simulated fortnights, until it was killed so often or the
// time is over: `npm run soak -- watch --kills=1000 --seed=1 --minutes=60`. Each fortnight must end as one that nobody
// disturbed: the same verdicts counted, the same notices under the same ids, a state that can be read after every kill. A
// run that was stopped is gone on with under another seed.
import { parseArgs } from 'node:util';
import { KilledWatch, type Kills } from '../../test/plan/support-killed.js';
import { printHeader } from '../harness.js';

const { values } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' } },
});
const [kills, seed, minutes] = [values.kills ?? '1000', values.seed ?? '1', values.minutes ?? '60'].map(Number);
if (![kills, seed, minutes].every((value) => Number.isFinite(value) && value > 0)) {
  throw new Error('--kills, --seed and --minutes must be numbers above 0');
}
printHeader('Watch, killed', { seed, shape: `${kills} kills, or ${minutes} min` });
const begun = performance.now();
const spent = () => (performance.now() - begun) / 60_000;
const watch = new KilledWatch();
const clean = await watch.undisturbed();
let shown = 0;
const enough = (done: Readonly<Kills>): boolean => {
  if (done.kills >= shown + 50) {
    shown = done.kills;
    console.error(`${done.kills} kills, ${done.fortnights} fortnights, ${spent().toFixed(1)} min`);
  }
  return done.kills >= kills || spent() >= minutes;
};
const done = await watch.kill(clean, seed, enough);
watch.remove();
console.log(
  `\n${done.kills} kills in ${done.fortnights} fortnights of ${clean.told.length} notices each, ${spent().toFixed(1)} min: ` +
    `no verdict and no notice lost, none told under two ids; ${done.repeats} told again under the same id; ` +
    `${done.states} states read, all whole`,
);
if (done.kills < kills) {
  console.log(`the time was over: go on with --kills=${kills - done.kills} --seed=${seed + 1}`);
}
