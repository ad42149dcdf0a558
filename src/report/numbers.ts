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

/**
 * How rare a surprise (signed −log₁₀ of a probability) is: `once in 300,000`, `once in 10^53`; never rarer than it is, so
 * rounded down. `undefined` when it is not finite, or not rare at all.
 */
export function odds(surprise: number): string | undefined {
  const digits = Math.abs(surprise);
  if (!Number.isFinite(digits) || digits < Math.log10(2)) return undefined;
  // Where the scale of surprise ends, the truth may be rarer still.
  if (digits >= 1e4) return `less than once in 10^${Math.floor(digits)}`;
  if (digits >= 6) return `about once in 10^${Math.floor(digits)}`;
  const times = 10 ** digits;
  const unit = 10 ** Math.floor(digits);
  // 1e-9: 10 ** 3 must not come out below 1,000.
  return `about once in ${grouped(Math.max(1, Math.floor(times / unit + 1e-9)) * unit)}`;
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

/** Widths that people have a name for, and how it stands after "such". */
const NAMED_STEPS: ReadonlyMap<number, readonly [name: string, such: string]> = new Map([
  [MINUTE, ['minute', 'a minute']],
  [5 * MINUTE, ['five minutes', 'five minutes']],
  [10 * MINUTE, ['ten minutes', 'ten minutes']],
  [15 * MINUTE, ['quarter of an hour', 'a quarter of an hour']],
  [30 * MINUTE, ['half hour', 'a half hour']],
  [HOUR, ['hour', 'an hour']],
  [DAY, ['day', 'a day']],
]);

/** A bucket's width as a person says it, to stand after "its busiest": `five minutes`, `hour`, `90 s`. */
export function stepName(step: number): string {
  return NAMED_STEPS.get(step)?.[0] ?? duration(step);
}

/** The same, to stand after "such": `five minutes`, `an hour`, `90 s`. */
export function suchStep(step: number): string {
  return NAMED_STEPS.get(step)?.[1] ?? duration(step);
}
