import { checkNumber, checkOptions, checkTime, type OptionNames } from '../errors.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY } from '../time/grid.js';
import { type KeyUse, keyUseIn } from './lifecycle-use.js';

/** A KMS key as `keyInventory` of `kms-baseline/aws` finds it: plain data, null where it is not known or does not apply. */
export interface KmsKey {
  readonly keyArn: string;
  readonly keyId: string;
  readonly aliases: readonly string[];
  /** KMS's `KeyState`: `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, `Unavailable`, … */
  readonly state: string | null;
  /** Who manages it: `CUSTOMER`, or `AWS` for keys like `aws/s3`. */
  readonly manager: string | null;
  /** Where its material is from: `AWS_KMS`, `EXTERNAL` (imported), `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`. */
  readonly origin: string | null;
  readonly spec: string | null;
  readonly usage: string | null;
  readonly customKeyStoreId: string | null;
  readonly multiRegion: boolean;
  /** Times are epoch milliseconds. */
  readonly created: number | null;
  /** When it will be deleted. */
  readonly deletion: number | null;
  /** When imported material expires, the earliest of several. */
  readonly materialExpires: number | null;
  readonly rotation: {
    readonly enabled: boolean;
    readonly periodDays: number | null;
    readonly next: number | null;
  } | null;
  /** The last successful cryptographic use that KMS knows of. */
  readonly lastUse: { readonly time: number; readonly operation: string } | null;
  /** Since when KMS keeps track of its use: before that, no use known is not no use. */
  readonly trackedSince: number | null;
  /** Requests about it that failed: what they would have told is not known. */
  readonly failed: readonly { readonly operation: string; readonly reason: string }[];
}

/** A key that somebody should look at. */
export interface KeyFinding {
  readonly kind: /** Cannot be used, or is about to be deleted, but was used, or tried, lately. */
    | 'needed-but-unusable'
    /** Its imported material expires before anybody is likely to renew it, and then calls fail. */
    | 'material-expires'
    /** Enabled, and no use of it is known. */
    | 'never-used';
  readonly key: KmsKey;
  /** When it begins to matter: the deletion, the expiry; null where that is now, or never. */
  readonly at: number | null;
  /** Cryptographic calls a day, over the observed time or as the caller's `rate` says. */
  readonly perDay: number;
  readonly use: KeyUse;
  /** Of material that expires: when it would be renewed, going by earlier renewals. */
  readonly renewal: number | null;
  /** Of a key never used: true when KMS has kept track of it ever since it was created. */
  readonly certain: boolean;
}

export interface FindingOptions {
  /** Epoch ms. */
  readonly now: number | Date;
  /** How long ago a use still counts as being used, ms; 7 days by default. */
  readonly recent?: number;
  /** How far ahead an expiry without a known rhythm of renewals is told, ms; 30 days by default. */
  readonly ahead?: number;
  /** How old a key must be to be told as never used, and how long it must have been observed without use; 30 days by default. */
  readonly idle?: number;
  /** Expected cryptographic calls a day on a key, by a baseline say, in place of the mean over the observed time. */
  readonly rate?: (keyArn: string) => number;
}

/** States in which cryptographic calls fail (KMS Developer Guide, key-state). */
const UNUSABLE = ['Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable'];

/**
 * Keys that are needed though they cannot be used or are about to be deleted; keys whose imported material runs out; and
 * keys that nobody uses: in the order of the keys, a key may have several.
 * @param counts by `['keyArn', 'operation']`, better by `['keyArn', 'operation', 'outcome']`; what is not observed in it
 *   is neither use nor the lack of it
 */
export function keyFindings(keys: Iterable<KmsKey>, counts: SeriesSet, options: FindingOptions): KeyFinding[] {
  checkOptions(options, FINDING_OPTIONS);
  const now = checkTime(options.now, 'now');
  const recent = checkNumber(options.recent ?? 7 * DAY, 'recent', 1, 1e13);
  const ahead = checkNumber(options.ahead ?? 30 * DAY, 'ahead', 0, 1e13);
  const idle = checkNumber(options.idle ?? 30 * DAY, 'idle', 0, 1e13);
  const useOf = keyUseIn(counts);
  const findings: KeyFinding[] = [];
  for (const key of keys) {
    const use = useOf(key.keyArn);
    const perDay = options.rate?.(key.keyArn) ?? (use.observed > 0 ? (use.calls * DAY) / use.observed : 0);
    const found = { key, perDay, use, renewal: null, certain: true };
    if (key.state !== null && UNUSABLE.includes(key.state) && lastUseOf(key, use) >= now - recent) {
      findings.push({ ...found, kind: 'needed-but-unusable', at: key.deletion });
    }
    const { materialExpires } = key;
    if (materialExpires !== null && key.state === 'Enabled' && lastUseOf(key, use) >= now - ahead) {
      const renewal = nextRenewal(use.imports);
      // Without a rhythm of renewals, nobody is known to renew it.
      if (renewal === null ? materialExpires - now <= ahead : renewal > materialExpires) {
        findings.push({ ...found, kind: 'material-expires', at: materialExpires, renewal });
      }
    }
    const unused = neverUsed(key, use, now, idle);
    if (unused !== null) findings.push({ ...found, kind: 'never-used', at: null, certain: unused.certain });
  }
  return findings;
}

const FINDING_OPTIONS: OptionNames<FindingOptions> = { now: true, recent: true, ahead: true, idle: true, rate: true };

function lastUseOf(key: KmsKey, use: KeyUse): number {
  return Math.max(key.lastUse?.time ?? -Infinity, use.lastCall ?? -Infinity);
}

/** The last renewal, and the median time between renewals after it; null with fewer than two. */
function nextRenewal(imports: readonly number[]): number | null {
  if (imports.length < 2) return null;
  const gaps = imports
    .slice(1)
    .map((time, i) => time - imports[i])
    .sort((a, b) => a - b);
  return imports[imports.length - 1] + gaps[gaps.length >> 1];
}

/** Whether no use is known of a customer's enabled key, and whether that is for certain; null where it may well be used. */
function neverUsed(key: KmsKey, use: KeyUse, now: number, idle: number): { certain: boolean } | null {
  const { state, manager, created, lastUse, trackedSince } = key;
  if (state !== 'Enabled' || manager === 'AWS' || created === null || now - created < idle) return null;
  if (lastUse !== null || use.calls > 0) return null;
  // No use since before tracking began says nothing of the time before (GetKeyLastUsage).
  if (trackedSince !== null && created >= trackedSince) return { certain: true };
  const known = Math.max(trackedSince === null ? 0 : now - trackedSince, use.observed);
  return known >= idle ? { certain: false } : null;
}
