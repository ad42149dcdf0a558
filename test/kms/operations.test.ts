import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KMS_OPERATIONS, operationInfo } from '../../src/kms/operations.js';
import { hasSharedData, sharedFacts } from '../support/shared-data.js';

describe('operationInfo', () => {
  it('knows 56 operations and 4 events of the service, each once', () => {
    expect(KMS_OPERATIONS.filter(({ origin }) => origin === 'api')).toHaveLength(56);
    expect(KMS_OPERATIONS.filter(({ origin }) => origin === 'service').map(({ name }) => name)).toEqual([
      'DeleteKey',
      'DeleteExpiredKeyMaterial',
      'RotateKey',
      'SynchronizeMultiRegionKey',
    ]);
    expect(new Set(KMS_OPERATIONS.map(({ name }) => name)).size).toBe(60);
    for (const info of KMS_OPERATIONS) expect(operationInfo(info.name)).toBe(info);
  });

  it('says of Decrypt what is easily taken wrongly', () => {
    expect(operationInfo('Decrypt')).toEqual({
      name: 'Decrypt',
      plane: 'data',
      group: 'cryptographic',
      origin: 'api',
      critical: false,
      readOnly: true,
      quota: 'by-key-type',
      crossAccount: true,
      dryRun: true,
    });
  });

  it('says which can be tried out: what uses a key, and grants', () => {
    const tried = KMS_OPERATIONS.filter(({ dryRun }) => dryRun);
    const grants = ['CreateGrant', 'RetireGrant', 'RevokeGrant'];
    for (const { name, plane } of tried) expect(plane === 'data' || grants.includes(name), name).toBe(true);
    for (const name of ['GenerateRandom', 'ScheduleKeyDeletion', 'DescribeKey', 'PutKeyPolicy', 'RotateKey']) {
      expect(operationInfo(name), name).toMatchObject({ dryRun: false });
    }
    expect(tried.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...grants, 'Sign', 'GenerateMac', 'DeriveSharedSecret']),
    );
  });

  it('knows nothing of names that are none', () => {
    for (const name of ['', 'decrypt', '__proto__', 'constructor', 'toString', 'PutObject']) {
      expect(operationInfo(name)).toBeUndefined();
    }
  });

  it('calls critical what ends, opens or moves the use of a key', () => {
    const critical = KMS_OPERATIONS.filter((info) => info.critical).map(({ name }) => name);
    expect(critical.sort()).toEqual([
      ...['CancelKeyDeletion', 'ConnectCustomKeyStore', 'CreateAlias', 'CreateCustomKeyStore', 'CreateGrant'],
      ...['DeleteAlias', 'DeleteCustomKeyStore', 'DeleteExpiredKeyMaterial', 'DeleteImportedKeyMaterial', 'DeleteKey'],
      ...['DisableKey', 'DisableKeyRotation', 'DisconnectCustomKeyStore', 'EnableKey', 'ImportKeyMaterial'],
      ...['PutKeyPolicy', 'ReplicateKey', 'RetireGrant', 'RevokeGrant', 'ScheduleKeyDeletion', 'TagResource'],
      ...['UntagResource', 'UpdateAlias', 'UpdateCustomKeyStore', 'UpdatePrimaryRegion'],
    ]);
    for (const info of KMS_OPERATIONS) if (info.readOnly) expect(info.critical, info.name).toBe(false);
  });

  it('has a quota that is a rate, a name or null', () => {
    for (const { name, quota } of KMS_OPERATIONS) {
      const fits = quota === null || typeof quota === 'string' || (Number.isFinite(quota) && quota > 0);
      expect(fits, name).toBe(true);
    }
    expect(operationInfo('GetParametersForImport')?.quota).toBe(0.25);
  });

  it('cannot be changed by those who read it', () => {
    expect(Object.isFrozen(KMS_OPERATIONS)).toBe(true);
    expect(KMS_OPERATIONS.every((info) => Object.isFrozen(info))).toBe(true);
  });
});

interface Fact {
  name: string;
  plane: string;
  group: string;
  readOnly: boolean;
  crossAccount: string;
  dryRun?: boolean;
  defaultQuotaRps: number | string;
}

describe.skipIf(!hasSharedData)('operationInfo beside a list made from the SDK and the guide', () => {
  it('agrees in everything that both state', () => {
    const facts = JSON.parse(readFileSync(sharedFacts('kms-operations.json'), 'utf8'));
    const quotas: Record<string, string | null> = {
      'shared:by-key-type': 'by-key-type',
      'shared:symmetric': 'symmetric',
      'shared:ecc-sm2': 'ecc-sm2',
      'per-key-pair-spec': 'key-pair-spec',
      unknown: null,
    };
    const theirs = facts.operations.map((fact: Fact) => ({
      name: fact.name,
      plane: fact.plane,
      group: fact.group,
      readOnly: fact.readOnly,
      quota: typeof fact.defaultQuotaRps === 'number' ? fact.defaultQuotaRps : quotas[fact.defaultQuotaRps],
      crossAccount: fact.crossAccount === 'yes',
      dryRun: fact.dryRun ?? false,
    }));
    const ours = KMS_OPERATIONS.filter(({ origin }) => origin === 'api').map(
      ({ name, plane, group, readOnly, quota, crossAccount, dryRun }) => ({
        ...{ name, plane, group, readOnly, quota, crossAccount, dryRun },
      }),
    );
    expect(ours).toEqual(theirs);
    const events = facts.serviceEvents.map(({ eventName }: { eventName: string }) => eventName);
    expect(KMS_OPERATIONS.slice(56).map(({ name }) => name)).toEqual(events);
  });
});
