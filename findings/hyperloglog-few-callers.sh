#!/usr/bin/env bash
# bloom-filters 3.0.4: its HyperLogLog with 1,024 registers counts half of the callers of a key.
#
# Expected: with 1,024 registers the standard error is about 3 % (1.04 / sqrt(1024)), and a few distinct values
#   are counted almost exactly: the algorithm corrects small counts by its empty registers.
# Seen: about half of the distinct callers is counted from 5 up to 1,000 of them; only from several thousand on is
#   the estimate as good as stated.
# Source: Flajolet et al., HyperLogLog (2007), figure 3 (small range correction) and its stated accuracy;
#   bloom-filters README, which cites it with a standard error of 2 %.
# Matters: keys have few callers. A first-ever caller is often not a new one for the sketch, and "unusually few
#   callers" is always true. For a key's callers a Set is small and exact.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error bloom-filters@3.0.4 >>npm.log

cat >run.mjs <<'PROGRAM'
import filters from 'bloom-filters';

for (const callers of [5, 10, 100, 1000, 5000]) {
  const sketch = new filters.HyperLogLog(1024);
  for (let i = 0; i < callers; i++) sketch.update(`arn:aws:iam::111122223333:role/app-${i}`);
  console.log(`${callers} callers: counted ${sketch.count(true)}`);
}
PROGRAM

cat >expected.txt <<'OUTPUT'
5 callers: counted 1
10 callers: counted 4
100 callers: counted 49
1000 callers: counted 454
5000 callers: counted 5075
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
