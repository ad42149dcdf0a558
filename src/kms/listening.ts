import { checkTime, InputError, shown } from '../errors.js';
import { commonRanges, mergeRanges, type TimeRange } from '../series/builder.js';
import type { Coverage } from './coverage.js';

/** When the logs were listening, by account and Region, and when several of them were at once. */
export class Listening {
  /** From the first covered moment to the last; `undefined` where nothing was covered. */
  readonly span: TimeRange | undefined;
  readonly #ranges = new Map<string, TimeRange[]>();

  constructor(coverage: unknown) {
    const given = checkCoverage(coverage).filter(({ from, to }) => from < to);
    for (const { account, region, from, to } of given) {
      const id = sourceId(account, region);
      const ranges = this.#ranges.get(id) ?? [];
      ranges.push({ from, to });
      this.#ranges.set(id, ranges);
    }
    let from = Infinity;
    let to = -Infinity;
    for (const [id, ranges] of this.#ranges) {
      const merged = mergeRanges(ranges);
      this.#ranges.set(id, merged);
      from = Math.min(from, merged[0].from);
      to = Math.max(to, merged[merged.length - 1].to);
    }
    this.span = from < to ? { from, to } : undefined;
  }

  /** When all of these sources listened, ascending: one that is not covered at all makes it never. */
  whenAll(sources: Iterable<{ readonly account: string; readonly region: string }>): readonly TimeRange[] {
    const each = Array.from(sources, ({ account, region }) => this.#ranges.get(sourceId(account, region)) ?? []);
    return each.length === 0 ? [] : each.reduce(commonRanges);
  }

  /** When every source that was ever covered listened. */
  whenEveryOne(): readonly TimeRange[] {
    const each = [...this.#ranges.values()];
    return each.length === 0 ? [] : each.reduce(commonRanges);
  }
}

/** One source of logs, as a text. */
export function sourceId(account: string, region: string): string {
  return JSON.stringify([account, region]);
}

function checkCoverage(coverage: unknown): Coverage[] {
  if (!Array.isArray(coverage)) {
    throw new InputError(`coverage must be an array of { account, region, from, to }, got ${shown(coverage)}`);
  }
  return coverage.map((entry: unknown, i) => {
    if (typeof entry !== 'object' || entry === null) {
      throw new InputError(`coverage[${i}] must be { account, region, from, to }, got ${shown(entry)}`);
    }
    const { account, region, from, to } = entry as { [name in keyof Coverage]?: unknown };
    if (typeof account !== 'string' || typeof region !== 'string') {
      const name = typeof account === 'string' ? 'region' : 'account';
      throw new InputError(
        `coverage[${i}].${name} must be a string, got ${shown(name === 'region' ? region : account)}`,
      );
    }
    const range = { from: checkTime(from, `coverage[${i}].from`), to: checkTime(to, `coverage[${i}].to`) };
    if (range.from > range.to) {
      throw new InputError(`coverage[${i}].to must not be before from (${shown(from)}), got ${shown(to)}`);
    }
    return { account, region, ...range };
  });
}
