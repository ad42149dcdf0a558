import type { BucketVerdict } from '../types.js';
import { ABOVE, BELOW, LEARNING, NORMAL, UNKNOWN } from '../types.js';
import { GaugeEvidence } from './evidence.js';
import { GaugeFilter } from './filter.js';
import { FIRST_WINDOW, gaugeLayout } from './layout.js';
import type { GaugeModel } from './model.js';

const MOST_SURPRISE = 1e4;

/** Watches one continuous metric: judges each bucket as it comes, then learns it. */
export class GaugeRow {
  readonly #filter: GaugeFilter;
  readonly #evidence: GaugeEvidence;

  /** @param state from {@link toState}; without it, the end of the history which the model was fitted on */
  constructor(model: GaugeModel, step: number, state: Float64Array = model.state) {
    this.#filter = new GaugeFilter(gaugeLayout(step, model.perDay), model.scatter, state);
    this.#evidence = new GaugeEvidence(this.#filter);
  }

  /** Whether a lasting shift of the level is followed after about a day; if not, it stays an anomaly until it ends. */
  get acceptShifts(): boolean {
    return this.#filter.acceptShifts;
  }

  set acceptShifts(accept: boolean) {
    this.#filter.acceptShifts = accept;
  }

  /**
   * Judges the next bucket, then learns it if `learn`.
   * @param slot week slot of the bucket
   * @param logAlpha ln of the tail probability at which a verdict is given, in each direction
   */
  observe(value: number, slot: number, logAlpha: number, learn: boolean, out: BucketVerdict): void {
    const filter = this.#filter;
    const evidence = this.#evidence;
    const { tests, step, windows } = filter.layout;
    filter.predict(slot);
    const best = evidence.weigh(value);
    out.expected = filter.fast;
    out.span = best < FIRST_WINDOW ? step : windows[best - FIRST_WINDOW] * step;
    if (evidence.learned) {
      const decades = -logAlpha / Math.LN10;
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

  /** Everything that was learned and is open; `new GaugeRow(model, step, toState())` goes on as if never stopped. */
  toState(): Float64Array {
    return this.#filter.state.slice();
  }
}
