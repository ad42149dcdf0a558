import { keyId, type SeriesKey } from '../../series/key.js';
import type { Anomaly } from '../types.js';

/**
 * What an incident names that it did not name before: rows of its anomalies, and KMS keys among what is related.
 * @param named before, by {@link keyId}
 */
export function namedFirst(
  anomalies: readonly Pick<Anomaly, 'key' | 'related'>[],
  named: ReadonlyMap<string, SeriesKey>,
): SeriesKey[] {
  const arns = new Set<string | null>([null]);
  for (const { keyArn } of named.values()) arns.add(keyArn);
  const more: SeriesKey[] = [];
  for (const { key, related } of anomalies) {
    for (const one of [key, ...related]) {
      if (one === key ? named.has(keyId(key)) : arns.has(one.keyArn)) continue;
      more.push(one);
      arns.add(one.keyArn);
    }
  }
  return more;
}
