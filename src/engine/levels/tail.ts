/**
 * Tails of a standardized residual u, learned while the series runs: counts of |u| by half octaves from 1/4 to 2^14, over
 * a fading memory, filled up by a heavy-tailed distribution where little was seen. A series that spikes every day lifts its own
 * tail, so that equal tail probabilities mean equally rare values on every series.
 *
 * One test takes {@link TAIL_SIZE} numbers: the weight of all its residuals, then one number per half octave for those
 * above expectation, then the same for those below.
 */
const BINS = 33;
export const TAIL_SIZE = 1 + 2 * BINS;

/** How many residuals that distribution is trusted like, and how many make the memory: four weeks of 5 minutes. */
export const TRUST = 3000;
export const MEMORY = 8000;
/** The first bin whose residuals are forgiven nothing, from 128 on. */
const FAR = 18;

/**
 * Close to Student's t with 5 degrees of freedom, scaled to a standard deviation of 1, in a form that needs no incomplete
 * beta function: within a third of it from 1 to 20 standard deviations.
 */
const SPAN = 1.9;
const POWER = 2.5;
/** Lower edges of the bins, and the share that the distribution expects above each, in one direction. */
const EDGES = Float64Array.from({ length: BINS }, (_, i) => Math.exp((i / 2 - 2) * Math.LN2));
const SHARES = EDGES.map((edge) => 0.5 * Math.exp(-POWER * Math.log1p((edge * edge) / SPAN)));

/** Half octaves of `u` above the first edge; negative below it. */
function binsUp(u: number): number {
  return (Math.log(u) / Math.LN2 + 2) * 2;
}

/** Where the bins of one direction of the test at `at` begin. */
function side(at: number, above: boolean): number {
  return at + (above ? 1 : 1 + BINS);
}

/** Lets the residual `u` count in the test at `at`. Weights grow instead of memories fading: see {@link TRUST} × `unit`. */
export function countTail(tails: Float32Array, at: number, u: number, weight: number): void {
  tails[at] += weight;
  const size = Math.abs(u);
  if (size >= EDGES[0]) tails[side(at, u >= 0) + Math.min(BINS - 1, Math.floor(binsUp(size)))] += weight;
}

/**
 * −log₁₀ P(U > size) in one direction, continuous and rising in `size` ≥ 0 up to 2^14, and constant from there.
 * @param unit the weight that a residual of today has in `tails`
 * @param forgiven share of all residuals that may be of incidents: so many are taken off those beyond a size, as an
 * ε-contaminated sample has it (Huber, Annals of Mathematical Statistics 35, 1964). Those of 128 and more stay: of a
 * metric that is still and spikes, their rarity is all there is.
 */
export function tailSurprise(
  tails: Float32Array,
  at: number,
  above: boolean,
  size: number,
  unit: number,
  forgiven: number,
): number {
  const from = side(at, above);
  const trust = TRUST * unit;
  const total = tails[at] + trust;
  const forgive = forgiven * tails[at];
  const x = size < EDGES[0] ? 0 : binsUp(size);
  const bin = Math.min(BINS - 1, Math.floor(x));
  let far = 0;
  let near = 0;
  for (let i = BINS - 1; i > bin; i--) {
    if (i >= FAR) far += tails[from + i];
    else near += tails[from + i];
  }
  const next = far + Math.max(0, near - forgive);
  if (bin >= FAR) far += tails[from + bin];
  else near += tails[from + bin];
  const here = decades(far + Math.max(0, near - forgive) + trust * SHARES[bin], total);
  if (size < EDGES[0]) return (here * size) / EDGES[0];
  // So far out all sizes are alike: what came there before, came as far.
  if (bin === BINS - 1) return here;
  return here + (decades(next + trust * SHARES[bin + 1], total) - here) * (x - bin);
}

/** The size at which {@link tailSurprise} reaches `surprise`: its inverse; 0 where
 * `surprise` is not positive, infinite where nothing reaches it. */
export function tailPoint(
  tails: Float32Array,
  at: number,
  above: boolean,
  surprise: number,
  unit: number,
  forgiven: number,
): number {
  if (!(surprise > 0)) return 0;
  const from = side(at, above);
  const trust = TRUST * unit;
  const total = tails[at] + trust;
  const forgive = forgiven * tails[at];
  const share = Math.exp(-surprise * Math.LN10) * total;
  let far = 0;
  let near = 0;
  let next = 0;
  for (let bin = BINS - 1; bin >= 0; bin--) {
    if (bin >= FAR) far += tails[from + bin];
    else near += tails[from + bin];
    const beyond = far + Math.max(0, near - forgive);
    if (beyond + trust * SHARES[bin] > share) {
      if (bin === BINS - 1) return Number.POSITIVE_INFINITY;
      const here = decades(beyond + trust * SHARES[bin], total);
      const rise = decades(next + trust * SHARES[bin + 1], total) - here;
      return Math.exp(((bin + (surprise - here) / rise) / 2 - 2) * Math.LN2);
    }
    next = beyond;
  }
  return (EDGES[0] * surprise) / decades(next + trust * SHARES[0], total);
}

function decades(share: number, total: number): number {
  return -Math.log(share / total) / Math.LN10;
}
