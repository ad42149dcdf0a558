import type { Affected, Anomaly } from '../engine/types.js';
import { grouped } from './numbers.js';

/** How many keys depart together, as a sentence; nothing where they are not counted. */
export function affectedText(affected: Affected | undefined, verdict: Anomaly['verdict']): string[] {
  if (affected === undefined) return [];
  const { account, region, keys, of } = affected;
  const whose = account === null ? '' : ` of account ${account}`;
  const where = region === null ? '' : ` in ${region}`;
  const how = verdict === 'below' ? 'fewer calls' : 'more calls';
  return [`${grouped(keys)} of the ${grouped(of)} keys${whose}${where} have ${how} than expected.`];
}
