import { describe, expect, it } from 'vitest';
import { type AnalyzeOptions, parseAnalyze } from '../../src/cli/options.js';
import { InputError } from '../../src/errors.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DEFAULTS: AnalyzeOptions = {
  paths: ['logs'],
  historyUntil: undefined,
  last: DAY,
  until: undefined,
  step: 300_000,
  lastText: undefined,
  since: undefined,
  s3: undefined,
  timeZone: undefined,
  budget: 1,
  calendar: undefined,
  holidays: undefined,
  json: false,
  failOnAnomaly: false,
  verbose: false,
  filter: {},
  html: undefined,
  markdown: undefined,
  csv: undefined,
  findingsCsv: undefined,
  aliases: undefined,
};

const io = { stdout: { write: () => 0 }, stderr: { write: () => 0 }, now: () => Date.UTC(2024, 2, 6) };

describe('the arguments of analyze', () => {
  it.each<[string, Partial<AnalyzeOptions>]>([
    ['logs', {}],
    ['logs more/logs', { paths: ['logs', 'more/logs'] }],
    ['--json logs --fail-on-anomaly', { json: true, failOnAnomaly: true }],
    ['-- --odd', { paths: ['--odd'] }],
    ['logs --last 90s --step 30s', { last: 90_000, lastText: '90s', step: 30_000 }],
    ['logs --last=2w', { last: 14 * DAY, lastText: '2w' }],
    ['logs --step 1d', { step: DAY }],
    ['logs --last 36h', { last: 36 * HOUR, lastText: '36h' }],
    ['logs --history-until 2024-03-05', { historyUntil: Date.UTC(2024, 2, 5) }],
    ['logs --history-until 2024-03-05T14:30', { historyUntil: Date.UTC(2024, 2, 5, 14, 30) }],
    ['logs --history-until 2024-03-05T14:30:15.250Z', { historyUntil: Date.UTC(2024, 2, 5, 14, 30, 15, 250) }],
    ['logs --until 2024-03-05T14:30+01:00', { until: Date.UTC(2024, 2, 5, 13, 30) }],
    ['logs --time-zone Europe/Berlin --budget 0.1', { timeZone: 'Europe/Berlin', budget: 0.1 }],
    [
      'logs --until 2024-03-05 --time-zone Europe/Berlin',
      { until: Date.UTC(2024, 2, 4, 23), timeZone: 'Europe/Berlin' },
    ],
    ['logs --time-zone -05:00 --until 2024-03-05', { until: Date.UTC(2024, 2, 5, 5), timeZone: '-05:00' }],
    ['logs --until 2024-03-05T00:00 --time-zone +05:30', { until: Date.UTC(2024, 2, 5), timeZone: '+05:30' }],
    ['logs --since 2024-03-01', { since: Date.UTC(2024, 2, 1) }],
    [
      's3://trail --last 1d --profile ops --account 111122223333 --region eu-central-1 --region us-east-1',
      {
        paths: ['s3://trail'],
        lastText: '1d',
        filter: { account: ['111122223333'], region: ['eu-central-1', 'us-east-1'] },
        s3: {
          // The first Region is the client's, too.
          settings: { profile: 'ops', region: 'eu-central-1' },
          from: Date.UTC(2024, 2, 5) - 28 * DAY,
          to: Date.UTC(2024, 2, 6),
          accounts: ['111122223333'],
          regions: ['eu-central-1', 'us-east-1'],
        },
      },
    ],
    ['logs --budget .5', { budget: 0.5 }],
    ['logs --html out.html --markdown out.md', { html: 'out.html', markdown: 'out.md' }],
  ])('are read from: %s', (line, expected) => {
    expect(parseAnalyze(line.split(' '), io)).toEqual({ ...DEFAULTS, ...expected });
  });

  const duration = 'must be a length of time such as 90s, 5m, 1h, 1d or 2w';
  const time = 'must be an ISO 8601 time such as 2024-03-05, 2024-03-05T14:30Z or 2024-03-05T14:30+01:00';
  const budget = '--budget must be a number of false alarms a week above 0, such as 1 or 0.1';

  it.each([
    [[], 'analyze needs at least one file or folder of CloudTrail logs'],
    [['--json'], 'analyze needs at least one file or folder of CloudTrail logs'],
    [[''], 'a path must not be empty'],
    [['logs', '--lsat', '1d'], 'Unknown option "--lsat" for analyze. Did you mean --last?'],
    [['logs', '--whatever'], 'Unknown option "--whatever" for analyze; known are --since, --history-until, --last'],
    [['logs', '-x'], 'Unknown option "-x" for analyze; known are --since, --history-until'],
    [['logs', '--__proto__'], 'Unknown option "--__proto__" for analyze'],
    [['logs', '--last'], '--last needs a value'],
    [['logs', '--last='], '--last needs a value'],
    [['logs', '--last', '--json'], '--last needs a value'],
    [['logs', '--json=yes'], '--json takes no value, got "yes"'],
    [['logs', '--last', '1d', '--last', '2d'], '--last must be given once only'],
    [['logs', '--last', '1'], `--last ${duration}, got "1"`],
    [['logs', '--last', '0d'], `--last ${duration}, got "0d"`],
    [['logs', '--last', '-1d'], `--last ${duration}, got "-1d"`],
    [['logs', '--last', '1.5h'], `--last ${duration}, got "1.5h"`],
    [['logs', '--last', '1m'], '--last must be at least one --step, got 1m'],
    [['logs', '--step', '5 m'], `--step ${duration}, got "5 m"`],
    [['logs', '--step', '2d'], '--step must be from 1s to 1d, got 2d'],
    [['logs', '--history-until', 'yesterday'], `--history-until ${time}, got "yesterday"`],
    [['logs', '--history-until', '2024-02-30'], `--history-until ${time}, got "2024-02-30"`],
    [['logs', '--history-until', '2024-03-05T25:00Z'], `--history-until ${time}, got "2024-03-05T25:00Z"`],
    [['logs', '--history-until', '2024-03-05 14:30'], `--history-until ${time}, got "2024-03-05 14:30"`],
    [['logs', '--until', '5.3.2024'], `--until ${time}, got "5.3.2024"`],
    [['logs', '--until', '1709650800000'], `--until ${time}, got "1709650800000"`],
    [
      ['logs', '--history-until', '2024-03-05', '--last', '1d'],
      '--history-until and --last both say where the history ends: give one of them',
    ],
    [
      ['logs', '--history-until', '2024-03-05', '--until', '2024-03-05'],
      '--until must be later than --history-until, got 2024-03-05 and 2024-03-05',
    ],
    [
      ['logs', '--time-zone', 'CEST+2'],
      "--time-zone must be an IANA time zone such as 'Europe/Berlin' or 'UTC', or an offset such as '+05:30', got \"CEST+2\"",
    ],
    [
      ['logs', '--since', '2024-03-05', '--until', '2024-03-05'],
      '--until must be later than --since, got 2024-03-05 and 2024-03-05',
    ],
    [['logs', '--profile', 'ops'], '--profile is for logs in S3, and no path begins with s3://'],
    [
      ['s3://trail', 'logs'],
      'paths must all be of S3 or all of this machine, got "s3://trail" and "logs": copy one with aws s3 sync',
    ],
    [['s3://x'], "an address in S3 must be such as s3://bucket or s3://bucket/prefix, with a bucket's name of 3 to 63"],
    [
      ['s3://trail/AWSLogs/111122223333/CloudTrail-Digest'],
      'an address in S3 must lead to the folder CloudTrail, which has the log files, got',
    ],
    [['logs', '--budget', '0'], `${budget}, got "0"`],
    [['logs', '--budget', '-1'], `${budget}, got "-1"`],
    [['logs', '--budget', 'NaN'], `${budget}, got "NaN"`],
    [['logs', '--budget', '1e3'], `${budget}, got "1e3"`],
  ])('are refused with words that name the flag: %j', (args, message) => {
    expect(() => parseAnalyze(args, io)).toThrow(InputError);
    expect(() => parseAnalyze(args, io)).toThrow(message);
  });
});
