// What `kms-baseline watch` outlives: `npm run soak -- watch --kills=1000 --pairs=100 --days=30 --seed=1 --minutes=60`.
//
// - A simulated month in which one source never answers and one is slow, one notifier refuses every tenth notice and one never
//   comes back: all other notices must arrive once and on time, and the health must name each part that is amiss.
// - Pairs of runs that start at the same moment, some of which are killed: in each, one goes on and the other ends with 2
//   before it has polled or notified; no notice is lost, none comes under two ids, no id stands for two.
// - Kills with SIGKILL at random moments of simulated fortnights, until it was killed so often or the time is over. Each
//   fortnight must end as one that nobody disturbed: the same verdicts counted, the same notices under the same ids, a state
//   that can be read after every kill. A run that was stopped is gone on with under another seed.
//
// A part whose number is 0 is left out.
import { parseArgs } from 'node:util';
import { KilledWatch, type Kills } from '../../test/plan/support-killed.js';
import { runMonth } from '../../test/plan/support-month.js';
import { runPairs } from '../../test/plan/support-pairs.js';
import { printHeader } from '../harness.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    pairs: { type: 'string', default: '100' },
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
  },
});
const [kills, pairs, days, seed, minutes] = [values.kills, values.pairs, values.days, values.seed, values.minutes].map(
  Number,
);
if (![kills, pairs, days, seed, minutes].every((value) => Number.isFinite(value) && value >= 0)) {
  throw new Error('--kills, --pairs, --days, --seed and --minutes must be numbers from 0 on');
}
const begun = performance.now();
const spent = () => (performance.now() - begun) / 60_000;

if (days > 0) {
  printHeader('Watch, with parts that hang and refuse', { shape: `${days} days, a poll every 5 min` });
  const { decided, polls, longestGap, refused, givenUp } = await runMonth(Date.UTC(2026, 4, 18), days);
  console.log(
    `\n${decided} notices decided, each sent once and in order; ${refused} refused and reported, ${givenUp} let go after a week ` +
      `by the one that hangs; ${polls} polls of the good source, at most ${longestGap / 60_000} min apart; ${spent().toFixed(1)} min`,
  );
}
if (pairs > 0) {
  printHeader('Watch, started twice', { seed, shape: `${pairs} pairs` });
  const since = spent();
  const { killed, notices, repeats } = await runPairs(pairs, seed);
  console.log(
    `\n${pairs} pairs, in each of which one went on and the other ended with 2; ${killed} of those that went on were killed; ` +
      `${notices} notices, none lost, none under two ids, no id for two; ${repeats} sent again under the same id; ` +
      `${(spent() - since).toFixed(1)} min`,
  );
}
if (kills > 0) await killed();

async function killed(): Promise<void> {
  printHeader('Watch, killed', { seed, shape: `${kills} kills, or ${minutes} min` });
  const since = spent();
  const watch = new KilledWatch();
  const clean = await watch.undisturbed();
  let shown = 0;
  const enough = (done: Readonly<Kills>): boolean => {
    if (done.kills >= shown + 50) {
      shown = done.kills;
      console.error(`${done.kills} kills, ${done.fortnights} fortnights, ${(spent() - since).toFixed(1)} min`);
    }
    return done.kills >= kills || spent() - since >= minutes;
  };
  const done = await watch.kill(clean, seed, enough);
  watch.remove();
  console.log(
    `\n${done.kills} kills in ${done.fortnights} fortnights of ${clean.told.length} notices each, ${(spent() - since).toFixed(1)} min: ` +
      `no verdict and no notice lost, none sent under two ids; ${done.repeats} sent again under the same id; ` +
      `${done.states} states read, all whole`,
  );
  if (done.kills < kills) {
    console.log(`the time was over: go on with --kills=${kills - done.kills} --seed=${seed + 1}`);
  }
}
