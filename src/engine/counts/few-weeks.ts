// What a history of two or three weeks says of what comes once a week: that it may, and not how much.

/** Weeks from which on a cell's own scatter is known by those of all. */
const ENOUGH_SIGHTS = 4;
/** Standard deviations by which its calls may miss a fitted cell by chance. */
const UNLIKE_SDS = 3;

/** Seen in so few weeks that what they show may be chance as well as habit; seen once, nothing has been shown. */
export function isFew(sights: number): boolean {
  return sights > 1 && sights < ENOUGH_SIGHTS;
}

/** Whether any cell was. A loop: `some` boxes each of the 2,016 numbers of a week (Node 20). */
export function areAnyFew(sights: Float64Array): boolean {
  for (let k = 0; k < sights.length; k++) if (isFew(sights[k])) return true;
  return false;
}

/**
 * Relative variance left at least to the day of the week that has most of a time of day, `next` being the day after it: where few
 * weeks have shown that, one in as many, as far as it is that day's own.
 */
export function onceAWeek(most: number, next: number, sights: number): number {
  if (!isFew(sights) || !(most > next)) return 0;
  const own = 1 - next / most;
  return (own * own) / sights;
}

/**
 * Relative variance of a cell whose own calls in all weeks are unlike what it was drawn to: what came in every week of the history is
 * not rare there.
 */
export function unlikeIts(calls: number, fitted: number, chance: number): number {
  const off = (calls - fitted) * (calls - fitted) - UNLIKE_SDS * UNLIKE_SDS * chance;
  return off > 0 ? Math.min(1, off / (fitted * fitted)) : 0;
}
