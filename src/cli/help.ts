export const HELP = `Usage: kms-baseline <command> [options]

Learns normal AWS KMS key usage from CloudTrail logs, and reports what is
unusual.

Commands:
  analyze <paths…>     learn from the older part of logs, judge the newer one
  fit <paths…>         learn from all of the logs, keep the baseline in a file
  score <paths…>       judge logs by a baseline from a file
  live                 judge the last hours of a live account, by its metrics
  watch <plan>         run a monitoring plan, continuously
  init                 write a plan, and the template of its deployment in AWS
  snapshots <action>   list, save, go back to snapshots of a plan's state
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

Exit status: 0 done, 2 could not do the job, 130 interrupted; the help of a
command has others.

Examples:
  kms-baseline analyze ./AWSLogs --time-zone Europe/Berlin
  kms-baseline analyze ./AWSLogs --html report.html
  kms-baseline simulate --out ./shop
`;
