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

const HALF_LOG_TWO_PI = 0.9189385332046727;
