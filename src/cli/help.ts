import { FILTER_HELP } from './filters.js';
import { S3_HELP } from './s3-sources.js';

export const HELP = `Usage: kms-baseline <command> [options]

Learns normal AWS KMS key usage from CloudTrail logs, and reports what is
unusual.

Commands:
  analyze <paths…>     learn from the older part of logs, judge the newer one
  fit <paths…>         learn from all of the logs, keep the baseline in a file
  score <paths…>       judge logs by a baseline from a file
  live                 judge the last hours of a live account, by its metrics
  watch <plan>         run a monitoring plan, continuously
  keys                 list the keys of an account, and who needs them
  alarms               list the CloudWatch alarms on KMS, and whom they notify
  validate <address>   check delivered logs against CloudTrail's digests
  export               print alarms, rules, filters and a dashboard for review
  simulate             write simulated logs of a sample company
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

Reads CloudTrail logs: files, folders with logs at any depth, or s3://<bucket>.
Learns from the older part how often each KMS operation is called on each key,
judges the newer part, and reports what is unusual, which callers caused it, and
what could not be judged.

Which part is which:
  --last <length>          judge the last 90s, 5m, 1h, 1d or 2w of the logs;
                           default 1d
  --since <time>           leave out what is before; default the beginning of
                           the logs, in S3 four weeks before what is judged
  --history-until <time>   instead: learn from what is before, judge the rest
  --until <time>           judge up to this time; default the end of the logs

How it is judged:
  --step <length>          width of the buckets in which calls are counted, from
                           1s to 1d; default 5m
  --time-zone <zone>       time zone of your users and jobs, also for display,
                           such as Europe/Berlin or +05:30; default: found for
                           each series, and times in UTC
  --holidays <place>       holidays are like Sundays: those of DE, DE-BY, US-CA;
                           needs the package date-holidays
  --calendar <file>        JSON: days that are like another weekday, recurring
                           maintenance
  --budget <number>        alert budget: false alarms per week, across all
                           series; default 1

${FILTER_HELP}

${S3_HELP}

What comes out:
  --html <file>            write a page with pictures, for a browser; one file
                           that needs no network
  --markdown <file>        write the findings as Markdown
  --aliases <file>         name keys by their aliases: the output of
                           aws kms list-aliases, or JSON with aliases and
                           owners by key ARN
  --json                   one JSON document instead of text, as kms-baseline
                           schema describes it
  --verbose                list what is too quiet, and queries for findings
  --fail-on-anomaly        exit with status 4 when an anomaly is shown
  -h, --help               this text

Times are ISO 8601: 2024-03-05 (midnight in --time-zone), 2024-03-05T14:30 (UTC)
or 2024-03-05T14:30+01:00. They are rounded down to the start of a bucket. Days
of --last are those of --time-zone, of 23 or 25 hours where summer time changes.

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
  kms-baseline analyze ./AWSLogs --severity high --operation Decrypt --top 5
  kms-baseline analyze s3://my-trail-bucket --region eu-central-1 --last 1d
  kms-baseline analyze ./new ./old --json --fail-on-anomaly > findings.json
`;
