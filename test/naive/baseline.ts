/**
 * The obvious baseline, slow on purpose: the mean of the same hour of the week in local time, one formatter call a bucket.
 * @returns mean calls per bucket by `Mon 09` and the like
 */
export function naiveHourOfWeek(
  times: readonly number[],
  counts: readonly number[],
  timeZone: string,
): Map<string, number> {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' });
  const sums = new Map<string, { sum: number; n: number }>();
  for (const [i, time] of times.entries()) {
    const cell = format.format(time);
    const sum = sums.get(cell) ?? { sum: 0, n: 0 };
    sum.sum += counts[i] ?? 0;
    sum.n++;
    sums.set(cell, sum);
  }
  return new Map([...sums].map(([cell, { sum, n }]) => [cell, sum / n]));
}

export function naiveCell(time: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' }).format(
    time,
  );
}
