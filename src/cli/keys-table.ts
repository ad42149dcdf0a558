import type { KeyFinding, KmsKey } from '../kms/lifecycle.js';
import type { KeyUse } from '../kms/lifecycle-use.js';
import { duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { Column } from '../report/table.js';
import { DAY } from '../time/grid.js';

/** A key with what is known of its use. */
export interface ListedKey {
  readonly key: KmsKey;
  readonly region: string;
  /** Its last use: what KMS knows, or a later call in the logs, epoch ms; null where none is known. */
  readonly lastUse: number | null;
  readonly need: string;
}

/** A use this recent is in use. */
const RECENT = 7 * DAY;

/** Whether somebody needs a key, in words: `in use`, `unused for 6 weeks`, `needed, but PendingDeletion`, `never used`. */
export function listedKey(
  key: KmsKey,
  use: KeyUse,
  findings: readonly Pick<KeyFinding, 'kind' | 'certain'>[],
  now: number,
): ListedKey {
  const known = Math.max(key.lastUse?.time ?? -Infinity, use.lastCall ?? -Infinity);
  const lastUse = Number.isFinite(known) ? known : null;
  const [, , , region = ''] = key.keyArn.split(':');
  const of = (kind: KeyFinding['kind']) => findings.find((finding) => finding.kind === kind);
  const never = of('never-used');
  let need = 'unknown';
  if (of('needed-but-unusable') !== undefined) need = `needed, but ${key.state}`;
  else if (of('material-expires') !== undefined) need = 'needed, material expires';
  else if (never !== undefined) need = never.certain ? 'never used' : 'no use known';
  else if (lastUse !== null) need = now - lastUse <= RECENT ? 'in use' : `unused for ${duration(now - lastUse)}`;
  return { key, region, lastUse, need };
}

const NAMES = [
  'key',
  'region',
  'alias',
  'state',
  'created',
  'expiry',
  'origin',
  'store',
  'rotation',
  'last use',
  'need',
] as const;

/** Columns of the table, and of the CSV. */
export const KEY_COLUMNS: readonly Column[] = NAMES.map((title) => ({ title }));

/** A line of the table; `–` is what does not apply, `?` what could not be read. */
export function keyCells({ key, region, lastUse, need }: ListedKey): string[] {
  const unread = (operation: string) => key.failed.some((failure) => failure.operation === operation);
  const described = (text: string | null) => text ?? (unread('DescribeKey') ? '?' : '–');
  return [
    key.keyId,
    region,
    unread('ListAliases') ? '?' : key.aliases.length === 0 ? '–' : key.aliases.map((name) => printable(name)).join(' '),
    described(key.state),
    described(dayOf(key.created)),
    unread('DescribeKey') ? '?' : expiryOf(key),
    described(key.origin),
    key.customKeyStoreId ?? '–',
    rotationOf(key, unread('GetKeyRotationStatus')),
    dayOf(lastUse) ?? (unread('GetKeyLastUsage') ? '?' : '–'),
    need,
  ];
}

/** When it will be deleted, or its material expires. */
function expiryOf({ deletion, materialExpires }: KmsKey): string {
  if (deletion !== null) return `deleted ${dayOf(deletion)}`;
  return materialExpires === null ? '–' : `material ${dayOf(materialExpires)}`;
}

function rotationOf({ rotation }: KmsKey, isUnread: boolean): string {
  if (isUnread) return '?';
  if (rotation === null) return '–';
  if (!rotation.enabled) return 'off';
  const every = rotation.periodDays === null ? 'on' : `every ${rotation.periodDays} days`;
  return rotation.next === null ? every : `${every}, next ${dayOf(rotation.next)}`;
}

function dayOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString().slice(0, 10);
}
