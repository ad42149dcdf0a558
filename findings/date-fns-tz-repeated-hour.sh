#!/usr/bin/env bash
# @date-fns/tz 1.5.0: a month after 25 September, 02:30 in Berlin, is another instant on a machine in Tokyo than on one on UTC.
#
# Expected: a date that carries its own zone gives the same result whatever zone the machine has.
# Seen: 25 October 02:30 comes twice in Berlin. On UTC and in New York the second one is taken (+01:00), in Tokyo
#   the first (+02:00).
# Source: the program below under four values of TZ; @date-fns/tz README: calculations with a TZDate are performed
#   in the given time zone.
# Matters: windows that recur (maintenance, monthly jobs) move by an hour between a laptop and a Lambda: calls of
#   that hour are judged here and left out there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @date-fns/tz@1.5.0 date-fns@4.4.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { TZDate } from '@date-fns/tz';
import { addMonths } from 'date-fns';

const monthly = new TZDate(2026, 8, 25, 2, 30, 'Europe/Berlin');
console.log(`TZ=${process.env.TZ}: ${addMonths(monthly, 1).toISOString()}`);
PROGRAM

cat >expected.txt <<'OUTPUT'
TZ=UTC: 2026-10-25T02:30:00.000+01:00
TZ=America/New_York: 2026-10-25T02:30:00.000+01:00
TZ=Europe/Berlin: 2026-10-25T02:30:00.000+02:00
TZ=Asia/Tokyo: 2026-10-25T02:30:00.000+02:00
OUTPUT

for zone in UTC America/New_York Europe/Berlin Asia/Tokyo; do TZ=$zone node run.mjs; done >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
