import { logNormalUpper } from '../stats/normal.js';
import { DAY } from '../time/grid.js';

/** When a quota is likely to be reached if use grows on as the history shows, epoch ms. */
export interface QuotaDates {
  /** The first day by which that has a chance of one in ten; `null` for none within two years. */
  readonly from: number | null;
  /** The first day by which it has one of nine in ten; `null` likewise. */
  readonly to: number | null;
}

const EARLY = 0.1;
const LATE = 0.9;
/** Nobody plans further ahead, and no history shows as much. */
const AHEAD = 730;

/** Multiples of today's use between which the one is looked for at which the quota is reached. */
const LEAST = 1e-3;
const MOST = 1e4;

/**
 * How many times today's use it takes for throttling to be as likely as not within a week; `undefined` for more than 10,000.
 * @param chanceAt of throttling within a week at so many times today's use; rises with it
 */
export function timesToReach(chanceAt: (times: number) => number): number | undefined {
  if (!(chanceAt(MOST) > 0.5)) return undefined;
  let low = Math.log(LEAST);
  let high = Math.log(MOST);
  for (let i = 0; i < 10; i++) {
    const middle = (low + high) / 2;
    if (chanceAt(Math.exp(middle)) > 0.5) high = middle;
    else low = middle;
  }
  return Math.exp((low + high) / 2);
}

/**
 * The dates between which use gets to so many times today's.
 * @param now the end of the history
 * @param use what it is then to today's: the middle of its distribution, and the variance of its logarithm
 */
export function datesOf(
  times: number | undefined,
  now: number,
  use: (time: number) => { readonly ratio: number; readonly variance: number },
): QuotaDates {
  let from: number | null = null;
  let to: number | null = null;
  for (let day = 0; times !== undefined && day <= AHEAD && to === null; day++) {
    const time = now + day * DAY;
    const { ratio, variance } = use(time);
    const chance = Math.exp(logNormalUpper(Math.log(times / ratio) / Math.sqrt(Math.max(variance, 1e-12))));
    if (from === null && chance >= EARLY) from = time;
    if (chance >= LATE) to = time;
  }
  return { from, to };
}
