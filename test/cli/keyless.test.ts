import { describe, expect, it } from 'vitest';
import { notesOnKeyless } from '../../src/cli/keyless.js';
import { BY_CALLER } from '../../src/kms/call-rows.js';
import { countCalls } from '../../src/kms/count-calls.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import { KEY_ARN, kmsRecord } from '../support/logs.js';
import { cli, DAY, flowing, logFolder, steady } from './traffic.js';

const ID = KEY_ARN.slice(KEY_ARN.lastIndexOf('/') + 1);
/** As a log looks whose account ids were masked. */
const masked = (i: number, fields: object = {}) =>
  kmsRecord(i, {
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::XXXXXXXXXXXX:user/zoe', accountId: 'XXXXXXXXXXXX' },
    resources: [{ accountId: 'XXXXXXXXXXXX', ARN: `arn:aws:kms:eu-central-1:XXXXXXXXXXXX:key/${ID}` }],
    requestParameters: { keyId: ID },
    recipientAccountId: 'XXXXXXXXXXXX',
    ...fields,
  });

async function notesOf(records: readonly object[]): Promise<string[]> {
  const calls = records.map((record) => parseRecord(record)).flatMap((call) => ('reason' in call ? [] : [call]));
  expect(calls).toHaveLength(records.length);
  return notesOnKeyless(await countCalls(calls, { by: BY_CALLER }));
}

describe('calls whose key cannot be read', () => {
  it('are noted, by operation, most calls first', async () => {
    const records = [
      ...Array.from({ length: 1200 }, (_, i) => masked(i)),
      ...Array.from({ length: 3 }, (_, i) => masked(2000 + i, { eventName: 'Encrypt' })),
      kmsRecord(3000),
    ];
    expect(await notesOf(records)).toEqual([
      'At least 1,203 successful calls without a key that can be read (Decrypt 1,200, Encrypt 3), as where account ids are masked: ' +
        'counted in the totals of operations, but on no key learned or judged',
    ]);
  });

  it('are not those that use none, use two, or failed before a key was found', async () => {
    const none = { resources: [], requestParameters: null };
    const sound = [
      kmsRecord(0),
      kmsRecord(1, { ...none, eventName: 'GenerateRandom' }),
      kmsRecord(2, { ...none, eventName: 'ListKeys' }),
      kmsRecord(3, { ...none, errorCode: 'AccessDenied' }),
      kmsRecord(4, { eventName: 'ReEncrypt', resources: [{ ARN: KEY_ARN }, { ARN: `${KEY_ARN.slice(0, -1)}f` }] }),
    ];
    expect(await notesOf(sound)).toEqual([]);
  });

  it('are a note of analyze', async () => {
    const folder = logFolder([...steady(3 * DAY), masked(1), masked(2)]);
    const { stdout } = await cli(['analyze', folder]);
    expect(flowing(stdout)).toContain('note At least 2 successful calls without a key that can be read (Decrypt 2)');
    expect((await cli(['analyze', logFolder(steady(3 * DAY))])).stdout).not.toContain('name no key');
  });
});
