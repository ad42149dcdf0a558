import { Detector } from '../engine/detector.js';
import { fitBaseline } from '../engine/fit-baseline.js';
import type { QuietKey, Scores } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import type { MonitoringPlan } from './plan.js';

/** What judges the buckets of a plan: a `Detector`, or a stand-in for one. */
export interface Judge {
  /** Buckets that follow those before, or that re-state up to 48 h of them. */
  observe(window: SeriesSet): Scores;
  /** From what was observed on, silence of a row is no news: its key is gone. */
  retire(key: SeriesKey): void;
  toBytes(): Uint8Array;
  /** The keys that are quiet now, for `Health`; left out by a judge that cannot say. */
  quietKeys?(): readonly QuietKey[];
}

export interface Judges {
  /** Learns from the history that a plan has collected. */
  fit(history: SeriesSet, plan: MonitoringPlan): Judge;
  /** @param plan which may know of more days than the judge does */
  fromBytes(bytes: Uint8Array, plan: MonitoringPlan): Judge;
}

/** The library's own. */
export const detectors: Judges = {
  fit(history, { alertBudget: { perWeek }, learn, timeZone, calendar = {} }) {
    const baseline = fitBaseline(history, timeZone === undefined ? { calendar } : { timeZone, calendar });
    return new Detector(baseline, { alertBudget: { perWeek }, learn });
  },
  fromBytes(bytes, { calendar }) {
    const detector = Detector.fromBytes(bytes);
    if (calendar !== undefined) detector.addCalendar(calendar);
    return detector;
  },
};
