import { checkNumber, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { checkBudget } from './alert-budget.js';
import { MIN_EFFECT } from './counts/track/rules.js';

export interface DetectorOptions {
  /** Expected number of false episodes a week, over all rows, windows and both directions together; 1 by default. */
  readonly alertBudget?: { readonly perWeek: number };
  /**
   * What becomes of a lasting shift of the level: `'accept-shifts'` announces it once and follows it within two days,
   * `'hold'` never does, so that it stays an anomaly until it ends or a new baseline is fitted. Default `'accept-shifts'`.
   */
  readonly learn?: 'accept-shifts' | 'hold';
  /** Minimum relative deviation to report; 0.1 by default, so that 1.05 times a million calls are not. */
  readonly minEffect?: number;
}

const DETECTOR_OPTIONS: OptionNames<DetectorOptions> = { alertBudget: true, learn: true, minEffect: true };

/** What a detector goes by: its options, checked, with their defaults. */
export interface DetectorTerms {
  readonly learn: 'accept-shifts' | 'hold';
  readonly minEffect: number;
  /** The alert budget. */
  readonly perWeek: number;
}

/** @throws InputError for an option that there is not, or a value that it cannot have */
export function detectorTerms(options: DetectorOptions): DetectorTerms {
  checkOptions(options, DETECTOR_OPTIONS);
  const learn = options.learn ?? 'accept-shifts';
  if (learn !== 'accept-shifts' && learn !== 'hold') {
    throw new InputError(`learn must be 'accept-shifts' or 'hold', got ${shown(learn)}`);
  }
  const perWeek = checkBudget(options.alertBudget);
  const minEffect = checkNumber(options.minEffect ?? MIN_EFFECT, 'minEffect', 0, 10);
  return { learn, minEffect, perWeek };
}
