#!/usr/bin/env bash
# d3-dsv 3.0.1, arquero 7.2.1 and js-yaml 5.5.0 take the leading zero off an AWS account id.
#
# Expected: 012345678901, twelve digits as all account ids have, stays the text 012345678901.
# Seen: all three read the number 12345678901; in the same column 111122223333 stays recognisable, so that tests
#   with an id like it pass.
# Source: d3-dsv README, autoType; arquero API, fromCSV (autoType is on unless it is set to false); YAML 1.2 core
#   schema, integers; the program below.
# Matters: rows no longer join with CloudTrail's recipientAccountId: the account has no calls on one side and an
#   unknown twin on the other. Turn types off for ids, and quote them in YAML.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error d3-dsv@3.0.1 arquero@7.2.1 js-yaml@5.5.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { fromCSV } from 'arquero';
import { autoType, csvParse } from 'd3-dsv';
import { load } from 'js-yaml';

const csv = 'account,calls\n012345678901,5\n111122223333,7\n';
const show = (name, ids) => console.log(`${name}: ${ids.map((id) => `${id} (${typeof id})`).join(', ')}`);
show('d3-dsv autoType', csvParse(csv, autoType).map(({ account }) => account));
show('arquero fromCSV', [...fromCSV(csv).array('account')]);
show('js-yaml load', load('accounts: [012345678901, 111122223333]').accounts);
show('arquero, autoType: false', [...fromCSV(csv, { autoType: false }).array('account')]);
PROGRAM

cat >expected.txt <<'OUTPUT'
d3-dsv autoType: 12345678901 (number), 111122223333 (number)
arquero fromCSV: 12345678901 (number), 111122223333 (number)
js-yaml load: 12345678901 (number), 111122223333 (number)
arquero, autoType: false: 012345678901 (string), 111122223333 (string)
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
