#!/usr/bin/env bash
# arquero 7.2.1: toCSV writes a Date at midnight as a day, one on a minute without seconds, and the others in full.
#
# Expected: one column of times has one form, as toISOString and JSON.stringify give it.
# Seen: the buckets of a day by the hour are 2026-05-04, 2026-05-04T01:00Z, ...; a parser with a fixed form, such as
#   d3-time-format's utcParse, gives null for each midnight or for all the rest.
# Source: arquero API, toCSV (dates as "ISO 8601 short"), src/format/util.js; the program below.
# Matters: counts by the hour that go through such a file lose the bucket of midnight, or the whole day, without an
#   error; a baseline then takes it for a gap. Derive a text column with toISOString before toCSV.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error arquero@7.2.1 d3-time-format@4.1.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { table } from 'arquero';
import { utcParse } from 'd3-time-format';

const times = ['2026-05-04T00:00:00Z', '2026-05-04T01:00:00Z', '2026-05-04T01:00:30Z'].map((text) => new Date(text));
const written = table({ time: times }).toCSV().trim().split('\n').slice(1);
const parse = utcParse('%Y-%m-%dT%H:%MZ');
for (const [i, text] of written.entries()) {
  console.log(`${times[i].toISOString()}: written ${text}, read by the minute ${parse(text)?.toISOString() ?? null}`);
}
PROGRAM

cat >expected.txt <<'OUTPUT'
2026-05-04T00:00:00.000Z: written 2026-05-04, read by the minute null
2026-05-04T01:00:00.000Z: written 2026-05-04T01:00Z, read by the minute 2026-05-04T01:00:00.000Z
2026-05-04T01:00:30.000Z: written 2026-05-04T01:00:30Z, read by the minute null
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
