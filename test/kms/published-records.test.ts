import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RejectionReason } from '../../src/kms/call.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import { hasSharedData, sharedData, sharedFacts } from '../support/shared-data.js';

/** What a record should come out as: operation, time, keys, caller, Region, error, account; or why it is no call. */
type Expected =
  | RejectionReason
  | readonly [
      operation: string,
      time: string,
      keys: readonly string[],
      caller: string,
      region: string,
      error?: string | null,
      account?: string,
    ];

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const OTHER = 'arn:aws:kms:us-west-2:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321';
const MRK = 'arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab';
/** The guide's own slip: a key of some other account. */
const STRAY: string = expect.stringMatching(/^arn:aws:kms:us-east-1:\d{12}:key\/39c5eb22-f37c-4956-92ca-89e8f8b57ab2$/);
const ALICE = 'arn:aws:iam::111122223333:user/Alice';
const INTERNAL = 'AWS Internal';

/** Sample records after those of the AWS guides; expectations made apart from the library, by another program, and looked through. */
const SAMPLES: readonly Expected[] = [
  ['Decrypt', '2025-05-20T20:45:00Z', [KEY], ALICE, 'us-west-2'],
  ['Decrypt', '2018-02-14T16:42:39Z', [KEY], 'arn:aws:iam::111122223333:role/Admin', 'us-west-2'],
  ['GenerateDataKey', '2018-02-14T00:15:17Z', [KEY], 'dynamodb.amazonaws.com', 'us-west-2'],
  ['Decrypt', '2025-05-20T20:45:00Z', [KEY], 'dsql.amazonaws.com', 'us-west-2'],
  ['GenerateDataKey', '2020-06-29T23:36:41Z', [KEY], ALICE, 'us-west-2'],
  ['ReEncrypt', '2025-05-22T19:34:55Z', [KEY, OTHER], ALICE, 'us-west-2'],
  ['Decrypt', '2022-11-24T18:57:43Z', [KEY], ALICE, 'us-west-2', 'IncorrectKeyException'],
  ['Decrypt', '2022-11-24T00:26:58Z', [OTHER], ALICE, 'us-west-2', 'KMSInvalidStateException'],
  ['GenerateRandom', '2014-11-04T00:52:37Z', [], ALICE, 'us-west-2'],
  ['GenerateMac', '2022-03-25T20:25:00Z', [KEY], ALICE, 'us-west-2'],
  ['DisableKey', '2014-11-04T00:52:43Z', [KEY], ALICE, 'us-west-2'],
  ['ScheduleKeyDeletion', '2021-10-28T17:59:05Z', [MRK], ALICE, 'us-west-2'],
  ['RetireGrant', '2022-06-27T21:42:29Z', [KEY], ALICE, 'us-west-2'],
  ['CreateAlias', '2022-08-14T23:08:31Z', [KEY], ALICE, 'us-west-2'],
  ['DeleteAlias', '2014-11-04T00:52:27Z', [KEY], ALICE, 'us-west-2'],
  ['RotateKey', '2025-05-20T20:44:37Z', [KEY], INTERNAL, 'us-west-2'],
  ['DeleteExpiredKeyMaterial', '2025-05-22T19:55:11Z', [KEY], INTERNAL, 'us-west-2'],
  ['DeleteKey', '2020-07-31T00:07:00Z', [KEY], INTERNAL, 'us-west-2'],
  ['SynchronizeMultiRegionKey', '2020-11-18T02:04:37Z', [KEY], INTERNAL, 'us-west-2'],
  [
    'UpdatePrimaryRegion',
    '2021-03-10T20:23:37Z',
    ['arn:aws:kms:ap-northeast-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'],
    ALICE,
    'ap-northeast-1',
  ],
  ['DisconnectCustomKeyStore', '2021-10-21T20:43:46Z', [], ALICE, 'us-west-2'],
  'network-activity',
  ['Encrypt', '2025-05-20T20:45:00Z', [KEY], '444455556666', 'us-west-2'],
  ['Encrypt', '2025-05-20T20:45:00Z', [KEY], 'arn:aws:iam::444455556666:role/App', 'us-west-2', null, '444455556666'],
];

/** The example records of the KMS Developer Guide, in its order; expectations made apart from the library, by another program, and looked through. */
const GUIDE: readonly Expected[] = [
  ['GenerateDataKey', '2020-06-29T23:36:41Z', [KEY], 'arn:aws:iam::111122223333:role/ProjectDev', 'us-west-2'],
  ['CancelKeyDeletion', '2020-07-27T21:53:17Z', [KEY], ALICE, 'us-west-2'],
  ['ConnectCustomKeyStore', '2021-10-21T20:17:32Z', [], ALICE, 'us-east-1'],
  ['CreateCustomKeyStore', '2021-10-21T20:17:32Z', [], ALICE, 'us-east-1'],
  ['CreateAlias', '2022-08-14T23:08:31Z', [KEY], ALICE, 'us-west-2'],
  ['CreateGrant', '2014-11-04T00:53:12Z', [KEY], ALICE, 'us-east-1'],
  ['CreateKey', '2022-08-10T22:38:27Z', [KEY], ALICE, 'us-west-2'],
  ['CreateKey', '2021-10-14T17:39:50Z', [OTHER], ALICE, 'us-west-2'],
  ['CreateKey', '2022-09-07T22:37:45Z', [STRAY], ALICE, 'us-east-1'],
  ['Decrypt', '2020-07-27T22:58:24Z', [KEY], ALICE, 'us-west-2'],
  ['Decrypt', '2020-07-27T22:58:24Z', [KEY], ALICE, 'us-west-2'],
  ['Decrypt', '2021-10-26T23:41:27Z', [KEY], ALICE, 'us-west-2'],
  ['Decrypt', '2022-11-24T00:26:58Z', [OTHER], ALICE, 'us-west-2'],
  ['Decrypt', '2022-11-24T00:26:58Z', [OTHER], ALICE, 'us-west-2', 'KMSInvalidStateException'],
  ['DeleteKey', '2020-07-31T00:07:00Z', [KEY], INTERNAL, 'us-east-1'],
  ['DeleteKey', '2021-10-26T23:41:27Z', [KEY], INTERNAL, 'us-east-1'],
  ['DeleteCustomKeyStore', '2021-10-21T20:17:32Z', [], ALICE, 'us-east-1'],
  ['DeleteAlias', '2014-11-04T00:52:27Z', [KEY], ALICE, 'us-east-1'],
  ['DeleteExpiredKeyMaterial', '2021-01-01T16:00:00Z', [KEY], INTERNAL, 'us-east-1'],
  ['DescribeCustomKeyStores', '2021-10-21T20:17:32Z', [], ALICE, 'us-east-1'],
  ['DescribeKey', '2022-09-26T18:01:36Z', [KEY], ALICE, 'us-west-2'],
  ['DisableKeyRotation', '2022-09-01T19:31:39Z', [KEY], ALICE, 'us-west-2'],
  ['DisableKey', '2014-11-04T00:52:43Z', [KEY], ALICE, 'us-east-1'],
  ['DisconnectCustomKeyStore', '2021-10-21T20:17:32Z', [], ALICE, 'us-east-1'],
  'not-kms',
  ['GenerateDataKeyWithoutPlaintext', '2014-11-05T20:50:19Z', [KEY], ALICE, 'us-east-1'],
  'not-kms',
  ['CreateGrant', '2014-11-05T21:35:35Z', [KEY], ALICE, 'us-east-1'],
  ['GenerateDataKeyWithoutPlaintext', '2014-11-05T21:35:32Z', [KEY], ALICE, 'us-east-1'],
  ['Decrypt', '2014-11-05T21:35:47Z', [KEY], 'arn:aws:iam::111122223333:role/aws:ec2-infrastructure', 'us-east-1'],
  ['EnableKey', '2014-11-04T00:52:20Z', [KEY], ALICE, 'us-east-1'],
  ['EnableKeyRotation', '2020-07-25T23:41:56Z', [KEY], ALICE, 'us-west-2'],
  ['Encrypt', '2022-07-14T20:17:42Z', [KEY], ALICE, 'us-east-1'],
  ['GenerateDataKey', '2014-11-04T00:52:40Z', [KEY], ALICE, 'us-east-1'],
  ['GenerateRandom', '2014-11-04T00:52:37Z', [], ALICE, 'us-east-1'],
  ['GenerateDataKey', '2014-11-04T00:52:40Z', [KEY], ALICE, 'us-east-1'],
  ['GenerateDataKeyPair', '2020-07-27T18:57:57Z', [KEY], ALICE, 'us-west-2'],
  ['GenerateDataKeyPairWithoutPlaintext', '2020-07-27T18:57:57Z', [KEY], ALICE, 'us-west-2'],
  ['GenerateDataKeyWithoutPlaintext', '2014-11-04T00:52:23Z', [KEY], ALICE, 'us-east-1', 'InvalidKeyUsageException'],
  ['GenerateMac', '2022-12-23T19:26:54Z', [KEY], ALICE, 'us-east-1'],
  ['GenerateRandom', '2014-11-04T00:52:37Z', [], ALICE, 'us-east-1'],
  ['GetKeyPolicy', '2014-11-04T00:50:30Z', [KEY], ALICE, 'us-east-1'],
  ['GetParametersForImport', '2020-07-25T23:58:23Z', [KEY], ALICE, 'us-west-2'],
  ['ImportKeyMaterial', '2020-07-26T00:08:00Z', [KEY], ALICE, 'us-west-2'],
  ['ListAliases', '2014-11-04T00:51:45Z', [], ALICE, 'us-east-1'],
  ['ListGrants', '2014-11-04T00:52:49Z', [KEY], ALICE, 'us-east-1'],
  ['PutKeyPolicy', '2022-09-01T20:06:16Z', [KEY], ALICE, 'us-west-2'],
  ['ReEncrypt', '2020-07-27T23:09:13Z', [KEY, OTHER], ALICE, 'us-west-2'],
  [
    'ReplicateKey',
    '2020-11-18T01:29:18Z',
    ['arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    ALICE,
    'us-east-1',
  ],
  ['RetireGrant', '2022-09-01T19:39:33Z', [KEY], ALICE, 'us-west-2'],
  ['RevokeGrant', '2022-09-01T19:35:17Z', [KEY], ALICE, 'us-west-2'],
  ['RotateKey', '2021-01-14T01:41:59Z', [KEY], INTERNAL, 'us-west-2'],
  ['ScheduleKeyDeletion', '2021-03-23T18:58:30Z', [KEY], ALICE, 'us-east-1'],
  ['ScheduleKeyDeletion', '2021-10-28T17:59:05Z', [MRK], ALICE, 'us-west-2'],
  ['ScheduleKeyDeletion', '2021-10-26T23:25:25Z', [OTHER], ALICE, 'us-west-2'],
  ['Sign', '2022-03-07T22:36:44Z', [OTHER], ALICE, 'us-west-2'],
  ['SynchronizeMultiRegionKey', '2020-11-18T02:04:37Z', [KEY], INTERNAL, 'us-west-2'],
  ['TagResource', '2020-07-01T21:19:25Z', [KEY], ALICE, 'us-west-2'],
  ['UntagResource', '2020-07-01T21:19:19Z', [KEY], ALICE, 'us-west-2'],
  ['UpdateKeyDescription', '2022-09-01T19:22:40Z', [KEY], ALICE, 'us-west-2'],
  ['UpdateCustomKeyStore', '2021-10-21T20:17:32Z', [], ALICE, 'us-east-1'],
  ['UpdatePrimaryRegion', '2021-03-10T20:23:37Z', [MRK], ALICE, 'us-west-2'],
  [
    'UpdatePrimaryRegion',
    '2021-03-10T20:23:37Z',
    ['arn:aws:kms:ap-northeast-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'],
    ALICE,
    'ap-northeast-1',
  ],
  ['UpdateAlias', '2020-11-13T23:18:15Z', [KEY], ALICE, 'us-west-2'],
  ['Verify', '2022-03-07T22:50:41Z', [OTHER], ALICE, 'us-west-2'],
  ['VerifyMac', '2022-03-31T19:25:54Z', [KEY], ALICE, 'us-east-1'],
  ['GenerateDataKey', '2015-09-10T23:58:18Z', [KEY], 'arn:aws:iam::111122223333:role/Admins', 'us-west-2'],
  ['Decrypt', '2015-09-10T23:58:39Z', [KEY], 'arn:aws:iam::111122223333:role/Admins', 'us-west-2'],
  [
    'DeleteKey',
    '2021-12-10T14:23:51Z',
    ['arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    INTERNAL,
    'eu-west-1',
  ],
  [
    'GenerateDataKey',
    '2018-01-16T05:46:57Z',
    ['arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    ALICE,
    'eu-west-1',
  ],
  [
    'Encrypt',
    '2019-02-19T10:01:09Z',
    ['arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-5e6f-1a2b-3c4d-5e6f1a2b3c4d'],
    'workmail.eu-west-1.amazonaws.com',
    'eu-west-1',
  ],
  [
    'Decrypt',
    '2019-02-20T11:51:10Z',
    ['arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-5e6f-1a2b-3c4d-5e6f1a2b3c4d'],
    'workmail.eu-west-1.amazonaws.com',
    'eu-west-1',
  ],
];

function judge(record: unknown, expected: Expected | undefined): void {
  const result = parseRecord(record);
  if (expected === undefined || typeof expected === 'string') {
    expect(result).toEqual({ reason: expected });
    return;
  }
  const [operation, time, keyArns, caller, region, error = null, account = '111122223333'] = expected;
  const { eventID, sharedEventID = null } = record as { eventID: string; sharedEventID?: string };
  const seconds = Date.parse(time);
  expect(result).toEqual({
    ...{ time: seconds, operation, keyArns, account, region, caller, error },
    ...{ eventId: eventID, sharedEventId: sharedEventID },
  });
}

function recordsOf(path: string): unknown[] {
  return JSON.parse(gunzipSync(readFileSync(path)).toString()).Records;
}

describe.skipIf(!hasSharedData)('parseRecord on published records', () => {
  it('reads each of the sample records as a person would', () => {
    const { samples } = JSON.parse(readFileSync(sharedFacts('kms-cloudtrail-records.json'), 'utf8'));
    expect(samples).toHaveLength(SAMPLES.length);
    SAMPLES.forEach((expected, i) => {
      judge(samples[i].record, expected);
    });
  });

  it('trap 38: reads each example of the KMS Developer Guide as a person would', () => {
    const records = recordsOf(sharedData('cloudtrail-kms', 'aws-kms-developer-guide', 'examples.json.gz'));
    expect(records).toHaveLength(GUIDE.length);
    GUIDE.forEach((expected, i) => {
      judge(records[i], expected);
      judge(JSON.parse(JSON.stringify(records[i])), expected);
    });
    expect(GUIDE.filter((expected) => expected !== 'not-kms')).toHaveLength(70);
  });

  it('sets summaries of calls aside', () => {
    const samples = JSON.parse(readFileSync(sharedFacts('cloudtrail-aggregated-and-insight.json'), 'utf8'));
    // The aggregated sample is one of S3, so it is another service's before it is a summary.
    expect(parseRecord(samples.aggregatedEvent.sample)).toEqual({ reason: 'not-kms' });
    expect(parseRecord(samples.insightEvent.sample)).toEqual({ reason: 'summary' });
  });

  it('reads hand-edited records of detection rules, or says why not', () => {
    const records = recordsOf(sharedData('cloudtrail-kms', 'panther-rule-tests', 'events.json.gz'));
    const results = records.map((record) => parseRecord(record));
    const reasons = results.flatMap((result) => ('reason' in result ? [result] : []));
    expect(reasons.filter(({ reason }) => reason === 'not-kms')).toHaveLength(414);
    expect(reasons.filter(({ reason }) => reason !== 'not-kms')).toEqual([
      { reason: 'missing-field', field: 'recipientAccountId' },
    ]);
    const calls = results.flatMap((result) => ('reason' in result ? [] : [result]));
    expect(calls.map(({ operation, keyArns }) => `${operation} ${keyArns.length}`)).toEqual([
      'Decrypt 1',
      'Decrypt 0', // no resources, no requestParameters
      'DisableKey 1',
      'ScheduleKeyDeletion 1',
      'Decrypt 1',
      'ScheduleKeyDeletion 1', // resources null; the response names the key
      'DisableKey 1',
      'PutKeyPolicy 1', // the key ID is blacked out, within a whole ARN
      'Decrypt 1', // `arn` instead of `ARN`, and a time without a zone
    ]);
    expect(new Date(calls.at(-1)?.time ?? NaN).toISOString()).toBe('2021-10-19T00:56:05.000Z');
  });
});
