import type { TimeRange } from '../series/builder.js';
import { type Coverage, CoverageTracker } from './coverage.js';

/** Fewer callers, or keys, may all stop at once: that is their silence. */
const LEAST = 3;

/**
 * Notices where the KMS records of an account and Region cease while its log goes on: a trail that was told to leave KMS out
 * (`PutEventSelectors`) looks so, and the keys behind it are unknown then, rather than unused. A gap is what is longer than
 * the same rule allows for records of all services: an hour, five times the longest quiet stretch of a median day, twice that
 * of a median week. Only where three callers at least use three keys at least.
 */
export class ServiceGaps {
  readonly #kms = new CoverageTracker();
  readonly #sources = new Map<string, { readonly callers: Set<string>; readonly keys: Set<string> }>();

  /** Notes who calls what in an account and Region. */
  addKind(account: string, region: string, caller: string, keyArns: readonly string[]): void {
    const id = JSON.stringify([account, region]);
    const found = this.#sources.get(id) ?? { callers: new Set<string>(), keys: new Set<string>() };
    this.#sources.set(id, found);
    if (found.callers.size < LEAST) found.callers.add(caller);
    for (const keyArn of keyArns) if (found.keys.size < LEAST) found.keys.add(keyArn);
  }

  /** Notes a call, epoch ms. */
  add(account: string, region: string, time: number): void {
    this.#kms.add(account, region, time);
  }

  /** Where the log of a source goes on without its KMS records: parts of its coverage. */
  within(coverage: readonly Coverage[]): Coverage[] {
    return coverage.flatMap(({ account, region, from, to }) => {
      const use = this.#sources.get(JSON.stringify([account, region]));
      if (use === undefined || use.callers.size < LEAST || use.keys.size < LEAST) return [];
      const { limit, stretches } = this.#kms.stretchesOf(account, region);
      const gaps: Coverage[] = [];
      for (const [i, { to: end }] of stretches.entries()) {
        const gap = { account, region, from: Math.max(from, end), to: Math.min(to, stretches[i + 1]?.from ?? to) };
        if (gap.to - gap.from > limit) gaps.push(gap);
      }
      return gaps;
    });
  }
}

/** A coverage without some parts of it. */
export function coverageWithout(coverage: readonly Coverage[], gaps: readonly Coverage[]): Coverage[] {
  return coverage.flatMap((stretch) => {
    const own = gaps.filter(({ account, region }) => account === stretch.account && region === stretch.region);
    let rest: TimeRange[] = [stretch];
    for (const gap of own) {
      rest = rest.flatMap(({ from, to }) => [
        { from, to: Math.min(to, gap.from) },
        { from: Math.max(from, gap.to), to },
      ]);
    }
    return rest.filter(({ from, to }) => from < to).map(({ from, to }) => ({ ...stretch, from, to }));
  });
}
