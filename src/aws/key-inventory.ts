import type { KeyMetadata, KMSClient } from '@aws-sdk/client-kms';
import { checkInteger, checkNumber, checkOptions, type OptionNames } from '../errors.js';
import type { KmsKey } from '../kms/lifecycle.js';
import { AwsCallError, Caller, type CallOptions, isCredentials } from './call-aws.js';
import { inParallel } from './in-parallel.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';
import type { AwsAction } from './permissions.js';

export interface InventoryOptions extends CallOptions {
  /** Requests a second of each operation; 50 by default, far below KMS's quotas, which the account's own work needs. */
  readonly perSecond?: number;
  /** Whether to ask for the last use of each key; true by default. */
  readonly lastUse?: boolean;
  /** Keys asked about at once; 8 by default. */
  readonly concurrency?: number;
}

/** The quota of GetKeyLastUsage is not documented. */
const LAST_USE_PER_SECOND = 10;

/**
 * The KMS keys of the client's account and Region, as they are listed. What may not be read of one key, or fails, is noted
 * in its `failed`, and the others are read.
 *
 * Every request is a KMS call itself: it appears in the log, in the metrics and against the quotas of the account. Keys
 * that AWS manages are described, and nothing more is asked about them.
 *
 * @throws InputError for options out of range; AwsCallError when the keys cannot be listed, or the credentials do not work
 */
export function keyInventory(
  client: KMSClient,
  options: InventoryOptions = {},
): AsyncGenerator<KmsKey, void, undefined> {
  checkOptions(options, INVENTORY_OPTIONS);
  const perSecond = checkNumber(options.perSecond ?? 50, 'perSecond', 1e-3, 1e4);
  const width = checkInteger(options.concurrency ?? 8, 'concurrency', 1, 1000);
  const caller = (operation: string, most = Infinity): Caller =>
    new Caller(client, operation, Math.min(perSecond, most), options);
  const callers: Callers = {
    list: caller('List'),
    describe: caller('DescribeKey'),
    rotation: caller('GetKeyRotationStatus'),
    lastUse: (options.lastUse ?? true) ? caller('GetKeyLastUsage', LAST_USE_PER_SECOND) : null,
  };
  return read(client, callers, width);
}

const INVENTORY_OPTIONS: OptionNames<InventoryOptions> = {
  perSecond: true,
  lastUse: true,
  concurrency: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

interface Callers {
  readonly list: Caller;
  readonly describe: Caller;
  readonly rotation: Caller;
  readonly lastUse: Caller | null;
}

const loadKms = () => loadClient('@aws-sdk/client-kms', () => import('@aws-sdk/client-kms'));

async function* read(client: KMSClient, callers: Callers, width: number): AsyncGenerator<KmsKey, void, undefined> {
  const { ListKeysCommand } = await loadKms();
  const failed: Failure[] = [];
  const aliases = (await attempt('kms:ListAliases', failed, () => aliasesByKey(client, callers.list))) ?? new Map();
  const pages = new Pages('kms:ListKeys');
  let marker: string | undefined;
  do {
    const page = await callers.list.call(
      'kms:ListKeys',
      (send) =>
        client.send(new ListKeysCommand({ Limit: 100, ...(marker === undefined ? {} : { Marker: marker }) }), send),
      'Keys',
    );
    const listed = page.Keys ?? [];
    const keys: KmsKey[] = [];
    await inParallel(listed, width, async ({ KeyId = '', KeyArn = '' }, i) => {
      keys[i] = await readKey(client, callers, KeyId, KeyArn, aliases.get(KeyId) ?? [], failed);
    });
    yield* keys;
    marker = page.Truncated === true ? pages.next(page.NextMarker, listed.length) : undefined;
  } while (marker !== undefined);
}

async function aliasesByKey(client: KMSClient, caller: Caller): Promise<Map<string, string[]>> {
  const { ListAliasesCommand } = await loadKms();
  const aliases = new Map<string, string[]>();
  const pages = new Pages('kms:ListAliases');
  let marker: string | undefined;
  do {
    const page = await caller.call(
      'kms:ListAliases',
      (send) =>
        client.send(new ListAliasesCommand({ Limit: 100, ...(marker === undefined ? {} : { Marker: marker }) }), send),
      'Aliases',
    );
    for (const { AliasName, TargetKeyId } of page.Aliases ?? []) {
      // An alias that AWS keeps for a service not used yet has no key.
      if (AliasName === undefined || TargetKeyId === undefined) continue;
      aliases.set(TargetKeyId, [...(aliases.get(TargetKeyId) ?? []), AliasName]);
    }
    marker = page.Truncated === true ? pages.next(page.NextMarker, page.Aliases?.length ?? 0) : undefined;
  } while (marker !== undefined);
  return aliases;
}

type Failure = KmsKey['failed'][number];

async function readKey(
  client: KMSClient,
  callers: Callers,
  keyId: string,
  keyArn: string,
  aliases: readonly string[],
  before: readonly Failure[],
): Promise<KmsKey> {
  const { DescribeKeyCommand, GetKeyLastUsageCommand, GetKeyRotationStatusCommand } = await loadKms();
  const failed: Failure[] = [...before];
  const described = await attempt('kms:DescribeKey', failed, () =>
    callers.describe.call(
      'kms:DescribeKey',
      (send) => client.send(new DescribeKeyCommand({ KeyId: keyId }), send),
      'KeyMetadata',
    ),
  );
  const key = described?.KeyMetadata;
  const customers = key?.KeyManager !== 'AWS';
  const rotation =
    customers && rotates(key)
      ? await attempt('kms:GetKeyRotationStatus', failed, () =>
          callers.rotation.call(
            'kms:GetKeyRotationStatus',
            (send) => client.send(new GetKeyRotationStatusCommand({ KeyId: keyId }), send),
            'KeyRotationEnabled',
          ),
        )
      : null;
  const { lastUse: caller } = callers;
  const used =
    customers && caller !== null
      ? await attempt('kms:GetKeyLastUsage', failed, () =>
          caller.call('kms:GetKeyLastUsage', (send) => client.send(new GetKeyLastUsageCommand({ KeyId: keyId }), send)),
        )
      : null;
  const last = used?.KeyLastUsage;
  return {
    keyArn: key?.Arn ?? keyArn,
    keyId,
    aliases,
    state: key?.KeyState ?? null,
    manager: key?.KeyManager ?? null,
    origin: key?.Origin ?? null,
    spec: key?.KeySpec ?? null,
    usage: key?.KeyUsage ?? null,
    customKeyStoreId: key?.CustomKeyStoreId ?? null,
    multiRegion: key?.MultiRegion === true,
    created: timeOf(key?.CreationDate),
    deletion: timeOf(key?.DeletionDate),
    materialExpires: timeOf(key?.ValidTo),
    rotation:
      rotation === null
        ? null
        : {
            enabled: rotation.KeyRotationEnabled === true,
            periodDays: rotation.RotationPeriodInDays ?? null,
            next: timeOf(rotation.NextRotationDate),
          },
    lastUse: last?.Timestamp === undefined ? null : { time: last.Timestamp.getTime(), operation: last.Operation ?? '' },
    trackedSince: timeOf(used?.TrackingStartDate),
    failed,
  };
}

/** Only symmetric encryption keys outside of custom key stores rotate; asking of others is an error. */
function rotates(key: KeyMetadata | undefined): boolean {
  return key?.KeySpec === 'SYMMETRIC_DEFAULT' && key.CustomKeyStoreId === undefined;
}

/** What `work` gives; null, with the reason noted, when its request failed for a reason of its own. */
async function attempt<T>(action: AwsAction, failed: Failure[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AwsCallError) || isCredentials(error)) throw error;
    failed.push({ operation: action.slice('kms:'.length), reason: error.reason });
    return null;
  }
}

function timeOf(date: Date | undefined): number | null {
  return date?.getTime() ?? null;
}
