#!/usr/bin/env bash
# jStat 1.9.6: the Poisson probability of 160 calls, where 150 are expected, is Infinity; of 200, where 180 are expected, NaN.
#
# Expected: pdf(160, 150) is 0.0227 and pdf(200, 180) is 0.0097, as the same formula gives them in logarithms; a
#   probability never exceeds 1.
# Seen: the power overflows to Infinity, and from 171! on so does the factorial, which makes NaN of both. cdf, a
#   sum of these, follows. pdf(130, 120) is still right.
# Source: jstat src/distribution.js, poisson.pdf: Math.pow(l, k) * Math.exp(-l) / jStat.factorial(k); reference
#   values: the program's own sum of logarithms.
# Matters: a key in steady use makes more calls an hour than that. With `1 - cdf < 1e-6` every count of such an
#   hour is unusual, and from about 170 calls on none is. Use log-gamma, and test with busy rates.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error jstat@1.9.6 >>npm.log

cat >run.mjs <<'PROGRAM'
import jstat from 'jstat';

const { poisson } = jstat.jStat ?? jstat;
const logFactorial = (k) => Array.from({ length: k }, (_, i) => Math.log(i + 1)).reduce((sum, term) => sum + term, 0);
const pdf = (k, mean) => Math.exp(k * Math.log(mean) - mean - logFactorial(k));
for (const [calls, mean] of [[130, 120], [160, 150], [200, 180]]) {
  const cdf = Array.from({ length: calls + 1 }, (_, k) => pdf(k, mean)).reduce((sum, term) => sum + term, 0);
  console.log(`${calls} calls, ${mean} expected: pdf ${poisson.pdf(calls, mean).toFixed(4)} (in logarithms ${pdf(calls, mean).toFixed(4)}), cdf ${poisson.cdf(calls, mean).toFixed(4)} (${cdf.toFixed(4)})`);
}
PROGRAM

cat >expected.txt <<'OUTPUT'
130 calls, 120 expected: pdf 0.0233 (in logarithms 0.0233), cdf 0.8315 (0.8315)
160 calls, 150 expected: pdf Infinity (in logarithms 0.0227), cdf Infinity (0.8054)
200 calls, 180 expected: pdf NaN (in logarithms 0.0097), cdf NaN (0.9348)
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
