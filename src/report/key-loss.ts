import { callsOfKey } from '../engine/anomalies/callers.js';
import type { Baseline } from '../engine/baseline.js';
import type { Anomaly } from '../engine/types.js';
import { operationInfo } from '../kms/operations.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY, HOUR } from '../time/grid.js';

/** What depends on a KMS key: the calls that fail while it cannot be used. */
export interface KeyLoss {
  /** Cryptographic calls that are expected on it in the next 30 days, by the baseline. */
  readonly calls: number;
  readonly operations: readonly { readonly operation: string; readonly calls: number }[];
  /** Who made cryptographic calls on it in the history, most calls first, with the calls expected of them in 30 days. */
  readonly callers: readonly { readonly caller: string; readonly calls: number }[];
}

/** Operations after which a key cannot be used, at once or after a waiting period. */
const TAKES_AWAY: ReadonlySet<string> = new Set([
  'DeleteExpiredKeyMaterial',
  'DeleteImportedKeyMaterial',
  'DeleteKey',
  'DisableKey',
  'ScheduleKeyDeletion',
]);

const AHEAD = 30 * DAY;

/** Whether a finding is of a key that is about to be gone. */
export function isLoss({ key, verdict }: Anomaly): boolean {
  return verdict === 'above' && key.keyArn !== null && key.operation !== null && TAKES_AWAY.has(key.operation);
}

/**
 * What breaks if a key goes: the calls, operations and callers of its next 30 days, as the baseline expects them.
 * @param usualCallers counts of the history by `['keyArn', 'operation', 'caller']`; without them no callers are known
 */
export function keyLoss(keyArn: string, baseline: Baseline, usualCallers?: SeriesSet): KeyLoss {
  const operations = baseline.keys
    .filter((key) => key.keyArn === keyArn && key.operation !== null && key.outcome === null && key.caller === null)
    .flatMap((key) => {
      const operation = key.operation ?? '';
      const calls = baseline.describe(key).callsPerHour * (AHEAD / HOUR);
      return operationInfo(operation)?.plane === 'data' && calls > 0 ? [{ operation, calls }] : [];
    })
    .sort((a, b) => b.calls - a.calls);
  const calls = operations.reduce((sum, use) => sum + use.calls, 0);
  const before = new Map<string, number>();
  for (const { operation } of operations) {
    const made = usualCallers === undefined ? [] : callsOfKey(keyArn, operation, usualCallers);
    const all = made.reduce((sum, { calls }) => sum + calls, 0);
    const expected = operations.find((use) => use.operation === operation)?.calls ?? 0;
    for (const { caller, calls } of made) {
      before.set(caller, (before.get(caller) ?? 0) + (all === 0 ? 0 : (expected * calls) / all));
    }
  }
  const callers = [...before].map(([caller, calls]) => ({ caller, calls })).sort((a, b) => b.calls - a.calls);
  return { calls, operations, callers };
}

/** The losses of an analysis, by key: for the words of its findings. */
export function lossesBy(
  losses: readonly ({ readonly keyArn: string } & KeyLoss)[] = [],
): (keyArn: string) => KeyLoss | undefined {
  const found = new Map(losses.map((loss) => [loss.keyArn, loss]));
  return (keyArn) => found.get(keyArn);
}
