import { type Handler, refusal } from './fake-aws.js';

const DAY = 86_400;
/** When all keys were created, epoch seconds. */
export const CREATED = Date.UTC(2025, 0, 1) / 1000;
/** Of a key of the account's. */
export const arn = (id: string): string => `arn:aws:kms:eu-central-1:111122223333:key/${id}`;

export interface FakeKey {
  readonly id: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly lastUsage?: Readonly<Record<string, unknown>>;
  readonly denied?: readonly string[];
}

/** KMS's describing operations, in pages of `page`. */
export function fakeKms(
  keys: readonly FakeKey[],
  aliases: readonly { AliasName: string; TargetKeyId?: string }[] = [],
  page = 3,
): Record<string, Handler> {
  const paged =
    (name: string, items: readonly unknown[]): Handler =>
    ({ body }) => {
      const from = Number(body['Marker'] ?? 0);
      const more = from + page < items.length;
      return {
        [name]: items.slice(from, from + page),
        Truncated: more,
        ...(more ? { NextMarker: `${from + page}` } : {}),
      };
    };
  const one =
    (operation: string, answer: (key: FakeKey) => Readonly<Record<string, unknown>>): Handler =>
    ({ body }) => {
      const key = keys.find(({ id }) => id === body['KeyId']);
      if (key === undefined) return refusal('NotFoundException', 'no such key');
      return key.denied?.includes(operation) ? refusal('AccessDeniedException', 'no') : answer(key);
    };
  return {
    ListKeys: paged(
      'Keys',
      keys.map(({ id }) => ({ KeyId: id, KeyArn: arn(id) })),
    ),
    ListAliases: paged('Aliases', aliases),
    DescribeKey: one('DescribeKey', ({ id, metadata }) => ({
      KeyMetadata: {
        KeyId: id,
        Arn: arn(id),
        CreationDate: CREATED,
        Enabled: true,
        KeyState: 'Enabled',
        KeyManager: 'CUSTOMER',
        KeySpec: 'SYMMETRIC_DEFAULT',
        KeyUsage: 'ENCRYPT_DECRYPT',
        Origin: 'AWS_KMS',
        MultiRegion: false,
        ...metadata,
      },
    })),
    GetKeyRotationStatus: one('GetKeyRotationStatus', ({ id }) => ({
      KeyId: id,
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
      NextRotationDate: CREATED + 365 * DAY,
    })),
    GetKeyLastUsage: one('GetKeyLastUsage', ({ id, lastUsage }) => ({
      KeyId: id,
      TrackingStartDate: CREATED + 10 * DAY,
      KeyCreationDate: CREATED,
      ...(lastUsage === undefined ? {} : { KeyLastUsage: lastUsage }),
    })),
  };
}
