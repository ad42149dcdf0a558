import { describe, expect, it } from 'vitest';
import { fileSkipReason, folderSkipReason, timeInName } from '../../src/node/log-names.js';

describe('fileSkipReason', () => {
  it.each([
    '111122223333_CloudTrail_us-east-1_20210730T1655Z_KQAAoEcYx3IxCdMC.json.gz',
    '2021-07-30.json',
    'records.jsonl',
    'records.ndjson.gz',
    'EXPORT.LOG',
    'events.txt',
    'records.parquet',
    '3f2a.gz.parquet',
    '000000.gz',
    'my-stream-1-2021-07-30-16-05-12-0c3bd1d6-21a5-4a9b-8b3f-2f6f3d0e6a51',
  ])('takes %s for a log', (name) => {
    expect(fileSkipReason(name)).toBeNull();
  });

  it.each([
    ['README', 'not-a-log-name'],
    ['README.txt', 'not-a-log-name'],
    ['LICENSE.txt', 'not-a-log-name'],
    ['counts.csv', 'csv'],
    ['counts.csv.gz', 'csv'],
    ['records.json.zip', 'archive'],
    ['archive.tar.gz', 'archive'],
    ['aws-logs-write-test', 'not-a-log-name'],
    ['.DS_Store', 'hidden'],
    ['.records.json', 'hidden'],
    ['111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20210730T165500Z.json.gz', 'digest'],
    ['111122223333_CloudTrail-Insight_us-east-1_20210730T1655Z_KQAAoEcYx3IxCdMC.json.gz', 'insight'],
  ])('skips %s: %s', (name, reason) => {
    expect(fileSkipReason(name)).toBe(reason);
  });
});

describe('folderSkipReason', () => {
  it.each([
    ['CloudTrail', null],
    ['AWSLogs', null],
    ['2021', null],
    ['logs.gz', null],
    ['CloudTrail-Digest', 'digest'],
    ['CloudTrail-Insight', 'insight'],
    ['CloudTrail-NetworkActivity', 'network-activity'],
    ['CloudTrail-Aggregated', 'aggregated'],
    ['.git', 'hidden'],
    ['__MACOSX', 'hidden'],
  ])('says of %s: %s', (name, reason) => {
    expect(folderSkipReason(name)).toBe(reason);
  });
});

describe('timeInName', () => {
  it.each([
    [
      'AWSLogs/111122223333/CloudTrail/us-east-1/2021/07/31/111122223333_CloudTrail_us-east-1_20210730T2355Z_x.json.gz',
      '2021-07-30T23:55Z',
    ],
    ['lake/region=eu-central-1/accountId=111122223333/eventDay=20210730/f2a1.gz.parquet', '2021-07-30T00:00Z'],
    ['lake\\eventday=20210730\\2020-01-01.parquet', '2021-07-30T00:00Z'],
    ['logs/2021-07-30.json.gz', '2021-07-30T00:00Z'],
    ['logs\\2021\\07\\30\\records.json', '2021-07-30T00:00Z'],
    ['logs/2021/07/30/16/records.json', '2021-07-30T16:00Z'],
    ['logs/my-stream-1-2021-07-30-16-05-12-0c3bd1d6-21a5-4a9b-8b3f-2f6f3d0e6a51', '2021-07-30T16:05Z'],
    ['backup-2022-01-01/logs/2021-07-30T16.json', '2021-07-30T16:00Z'],
    ['logs/2021-07-30_1605.json', '2021-07-30T16:05Z'],
    ['logs/2021-07-30-99-00.json', '2021-07-30T00:00Z'],
    ['logs/2021/07/30/000000.gz', '2021-07-30T00:00Z'],
  ])('reads the time of %s', (path, time) => {
    expect(new Date(timeInName(path))).toEqual(new Date(time));
  });

  it.each([
    'logs/records.json',
    'logs/2021-13-30.json',
    'logs/2021-07-00.json',
    'logs/111122223333-07-30.json',
    '20210730.json',
  ])('reads none in %s', (path) => {
    expect(timeInName(path)).toBeNaN();
  });
});
