import { gammaln } from 'simple-statistics';

/** The filters over days by their definition, slow on purpose: every sum is added up anew, every law is the exact one. */
const HALF_LIVES = [1.5, 5, 20, 1000];

export function naiveDailyRates(observed: readonly number[], exposure: readonly number[], phi: number): number[] {
  const days = observed.map((_, d) => d);
  const sum = (of: (d: number) => number) => days.reduce((total, d) => total + of(d), 0);
  const calls = held(observed, exposure, phi);
  const anchor =
    (sum((d) => calls[d]) + 0.5) /
    Math.max(
      1,
      sum((d) => exposure[d]),
    );
  const variance = (m: number, noise: number) => m * (1 + phi) + noise * m * m;

  /** Weights of the filters at the end, and how much days scatter about what was expected of them. */
  const run = (noise: number) => {
    const worth = exposure.map((x) => 1 / (1 + phi + noise * anchor * x));
    let weights = HALF_LIVES.map(() => 1 / HALF_LIVES.length);
    let log = HALF_LIVES.map(() => 0);
    const precision = 1 / (2 * 0.04 ** 2);
    let scatter = { sum: 0.02 * precision, weight: precision };
    for (const d of days) {
      if (exposure[d] <= 0) continue;
      const known = HALF_LIVES.map((halfLife) => {
        const kept = (k: number) => (k < d ? worth[k] * 2 ** ((k + 1 - d) / halfLife) : 0);
        // On the day after it a day counts in full.
        const n = sum((k) => kept(k) * calls[k]) + 0.5;
        return { n, rate: n / (sum((k) => kept(k) * exposure[k]) + 0.5 / anchor) };
      });
      const m = known.reduce((mean, { rate }, j) => mean + weights[j] * rate, 0) * exposure[d];
      if (d > 0) {
        const square = Math.min((calls[d] - m) ** 2, 9 * variance(m, noise));
        const w = 1 / (2 * (variance(m, noise) / m / m) ** 2 + m ** -3);
        scatter = {
          sum: scatter.sum + (w * (square - m * (1 + phi))) / m ** 2,
          weight: scatter.weight + w,
        };
      }
      log = known.map(({ n, rate }, j) => {
        const mean = rate * exposure[d];
        const size = 1 / (noise + 1 / n + phi / mean);
        const p = mean / (mean + size);
        const law = gammaln(calls[d] + size) - gammaln(size) + calls[d] * Math.log(p) + size * Math.log(1 - p);
        return 0.9 * log[j] + law;
      });
      const best = Math.max(...log);
      log = log.map((value) => Math.max(value - best, -7));
      const total = log.reduce((all, value) => all + Math.exp(value), 0);
      weights = log.map((value) => Math.exp(value) / total);
    }
    return { weights, noise: Math.min(0.5, Math.max(1e-4, scatter.sum / scatter.weight)), worth };
  };

  const { noise } = run(0.05);
  const { weights, worth } = run(noise);
  return days.map((d) =>
    HALF_LIVES.reduce((mean, halfLife, j) => {
      const kept = (k: number) => worth[k] * 2 ** (-Math.abs(k - d) / halfLife);
      const rate = (sum((k) => kept(k) * calls[k]) + 0.5) / (sum((k) => kept(k) * exposure[k]) + 0.5 / anchor);
      return mean + weights[j] * rate;
    }, 0),
  );
}

/** Each day within three sd of the median of the fortnight around it. */
function held(calls: readonly number[], exposure: readonly number[], phi: number): number[] {
  return calls.map((value, d) => {
    if (exposure[d] <= 0) return value;
    const rates = calls
      .map((of, k) => (Math.abs(k - d) <= 7 && exposure[k] > 0 ? of / exposure[k] : Number.NaN))
      .filter((rate) => !Number.isNaN(rate))
      .sort((a, b) => a - b);
    if (rates.length < 7) return value;
    const m = ((rates[(rates.length - 1) >> 1] + rates[rates.length >> 1]) / 2) * exposure[d];
    const reach = 3 * Math.sqrt(m * (1 + phi) + 0.03 * m * m) + 2;
    return Math.min(m + reach, Math.max(m - reach, value));
  });
}
