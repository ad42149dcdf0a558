/**
 * The negative binomial as its definition has it, slow on purpose: P(Y = k) one after another, tails by adding them up.
 * For means up to some hundreds, where nothing underflows.
 * @returns `[from 0]` probabilities, as far as they are above 1e-40
 */
export function naivePmf(mean: number, size: number): number[] {
  const x = mean / (mean + size);
  const pmf = [Math.exp(-size * Math.log1p(mean / size))];
  for (let k = 0; pmf[k] > 1e-40 || k < mean; k++) pmf.push((pmf[k] * x * (k + size)) / (k + 1));
  return pmf;
}

/** P(Y ≥ y) for every y that {@link naivePmf} reaches, smallest terms first. */
export function naiveUpperTails(pmf: readonly number[]): number[] {
  const tails = pmf.slice();
  for (let k = tails.length - 2; k >= 0; k--) tails[k] += tails[k + 1];
  return tails;
}

/** P(Y ≤ y) for every y that {@link naivePmf} reaches. */
export function naiveLowerTails(pmf: readonly number[]): number[] {
  const tails = pmf.slice();
  for (let k = 1; k < tails.length; k++) tails[k] += tails[k - 1];
  return tails;
}

/** Draws of the law by walking down its probabilities until they exceed a uniform number. */
export function naiveDraws(random: () => number, mean: number, size: number): () => number {
  const pmf = naivePmf(mean, size);
  return () => {
    let left = random();
    let k = 0;
    while (k < pmf.length - 1 && left >= pmf[k]) left -= pmf[k++];
    return k;
  };
}
