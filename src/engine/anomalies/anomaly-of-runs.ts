import { compareKeys, keyId, type SeriesKey } from '../../series/key.js';
import { HOUR } from '../../time/grid.js';
import type { Anomaly, AnomalyKind, Severity } from '../types.js';
import type { Run } from './breach-runs.js';
import type { Group } from './group-runs.js';

/** Whether calls of an operation matter by themselves. */
export type IsCritical = (operation: string) => boolean;

/**
 * The operations of KMS that take keys or their use away, or give access to others: what the KMS Developer Guide
 * (monitoring-overview) says to watch. The catalogue in `kms/` calls the same ones critical; this room may not ask it, and a
 * test compares the two.
 */
const CRITICAL_OPERATIONS: ReadonlySet<string> = new Set([
  'CancelKeyDeletion',
  'ConnectCustomKeyStore',
  'CreateAlias',
  'CreateCustomKeyStore',
  'CreateGrant',
  'DeleteAlias',
  'DeleteCustomKeyStore',
  'DeleteExpiredKeyMaterial',
  'DeleteImportedKeyMaterial',
  'DeleteKey',
  'DisableKey',
  'DisableKeyRotation',
  'DisconnectCustomKeyStore',
  'EnableKey',
  'ImportKeyMaterial',
  'PutKeyPolicy',
  'ReplicateKey',
  'RetireGrant',
  'RevokeGrant',
  'ScheduleKeyDeletion',
  'TagResource',
  'UntagResource',
  'UpdateAlias',
  'UpdateCustomKeyStore',
  'UpdatePrimaryRegion',
]);

/** Default of `critical`: the operations that the catalogue calls critical. */
export function isCriticalOperation(operation: string): boolean {
  return CRITICAL_OPERATIONS.has(operation);
}

/** A row whose bucket expects less than this had hardly any calls in the history. */
const RARE = 0.01;
/** What lasts as long is a shift of the level: about when a detector that may accepts it. */
const SHIFT = 36 * HOUR;

/** Surprise (−log₁₀) from which on an anomaly is practically impossible by chance, and from which on it is unlikely. */
const IMPOSSIBLE = 6;
const UNLIKELY = 4;
/** So many times the greatest normal count is critical. */
const MANIFOLD = 10;

/** Severities, worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const satisfies readonly Severity[];

export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}

/** The anomaly of a group, without its callers. */
export function anomalyOf(group: Group, isCritical: IsCritical): Anomaly {
  const { run, related } = group;
  const others = new Map(related.map(({ key }) => [keyId(key), key]));
  others.delete(keyId(run.key));
  const isSilence = run.direction < 0 && run.value === 0;
  return {
    id: idOf(run.key, run.verdict, run.reported),
    severity: severityOf(group, isCritical),
    key: run.key,
    verdict: run.verdict,
    from: run.from,
    to: run.to,
    value: run.value,
    expected: run.expected,
    // One call anywhere would have ended a silence, whatever each of its buckets asked for.
    lower: isSilence ? Math.min(1, run.expected) : run.isLevel ? run.lower : Math.max(0, run.lower),
    upper: run.upper,
    surprise: run.surprise,
    decidedBy: { from: run.decidedFrom, to: run.decidedTo },
    kind: kindOf(run),
    related: [...others.values()],
  };
}

/** Most unusual first. */
export function bySurprise(a: Anomaly, b: Anomaly): number {
  return Math.abs(b.surprise) - Math.abs(a.surprise) || a.from - b.from || compareKeys(a.key, b.key);
}

/** Worst first: by severity, then by surprise. */
export function worstFirst(a: Anomaly, b: Anomaly): number {
  return compareSeverity(a.severity, b.severity) || bySurprise(a, b);
}

function kindOf(run: Run): AnomalyKind {
  const length = run.to - run.from;
  if (length >= SHIFT && run.known && run.value > 0) return 'level-shift';
  if (run.verdict === 'below') return run.value === 0 ? 'silence' : 'drop';
  if (!run.known) return 'first-seen';
  if ((run.expected * run.step) / length < RARE) return 'rare';
  return length <= HOUR ? 'spike' : 'excess';
}

/** A figure that changes when a run comes to matter more: with its surprise, and when it has lasted. */
export function stageOf(run: Run): number {
  const surprise = Math.abs(run.surprise);
  const lasts = run.to - run.from >= SHIFT ? 3 : 0;
  return lasts + (surprise > IMPOSSIBLE ? 2 : surprise > UNLIKELY ? 1 : 0);
}

/**
 * How much an anomaly matters. What is new, or rare by habit, has no normal maximum to be ten times of; it is low unless
 * chance cannot have made it.
 */
export function severityOf({ run, related }: Group, isCritical: IsCritical): Severity {
  const kind = kindOf(run);
  const { operation, outcome } = run.key;
  const isAbove = run.verdict === 'above';
  if (isAbove && operation !== null && isCritical(operation)) return 'critical';
  const isNew = kind === 'first-seen' || kind === 'rare';
  const surprise = Math.abs(run.surprise);
  if (surprise > IMPOSSIBLE) {
    const failed = outcome === 'error' || related.some(({ key }) => key.outcome === 'error');
    const manifold = !isNew && isAbove && run.value >= MANIFOLD * Math.max(1, run.upper);
    return kind === 'silence' || (isAbove && failed) || manifold ? 'critical' : 'high';
  }
  if (kind === 'level-shift') return 'medium';
  return surprise > UNLIKELY && !isNew ? 'medium' : 'low';
}

/**
 * The id of what became known of a row at a time: that, and 64 bits of the row and the verdict. Two runs of a row never
 * become findings on the same bucket; two rows have the same bits in one of 10^19 pairs.
 */
export function idOf(key: SeriesKey, verdict: 'above' | 'below', time: number): string {
  const date = new Date(time).toISOString().replace(/[-:]|\.000/g, '');
  return `${date}-${hash(`${verdict} ${keyId(key)}`)}`;
}

/** The time in an id of {@link idOf}, epoch ms. */
export function timeOfId(id: string): number {
  return Date.parse(id.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d(?:\.\d+)?Z)-.*$/, '$1-$2-$3:$4:$5'));
}

/** 64 bits of a text in hex: two multiplicative hashes of 32 bits side by side, each mixed at the end as MurmurHash3 does. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) + (a >>> 15);
  }
  return hex(mixed(a ^ text.length)) + hex(mixed(b));
}

function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
