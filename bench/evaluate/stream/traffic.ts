// Series of the stream's measures. Drawn by a generator of their own, so that what src/simulate believes of traffic is not
// what is measured.

export const STEP = 300_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
/** A Monday, 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 1, 2);

/** Uniform numbers in [0, 1), mulberry32; seeds that lie side by side give unrelated streams. */
export function uniforms(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) ^ 0x5bf03635;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A Poisson count of any mean: by inversion in pieces of 16 at most, whose sum has the law of the whole. */
export function poisson(random: () => number, mean: number): number {
  let count = 0;
  for (let left = mean; left > 0; left -= 16) {
    const piece = Math.min(16, left);
    const u = random();
    let mass = Math.exp(-piece);
    let sum = mass;
    // 100 is far beyond what a mean of 16 gives at the smallest u that is drawn.
    for (let k = 1; u > sum && k < 100; k++) {
      mass *= piece / k;
      sum += mass;
      count++;
    }
  }
  return count;
}

/** Calls per bucket from `start` on, each of its own mean. @param mean calls expected in the bucket that begins at a time */
export function counts(
  random: () => number,
  start: number,
  buckets: number,
  mean: (time: number) => number,
  step = STEP,
): Float64Array {
  return Float64Array.from({ length: buckets }, (_, i) => poisson(random, mean(start + i * step)));
}

/** How busy a key is, relative to its mean over a week. */
export type Shape = (time: number) => number;

export const steady: Shape = () => 1;

/** Nine to five from Monday to Friday, UTC; nothing at other times. */
export const officeHours: Shape = (time) => {
  const hour = Math.floor(time / HOUR);
  // 1970-01-01 was a Thursday.
  const isOffice = (Math.floor(hour / 24) + 3) % 7 < 5 && hour % 24 >= 9 && hour % 24 < 17;
  return isOffice ? 168 / 40 : 0;
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
