#!/usr/bin/env bash
# arquero 7.2.1: text that comes after row 1,000 of a CSV column of numbers becomes NaN.
#
# Expected: a column with both kinds stays text, or an error names the row.
# Seen: types are taken from the first 1,000 rows; the name in row 1,001 is NaN. With autoMax above the number of
#   rows the column is text.
# Source: arquero API, fromCSV, autoMax (default 1,000); the program below.
# Matters: names that look like numbers at first (shards, tenants, versions) lose the rows of the rare others, and
#   a group by that column adds all of these up under NaN. Give parse or autoType: false for names.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error arquero@7.2.1 >>npm.log

cat >run.mjs <<'PROGRAM'
import { fromCSV } from 'arquero';

const rows = Array.from({ length: 1000 }, (_, tenant) => `${tenant},1`);
const csv = ['tenant,calls', ...rows, 'batch,1', 'audit,1'].join('\n');
const last = (table) => [...table.array('tenant')].slice(-3).map((value) => `${value} (${typeof value})`).join(', ');
console.log(`by default: ${last(fromCSV(csv))}`);
console.log(`autoMax 2000: ${last(fromCSV(csv, { autoMax: 2000 }))}`);
PROGRAM

cat >expected.txt <<'OUTPUT'
by default: 999 (number), NaN (number), NaN (number)
autoMax 2000: 999 (string), batch (string), audit (string)
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
