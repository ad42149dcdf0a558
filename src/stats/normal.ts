const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * ln P(Z ≥ z) of the standard normal law: by the series of Φ near 0 and by Lentz's continued fraction of Mills' ratio
 * beyond (Abramowitz and Stegun 26.2.10 and 26.2.14); relative error of the probability below 1e-13.
 */
export function logNormalUpper(z: number): number {
  if (z < -3) return Math.log1p(-Math.exp(logNormalUpper(-z)));
  if (z > 3) {
    // Mills' ratio 1/(z + 1/(z + 2/(z + …))), from the far end: 60 terms do at z = 3, fewer beyond.
    let fraction = z;
    for (let k = 60; k > 0; k--) fraction = z + k / fraction;
    return -0.5 * z * z - HALF_LOG_TWO_PI - Math.log(fraction);
  }
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17; k += 2) {
    term *= (z * z) / k;
    sum += term;
    if (k > 200) break;
  }
  return Math.log(0.5 - sum * Math.exp(-0.5 * z * z - HALF_LOG_TWO_PI));
}

/** Nodes of the table behind {@link upperNats}: every 32nd, ±9 either way. */
const PER_UNIT = 32;
const TABLE_END = 9;
/**
 * At each node −ln P(Z ≥ z) and its slope over one step, once {@link upperNats} was asked. An array that is there from the
 * start is a constant to V8 (Node 20), and its place and length are written into the loops that look into it.
 */
const nodes = new Float64Array(2 * (2 * TABLE_END * PER_UNIT + 1));

function fillNodes(): void {
  for (let k = 0; 2 * k < nodes.length; k++) {
    const z = k / PER_UNIT - TABLE_END;
    const nats = -logNormalUpper(z);
    nodes[2 * k] = nats;
    nodes[2 * k + 1] = Math.exp(nats - 0.5 * z * z - HALF_LOG_TWO_PI) / PER_UNIT;
  }
}

/**
 * −ln P(Z ≥ z), by Hermite's cubic between the nodes of a table for |z| < 9: within 2e-9 of {@link logNormalUpper}
 * (test/stats/normal.test.ts), and a tenth of its time.
 */
export function upperNats(z: number): number {
  if (nodes[1] === 0) fillNodes();
  const at = (z + TABLE_END) * PER_UNIT;
  if (!(at >= 0 && at < 2 * TABLE_END * PER_UNIT)) return -logNormalUpper(z);
  const k = Math.floor(at);
  const t = at - k;
  const from = nodes[2 * k];
  const slope = nodes[2 * k + 1];
  const rise = nodes[2 * k + 2] - from;
  const bend = slope + nodes[2 * k + 3] - 2 * rise;
  return from + t * (slope + t * (rise - slope - bend + t * bend));
}

/**
 * The z at which −ln P(Z ≥ z) is `nats` (> 0.7), to 0.0005 (Abramowitz and Stegun 26.2.23).
 */
export function deviateAt(nats: number): number {
  const t = Math.sqrt(2 * nats);
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}
