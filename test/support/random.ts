/** A small seeded generator for tests (mulberry32, public domain, Tommy Ettinger), independent of the library's own. */
export function seeded(seed: number): () => number {
  let s = seed | 0;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A Poisson draw by counting unit-rate arrivals: slow and obvious. */
export function poisson(random: () => number, mean: number): number {
  if (mean > 500) return poisson(random, mean / 2) + poisson(random, mean / 2);
  let left = mean;
  let count = -1;
  while (left >= 0) {
    left += Math.log(1 - random());
    count++;
  }
  return count;
}
