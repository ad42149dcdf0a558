#!/usr/bin/env bash
# hyparquet 1.33.0: on a column of 64-bit integers a filter for "equals 0" finds nothing, while "greater than" takes the same number.
#
# Expected: { calls: 0 } finds the rows whose count is 0, as { calls: { $lt: 1 } } does.
# Seen: INT64 values are BigInt, and equality and $in compare strictly: 0 is not 0n. $lt and $gt compare across
#   both types. An operator that does not exist ($equals) keeps every row.
# Source: the program below; hyparquet src/filter.js.
# Matters: counts written by Athena, Spark or DuckDB are INT64. "Hours without calls" come back as none, and a
#   typing error in an operator as all. Pass 0n, and check operators yourself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error hyparquet@1.33.0 hyparquet-writer@0.17.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { parquetQuery } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

const file = parquetWriteBuffer({
  columnData: [
    { name: 'hour', data: ['09', '10', '11', '12'] },
    { name: 'calls', data: [4n, 0n, 0n, 7n], type: 'INT64' },
  ],
});
const show = (filter) => JSON.stringify(filter, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
for (const filter of [{ calls: 0 }, { calls: 0n }, { calls: { $in: [0] } }, { calls: { $lt: 1 } }, { calls: { $equals: 0 } }]) {
  const rows = await parquetQuery({ file, filter });
  console.log(`${show(filter)}: ${rows.length} rows`);
}
PROGRAM

cat >expected.txt <<'OUTPUT'
{"calls":0}: 0 rows
{"calls":"0n"}: 2 rows
{"calls":{"$in":[0]}}: 0 rows
{"calls":{"$lt":1}}: 2 rows
{"calls":{"$equals":0}}: 4 rows
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
