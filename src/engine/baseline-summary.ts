import type { SeriesKey } from '../series/key.js';
import { lowerQuantile, upperQuantile } from '../stats/limits.js';
import { DAY } from '../time/grid.js';
import { LEAST_MEAN, type RowModel } from './counts/model.js';
import { RATE, RATE_VARIANCE } from './counts/rate-filter.js';
import { uncalibrate } from './counts/tail-calibration.js';
import { LEARNED } from './levels/evidence.js';
import { SEEN } from './levels/layout.js';
import type { GaugeModel } from './levels/model.js';
import { windowsOf } from './windows.js';

/** What is known of one series. Times are epoch milliseconds, durations milliseconds. */
export interface BaselineSummary {
  readonly key: SeriesKey;
  readonly timeZone: string;
  /** Calls in the history. This and the next are NaN for a continuous metric, which has no calls. */
  readonly calls: number;
  /** Mean calls an hour over a week, at the end of the history. */
  readonly callsPerHour: number;
  /**
   * What the rate grows by in a week, as a ratio: 1.1 is 10 % more; with the limits that it lies within, 19 times in 20. What is
   * expected after the history goes on by it. `null` for a key that never called.
   */
  readonly growthPerWeek: { readonly expected: number; readonly lower: number; readonly upper: number } | null;
  /** Observed time behind the estimate. */
  readonly observed: number;
  /** Bucket of the first and of the last call in the history; `null` without a call. */
  readonly firstCall: number | null;
  readonly lastCall: number | null;
  /** True while the series was listened to for too short a time for any verdict on it. */
  readonly learning: boolean;
  /** True when the history holds every part of the week at least twice. */
  readonly weekKnown: boolean;
  /**
   * How long a silence that begins where the history ends must last before it can be called `below` at one chance in a
   * million; `null` for a key that never called.
   */
  readonly timeToDetectSilence: number | null;
  /**
   * When the silence at the end of the history, or the next one if it ends with a call, would be reported if nothing came:
   * at the alert budget that `describe` was given, 1 a week by default; epoch ms, `null` for a key that never called.
   */
  readonly silenceReportedAt: number | null;
  /**
   * The least lasting change of the level that a day shows, at one chance in a million, as a ratio to it: `above` 1.4 is
   * 40 % more, `below` 0.6 is 40 % fewer. `null` where not even a day of no calls, or of a hundred times as many, would do.
   */
  readonly detectableInADay: { readonly above: number | null; readonly below: number | null };
}

/** What a summary says of a level, which has no calls, beside what was observed of it. */
const NO_CALLS = {
  calls: Number.NaN,
  callsPerHour: Number.NaN,
  growthPerWeek: null,
  firstCall: null,
  lastCall: null,
  weekKnown: false,
  timeToDetectSilence: null,
  silenceReportedAt: null,
  detectableInADay: { above: null, below: null },
} as const;

/** Of a continuous metric: for how long its values were known, and whether that is enough for a verdict. */
export function summaryOfLevel({ state, step }: GaugeModel): Omit<BaselineSummary, 'key' | 'timeZone'> {
  return { ...NO_CALLS, observed: state[SEEN] * step, learning: state[SEEN] < LEARNED };
}

/** −ln of one chance in a million. */
export const DETECT_NATS = -Math.log(1e-6);

/** The change of a mean day's sum that its limits let show: the window of a day, the level known as at the history's end. */
export function detectableInADay(model: RowModel, step: number): BaselineSummary['detectableInADay'] {
  const windows = windowsOf(step);
  const w = windows.spans.length - 1;
  const mean = Math.max((model.level[RATE] * Math.max(DAY, windows.spans[w])) / step, LEAST_MEAN);
  const size = 1 / (model.alpha[w] + model.level[RATE_VARIANCE] + model.phi[w] / mean);
  const nats = DETECT_NATS - Math.log(windows.weights[w]);
  const above = upperQuantile(mean, size, uncalibrate(nats, model.above[w])) / mean;
  const below = lowerQuantile(mean, size, uncalibrate(nats, model.below[w])) / mean;
  return { above: above > 100 ? null : above, below: below < 0 ? null : below };
}

export function growthPerWeek({ growth, growthVariance }: RowModel): BaselineSummary['growthPerWeek'] {
  const reach = 1.96 * Math.sqrt(growthVariance);
  return { expected: Math.exp(growth), lower: Math.exp(growth - reach), upper: Math.exp(growth + reach) };
}
