import type { Scores } from '../engine/types.js';
import { HOUR } from '../time/grid.js';

/** Rates that models treat differently, by the expected calls of a bucket. */
export const RATE_BANDS = ['below 1 an hour', 'to 10 a bucket', 'to 30 a bucket', 'above'] as const;
export type RateBand = (typeof RATE_BANDS)[number];

/** How often clean buckets were as rare as a nominal tail probability. */
export interface CalibrationRow {
  readonly band: RateBand;
  readonly verdict: 'above' | 'below';
  /** Observed buckets of this band. */
  readonly buckets: number;
  /** The tail probability that `surprise` was asked for. */
  readonly nominal: number;
  /** The share of buckets at least as surprising. */
  readonly effective: number;
  /** effective / nominal: 1 is exact, below 1 cautious, above 1 deaf to its own promise. NaN without buckets. */
  readonly ratio: number;
}

export type CalibrationTable = readonly CalibrationRow[];

export const NOMINAL: readonly number[] = [1e-2, 1e-3, 1e-4];

function bandOf(expected: number, step: number): number {
  if (expected < step / HOUR) return 0;
  return expected <= 10 ? 1 : expected <= 30 ? 2 : 3;
}

/**
 * Nominal against effective false-alarm rates of scored buckets in which nothing happened, per rate band and side.
 * `surprise` holds conservative tail probabilities: where counts are small, fewer buckets are rare than the nominal share.
 */
export function tallySurprise(
  all: readonly Pick<Scores, 'surprise' | 'expected' | 'window'>[],
  nominal: readonly number[] = NOMINAL,
): CalibrationTable {
  // A probability of exactly the nominal one counts, whatever its logarithm's last bit.
  const limits = nominal.map((p) => -Math.log(p) / Math.LN10 - 1e-12);
  const buckets = new Float64Array(RATE_BANDS.length);
  const hits = new Float64Array(RATE_BANDS.length * 2 * nominal.length);
  for (const { surprise, expected, window } of all) {
    for (let i = 0; i < surprise.length; i++) {
      if (Number.isNaN(surprise[i])) continue;
      const band = bandOf(expected[i], window.grid.step);
      buckets[band]++;
      const side = surprise[i] > 0 ? 0 : 1;
      for (let n = 0; n < limits.length; n++) {
        if (Math.abs(surprise[i]) >= limits[n]) hits[(band * 2 + side) * nominal.length + n]++;
      }
    }
  }
  return RATE_BANDS.flatMap((band, b) =>
    (['above', 'below'] as const).flatMap((verdict, side) =>
      nominal.map((p, n) => {
        const effective = hits[(b * 2 + side) * nominal.length + n] / buckets[b];
        return { band, verdict, buckets: buckets[b], nominal: p, effective, ratio: effective / p };
      }),
    ),
  );
}

/** The table as text, a line per band and side, a column of ratios per nominal probability. */
export function calibrationText(table: CalibrationTable): string {
  const nominal = [...new Set(table.map((row) => row.nominal))];
  const head = `${'band'.padEnd(18)}${'side'.padEnd(7)}${'buckets'.padStart(10)}${nominal.map((p) => p.toExponential(0).padStart(8)).join('')}`;
  const lines = RATE_BANDS.flatMap((band) =>
    (['above', 'below'] as const).flatMap((verdict) => {
      const rows = table.filter((row) => row.band === band && row.verdict === verdict);
      if (rows.length === 0 || rows[0].buckets === 0) return [];
      const ratios = rows.map(({ ratio }) => ratio.toFixed(2).padStart(8)).join('');
      return [`${band.padEnd(18)}${verdict.padEnd(7)}${String(rows[0].buckets).padStart(10)}${ratios}`];
    }),
  );
  return [head, ...lines].join('\n');
}
