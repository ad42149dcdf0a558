import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { KEY_ARN, kmsRecords, logText, otherRecord, START, tempFolder, writeFile } from '../support/logs.js';
import { burst, cli, DAY, flowing, HOUR, logFolder, MINUTE, recordAt, steady } from './traffic.js';

const AT = START + 2 * DAY + 10 * HOUR;

describe('kms-baseline analyze', () => {
  it('tells a burst in words, with the whole ARN, and of what time it speaks', async () => {
    const { status, stdout, stderr } = await cli(['analyze', logFolder([...steady(3 * DAY), ...burst(AT, 300)])]);
    expect([status, stderr]).toEqual([0, '']);
    const text = flowing(stdout);
    expect(text).toContain('read 1 file, 2,028 records, 2,028 of KMS: 2,028 distinct calls');
    expect(text).toContain('logs of 111122223333 eu-central-1');
    expect(text).toContain(
      'history 2024-03-05 00:00 – 2024-03-07 00:00 UTC (2 days), KMS calls since 2024-03-05 00:00; no coverage gaps',
    );
    expect(text).toContain('judged 2024-03-07 00:00–24:00 UTC (1 day) in buckets of 5 min; no coverage gaps');
    expect(text).toContain('budget 1 false alarm a week, both directions, across 6 series');
    expect(text).toContain('note Weekly patterns need at least two weeks: the history is 2 days');
    expect(text).toContain(
      '1 anomaly 1. High. Decrypt on 1234abcd (eu-central-1), 2024-03-07 10:00–10:05 UTC: 302 calls (expected about 2',
    );
    expect(text).toContain('user/mallory made 300 of them; none in the history.');
    expect(stdout).toContain(`\n    ${KEY_ARN}\n    spike, above; also affected: `);
    expect(stdout).toMatch(/\n {2}Decrypt +data +876 +57\d +1 above +1\n/);
    expect(text).toContain('all 1,728 buckets of 6 series were judged');
  });

  it('says of no call that it was made before the logs begin, whatever buckets they fall into', async () => {
    const { stdout } = await cli(['analyze', logFolder(steady(3 * DAY)), '--step', '7m']);
    expect(flowing(stdout)).toMatch(/history 2024-03-05 00:00 – .* KMS calls since 2024-03-05 00:00;/);
  });

  it('says plainly that there is nothing', async () => {
    const { status, stdout } = await cli(['analyze', logFolder(steady(3 * DAY)), '--fail-on-anomaly']);
    expect(status).toBe(0);
    expect(stdout).toContain('\n\nNo anomalies: every bucket that could be judged is normal.\n\n');
  });

  it('ends with 4 for anomalies when asked to, and rather than with 3', async () => {
    const folder = logFolder([...steady(3 * DAY), ...burst(AT, 300)]);
    expect((await cli(['analyze', folder, '--fail-on-anomaly'])).status).toBe(4);
    writeFile(folder, 'empty.json', '');
    expect((await cli(['analyze', folder])).status).toBe(3);
    expect((await cli(['analyze', folder, '--fail-on-anomaly'])).status).toBe(4);
  });

  it('judges what is whole when a file beside it is cut off, names that file, and ends with 3', async () => {
    const folder = logFolder(steady(3 * DAY));
    const whole = gzipSync(logText(kmsRecords(2000)));
    const path = writeFile(folder, 'cut.json.gz', whole.subarray(0, whole.length / 2));
    const { status, stdout } = await cli(['analyze', folder]);
    expect(status).toBe(3);
    expect(flowing(stdout)).toContain(`not read ${path}: ends too early`);
    expect(flowing(stdout)).toContain('read 1 of 2 files, ');
    expect(stdout).toContain('judged    2024-03-07 00:00');
  });

  it('counts records that are set aside by reason, with the first example, and ends with 3', async () => {
    const bad = [
      { ...recordAt(START), eventTime: 'redacted' },
      { ...recordAt(START), eventTime: 'noon' },
    ];
    const folder = logFolder([...steady(3 * DAY), ...bad]);
    const { status, stdout } = await cli(['analyze', folder]);
    expect(status).toBe(3);
    expect(flowing(stdout)).toContain(
      `rejected 2 records: a field cannot be read; first in ${folder}/log.json.gz, record 1,729 (eventTime)`,
    );
  });

  it("ends with 0 when other services' records, and files that are no logs, are all that is left out", async () => {
    const folder = logFolder([
      ...steady(3 * DAY),
      otherRecord(5),
      recordAt(START, { eventCategory: 'NetworkActivity' }),
    ]);
    writeFile(folder, 'README.md', 'hello');
    const { status, stdout } = await cli(['analyze', folder]);
    expect(status).toBe(0);
    expect(flowing(stdout)).toContain('skipped files not named like logs: 1 not-a-log-name');
    expect(flowing(stdout)).toContain("rejected 1 record: a VPC endpoint's second record of a call;");
  });

  it('says that the history is too short, draws no calm from it, and ends with 2', async () => {
    const { status, stdout } = await cli(['analyze', logFolder(steady(8 * HOUR)), '--last', '4h']);
    expect(status).toBe(2);
    const text = flowing(stdout);
    expect(text).toContain('note The history is too short to judge by: it was observed for 4 h, and at least 6 hours');
    expect(text).toContain('Nothing could be judged.');
    expect(text).not.toContain('No anomalies');
    expect(text).toContain('- 192 still learning: the history is too short');
    expect(stdout).toMatch(/Decrypt +data +96 +– +unknown\n/);
  });

  it('tells where the logs were not listening, and does not call it silence', async () => {
    const records = steady(4 * DAY).filter((_, i) => i < 3 * 576 + 200 || i >= 3 * 576 + 400);
    const { status, stdout } = await cli(['analyze', logFolder(records)]);
    expect(status).toBe(0);
    const text = flowing(stdout);
    expect(text).toContain('1 coverage gap: 2024-03-08 08:20–16:40 (8 h 20 min) in 111122223333 eu-central-1');
    expect(text).toContain('not observed: no coverage');
    expect(text).toContain('No anomalies');
  });

  it('is not disarmed by one call of an account, or from a Region, never seen before', async () => {
    const incident = burst(AT, 300);
    for (const stranger of [
      { recipientAccountId: '999988887777' },
      { awsRegion: 'ap-south-1', errorCode: 'AccessDenied' },
    ]) {
      const records = [...steady(3 * DAY), ...incident, recordAt(AT - 3 * HOUR, stranger)];
      const { status, stdout } = await cli(['analyze', logFolder(records)]);
      expect(status).toBe(0);
      expect(flowing(stdout)).toContain(
        '1 anomaly 1. High. Decrypt on 1234abcd (eu-central-1), 2024-03-07 10:00–10:05 UTC',
      );
      expect(flowing(stdout)).toContain(' series were judged');
      expect(stdout).not.toContain('not observed');
    }
  });

  it('is not led astray by one record with a date years away, and tells of it', async () => {
    for (const date of ['2098-12-05T00:00:00Z', '2015-01-01T00:00:00Z']) {
      const stray = recordAt(START, { eventTime: date, eventSource: 's3.amazonaws.com' });
      const { status, stdout } = await cli(['analyze', logFolder([...steady(3 * DAY), ...burst(AT, 300), stray])]);
      expect(status).toBe(0);
      expect(flowing(stdout)).toContain('judged 2024-03-07 00:00–24:00 UTC');
      expect(flowing(stdout)).toContain('history 2024-03-05 00:00 – 2024-03-07 00:00 UTC');
      expect(flowing(stdout)).toContain(
        `Records dated ${date.slice(0, 10)} 00:00 UTC are years away from all others and are excluded`,
      );
      expect(flowing(stdout)).toContain('1 anomaly 1. High. Decrypt on 1234abcd');
    }
  });

  it('names the dates of several records years away in one note, the earliest first', async () => {
    const dates = ['2098-12-05', '2015-01-01', '2080-01-01', '2086-01-01', '2092-01-01'];
    const stray = dates.map((date) => recordAt(START, { eventTime: `${date}T00:00:00Z` }));
    const { stdout } = await cli(['analyze', logFolder([...steady(3 * DAY), ...burst(AT, 300), ...stray])]);
    const note = flowing(stdout).match(/Records dated .*? excluded/g);
    expect(note).toHaveLength(1);
    expect(note?.[0]).toBe(
      'Records dated 2015-01-01 00:00 UTC, 2080-01-01 00:00 UTC, 2086-01-01 00:00 UTC, 2092-01-01 00:00 UTC, and 1 other time, ' +
        'are years away from all others and are excluded',
    );
  });

  it('notes a change of the clocks shortly before, or in, the judged time', async () => {
    const from = Date.UTC(2024, 2, 28);
    const folder = logFolder(steady(4 * DAY, from));
    const { stdout } = await cli(['analyze', folder, '--time-zone', 'Europe/Berlin']);
    expect(flowing(stdout)).toContain('Daylight saving changes in Europe/Berlin at 2024-03-31 03:00');
    expect(flowing(stdout)).toContain(`tz database ${process.versions['tz']}`);
    expect((await cli(['analyze', folder])).stdout).not.toContain('Daylight saving');
  });

  it('takes a time back to its bucket, and says so', async () => {
    const args = [
      '--history-until',
      '2024-03-07T06:04:59Z',
      '--until',
      '2024-03-07T12:01:00Z',
      '--time-zone',
      'Asia/Tokyo',
    ];
    const { stdout } = await cli(['analyze', logFolder(steady(3 * DAY)), ...args]);
    const text = flowing(stdout);
    expect(text).toContain('judged 2024-03-07 15:00–21:00 Asia/Tokyo (6 h) in');
    expect(text).toContain(
      'note --history-until 2024-03-07T06:04:59.000Z was rounded down to 2024-03-07 15:00 Asia/Tokyo',
    );
    expect(text).toContain(
      'note --until 2024-03-07T12:01:00.000Z was rounded down to 2024-03-07 21:00 Asia/Tokyo, the start of a bucket of 5 min',
    );
  });

  it('judges no further than the logs reach', async () => {
    const { stdout } = await cli(['analyze', logFolder(steady(3 * DAY)), '--until', '2024-03-09']);
    expect(flowing(stdout)).toContain('note The logs end 2024-03-08 00:00 UTC: what comes after it is not judged');
    expect(flowing(stdout)).toContain('judged 2024-03-07 00:00–24:00 UTC (1 day)');
  });

  it('prints names from the logs so that they cannot steer a terminal', async () => {
    const caller = 'arn:aws:iam::111122223333:role/\u001b[2J\u009b31m\u202eevil';
    const records = [
      ...steady(3 * DAY),
      ...burst(AT, 300, caller),
      recordAt(AT, { eventName: 'Bad\u001b]0;x\u0007\nName' }),
    ];
    for (const args of [[], ['--json']]) {
      const { stdout } = await cli(['analyze', logFolder(records), ...args]);
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(stdout).toContain('evil');
    }
  });

  it('writes one JSON document with the same facts', async () => {
    const folder = logFolder([
      ...steady(3 * DAY),
      ...steady(2 * HOUR, START + 3 * DAY - 2 * HOUR),
      ...burst(AT, 300),
      otherRecord(1),
    ]);
    const { stdout: text } = await cli(['analyze', folder]);
    const { status, stdout, stderr } = await cli(['analyze', folder, '--json']);
    expect([status, stderr]).toEqual([0, '']);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      schemaVersion: 1,
      paths: [folder],
      logs: { files: 1, filesRead: 1, records: 2077, kmsRecords: 2076, otherServices: 1, setAside: [] },
      calls: { counted: 2028, duplicates: 48 },
      sources: [{ account: '111122223333', region: 'eu-central-1', kmsCalls: 2028 }],
      timeZone: 'UTC',
      step: 5 * MINUTE,
      alertBudget: { perWeek: 1 },
      history: {
        from: '2024-03-05T00:00:00.000Z',
        to: '2024-03-07T00:00:00.000Z',
        holes: [],
        learning: false,
        weeklyHabitsKnown: false,
      },
      window: { from: '2024-03-07T00:00:00.000Z', to: '2024-03-08T00:00:00.000Z' },
      anomalies: [
        {
          verdict: 'above',
          from: '2024-03-07T10:00:00.000Z',
          to: '2024-03-07T10:05:00.000Z',
          value: 302,
          kind: 'spike',
        },
      ],
      operations: [{ operation: 'Decrypt', calls: 876, above: 1, anomalies: [0] }],
      unknown: { cells: 1728, judged: 1728 },
    });
    expect(found.notes).toHaveLength(1);
    expect(flowing(text)).toContain(found.anomalies[0].words);
    expect(flowing(text)).toContain('2,077 records, 2,076 of KMS: 2,028 distinct calls (48 duplicates removed)');
    for (const field of ['expected', 'lower', 'upper', 'surprise'])
      expect(typeof found.anomalies[0][field]).toBe('number');
    expect(stdout).not.toMatch(/NaN|Infinity/);
  });

  it.each([
    ['an empty folder', () => tempFolder(), 'There are no files in '],
    ['no log at all', () => logFolder([], 'picture.png'), 'No file is named like a CloudTrail log'],
    ['a log without records', () => logFolder([]), 'No record could be read.'],
    [
      "other services' records only",
      () => logFolder([otherRecord(1), otherRecord(2)]),
      'None of the 2 records is a KMS event: there is nothing to judge.',
    ],
    [
      'no KMS record that can be read',
      () => logFolder([recordAt(START, { eventTime: 'noon' })]),
      'None of the 1 record of KMS could be read.',
    ],
    [
      'too short a log',
      () => logFolder(steady(HOUR)),
      'There is no history to learn from: the logs begin 2024-03-05 00:00 UTC and end 2024-03-05 01:00 UTC, and the last 1 day would be judged.',
    ],
  ])('cannot do the job with %s, and says why', async (_, folder, sentence) => {
    const { status, stdout, stderr } = await cli(['analyze', folder()]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`kms-baseline: ${sentence}`);
  });

  it.each([
    ['analyze', '--since'],
    ['fit', '--since'],
  ])('says of logs that end before what is asked for that they do: %s', async (command, flag) => {
    const out = command === 'fit' ? ['--out', join(tempFolder(), 'keys.baseline')] : [];
    const { status, stderr } = await cli([command, logFolder(steady(HOUR)), flag, '2024-04-01', ...out]);
    expect(status).toBe(2);
    expect(stderr).toContain('None of the 24 records of KMS is of the time asked for: 24 calls were made before it.\n');
  });

  it('cannot judge what comes after the logs', async () => {
    const { status, stderr } = await cli(['analyze', logFolder(steady(3 * DAY)), '--history-until', '2024-04-01']);
    expect(status).toBe(2);
    expect(stderr).toContain(
      'There is nothing to judge: the time to be judged ends 2024-03-08 00:00 UTC, and --history-until is 2024-04-01 00:00 UTC.',
    );
  });

  it('needs paths that exist', async () => {
    const { status, stdout, stderr } = await cli(['analyze', '/no/such/place']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'kms-baseline: paths must name files and folders that exist, got "/no/such/place"\nSee kms-baseline analyze --help.\n',
    );
  });
});
