#!/usr/bin/env bash
# date-holidays 3.37.0 answers for a country or state that it does not know, without an error.
#
# Expected: an error, or undefined, for a country code that is in no list (`UK`, where ISO 3166 has `GB`) and for
#   a state that a country does not have.
# Seen: `UK` has no holidays at all, and Germany's state `XX` has the nine of the whole country. Only
#   getCountries() and getStates() show the difference.
# Source: date-holidays README, list of supported countries, which has GB and no UK; the program below.
# Matters: a calendar handed to a model of usual counts is silently empty, and every bank holiday then looks like
#   missing calls. Check the code against getCountries() and getStates() first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error date-holidays@3.37.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import Holidays from 'date-holidays';

const publicDays = (...place) => new Holidays(...place).getHolidays(2026).filter(({ type }) => type === 'public').length;
for (const place of [['GB'], ['UK'], ['DE'], ['DE', 'BY'], ['DE', 'XX']]) {
  console.log(`${place.join('-')}: ${publicDays(...place)} public holidays in 2026`);
}
const known = new Holidays();
console.log(`UK is a known country: ${'UK' in known.getCountries()}; XX a known state: ${'XX' in known.getStates('DE')}`);
PROGRAM

cat >expected.txt <<'OUTPUT'
GB: 8 public holidays in 2026
UK: 0 public holidays in 2026
DE: 9 public holidays in 2026
DE-BY: 12 public holidays in 2026
DE-XX: 9 public holidays in 2026
UK is a known country: false; XX a known state: false
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
