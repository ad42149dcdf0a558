/**
 * The rate filters by their definition, slow on purpose: after every block the discounted calls and exposure of each
 * half-life are added up anew over all blocks before, each with what it was worth when it came.
 */
const HALF_LIVES = [8, 36, 144, 960];
const PRIOR = [-2.5, -1, 0, 0];
const MEMORY = 0.985;
const REACH = 7;

export interface NaiveBlock {
  readonly calls: number;
  readonly exposure: number;
  readonly hours: number;
}

export interface NaiveStart {
  readonly rate: number;
  readonly calls: number;
  readonly anchor: number;
  readonly perBlock: number;
  readonly phi: number;
  readonly alpha: number;
}

/** @returns level and relative variance after each block, in order */
export function naiveRates(
  blocks: readonly NaiveBlock[],
  { rate, calls, anchor, perBlock, phi, alpha }: NaiveStart,
): { level: number; variance: number }[] {
  const worth = HALF_LIVES.map(() => [] as number[]);
  const log = HALF_LIVES.map(() => 0);
  /** What filter j holds of calls and of exposure after the first `n` blocks. */
  const held = (j: number, n: number) => {
    let A = calls;
    let B = calls / rate;
    let age = 0;
    for (let i = 0; i < n; i++) age += blocks[i].hours;
    A *= 2 ** (-age / HALF_LIVES[j]);
    B *= 2 ** (-age / HALF_LIVES[j]);
    for (let i = 0; i < n; i++) {
      age -= blocks[i].hours;
      const weight = worth[j][i] * 2 ** (-age / HALF_LIVES[j]);
      A += weight * blocks[i].calls;
      B += weight * blocks[i].exposure;
    }
    // Half a call at the anchor's rate is always known.
    return { calls: A + 0.5, exposure: B + 0.5 / anchor };
  };
  return blocks.map((block, n) => {
    const rates = HALF_LIVES.map((_, j) => held(j, n));
    if (block.exposure > 0) {
      const information = (exposure: number) => 1 / (alpha + (1 + phi) / (anchor * exposure));
      const weight = Math.min(1, information(block.exposure) / information(perBlock));
      for (const [j, known] of rates.entries()) {
        const mean = (known.calls / known.exposure) * block.exposure;
        const variance = mean * (1 + phi) + (alpha + 1 / known.calls) * mean ** 2;
        const z2 = Math.min(16, (block.calls - mean) ** 2 / variance);
        log[j] = MEMORY ** (block.hours * weight) * log[j] - (weight * (Math.log(variance) + z2)) / 2;
      }
      const best = Math.max(...log);
      for (let j = 0; j < log.length; j++) log[j] = Math.max(log[j] - best, -REACH);
    }
    for (const [j, known] of rates.entries()) {
      worth[j].push(1 / (1 + phi + alpha * Math.max(anchor, known.calls / known.exposure) * block.exposure));
    }
    const after = HALF_LIVES.map((_, j) => held(j, n + 1));
    const weights = log.map((value, j) => Math.exp(value + PRIOR[j]));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const mean = (of: (known: { calls: number; exposure: number }) => number) =>
      after.reduce((sum, known, j) => sum + (weights[j] / total) * of(known), 0);
    const level = mean((known) => known.calls / known.exposure);
    // A gamma law of shape a has a second moment of mean² (1 + 1/a).
    const square = mean((known) => (known.calls / known.exposure) ** 2 * (1 + 1 / known.calls));
    return { level, variance: Math.max(0, square / level ** 2 - 1) };
  });
}
