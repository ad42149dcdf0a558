import { checkInteger, checkNumber, checkOptions, type OptionNames } from '../errors.js';
import { buildFleet, type Fleet, type FleetOptions, spanOf } from './fleet.js';
import { drawFlat, drawHuman, drawNoise, type RowPlan } from './fleet-plan.js';
import { Random } from './random.js';

/** Calls in five minutes at the busiest time: below one an hour, up to ten a bucket, above. */
const CLASSES = [
  [0.004, 0.08],
  [0.2, 10],
  [15, 3000],
] as const;

/**
 * A fleet to check error rates on: people and machines in equal parts of three rate classes (below one call an hour, up
 * to ten a bucket, above), without events, bursts or jobs. Incidents in the history only where `contaminated` says so;
 * by default none.
 *
 * @throws InputError when an option is out of its range
 */
export function simulateCleanFleet(
  options: Pick<FleetOptions, 'seed' | 'series' | 'historyDays' | 'judgedDays' | 'start' | 'contaminated'>,
): Fleet {
  checkOptions(options, SIMULATE_CLEAN_FLEET_OPTIONS);
  const random = new Random('clean fleet', checkInteger(options.seed, 'seed', 0, Number.MAX_SAFE_INTEGER));
  const plans = Array.from({ length: checkInteger(options.series ?? 150, 'series', 1, 100_000) }, (_, row): RowPlan => {
    const own = random.fork('plan', row);
    const [low, high] = CLASSES[row % CLASSES.length];
    const people = Math.floor(row / CLASSES.length) % 2 === 0;
    return {
      kind: people ? 'human' : 'flat',
      zone: people ? 'Europe/Berlin' : 'UTC',
      operation: own.pick(['Decrypt', 'GenerateDataKey', 'Encrypt']),
      bornAt: Number.NEGATIVE_INFINITY,
      traffic: people ? drawHuman(own, low, high) : drawFlat(own, low, high),
      noise: people ? drawNoise(own, 0.004, 0.12) : drawNoise(own, 0.001, 0.05),
    };
  });
  return buildFleet({
    random,
    plans,
    ...spanOf(options),
    events: false,
    contaminated: checkNumber(options.contaminated ?? 0, 'contaminated', 0, 1),
  });
}

const SIMULATE_CLEAN_FLEET_OPTIONS: OptionNames<NonNullable<Parameters<typeof simulateCleanFleet>[0]>> = {
  seed: true,
  series: true,
  historyDays: true,
  judgedDays: true,
  start: true,
  contaminated: true,
};
