import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { type InventoryOptions, keyInventory } from '../../src/aws/key-inventory.js';
import type { KmsKey } from '../../src/kms/lifecycle.js';
import { type FakeAws, fakeAws, type Handler, refusal } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { arn, CREATED, fakeKms } from './support/fake-kms.js';

const DAY = 86_400;

async function inventory(
  handlers: Record<string, Handler>,
  options: InventoryOptions = {},
  prepare: (aws: FakeAws) => void = () => {},
) {
  const aws = await fakeAws(handlers);
  prepare(aws);
  const clock = new FakeClock();
  const keys: KmsKey[] = [];
  for await (const key of keyInventory(new KMSClient(aws.config), { clock, ...options })) keys.push(key);
  return { keys, aws, clock };
}

describe('keyInventory', () => {
  it('tells of each key what KMS knows, page after page, in the order of the list', async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `key-${i}`);
    const { keys, aws } = await inventory(
      fakeKms(
        [
          { id: 'key-0', lastUsage: { Operation: 'Decrypt', Timestamp: CREATED + 20 * DAY } },
          { id: 'key-1', metadata: { KeyState: 'PendingDeletion', DeletionDate: CREATED + 30 * DAY, Enabled: false } },
          { id: 'key-2', metadata: { Origin: 'EXTERNAL', ValidTo: CREATED + 40 * DAY, MultiRegion: true } },
          { id: 'key-3', metadata: { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1' } },
          { id: 'key-4', metadata: { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' } },
          ...ids.slice(5).map((id) => ({ id })),
        ],
        [
          { AliasName: 'alias/a', TargetKeyId: 'key-0' },
          { AliasName: 'alias/aws/unused' },
          { AliasName: 'alias/b', TargetKeyId: 'key-7' },
          { AliasName: 'alias/c', TargetKeyId: 'key-0' },
        ],
      ),
      { concurrency: 4 },
    );
    expect(keys.map(({ keyId }) => keyId)).toEqual(ids);
    expect(keys[0]).toEqual({
      keyArn: arn('key-0'),
      keyId: 'key-0',
      aliases: ['alias/a', 'alias/c'],
      state: 'Enabled',
      manager: 'CUSTOMER',
      origin: 'AWS_KMS',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      customKeyStoreId: null,
      multiRegion: false,
      created: CREATED * 1000,
      deletion: null,
      materialExpires: null,
      rotation: { enabled: true, periodDays: 365, next: (CREATED + 365 * DAY) * 1000 },
      lastUse: { time: (CREATED + 20 * DAY) * 1000, operation: 'Decrypt' },
      trackedSince: (CREATED + 10 * DAY) * 1000,
      failed: [],
    });
    expect(keys[1]).toMatchObject({ state: 'PendingDeletion', deletion: (CREATED + 30 * DAY) * 1000, lastUse: null });
    expect(keys[2]).toMatchObject({ materialExpires: (CREATED + 40 * DAY) * 1000, multiRegion: true });
    expect(keys[3]).toMatchObject({ customKeyStoreId: 'cks-1', rotation: null });
    expect(keys[4]).toMatchObject({ spec: 'RSA_2048', rotation: null });
    expect(keys[7].aliases).toEqual(['alias/b']);
    expect(aws.of('ListKeys')[0]).toMatchObject({
      target: 'TrentService.ListKeys',
      contentType: 'application/x-amz-json-1.1',
    });
    expect(aws.mostOpen).toBeLessThanOrEqual(4);
  });

  it('goes on when one key may not be read, and notes what is not known', async () => {
    const { keys } = await inventory(
      fakeKms([{ id: 'a' }, { id: 'b', denied: ['DescribeKey', 'GetKeyLastUsage'] }, { id: 'c' }]),
    );
    expect(keys[1]).toMatchObject({
      keyArn: arn('b'),
      state: null,
      failed: [
        { operation: 'DescribeKey', reason: 'AccessDeniedException' },
        { operation: 'GetKeyLastUsage', reason: 'AccessDeniedException' },
      ],
    });
    expect(keys.map(({ failed }) => failed.length)).toEqual([0, 2, 0]);
  });

  it('goes on without aliases, and when a key is deleted meanwhile', async () => {
    const handlers = fakeKms([{ id: 'a' }]);
    const { keys } = await inventory({
      ...handlers,
      ListAliases: () => refusal('AccessDeniedException', 'no'),
      GetKeyRotationStatus: () => refusal('NotFoundException', 'gone'),
    });
    expect(keys[0].failed).toEqual([
      { operation: 'ListAliases', reason: 'AccessDeniedException' },
      { operation: 'GetKeyRotationStatus', reason: 'NotFoundException' },
    ]);
    expect(keys[0].state).toBe('Enabled');
  });

  it('trap 40: does not take a resource limit for throttling', async () => {
    const { keys, clock } = await inventory({
      ...fakeKms([{ id: 'a' }]),
      DescribeKey: () => refusal('LimitExceededException', 'a quota'),
    });
    expect(keys[0].failed).toMatchObject([{ operation: 'DescribeKey', reason: 'LimitExceededException' }]);
    expect(clock.sleeps.every((ms) => ms < 1000)).toBe(true);
  });

  it('throws when the keys cannot be listed, or the credentials do not work', async () => {
    const handlers = fakeKms([{ id: 'a' }]);
    await expect(inventory({ ...handlers, ListKeys: () => refusal('AccessDeniedException', 'no') })).rejects.toThrow(
      'needed is the permission kms:ListKeys',
    );
    await expect(
      inventory({ ...handlers, DescribeKey: () => refusal('ExpiredTokenException', 'expired') }),
    ).rejects.toMatchObject({ name: 'AwsCallError', reason: 'ExpiredTokenException' });
  });

  it('waits where it is throttled, and reads on after failures', async () => {
    const ids = Array.from({ length: 6 }, (_, i) => ({ id: `key-${i}` }));
    const { keys } = await inventory(fakeKms(ids), {}, (aws) =>
      aws.faults.push('throttle', null, 'cut', 'throttle', 'internal-error', 'half', null, 'throttle', null, 'slow'),
    );
    expect(keys.map(({ keyId }) => keyId)).toEqual(ids.map(({ id }) => id));
    expect(keys.flatMap(({ failed }) => failed)).toEqual([]);
  });

  it('trap 42: asks no more than it needs, and slowly: its requests are KMS calls themselves', async () => {
    const aws = { KeyManager: 'AWS' };
    const { aws: fake, clock } = await inventory(
      fakeKms([...Array.from({ length: 20 }, (_, i) => ({ id: `aws-${i}`, metadata: aws })), { id: 'own' }], [], 100),
      { lastUse: false, perSecond: 5 },
    );
    const asked = fake.requests.map(({ operation }) => operation);
    expect(asked.filter((operation) => operation === 'DescribeKey')).toHaveLength(21);
    expect(asked.filter((operation) => operation === 'GetKeyRotationStatus')).toHaveLength(1);
    expect(asked).not.toContain('GetKeyLastUsage');
    expect(clock.time - new FakeClock().time).toBeGreaterThanOrEqual(20 * 200);
  });
});
