import {
  ABOVE,
  BELOW,
  type BucketVerdict,
  bucketVerdict,
  LEARNING,
  NORMAL,
  type ScoreColumns,
  type TrackedRange,
  type Tracker,
  UNKNOWN,
  unobserved,
} from '../types.js';
import { GaugeEvidence } from './evidence.js';
import { GaugeFilter } from './filter.js';
import { FIRST_WINDOW, gaugeLayout } from './layout.js';
import type { GaugeModel } from './model.js';

const MOST_SURPRISE = 1e4;

/** How a level is judged. */
export interface LevelRules {
  /** ln of the tail probability at which a verdict is given, in each direction. */
  readonly logAlpha: number;
  /** Whether a lasting shift of the level is followed after about a day; if not, it stays an anomaly until it ends. */
  readonly acceptShifts: boolean;
}

/** Watches one continuous metric: judges each bucket as it comes, then learns it. */
export class GaugeRow implements Tracker {
  readonly #logAlpha: number;
  readonly #filter: GaugeFilter;
  readonly #evidence: GaugeEvidence;

  /** @param state from {@link toState}; without it, the end of the history which the model was fitted on */
  constructor(model: GaugeModel, step: number, rules: LevelRules, state: Float64Array = model.state) {
    this.#logAlpha = rules.logAlpha;
    this.#filter = new GaugeFilter(gaugeLayout(step, model.perDay), model.scatter, state);
    this.#filter.acceptShifts = rules.acceptShifts;
    this.#evidence = new GaugeEvidence(this.#filter);
  }

  run(range: TrackedRange, learn: boolean, out: ScoreColumns | undefined, at: number): void {
    const { start, length, values, observed, slots, exceptions } = range;
    const { step } = this.#filter.layout;
    const verdict = bucketVerdict();
    for (let i = 0; i < length; i++) {
      if (observed[i] === 0 || !Number.isFinite(values[i])) {
        this.skip(slots[i]);
        if (out !== undefined) unobserved(out, at + i, step);
        continue;
      }
      const time = start + i * step;
      const expected = (exceptions?.paused?.(time) ?? false) || (exceptions?.expected(time) ?? false);
      this.observe(values[i], slots[i], learn && !expected, verdict);
      if (expected && verdict.reason === 0) {
        verdict.verdict = NORMAL;
        verdict.lower = Number.NEGATIVE_INFINITY;
        verdict.upper = Number.POSITIVE_INFINITY;
      }
      if (out !== undefined) writeCell(out, at + i, verdict);
    }
  }

  /**
   * Judges the next bucket, then learns it if `learn`.
   * @param slot week slot of the bucket
   */
  observe(value: number, slot: number, learn: boolean, out: BucketVerdict): void {
    const filter = this.#filter;
    const evidence = this.#evidence;
    const { tests, step, windows } = filter.layout;
    filter.predict(slot);
    const best = evidence.weigh(value);
    out.expected = filter.fast;
    out.span = best < FIRST_WINDOW ? step : windows[best - FIRST_WINDOW] * step;
    if (evidence.learned) {
      const decades = -this.#logAlpha / Math.LN10;
      let lower = Number.NEGATIVE_INFINITY;
      let upper = Number.POSITIVE_INFINITY;
      for (let k = 0; k < tests; k++) {
        lower = Math.max(lower, evidence.limit(k, false, decades));
        upper = Math.min(upper, evidence.limit(k, true, decades));
      }
      out.lower = lower;
      out.upper = upper;
      out.surprise = Math.max(-MOST_SURPRISE, Math.min(MOST_SURPRISE, evidence.evidence[best]));
      const above = value > upper;
      const below = value < lower;
      out.verdict = above && (!below || out.surprise > 0) ? ABOVE : below ? BELOW : NORMAL;
      out.reason = 0;
    } else {
      out.lower = Number.NEGATIVE_INFINITY;
      out.upper = Number.POSITIVE_INFINITY;
      out.surprise = 0;
      out.verdict = UNKNOWN;
      out.reason = LEARNING;
    }
    if (learn) evidence.learn(value);
  }

  /** The bucket was not observed. `slot` changes nothing: what a slot is like is learned from values only. */
  skip(_slot: number): void {
    this.#evidence.skip();
  }

  /** Everything that was learned and is open; `new GaugeRow(model, step, rules, toState())` goes on as if never stopped. */
  toState(): Float64Array {
    return this.#filter.state.slice();
  }
}

function writeCell(out: ScoreColumns, cell: number, from: BucketVerdict): void {
  out.expected[cell] = from.expected;
  out.lower[cell] = from.lower;
  out.upper[cell] = from.upper;
  out.surprise[cell] = from.surprise;
  out.spans[cell] = from.span;
  out.reasons[cell] = from.reason;
  out.verdicts[cell] = from.verdict;
}
