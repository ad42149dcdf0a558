import fc from 'fast-check';
import { ABOVE, BELOW, type DecidedWindows, NOTABLE, type Scores } from '../../src/engine/types.js';
import { type SeriesKey, seriesKey } from '../../src/series/key.js';
import { seeded } from './random.js';

const ARNS = [1, 2, 3].map((n) => `arn:aws:kms:eu-central-1:111122223333:key/${n}`);
/** Totals, parts and operations that share keys. */
const KEYS: readonly SeriesKey[] = [
  { operation: 'Decrypt' },
  { operation: 'Decrypt', outcome: 'error' as const },
  { keyArn: ARNS[0] },
  ...ARNS.map((keyArn) => ({ operation: 'Decrypt', keyArn })),
  { operation: 'Encrypt', keyArn: ARNS[0] },
  { operation: 'DisableKey', keyArn: ARNS[1] },
].map(seriesKey);

/** What hard scores are made of; small, so that a counterexample can be read. */
export interface HardScores {
  readonly seed: number;
  readonly step: number;
  readonly rows: number;
  /** Share of the time in which a row departs from the usual. */
  readonly busy: number;
  readonly isAlike: boolean;
  readonly hasDecided: boolean;
  readonly hasOngoing: boolean;
}

/** {@link scoresFrom} what. */
export function hardScores(steps: readonly number[] = [300_000, 3_600_000, 86_400_000]): fc.Arbitrary<HardScores> {
  return fc.record({
    seed: fc.integer({ min: 1, max: 1e9 }),
    step: fc.constantFrom(...steps),
    rows: fc.integer({ min: 1, max: KEYS.length }),
    busy: fc.constantFrom(0.02, 0.1, 0.4),
    isAlike: fc.boolean(),
    hasDecided: fc.boolean(),
    hasOngoing: fc.boolean(),
  });
}

/**
 * Scores as a detector might give them, made to be hard on whoever follows them: breaches that pause, shoulders without
 * a breach, windows and silences that reach back, holes of all rows and of one, incidents that go on quietly.
 */
export function scoresFrom(hard: HardScores, length = 200): Scores {
  const { seed, step, rows, busy, isAlike, hasDecided, hasOngoing } = hard;
  const random = seeded(seed);
  const cells = rows * length;
  const start = Date.UTC(2026, 5, 1);
  const observed = new Uint8Array(isAlike ? length : cells).fill(1);
  for (let i = 0, hole = 0; i < observed.length; i++, hole--) {
    if (hole <= 0 && random() < 0.01) hole = 1 + Math.floor(random() * (random() < 0.2 ? 60 : 20));
    if (hole > 0) observed[i] = 0;
  }
  const column = () => new Float64Array(cells);
  const scores = {
    window: {
      grid: { start, step, length },
      keys: KEYS.slice(0, rows),
      measure: 'count' as const,
      values: column(),
      observed,
    },
    expected: column(),
    lower: column(),
    upper: column(),
    surprise: column(),
    verdicts: new Int8Array(cells),
    reasons: new Uint8Array(cells),
    spans: column().fill(step),
    known: Uint8Array.from({ length: rows }, () => (random() < 0.7 ? 1 : 0)),
    ...(hasOngoing ? { ongoing: new Int8Array(cells) } : {}),
  };
  const decided = { rows: [], buckets: [], from: [], values: [], calls: [], expected: [], lower: [], upper: [] } as {
    -readonly [field in keyof DecidedWindows]: number[];
  };
  for (let row = 0; row < rows; row++) {
    let phase = 0;
    let goesOn = 0;
    for (let i = 0; i < length; i++) {
      const cell = row * length + i;
      if (random() < 0.03) phase = random() < busy ? (random() < 0.5 ? ABOVE : BELOW) : 0;
      if (random() < 0.1) goesOn = phase;
      const expected = 0.1 + 3 * random();
      const isHeard = observed[isAlike ? i : cell] === 1;
      scores.expected[cell] = isHeard ? expected : Number.NaN;
      scores.lower[cell] = isHeard ? Math.floor(expected * random() * 1.5) : Number.NaN;
      scores.upper[cell] = isHeard ? Math.ceil(expected * (0.5 + 3 * random())) : Number.NaN;
      scores.window.values[cell] = Math.floor(phase === ABOVE ? 20 * random() : phase === BELOW ? 0 : 3 * random());
      scores.surprise[cell] = isHeard ? (phase === 0 ? 3 * (random() - 0.5) : phase * 7 * random()) : Number.NaN;
      const isBreach = isHeard && phase * scores.surprise[cell] > 4;
      scores.verdicts[cell] = isHeard ? (isBreach ? phase : 0) : -128;
      if (scores.ongoing !== undefined && isHeard) scores.ongoing[cell] = goesOn;
      if (!hasDecided || !isHeard || Math.abs(scores.surprise[cell]) < NOTABLE || random() < 0.6) continue;
      const back = 1 + Math.floor(random() * (random() < 0.3 ? 70 : 15));
      decided.rows.push(row);
      decided.buckets.push(i);
      decided.from.push(start + (i - back) * step);
      decided.values.push(phase === BELOW ? 0 : Math.floor(random() * 20 * back));
      decided.calls.push(2 * (decided.values.at(-1) ?? 0));
      decided.expected.push(expected * (back + 1));
      decided.lower.push(Math.floor(random() * expected * (back + 1)));
      decided.upper.push(Math.ceil(expected * (back + 1) * (1 + random())));
    }
  }
  return hasDecided ? { ...scores, decided } : scores;
}

/** Buckets `[first, last)` of scores, as scores of their own; rows in `order`, some of which may be left out. */
export function cutScores(scores: Scores, first: number, last: number, order?: readonly number[]): Scores {
  const { window } = scores;
  const { start, step, length } = window.grid;
  const rows = order ?? window.keys.map((_, row) => row);
  const width = last - first;
  const cut = <A extends Float64Array | Int8Array | Uint8Array>(from: A, to: A): A => {
    for (const [at, row] of rows.entries())
      to.set(from.subarray(row * length + first, row * length + last), at * width);
    return to;
  };
  const cells = rows.length * width;
  const { decided, observed } = { decided: scores.decided, observed: window.observed };
  const places = decided?.rows.map((_, entry) => entry) ?? [];
  const kept = places
    .filter((e) => decided !== undefined && rows.includes(decided.rows[e]))
    .filter((e) => decided !== undefined && decided.buckets[e] >= first && decided.buckets[e] < last)
    .sort((a, b) =>
      decided === undefined ? 0 : rows.indexOf(decided.rows[a]) - rows.indexOf(decided.rows[b]) || a - b,
    );
  return {
    window: {
      grid: { start: start + first * step, step, length: width },
      keys: rows.map((row) => window.keys[row]),
      measure: window.measure,
      values: cut(window.values as Float64Array, new Float64Array(cells)),
      observed: observed.length === length ? observed.slice(first, last) : cut(observed, new Uint8Array(cells)),
    },
    expected: cut(scores.expected, new Float64Array(cells)),
    lower: cut(scores.lower, new Float64Array(cells)),
    upper: cut(scores.upper, new Float64Array(cells)),
    surprise: cut(scores.surprise, new Float64Array(cells)),
    verdicts: cut(scores.verdicts, new Int8Array(cells)),
    reasons: cut(scores.reasons, new Uint8Array(cells)),
    spans: cut(scores.spans, new Float64Array(cells)),
    known: Uint8Array.from(rows, (row) => scores.known[row]),
    ...(scores.ongoing === undefined ? {} : { ongoing: cut(scores.ongoing, new Int8Array(cells)) }),
    ...(decided === undefined
      ? {}
      : {
          decided: {
            rows: kept.map((e) => rows.indexOf(decided.rows[e])),
            buckets: kept.map((e) => decided.buckets[e] - first),
            from: kept.map((e) => decided.from[e]),
            values: kept.map((e) => decided.values[e]),
            calls: kept.map((e) => decided.calls[e]),
            expected: kept.map((e) => decided.expected[e]),
            lower: kept.map((e) => decided.lower[e]),
            upper: kept.map((e) => decided.upper[e]),
          },
        }),
  };
}
