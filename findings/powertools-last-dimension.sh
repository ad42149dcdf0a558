#!/usr/bin/env bash
# @aws-lambda-powertools/metrics 2.36.0 books the calls of all keys to the last key, when dimension and metric are added in a loop.
#
# Expected: addDimension(KeyId) followed by addMetric(Calls), for two keys, gives two metrics of one value each.
# Seen: one metric comes out, with KeyId key-b and the values [5,7]; key-a is gone. A warning on stderr says that
#   a dimension was overwritten.
# Source: the EMF line that publishStoredMetrics prints; Powertools for AWS Lambda (TypeScript), Metrics:
#   dimensions belong to the whole flush, singleMetric() makes one of its own.
# Matters: CloudWatch then shows 12 calls on key-b and none on key-a: a false spike and a false silence out of
#   right counts. Flush between keys, or use singleMetric().
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @aws-lambda-powertools/metrics@2.36.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

const log = console.log;
const metrics = new Metrics({ namespace: 'Kms', serviceName: 'watch' });
metrics.console = { ...console, log: (line) => {
  const { _aws, KeyId, Calls } = JSON.parse(line);
  log(`one line: dimensions ${JSON.stringify(_aws.CloudWatchMetrics[0].Dimensions)}, KeyId ${KeyId}, Calls ${JSON.stringify(Calls)}`);
} };
for (const [key, calls] of Object.entries({ 'key-a': 5, 'key-b': 7 })) {
  metrics.addDimension('KeyId', key);
  metrics.addMetric('Calls', MetricUnit.Count, calls);
}
metrics.publishStoredMetrics();
PROGRAM

cat >expected.txt <<'OUTPUT'
one line: dimensions [["service","KeyId"]], KeyId key-b, Calls [5,7]
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
