import { type SeriesKey, seriesKey } from '../series/key.js';

/** The key of a `keyId`. */
export function keyOfId(id: string): SeriesKey {
  const [operation, keyArn, account, region, caller, outcome, metric] = JSON.parse(id);
  return seriesKey({ operation, keyArn, account, region, caller, outcome, metric });
}
