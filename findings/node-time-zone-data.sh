#!/usr/bin/env bash
# Node.js 20.20.2 and 22.23.3 give four zones another local time from November 2026 on.
#
# Expected: two supported releases of Node.js agree on the local time of an instant a few months ahead.
# Seen: 20.20.2 ships time zone data 2025c, 22.23.3 ships 2026c. They differ by an hour in Casablanca and El
#   Aaiun, Vancouver and Edmonton; the other zones asked agree.
# Source: process.versions.tz of both releases (npm package `node`, which installs their binaries); IANA time zone
#   database, releases 2026a to 2026c.
# Matters: hours of the week are learned in local time. Counts fitted on one machine and judged on another sit an
#   hour apart, with no code changed: keep process.versions.tz beside a stored baseline.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error n20@npm:node@20.20.2 n22@npm:node@22.23.3 >>npm.log

cat >run.mjs <<'PROGRAM'
const zones = ['Africa/Casablanca', 'Africa/El_Aaiun', 'America/Vancouver', 'America/Edmonton', 'Europe/Berlin', 'America/Los_Angeles'];
console.log(`Node.js ${process.version}, time zone data ${process.versions.tz}`);
for (const timeZone of zones) {
  const local = new Date(Date.UTC(2027, 0, 15, 12)).toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  console.log(`  2027-01-15T12:00Z is ${local} in ${timeZone}`);
}
PROGRAM

cat >expected.txt <<'OUTPUT'
Node.js v20.20.2, time zone data 2025c
  2027-01-15T12:00Z is 13:00 in Africa/Casablanca
  2027-01-15T12:00Z is 13:00 in Africa/El_Aaiun
  2027-01-15T12:00Z is 04:00 in America/Vancouver
  2027-01-15T12:00Z is 05:00 in America/Edmonton
  2027-01-15T12:00Z is 13:00 in Europe/Berlin
  2027-01-15T12:00Z is 04:00 in America/Los_Angeles
Node.js v22.23.3, time zone data 2026c
  2027-01-15T12:00Z is 12:00 in Africa/Casablanca
  2027-01-15T12:00Z is 12:00 in Africa/El_Aaiun
  2027-01-15T12:00Z is 05:00 in America/Vancouver
  2027-01-15T12:00Z is 06:00 in America/Edmonton
  2027-01-15T12:00Z is 13:00 in Europe/Berlin
  2027-01-15T12:00Z is 04:00 in America/Los_Angeles
OUTPUT

for release in n20 n22; do "node_modules/$release/bin/node" run.mjs; done >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
