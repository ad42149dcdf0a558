import type { Baseline } from '../baseline/baseline.js';
import { windowsOf } from '../baseline/windows.js';
import { checkNumber, InputError, shown } from '../errors.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { CountRow, type CountRules, natsFor } from './count-row.js';
import { emptyScores, fillRow, MIN_EFFECT, slotsByZone, withMissingRows } from './score-window.js';
import type { Scores } from './scores.js';

export interface DetectorOptions {
  /** Expected number of false episodes a week, over all rows, windows and both directions together; 1 by default. */
  readonly alertBudget?: { readonly perWeek: number };
  /**
   * What becomes of a lasting shift of the level: `'accept-shifts'` announces it once and follows it within two days,
   * `'hold'` never does, so that it stays an anomaly until it ends or a new baseline is fitted.
   */
  readonly learn?: 'accept-shifts' | 'hold';
  /** Least relative departure that is told; 0.1 by default. */
  readonly minEffect?: number;
}

interface Watched {
  readonly key: SeriesKey;
  readonly zone: string;
  readonly known: boolean;
  readonly learning: boolean;
  readonly tracker: CountRow;
}

export class Detector {
  readonly baseline: Baseline;
  readonly #rules: CountRules;
  readonly #rows = new Map<string, Watched>();

  constructor(baseline: Baseline, options: DetectorOptions = {}) {
    this.baseline = baseline;
    const windows = windowsOf(baseline.grid.step);
    const perWeek = checkNumber(options.alertBudget?.perWeek ?? 1, 'alertBudget.perWeek', Number.MIN_VALUE, 1e9);
    const learn = options.learn ?? 'accept-shifts';
    if (learn !== 'accept-shifts' && learn !== 'hold') {
      throw new InputError(`learn must be 'accept-shifts' or 'hold', got ${shown(learn)}`);
    }
    this.#rules = {
      windows,
      nats: natsFor(perWeek, baseline.keys.length, windows),
      minEffect: checkNumber(options.minEffect ?? MIN_EFFECT, 'minEffect', 0, 10),
      acceptShifts: learn === 'accept-shifts',
    };
    for (const key of baseline.keys) this.#watch(key);
  }

  #watch(key: SeriesKey): Watched {
    const id = keyId(key);
    let row = this.#rows.get(id);
    if (row === undefined) {
      const { model, timeZone, known, learning, news } = this.baseline.modelOf(key);
      row = { key, zone: timeZone, known, learning, tracker: new CountRow(model, this.#rules, news) };
      this.#rows.set(id, row);
    }
    return row;
  }

  observe(window: SeriesSet): Scores {
    checkSet(window, 'window');
    const { step } = this.baseline.grid;
    if (window.grid.step !== step) {
      throw new InputError(`window.grid.step must be the baseline's ${step} ms, got ${window.grid.step} ms`);
    }
    const whole = withMissingRows(
      window,
      [...this.#rows.values()].map(({ key }) => key),
    );
    const scores = emptyScores(whole);
    const slotsFor = slotsByZone(whole.grid);
    const y = new Float64Array(whole.grid.length);
    for (const [row, key] of whole.keys.entries()) {
      const { tracker, zone, known, learning } = this.#watch(key);
      scores.known[row] = known ? 1 : 0;
      readRow(whole, row, y);
      fillRow(tracker, y, observedRow(whole, row), slotsFor(zone), learning, true, scores, row);
    }
    return scores;
  }
}
