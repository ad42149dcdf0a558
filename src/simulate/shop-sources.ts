import { SHOP_CALLERS, SHOP_KEYS, shopCall } from './shop.js';
import type { CallSubject, CronSource, RecordDetail, Source } from './source.js';

const timeZone = 'Europe/Berlin';
const FILES: RecordDetail = {
  encryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::shop-documents/#' },
  invokedBy: 's3.amazonaws.com',
};
const LOG_FILES: RecordDetail = { encryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::shop-logs' } };
const ORDERS: RecordDetail = { encryptionContext: { table: 'orders' }, keyId: 'alias/orders' };

/**
 * The traffic of a small web shop: staff in Berlin, machines on UTC, nine keys in two Regions, some 1,000 calls on a
 * working day. Small enough that a month of its records is a few megabytes, with every kind of source in it.
 */
export function shopSources(): Source[] {
  return [...people(), ...machines(), ...administration()];
}

function people(): Source[] {
  const { orders, documents, secrets } = SHOP_KEYS;
  const who = SHOP_CALLERS;
  const staff = (name: string, perHour: number, call: CallSubject, record: RecordDetail, failing = {}): Source => {
    return { name, kind: 'human', timeZone, perHour, ...call, record, ...failing };
  };
  const tampered = { errorRate: 0.01, errorCode: 'InvalidCiphertextException' };
  const unnamed = { ...ORDERS, keyId: null };
  return [
    staff('orders-read', 10, shopCall('Decrypt', who.orders, orders), unnamed, tampered),
    staff('orders-write', 5, shopCall('GenerateDataKey', who.orders, orders), ORDERS),
    staff('orders-support', 0.6, shopCall('Decrypt', who.support, orders), unnamed),
    staff('documents-write', 22, shopCall('GenerateDataKey', who.backOffice, documents), FILES),
    staff('documents-read', 6, shopCall('Decrypt', who.backOffice, documents), FILES, { errorRate: 0.006 }),
    {
      name: 'secrets-deploy',
      kind: 'bursty',
      timeZone,
      perHour: 0.3,
      burstsPerWeek: 6,
      burstCalls: 25,
      minutes: 8,
      ...shopCall('Decrypt', who.deploy, secrets),
      record: { encryptionContext: { stage: 'production' } },
    },
    { name: 'secrets-alice', kind: 'sparse', perWeek: 3, ...shopCall('Decrypt', who.alice, secrets) },
  ];
}

function machines(): Source[] {
  const { payments, logs, invoices, backups, analytics, archive } = SHOP_KEYS;
  const who = SHOP_CALLERS;
  const steady = (name: string, perHour: number, call: CallSubject): Source => ({
    name,
    kind: 'flat',
    perHour,
    ...call,
  });
  const nightly = { at: ['01:30'] };
  const afterWork = { at: ['18:13'], days: [1, 2, 3, 4, 5], timeZone };
  return [
    steady('payments-read', 8, shopCall('Decrypt', who.payments, payments)),
    steady('payments-write', 5, shopCall('Encrypt', who.payments, payments)),
    steady('tokens', 1.5, shopCall('GenerateRandom', who.tokens)),
    job('logs-write', { every: 30 }, 1, shopCall('GenerateDataKey', who.trail, logs), { jitter: 2, record: LOG_FILES }),
    job('logs-read', { every: 60, phase: 7 }, 2, shopCall('Decrypt', who.logReader, logs), {
      record: { ...LOG_FILES, invokedBy: 's3.amazonaws.com' },
    }),
    // Its three minutes begin up to two minutes late: most runs straddle 18:15.
    job('invoices-sign', afterWork, 30, shopCall('Sign', who.invoices, invoices), {
      noise: 0.1,
      jitter: 2,
      minutes: 3,
    }),
    job('backups-nightly', nightly, 12, shopCall('GenerateDataKeyWithoutPlaintext', who.backups, backups), {
      noise: 0.08,
      minutes: 2,
    }),
    job('backups-grant', nightly, 2, shopCall('CreateGrant', who.backups, backups)),
    job('analytics-load', { every: 60 }, 2, shopCall('Decrypt', who.warehouse, analytics), { noise: 0.2 }),
    job('analytics-write', { every: 60, phase: 4 }, 2, shopCall('GenerateDataKey', who.warehouse, analytics), {
      jitter: 3,
    }),
    job('archive-move', { at: ['03:00'], days: [7] }, 20, shopCall('ReEncrypt', who.migration, archive, analytics), {
      noise: 0.1,
      minutes: 4,
    }),
    job('partner-export', { at: ['06:00'] }, 8, shopCall('Decrypt', who.partner, analytics), { minutes: 3 }),
  ];
}

/** Rare changes by a person, and a recorder that describes every key each night. */
function administration(): Source[] {
  const { orders, payments, documents, secrets } = SHOP_KEYS;
  const admin = (name: string, perWeek: number, operation: string, ...keyArns: string[]): Source => {
    return { name, kind: 'control-plane', timeZone, perWeek, ...shopCall(operation, SHOP_CALLERS.admin, ...keyArns) };
  };
  const described = Object.entries(SHOP_KEYS).flatMap(([key, arn]) =>
    ['DescribeKey', 'GetKeyRotationStatus'].map((operation) =>
      job(`${key}-${operation}`, { at: ['04:00'] }, 1, shopCall(operation, SHOP_CALLERS.config, arn), { jitter: 8 }),
    ),
  );
  return [
    admin('admin-list', 6, 'ListAliases'),
    admin('admin-describe', 5, 'DescribeKey', orders),
    admin('admin-tag', 2, 'TagResource', documents),
    admin('admin-grant', 2, 'CreateGrant', documents),
    admin('admin-policy', 0.7, 'PutKeyPolicy', secrets),
    admin('admin-rotation', 0.5, 'EnableKeyRotation', payments),
    ...described,
  ];
}

function job(
  name: string,
  schedule: CronSource['schedule'],
  batch: number,
  call: CallSubject,
  more: Partial<CronSource> = {},
): Source {
  return { name, kind: 'cron', schedule, batch, ...call, ...more };
}
