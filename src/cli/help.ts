export const HELP = `Usage: kms-baseline <command> [options]

Learns what is normal in the use of AWS KMS keys from CloudTrail logs, and says
what is not.

Commands:
  analyze <paths…>     learn from the older part of logs, judge the newer one
  fit <paths…>         learn from all of the logs, keep the baseline in a file
  score <paths…>       judge logs by a baseline from a file
  live                 judge the last hours of a live account, by its metrics
  watch <plan>         run a monitoring plan, on and on
  simulate             write logs of a company that does not exist
  evaluate             measure detection on simulated incidents
  schema               print the schema of what --json prints

Options:
  -h, --help           this text; after a command, its own
  -v, --version        the version

Examples:
  kms-baseline analyze ./AWSLogs --time-zone Europe/Berlin
  kms-baseline analyze ./AWSLogs --html report.html
  kms-baseline simulate --out ./shop
`;

export const ANALYZE_HELP = `Usage: kms-baseline analyze <paths…> [options]

Reads CloudTrail logs: files, or folders with logs at any depth, gzipped or not.
Learns from the older part how often each KMS operation is called on each key,
judges the newer part, and tells what is unusual, who was behind it, and what
could not be judged.

Which part is which:
  --last <length>          judge the last 90s, 5m, 1h, 1d or 2w of the logs;
                           default 1d
  --history-until <time>   instead: learn from what is before, judge the rest
  --until <time>           judge up to this time; default the end of the logs

How it is judged:
  --step <length>          width of the buckets in which calls are counted, from
                           1s to 1d; default 5m
  --time-zone <zone>       time zone of people and jobs, such as Europe/Berlin
                           or +05:30, also for display. Default: found for
                           each series; times are then in UTC
  --budget <number>        false alarms a week to put up with, over everything;
                           default 1

What comes out:
  --html <file>            write a page with pictures, for a browser; one file
                           that needs no network
  --markdown <file>        write the findings as Markdown
  --json                   one JSON document instead of text, as kms-baseline
                           schema describes it
  --fail-on-anomaly        exit with status 4 when there is an anomaly
  -h, --help               this text

Times are ISO 8601: 2024-03-05 (midnight in --time-zone), 2024-03-05T14:30 (UTC)
or 2024-03-05T14:30+01:00. They are taken back to where a bucket begins. Days of
--last are those of --time-zone, of 23 or 25 hours where its clocks change.

Exit status:
  0    done
  2    could not do the job: a mistake in the command, no logs, no history,
       nothing that could be judged
  3    done, but some of the input could not be read
  4    done, and there are anomalies; only with --fail-on-anomaly, and rather
       than 3 where both hold
  130  interrupted

Examples:
  kms-baseline analyze ./AWSLogs --html report.html
  kms-baseline analyze ./AWSLogs --last 1w --time-zone America/New_York
  kms-baseline analyze ./AWSLogs --history-until 2024-03-05T14:00Z --budget 0.1
  kms-baseline analyze ./new ./old --json --fail-on-anomaly > findings.json
`;
