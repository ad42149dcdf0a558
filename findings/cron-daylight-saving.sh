#!/usr/bin/env bash
# croner 11.0.1 and cron-parser 5.10.6 run the same patterns at other times, and not equally often, on the days that clocks change.
#
# Expected: two well-kept libraries agree on when "30 2 * * *" and "0 */2 * * *" run in Europe/Berlin on 29 March
#   and 25 October 2026.
# Seen: in March the job of 02:30, which does not exist, runs at 03:00 by croner and at 03:30 by cron-parser; a
#   job of every two hours runs 11 and 13 times by croner, 12 and 12 times by cron-parser.
# Source: croner README, section Pattern (fixed-time jobs run at the first valid time after a gap; interval jobs
#   on both occurrences); cron-parser README, time zone support; the program below.
# Matters: a key that a nightly job uses is expected at a time that depends on the scheduler's library. A silence
#   or a first call half an hour off on these two days is no incident.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error croner@11.0.1 cron-parser@5.10.6 >>npm.log

cat >run.mjs <<'PROGRAM'
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';

const timezone = 'Europe/Berlin';
const libraries = {
  croner: (pattern, from) => {
    const job = new Cron(pattern, { timezone });
    return (time) => job.nextRun(new Date(time ?? from));
  },
  'cron-parser': (pattern, from) => {
    const runs = CronExpressionParser.parse(pattern, { currentDate: new Date(from), tz: timezone });
    return () => runs.next().toDate();
  },
};
const days = { '2026-03-29': ['2026-03-28T23:00Z', '2026-03-29T22:00Z'], '2026-10-25': ['2026-10-24T22:00Z', '2026-10-25T23:00Z'] };
const local = (time) => new Date(time).toLocaleTimeString('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' });
for (const pattern of ['30 2 * * *', '0 */2 * * *']) {
  for (const [day, [from, to]] of Object.entries(days)) {
    for (const [name, start] of Object.entries(libraries)) {
      const next = start(pattern, Date.parse(from) - 1);
      const times = [];
      for (let time = +next(); time < Date.parse(to); time = +next(time)) times.push(time);
      console.log(`"${pattern}" on ${day}, ${name}: ${times.length === 1 ? `at ${local(times[0])}` : `${times.length} times`}`);
    }
  }
}
PROGRAM

cat >expected.txt <<'OUTPUT'
"30 2 * * *" on 2026-03-29, croner: at 03:00
"30 2 * * *" on 2026-03-29, cron-parser: at 03:30
"30 2 * * *" on 2026-10-25, croner: at 02:30
"30 2 * * *" on 2026-10-25, cron-parser: at 02:30
"0 */2 * * *" on 2026-03-29, croner: 11 times
"0 */2 * * *" on 2026-03-29, cron-parser: 12 times
"0 */2 * * *" on 2026-10-25, croner: 13 times
"0 */2 * * *" on 2026-10-25, cron-parser: 12 times
OUTPUT

node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
