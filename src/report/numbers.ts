import { DAY, HOUR, MINUTE, SECOND, WEEK } from '../time/grid.js';

/** A whole number with its thousands apart: 28536 as `28,536`. */
export function grouped(value: number): string {
  return Math.round(value)
    .toFixed(0)
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 call`, `2,073 calls`; the plural is the singular with an s, unless given. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(value)} ${Math.round(value) === 1 ? singular : plural}`;
}

/** A mean: `65`, `4.2`, `0.08`; `0` below 0.005. */
export function mean(value: number): string {
  if (value >= 9.95) return grouped(value);
  if (value >= 0.95) return value.toFixed(1).replace(/\.0$/, '');
  if (value >= 0.095) return value.toFixed(1);
  return value >= 0.005 ? value.toFixed(2) : '0';
}

/** Surprise (−log₁₀) beyond which something is practically impossible by chance. */
const IMPOSSIBLE = 6;

/**
 * What a surprise (signed −log₁₀ of a probability) says: `happens by chance about 1 in 30,000 times`, never rarer than it
 * is, so rounded down; `is practically impossible by chance` below one in a million. `undefined` when it is not finite, or
 * not rare at all.
 */
export function byChance(surprise: number): string | undefined {
  const digits = Math.abs(surprise);
  if (!Number.isFinite(digits) || digits < Math.log10(2)) return undefined;
  if (digits > IMPOSSIBLE) return 'is practically impossible by chance';
  const unit = 10 ** Math.floor(digits);
  // 1e-9: 10 ** 3 must not come out below 1,000.
  return `happens by chance about 1 in ${grouped(Math.max(1, Math.floor(10 ** digits / unit + 1e-9)) * unit)} times`;
}

const UNITS: readonly [ms: number, singular: string, plural: string][] = [
  [WEEK, 'week', 'weeks'],
  [DAY, 'day', 'days'],
  [HOUR, 'h', 'h'],
  [MINUTE, 'min', 'min'],
  [SECOND, 's', 's'],
];

/** A length of time in its two largest units, rounded down: `4 weeks 1 day`, `1 h 50 min`, `5 min`. */
export function duration(ms: number): string {
  const first = UNITS.findIndex(([unit]) => ms >= unit);
  if (first < 0) return `${Math.round(ms)} ms`;
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, singular, plural] of UNITS.slice(first, first + 2)) {
    const times = Math.floor(rest / unit);
    rest -= times * unit;
    if (times > 0) parts.push(`${times} ${times === 1 ? singular : plural}`);
  }
  return parts.join(' ');
}

const SPANS: readonly [ms: number, name: string][] = [
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
  [SECOND, 'second'],
];
/** Longer spans in one unit are hard to read: 385 minutes. */
const MOST_UNITS = 120;

/** The count of a length of time, with its article: `A 5-minute count`, `An 8-hour count`; `A count over 6 h 25 min`. */
export function countOver(ms: number): { readonly count: string; readonly over: string } {
  const [unit, name] = SPANS.find(([unit]) => ms % unit === 0) ?? [0, ''];
  const times = ms / unit;
  if (unit === 0 || times > MOST_UNITS) return { count: 'A count', over: ` over ${duration(ms)}` };
  const article = /^(?:8|11$|18$)/.test(String(times)) ? 'An' : 'A';
  return { count: `${article} ${times}-${name} count`, over: '' };
}
