/**
 * The shrunken profile of a week, slow on purpose: cells are lists of slots, the variance of cells about their parents is
 * found by bisection, and every cell's posterior by adding up the product of prior and likelihood over a grid of rates.
 */
export interface NaiveScatter {
  readonly phi: number;
  readonly alpha: number;
}

export interface NaiveWeek {
  /** `[slots]` */
  readonly calls: readonly number[];
  readonly exposure: readonly number[];
  readonly repeats: readonly number[];
  readonly perDay: number;
}

interface Posterior {
  readonly shape: number[];
  readonly variance: number[];
}

/** Mean and relative variance of a rate with a gamma prior of mean 1 and relative variance `s2` that gave `calls` on `exposure`. */
export function gridPosterior(calls: number, exposure: number, s2: number): { mean: number; variance: number } {
  const a0 = 1 / s2;
  const log = (rate: number) => (a0 - 1 + calls) * Math.log(rate) - (a0 + exposure) * rate;
  // Both are gamma laws: nothing of them lies further than twelve of the wider one's standard deviations from its mode.
  const mode = Math.max(1e-9, (a0 - 1 + calls) / (a0 + exposure));
  const reach = (12 * Math.sqrt(a0 + calls) + 40) / (a0 + exposure);
  const from = Math.max(1e-12, mode - reach);
  const step = (mode + reach - from) / 4_000;
  let weight = 0;
  let first = 0;
  let second = 0;
  for (let i = 0; i < 4_000; i++) {
    const rate = from + (i + 0.5) * step;
    const w = Math.exp(log(rate) - log(mode));
    weight += w;
    first += w * rate;
    second += w * rate * rate;
  }
  const mean = first / weight;
  return { mean, variance: second / weight / (mean * mean) - 1 };
}

/** s² with Σ (c − m)²/(v + s² m²) = n + 2 √Σ (2 + 1/v) over the cells with m ≥ 0.1, by bisection; in [1e-6, 100]. */
export function naiveHeterogeneity(
  cells: readonly { readonly calls: number; readonly expected: number; readonly noise: number }[],
): number {
  const heard = cells.filter(({ expected }) => expected >= 0.1);
  const target = heard.length + 2 * Math.sqrt(heard.reduce((sum, { noise }) => sum + 2 + 1 / noise, 0));
  const excess = (s2: number) =>
    heard.reduce((sum, { calls, expected, noise }) => sum + (calls - expected) ** 2 / (noise + s2 * expected ** 2), 0) -
    target;
  if (excess(0) <= 0) return 1e-6;
  let low = 0;
  let high = 1e6;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return Math.min(100, Math.max(1e-6, low));
}

/** One level of the hierarchy: cells named by `cellOf`, each drawn towards its parent. */
function naiveShrink(
  week: NaiveWeek,
  cellOf: (slot: number) => string,
  base: readonly number[],
  parent: Posterior,
  { phi, alpha }: NaiveScatter,
  { unseen = 0, witnesses = 0 } = {},
): Posterior {
  const slots = week.calls.map((_, slot) => slot);
  const names = [...new Set(slots.map(cellOf))];
  const cells = names.map((name) => {
    const members = slots.filter((slot) => cellOf(slot) === name);
    const sum = (of: (slot: number) => number) => members.reduce((total, slot) => total + of(slot), 0);
    const calls = sum((slot) => week.calls[slot]);
    const expected = sum((slot) => week.exposure[slot] * base[slot] * parent.shape[slot]);
    // A stretch of slots next to one another is one occurrence.
    const seen = sum((slot) => (slot > 0 && cellOf(slot - 1) === name ? 0 : week.repeats[slot]));
    const noise = expected * (1 + phi) + (alpha * expected * expected) / Math.max(1, seen);
    const doubt = sum((slot) => week.exposure[slot] * base[slot] * parent.shape[slot] * parent.variance[slot]);
    return { name, calls, expected, seen, noise, doubt: expected > 0 ? doubt / expected : Number.NaN };
  });
  const s2 = naiveHeterogeneity(cells);
  const shape: number[] = [];
  const variance: number[] = [];
  for (const slot of slots) {
    const cell = cells[names.indexOf(cellOf(slot))];
    const above = cell.expected > 0 ? cell.doubt : parent.variance[slot];
    const own = cell.expected > 0 ? s2 : Math.max(s2, unseen);
    if (cell.seen < witnesses) {
      shape.push(parent.shape[slot]);
      variance.push(own + above);
      continue;
    }
    const worth = 1 / (1 + phi + (alpha * Math.max(cell.calls, cell.expected)) / Math.max(1, cell.seen));
    const posterior = gridPosterior(worth * cell.calls, worth * cell.expected, own);
    const weight = 1 / own / (worth * cell.expected + 1 / own);
    shape.push(parent.shape[slot] * posterior.mean);
    variance.push(posterior.variance + weight * weight * above);
  }
  return { shape, variance };
}

/** Two or three sights may be chance as well as habit. */
const isFew = (sights: number) => sights > 1 && sights < 4;

const times = (a: Posterior, b: Posterior): Posterior => ({
  shape: a.shape.map((value, slot) => value * b.shape[slot]),
  variance: a.variance.map((value, slot) => value + b.variance[slot]),
});

/** The whole hierarchy for a week of slots that are an hour wide or wider. */
export function naiveProfile(week: NaiveWeek, scatter: NaiveScatter, hourly: NaiveScatter): Posterior {
  const flat = { shape: week.calls.map(() => 1), variance: week.calls.map(() => 0) };
  const ones = flat.shape;
  const day = (slot: number) => Math.floor(slot / week.perDay);
  const hour = (slot: number) => slot % week.perDay;
  const byHour = naiveShrink(week, (slot) => `${hour(slot)}`, ones, flat, hourly);
  // Where a day was seen once at most, working days are drawn to working days, and those of week ends to week ends. (That a day's
  // hours are witnesses apart is left out: it counts where alpha does.)
  const byKind = week.repeats.some((n) => n < 2)
    ? naiveShrink(week, (slot) => `${day(slot) < 5}`, byHour.shape, flat, hourly)
    : flat;
  const byDay = naiveShrink(week, (slot) => `${day(slot)}`, byHour.shape, byKind, hourly, { unseen: 0.2 });
  // A Saturday or Sunday seen once at most says little of the next.
  for (let slot = 5 * week.perDay; slot < 7 * week.perDay; slot++) {
    if (week.repeats[day(slot) * week.perDay] < 2) byDay.variance[slot] += 0.05;
  }
  const ofWeek = naiveShrink(week, (slot) => `${slot}`, ones, times(byHour, byDay), hourly, { witnesses: 2 });
  const minute = naiveShrink(week, () => 'all', ofWeek.shape, flat, scatter);
  const ofDay = naiveShrink(week, (slot) => `${hour(slot)}`, ofWeek.shape, minute, scatter);
  const found = naiveShrink(week, (slot) => `${slot}`, ones, times(ofWeek, ofDay), scatter, { witnesses: 2 });
  const mean = found.shape.reduce((sum, value) => sum + value, 0) / found.shape.length;
  // What every week had is not rare: the fit is in doubt by as much as it misses that, beyond three standard deviations; and
  // what one day alone has by one in its sights.
  const variance = found.variance.map((value, slot) => {
    if (!isFew(week.repeats[slot])) return value;
    const fitted = week.exposure[slot] * found.shape[slot];
    const off = (week.calls[slot] - fitted) ** 2 - 9 * fitted * (1 + scatter.phi);
    const unlike = off > 0 ? Math.min(1, off / fitted ** 2) : 0;
    const others = found.shape.filter((_, other) => other !== slot && hour(other) === hour(slot));
    const next = Math.max(...others);
    const alone = found.shape[slot] > next ? (1 - next / found.shape[slot]) ** 2 / week.repeats[slot] : 0;
    return Math.max(value, unlike, alone);
  });
  return { shape: found.shape.map((value) => value / mean), variance };
}

/**
 * Posterior means of rates about 1 whose common relative variance is not known either: every s² of a grid from 1e-4 to 10
 * (equally likely in its logarithm), weighed by how likely it makes all the calls (negative binomial, once the rates are
 * integrated out).
 */
export function fullPosterior(calls: readonly number[], exposure: readonly number[]): number[] {
  const grid = Array.from({ length: 200 }, (_, i) => Math.exp(Math.log(1e-4) + (i / 199) * Math.log(1e5)));
  const logs = grid.map((s2) => {
    let log = 0;
    for (const [i, c] of calls.entries()) {
      // ln Γ(c + a)/Γ(a) as a product, so that no special function is needed.
      for (let k = 0; k < c; k++) log += Math.log(1 + s2 * k);
      log -= (c + 1 / s2) * Math.log1p(s2 * exposure[i]);
    }
    return log;
  });
  const best = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - best));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return calls.map((c, i) =>
    grid.reduce((sum, s2, g) => sum + (weights[g] / total) * ((c + 1 / s2) / (exposure[i] + 1 / s2)), 0),
  );
}
