import { operationInfo } from '../kms/operations.js';
import { counted } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { readRow, type SeriesSet } from '../series/series-set.js';

/** So many operations are named. */
const NAMED = 3;

/**
 * Says how many successful calls, at least, name no key though their operation uses one: a key ID without an account that can
 * be read, as where logs were masked, makes no key ARN, and its key would fall away in silence. By counts of `BY_CALLER`.
 */
export function notesOnKeyless(set: SeriesSet): string[] {
  const succeeded = new Map<string, number>();
  const keyed = new Map<string, number>();
  const values = new Float64Array(set.grid.length);
  for (const [row, { operation, keyArn, outcome, caller, account, region, metric }] of set.keys.entries()) {
    if (operation === null || !namesOneKey(operation)) continue;
    if (caller !== null || account !== null || region !== null || metric !== null) continue;
    const to =
      keyArn === null && outcome === 'ok' ? succeeded : keyArn !== null && outcome === null ? keyed : undefined;
    if (to === undefined) continue;
    readRow(set, row, values);
    const calls = values.reduce((sum, value) => sum + value, 0);
    to.set(operation, (to.get(operation) ?? 0) + calls);
  }
  const keyless = [...succeeded]
    .map(([operation, calls]) => ({ operation, calls: calls - (keyed.get(operation) ?? 0) }))
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => b.calls - a.calls || (a.operation < b.operation ? -1 : 1));
  if (keyless.length === 0) return [];
  const all = keyless.reduce((sum, { calls }) => sum + calls, 0);
  const named = keyless
    .slice(0, NAMED)
    .map(({ operation, calls }) => `${printable(operation)} ${calls.toLocaleString('en-US')}`);
  const more = keyless.length > NAMED ? ', and others' : '';
  return [
    `At least ${counted(all, 'successful call')} without a key that can be read (${named.join(', ')}${more}), as where account ids are masked: ` +
      'counted in the totals of operations, but on no key learned or judged',
  ];
}

/** GenerateRandom uses no key, and ReEncrypt two. */
function namesOneKey(operation: string): boolean {
  return operationInfo(operation)?.plane === 'data' && operation !== 'GenerateRandom' && operation !== 'ReEncrypt';
}
