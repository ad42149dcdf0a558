#!/usr/bin/env bash
# prom-client 15.1.3: rendering a counter as OpenMetrics once renames it in the Prometheus text from then on.
#
# Expected: reading a metric in one format leaves it as it was in the other.
# Seen: after one rendering by a registry of the OpenMetrics content type, the text registry prints `kms_calls`
#   where it printed `kms_calls_total`.
# Source: prom-client lib/registry.js, which takes `_total` off the shared metric for OpenMetrics; README,
#   OpenMetrics section: all registries in use should have the same type.
# Matters: the second scraper that asks for OpenMetrics ends the first one's series: rate(kms_calls_total) has no
#   data, and an alert on few calls fires, or one on many stays silent.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error prom-client@15.1.3 >>npm.log

cat >run.mjs <<'PROGRAM'
import client from 'prom-client';

const text = new client.Registry();
const openMetrics = new client.Registry(client.Registry.OPENMETRICS_CONTENT_TYPE);
const calls = new client.Counter({ name: 'kms_calls_total', help: 'calls', labelNames: ['operation'], registers: [text, openMetrics] });
calls.inc({ operation: 'Decrypt' }, 3);
const sample = async (registry) => (await registry.metrics()).split('\n').find((line) => line.includes('Decrypt'));
console.log(`text before: ${await sample(text)}`);
console.log(`OpenMetrics: ${await sample(openMetrics)}`);
console.log(`text after:  ${await sample(text)}`);
PROGRAM

cat >expected.txt <<'OUTPUT'
text before: kms_calls_total{operation="Decrypt"} 3
OpenMetrics: kms_calls_total{operation="Decrypt"} 3
text after:  kms_calls{operation="Decrypt"} 3
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
