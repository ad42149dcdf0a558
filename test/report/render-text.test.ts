import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { Analysis } from '../../src/report/analysis.js';
import { analysisJson } from '../../src/report/analysis-json.js';
import { renderText } from '../../src/report/render-text.js';
import { seriesKey } from '../../src/series/key.js';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const HOUR = 3_600_000;
const T = Date.UTC(2024, 2, 5);
const place = { account: '111122223333', region: 'eu-central-1' };

const ANALYSIS: Analysis = {
  schemaVersion: 1,
  paths: ['logs'],
  logs: {
    files: 9,
    filesRead: 1,
    filesSkipped: [
      { reason: 'digest', files: 1 },
      { reason: 'hidden', files: 1 },
    ],
    filesUnreadable: Array.from({ length: 6 }, (_, i) => ({
      path: `logs/${i}.gz`,
      reason: i === 0 ? 'truncated' : 'corrupt-gzip',
    })),
    bytes: 1234,
    records: 40,
    kmsRecords: 30,
    otherServices: 8,
    setAside: [
      { reason: 'missing-field', records: 2, first: { path: 'logs/a.gz', record: 7, byte: 99, field: 'eventTime' } },
    ],
  },
  calls: { calls: 30, counted: 20, duplicates: 7, sharedCopies: 3, late: 1, overlapping: 0, outside: 0, withoutId: 2 },
  sources: [
    { ...place, kmsCalls: 30, from: T - 48 * HOUR, to: T + 24 * HOUR },
    { account: '444455556666', region: 'us-east-1', kmsCalls: 0, from: T, to: T + HOUR },
  ],
  timeZone: 'Europe/Berlin',
  step: 300_000,
  alertBudget: { perWeek: 0.5 },
  history: {
    from: T - 48 * HOUR,
    to: T,
    holes: [
      { ...place, from: T - 10 * HOUR, to: T - 8 * HOUR },
      { ...place, from: T - 5 * HOUR, to: T - 5 * HOUR + 60_000 },
    ],
    observed: 46 * HOUR,
    firstKmsCall: T - 40 * HOUR,
    learning: false,
    weeklyHabitsKnown: false,
  },
  window: { from: T, to: T + 24 * HOUR, holes: [] },
  anomalies: [
    {
      id: '20260602T020500Z-0123456789abcdef',
      severity: 'critical',
      decidedBy: { from: T + 2 * HOUR, to: T + 2 * HOUR + 300_000 },
      key: seriesKey({ operation: 'DisableKey', keyArn: KEY }),
      verdict: 'above',
      from: T + 2 * HOUR,
      to: T + 2 * HOUR + 300_000,
      value: 9,
      expected: 0.01,
      lower: 0,
      upper: 6,
      surprise: 8.2,
      kind: 'first-seen',
      related: ['a', 'b', 'c', 'd', 'e', 'e'].map((operation) => seriesKey({ operation })),
    },
  ],
  operations: [],
  unknown: {
    series: 3,
    seriesNeverJudged: 1,
    newSeries: 1,
    cells: 864,
    judged: 575,
    notObserved: 288,
    learning: 0,
    cannotBeJudged: 1,
    tooQuiet: {
      of: 2,
      series: 1,
      listed: [{ key: seriesKey({ operation: 'Sign', keyArn: KEY }), callsPerHour: 0.1, timeToDetectSilence: null }],
    },
  },
  quiet: {
    keys: 3,
    listed: [{ key: seriesKey({ keyArn: KEY }), since: T + 6 * HOUR, reportedAt: T + 60 * HOUR }],
  },
  notes: ['A note'],
};

describe('renderText', () => {
  it('tells everything, in the order in which a person asks for it', () => {
    expect(renderText(ANALYSIS, { width: 100, verbose: true })).toBe(
      `KMS usage in logs

read      1 of 9 files, 40 records, 30 of KMS: 20 distinct calls (7 duplicates and 3 other accounts'
          copies removed); 1 call arrived too late to deduplicate, counted; 2 calls have no eventID
          to deduplicate by, counted
skipped   files not named like logs: 1 digest, 1 hidden
not read  logs/0.gz: ends too early
not read  logs/1.gz: damaged gzip data
not read  logs/2.gz: damaged gzip data
not read  logs/3.gz: damaged gzip data
not read  logs/4.gz: damaged gzip data
          and 1 more unreadable file
rejected  2 records: lacks a field; first in logs/a.gz, record 7 (eventTime)
logs of   111122223333 eu-central-1; 1 account and Region without KMS calls
history   2024-03-03 01:00 – 2024-03-05 01:00 Europe/Berlin (2 days), KMS calls since 2024-03-03
          09:00; 1 coverage gap: 2024-03-04 15:00–17:00 (2 h) in 111122223333 eu-central-1
judged    2024-03-05 01:00 – 2024-03-06 01:00 Europe/Berlin (1 day) in buckets of 5 min; no coverage
          gaps
budget    0.5 false alarms a week, both directions, across 3 series
note      A note

1 anomaly

 1. Critical. New use of DisableKey on 1234abcd (eu-central-1), 2024-03-05 03:00–03:05
    Europe/Berlin: 9 calls, none in the history (normal for a new use: up to 6).
    A 5-minute count this high is practically impossible by chance.
    Next: Ask the caller whether it was planned. If not, enable the key (EnableKey) and revoke the
    sessions of the caller.
    arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
    first use, above, critical operation; also affected: a (all keys), b (all keys), c (all keys), d
    (all keys), 1 more
    Athena: SELECT eventtime, eventname, useridentity.arn, useridentity.invokedby, sourceipaddress, useragent, errorcode, errormessage, eventid FROM cloudtrail_logs WHERE eventsource = 'kms.amazonaws.com' AND eventtime >= '2024-03-05T02:00:00Z' AND eventtime < '2024-03-05T02:05:00Z' AND eventname = 'DisableKey' AND any_match(resources, r -> r.arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab') ORDER BY eventtime LIMIT 200
    id 20260602T020500Z-0123456789abcdef

Not judged

  66.5 % of 864 buckets of 3 series were judged; the others were
  - 288 not observed: no coverage
  - 1 too few calls: no count would be significant
  1 series has no verdict at all
  1 series was first seen in this window, and judged like other new series
  1 of 2 known series (outcomes apart) is called too rarely for 1 day without calls to be
  significant. It would have to last:
  - Sign on 1234abcd (eu-central-1): more than 90 days

Quiet keys

  3 keys (or operations on them) have no calls in the last hour before 2024-03-06 01:00
  Europe/Berlin. If none come, their silence is reported at:
  - 2024-03-07 13:00 All operations on 1234abcd (eu-central-1), no calls since 2024-03-05 07:00
  - 2 more keys: later

1 anomaly in 1 day: 1 critical. Most severe: DisableKey on 1234abcd (eu-central-1), 9 calls (none in
the history).`,
    );
  });

  it('counts what is too quiet unless asked for each, and ends with a summary', () => {
    const lines = renderText(ANALYSIS, { width: 80 }).split('\n');
    expect(lines.some((line) => line.includes('SELECT '))).toBe(false);
    expect(lines.filter((line) => line === 'Queries for these records: --verbose, --markdown or --html')).toHaveLength(
      1,
    );
    expect(lines.some((line) => line.includes('more than 90 days'))).toBe(false);
    expect(lines.filter((line) => line.includes('--verbose'))).toHaveLength(3);
    expect(lines.slice(-24).join('\n')).toContain('1 of 2 known series (outcomes apart) is called too rarely');
    expect(lines.slice(-2).join(' ')).toBe(
      '1 anomaly in 1 day: 1 critical. Most severe: DisableKey on 1234abcd (eu-central-1), 9 calls (none in the history).',
    );
  });

  it('tells times in another zone than the analysis had, when asked', () => {
    expect(renderText(ANALYSIS, { timeZone: 'UTC' })).toContain('judged    2024-03-05 00:00–24:00 UTC (1 day)');
  });

  it('does not call it normal when nothing could be judged', () => {
    const blind = { ...ANALYSIS, anomalies: [], unknown: { ...ANALYSIS.unknown, judged: 0 } };
    expect(renderText(blind)).toContain('\n\nNothing could be judged.\n\n');
    const headline = (judged: number, notObserved: number) =>
      renderText({ ...blind, unknown: { ...ANALYSIS.unknown, cells: 1000, judged, notObserved } });
    expect(headline(990, 10)).toContain('\n\nNo anomalies: every bucket that could be judged is normal.\n\n');
    expect(headline(189, 811)).toContain(
      '\n\nNo anomalies in the 18 % of buckets that could be judged; the rest has no coverage.\n\n',
    );
  });

  it('makes everything harmless that comes from outside', () => {
    const evil = '\u001b[2J\u202e\n';
    const text = renderText({
      ...ANALYSIS,
      paths: [evil],
      notes: [evil],
      logs: {
        ...ANALYSIS.logs,
        filesSkipped: [{ reason: evil, files: 1 }],
        filesUnreadable: [{ path: evil, reason: evil }],
        setAside: [{ reason: evil, records: 1, first: { path: evil, record: 1, byte: null, field: evil } }],
      },
      sources: [{ account: evil, region: evil, kmsCalls: 1, from: 0, to: 1 }],
      window: { ...ANALYSIS.window, holes: [{ account: evil, region: evil, from: T, to: T + HOUR }] },
    });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    for (const line of text.split('\n')) expect(line.startsWith('\u001b')).toBe(false);
  });

  it('refuses a zone and a width that are none', () => {
    expect(() => renderText(ANALYSIS, { timeZone: 'nowhere' })).toThrow(InputError);
    expect(() => renderText(ANALYSIS, { width: 20 })).toThrow('width must be an integer in [40, 1000], got 20');
  });
});

describe('analysisJson', () => {
  it('is the analysis, with times as ISO strings and anomalies in words', () => {
    const found = JSON.parse(analysisJson(ANALYSIS));
    expect(found.logs).toEqual(ANALYSIS.logs);
    expect(found.unknown).toEqual(ANALYSIS.unknown);
    expect(found.history).toMatchObject({
      from: '2024-03-03T00:00:00.000Z',
      firstKmsCall: '2024-03-03T08:00:00.000Z',
      observed: 46 * HOUR,
    });
    expect(found.history.holes[0]).toEqual({
      ...place,
      from: '2024-03-04T14:00:00.000Z',
      to: '2024-03-04T16:00:00.000Z',
    });
    expect(found.quiet.listed).toEqual([
      {
        ...ANALYSIS.quiet.listed[0],
        since: '2024-03-05T06:00:00.000Z',
        reportedAt: '2024-03-07T12:00:00.000Z',
      },
    ]);
    const [anomaly] = ANALYSIS.anomalies;
    expect(found.anomalies[0]).toEqual({
      ...anomaly,
      key: { ...anomaly.key, ...place },
      check: expect.stringMatching(/^Ask the caller/),
      queries: {
        athena: expect.stringContaining("eventname = 'DisableKey'"),
        logsInsights: expect.stringContaining('eventName = "DisableKey"'),
        from: '2024-03-05T02:00:00.000Z',
        to: '2024-03-05T02:05:00.000Z',
      },
      decidedBy: { from: '2024-03-05T02:00:00.000Z', to: '2024-03-05T02:05:00.000Z' },
      from: '2024-03-05T02:00:00.000Z',
      to: '2024-03-05T02:05:00.000Z',
      words: expect.stringMatching(/^Critical\. New use of DisableKey on 1234abcd .* Europe\/Berlin: 9 calls/),
    });
  });

  it('writes out controls that JSON would let through, and gives them back', () => {
    const evil = 'a\u009b\u007f\u202e\u2028z';
    const text = analysisJson({ ...ANALYSIS, paths: [evil] });
    expect(text).toContain('"a\\u009b\\u007f\\u202e\\u2028z"');
    expect(JSON.parse(text).paths).toEqual([evil]);
  });
});
