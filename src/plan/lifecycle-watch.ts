import { type KeyFinding, type KmsKey, keyFindings } from '../kms/lifecycle.js';
import { keyName } from '../report/names.js';
import { duration } from '../report/numbers.js';
import { seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY, HOUR } from '../time/grid.js';
import type { Finding } from './changes.js';

/** So long before the time at which it matters, something is told again: 30 days, a week, a day. */
export const MILESTONES = [30 * DAY, 7 * DAY, DAY];
/** Rotation that is due is done within so long as a rule. */
const ROTATION_SLACK = 2 * DAY;

/** What is told of keys: which, and which milestones of it, so that each is told once. */
export type ToldOfKeys = Record<string, number>;

/**
 * Keys that are needed and cannot be used or are about to be deleted, imported material that expires, automatic rotation
 * that is overdue: each told when found and again a week and a day before it matters; told anew when it was resolved in
 * between.
 * @param told what was told before; replaced by what is known now
 */
export function lifecycleFindings(
  keys: readonly KmsKey[],
  counts: SeriesSet,
  now: number,
  told: Readonly<ToldOfKeys>,
): { findings: Finding[]; told: ToldOfKeys } {
  const findings: Finding[] = [];
  const known: ToldOfKeys = {};
  const tell = (kind: string, key: KmsKey, at: number | null, text: string): void => {
    const id = JSON.stringify([kind, key.keyArn]);
    const left = at === null ? -1 : at - now;
    // 0 for what is told once; then the number of milestones that were passed.
    const passed = at === null ? 1 : 1 + MILESTONES.filter((milestone) => left <= milestone).length;
    if ((told[id] ?? 0) < passed) {
      findings.push({ kind: 'lifecycle', at: now, text, key: seriesKey({ keyArn: key.keyArn }), callers: [] });
    }
    known[id] = passed;
  };
  for (const finding of keyFindings(keys, counts, { now })) {
    const words = wordsOf(finding, now);
    if (words !== null) tell(finding.kind, finding.key, finding.at, words);
  }
  for (const key of keys) {
    const next = key.rotation?.enabled === true ? key.rotation.next : null;
    if (next !== null && key.state === 'Enabled' && now - next > ROTATION_SLACK) {
      const name = keyName(key.keyArn);
      tell('rotation-overdue', key, null, `${name} should have been rotated ${duration(now - next)} ago, and was not.`);
    }
  }
  return { findings, told: known };
}

/** Null of what is worth knowing, and no reason to wake anybody: keys that nobody uses. */
function wordsOf({ kind, key, at, perDay }: KeyFinding, now: number): string | null {
  const name = keyName(key.keyArn);
  const use = perDay >= 1 ? `about ${Math.round(perDay)} calls a day` : 'used lately';
  if (kind === 'needed-but-unusable') {
    const when =
      at === null ? '' : at > now ? `, and will be deleted in ${inWords(at - now)}` : ', and is being deleted';
    return `${name} is ${key.state} and still needed (${use})${when}.`;
  }
  if (kind === 'material-expires') {
    const when = at === null || at <= now ? 'has expired' : `expires in ${inWords(at - now)}`;
    return `The imported material of ${name} ${when}, and then calls on it fail (${use}).`;
  }
  return null;
}

function inWords(ms: number): string {
  return duration(Math.max(HOUR, ms));
}
