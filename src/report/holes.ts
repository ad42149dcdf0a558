import type { Coverage } from '../kms/coverage.js';
import { mergeRanges } from '../series/builder.js';
import type { LogHole } from './analysis.js';
import type { LogSource } from './log-source.js';

/** The accounts and Regions of a coverage, with the KMS calls that `callsOf` knows of each; most calls first. */
export function logSources(
  coverage: readonly Coverage[],
  callsOf: (account: string, region: string) => number,
): LogSource[] {
  const sources = new Map<string, LogSource>();
  for (const { account, region, from, to } of coverage) {
    const id = JSON.stringify([account, region]);
    const known = sources.get(id);
    sources.set(id, {
      account,
      region,
      kmsCalls: known?.kmsCalls ?? callsOf(account, region),
      from: Math.min(from, known?.from ?? from),
      to: Math.max(to, known?.to ?? to),
    });
  }
  return [...sources.values()].sort(
    (a, b) => b.kmsCalls - a.kmsCalls || a.from - b.from || (a.account + a.region < b.account + b.region ? -1 : 1),
  );
}

/**
 * Where in `[from, to)` a source was not listening, in order of time. The time before its first record is no hole: there
 * may have been nothing to listen to. That after its last one is: nothing tells an end from a failure.
 */
export function holesIn(
  from: number,
  to: number,
  sources: readonly LogSource[],
  coverage: readonly Coverage[],
): LogHole[] {
  const holes: LogHole[] = [];
  for (const { account, region, from: first } of sources) {
    const own = coverage.filter((stretch) => stretch.account === account && stretch.region === region);
    let end = Math.max(from, first);
    for (const stretch of mergeRanges(own)) {
      if (stretch.from > end && end < to) holes.push({ account, region, from: end, to: Math.min(stretch.from, to) });
      end = Math.max(end, stretch.to);
    }
    if (end < to) holes.push({ account, region, from: end, to });
  }
  return holes.sort((a, b) => a.from - b.from || a.to - b.to);
}
