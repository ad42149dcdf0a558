import { fitBaseline } from '../engine/fit-baseline.js';
import { checkNumber } from '../errors.js';
import type { SeriesSet } from '../series/series-set.js';
import { logUpperTail } from '../stats/negative-binomial.js';
import { gridEnd, MINUTE, SECOND, WEEK } from '../time/grid.js';
import { civilTime } from './civil-time.js';
import { grouped, mean } from './numbers.js';
import { type QuotaOptions, type QuotaUse, quotaSeries, useOf } from './quotas.js';

export interface HeadroomOptions extends QuotaOptions {
  /**
   * How many times as fast as its bucket's mean the busiest second of a bucket runs; 3 by default, and 1 where buckets are
   * seconds. Log files tell it: `busiest` of `quotaUses` counted with a step of 1,000, over that of the step used here.
   */
  readonly burst?: number;
  /** As for `fitBaseline`. */
  readonly timeZone?: string;
}

/** How far a quota is from being reached, and how probable it is that it will be. */
export interface QuotaHeadroom extends QuotaUse {
  /**
   * The chance that calls are throttled at least once in the week after the history; null where that is too short to tell.
   * Buckets are taken as independent: since busy ones come together, the true chance is lower rather than higher.
   */
  readonly chance: number | null;
  /** The burst that was assumed. */
  readonly burst: number;
}

/**
 * The headroom of each request quota, the most probable to be reached first: a baseline of the calls against it says how
 * probable it is for each bucket of the coming week to hold so many that one of its seconds goes over the quota. What is
 * assumed of the seconds within a bucket is `burst`, with Poisson counts around it. Quotas count in whole seconds (KMS
 * Developer Guide, requests-per-second).
 * @param history counts by rows that `quotaUses` reads; at least a few weeks for a chance worth having
 * @throws InputError for options out of range
 */
export function quotaHeadroom(history: SeriesSet, options: HeadroomOptions = {}): QuotaHeadroom[] {
  const { step } = history.grid;
  const burst = step <= SECOND ? 1 : checkNumber(options.burst ?? 3, 'burst', 1, 1e6);
  const { quotas, set } = quotaSeries(history, options);
  const baseline = fitBaseline(set, options.timeZone === undefined ? {} : { timeZone: options.timeZone });
  const from = gridEnd(history.grid);
  return quotas
    .map((quota, row): QuotaHeadroom => {
      const stride = Math.max(1, Math.round(STRIDE / step)) * step;
      const limits = CHANCES.map((chance) => callsAt(chance, quota.perSecond, step, burst));
      // The logarithm of the chance that no bucket has a second over the quota.
      let spared = 0;
      for (let time = from; time < from + WEEK; time += stride) {
        const reached = limits.map((calls) => baseline.chanceOf(set.keys[row], time, Math.ceil(calls)));
        spared += (stride / step) * Math.log1p(-Math.min(meanChance(reached), 1 - 1e-12));
      }
      const chance = Number.isNaN(spared) ? null : -Math.expm1(spared);
      return { ...useOf(quota, set, row), chance, burst };
    })
    .filter(({ busiest }) => busiest > 0)
    .sort((a, b) => (b.chance ?? 0) - (a.chance ?? 0) || b.share - a.share);
}

/** Finer buckets are taken to be as the one at the beginning of each such stretch. */
const STRIDE = 5 * MINUTE;

/** Chances at which it is asked how many calls it takes: three to a decade, from next to none. */
const CHANCES: readonly number[] = [...Array.from({ length: 30 }, (_, i) => 10 ** ((i - 30) / 3)), 0.9];

/**
 * The chance of throttling over all the counts that a bucket may hold: the integral over u of the probability that it
 * holds the calls at which the chance is u.
 * @param reached for each of {@link CHANCES} that probability
 */
function meanChance(reached: readonly number[]): number {
  let sum = CHANCES[0] * reached[0];
  for (let i = 1; i < CHANCES.length; i++) sum += ((CHANCES[i] - CHANCES[i - 1]) * (reached[i] + reached[i - 1])) / 2;
  return sum + (1 - CHANCES[CHANCES.length - 1]) * reached[CHANCES.length - 1];
}

/** One line on a quota for people. @param options.timeZone UTC by default */
export function quotaWords(headroom: QuotaHeadroom, options: { readonly timeZone?: string } = {}): string {
  const { quota, account, region, perSecond, busiest, at, share, chance, burst } = headroom;
  const what = quota === 'symmetric' ? 'Cryptographic operations with symmetric keys' : `Quota ${quota}`;
  const where = `${region}${account === '' ? '' : `, account ${account}`}`;
  const used = share < 0.001 ? 'under 0.1 %' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
  const risk =
    chance === null
      ? 'Too little history to state the probability of throttling.'
      : `Chance of throttling within a week: ${chanceWords(chance)}, if no second runs at over ${burst} times the mean around it.`;
  return (
    `${what} (${where}): at most ${mean(busiest)} calls a second, ${used} of ${grouped(perSecond)}, at ` +
    `${civilTime(at, options.timeZone ?? 'UTC')}. ${risk}`
  );
}

function chanceWords(chance: number): string {
  if (chance < 1e-6) return 'less than one in a million';
  if (chance < 0.01) return `one in ${grouped(Number((1 / chance).toPrecision(1)))}`;
  return chance > 0.99 ? 'over 99 %' : `${(100 * chance).toFixed(0)} %`;
}

/** Close to Poisson, and quick: the continued fraction takes on the order of the root of it. */
const NEARLY_POISSON = 1e8;

/**
 * The calls in a bucket at which one of its seconds goes over the quota with that chance. Of a quota below one a second,
 * the stretch that allows one call counts in place of a second.
 */
function callsAt(chance: number, perSecond: number, step: number, burst: number): number {
  const stretch = Math.max(1, 1 / perSecond);
  const over = Math.floor(perSecond * stretch) + 1;
  const stretches = step / SECOND / stretch;
  if (stretches <= 1) return over;
  // Of one stretch, −ln of the chance that leaves all of them a chance of 1 − `chance` to stay within.
  const nats = -Math.log(-Math.expm1(Math.log1p(-chance) / stretches));
  let low = 0;
  let high = 2 * over + 10;
  for (let i = 0; i < 50; i++) {
    const rate = (low + high) / 2;
    if (-logUpperTail(over, rate, NEARLY_POISSON) > nats) low = rate;
    else high = rate;
  }
  return (low * stretches) / burst;
}
