#!/usr/bin/env bash
# node-ical 0.27.2: a whole day of a calendar file begins at midnight of the machine that reads it.
#
# Expected: 25 December, a DATE without a zone, reads the same everywhere, or takes the zone from the reader's
#   options.
# Seen: `start` is a Date at the process's own midnight: 15:00Z of the day before in Tokyo, 05:00Z in New York.
#   `dateOnly` is true, and is all that says so.
# Source: RFC 5545, 3.3.4 (DATE); node-ical README, note on dateOnly; the program below under three values of TZ.
# Matters: holidays and freezes from a calendar file cover the wrong hours of UTC counts, and other ones in a
#   container than on a desk. Read getFullYear(), getMonth() and getDate() when dateOnly is set, never the
#   instant.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error node-ical@0.27.2 >>npm.log

cat >run.mjs <<'PROGRAM'
import ical from 'node-ical';

const file = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//example//EN', 'BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z',
  'DTSTART;VALUE=DATE:20261225', 'DTEND;VALUE=DATE:20261226', 'SUMMARY:Christmas', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
const { start } = ical.sync.parseICS(file)['1'];
console.log(`TZ=${process.env.TZ}: ${start.toISOString()}, dateOnly ${start.dateOnly}`);
PROGRAM

cat >expected.txt <<'OUTPUT'
TZ=UTC: 2026-12-25T00:00:00.000Z, dateOnly true
TZ=Asia/Tokyo: 2026-12-24T15:00:00.000Z, dateOnly true
TZ=America/New_York: 2026-12-25T05:00:00.000Z, dateOnly true
OUTPUT

for zone in UTC Asia/Tokyo America/New_York; do TZ=$zone node run.mjs; done >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
