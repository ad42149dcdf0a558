#!/usr/bin/env bash
# @opentelemetry/sdk-metrics 3.1.1 adds up the calls of every key after the 1,999th in one series without a key.
#
# Expected: a counter with one attribute set for each of 2,500 KMS keys exports 2,500 series, or says that it does
#   not.
# Seen: 2,000 series are exported; 501 keys share one that has the attribute otel.metric.overflow and no key.
#   Nothing is logged.
# Source: OpenTelemetry specification, Metrics SDK, cardinality limits (default 2,000); `cardinalityLimits` of the
#   reader and `aggregationCardinalityLimit` of a view raise it.
# Matters: sums stay right while which keys are missing depends on the order of their first call: after a restart
#   other keys fall silent. Raise the limit above the number of keys, and alert on otel.metric.overflow.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @opentelemetry/sdk-metrics@3.1.1 @opentelemetry/api@1.10.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] });
const calls = provider.getMeter('kms').createCounter('kms.calls');
for (let key = 1; key <= 2500; key++) calls.add(1, { key: `key-${key}` });
await provider.forceFlush();
const points = exporter.getMetrics()[0].scopeMetrics[0].metrics[0].dataPoints;
const other = points.find(({ attributes }) => attributes['otel.metric.overflow']);
console.log(`${points.length} series; ${points.filter(({ attributes }) => attributes.key !== undefined).length} have a key`);
console.log(`without a key: ${JSON.stringify(other?.attributes)}, ${other?.value} calls`);
console.log(`key-1999 has a series of its own: ${points.some(({ attributes }) => attributes.key === 'key-1999')}; key-2000: ${points.some(({ attributes }) => attributes.key === 'key-2000')}`);
await provider.shutdown();
PROGRAM

cat >expected.txt <<'OUTPUT'
2000 series; 1999 have a key
without a key: {"otel.metric.overflow":true}, 501 calls
key-1999 has a series of its own: true; key-2000: false
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
