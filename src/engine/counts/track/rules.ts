import type { Windows } from '../../windows.js';
import { driftNatsFor } from './drift.js';

/** How a series is judged. */
export interface CountRules {
  readonly windows: Windows;
  /** `[windows]` ln of the windows' weights. */
  readonly logWeights: Float64Array;
  /** A verdict is given where −ln of the combined, calibrated probability exceeds this. */
  readonly nats: number;
  /** The same for the drift from the anchored rate, see drift.ts. */
  readonly driftNats: number;
  /** Least relative departure of an alarm: 0.1 lets 1.05 times a million calls pass. */
  readonly minEffect: number;
  /** Whether a lasting shift of the rate is accepted in the end. */
  readonly acceptShifts: boolean;
}

export function countRules(
  windows: Windows,
  options: { readonly nats: number; readonly minEffect: number; readonly acceptShifts: boolean },
): CountRules {
  const logWeights = Float64Array.from(windows.weights, Math.log);
  return { windows, logWeights, driftNats: driftNatsFor(options.nats, windows), ...options };
}

/** −ln of what a budget of false episodes a week leaves to each test of each series and side; 1/20 at most. */
export function natsFor(perWeek: number, rows: number, windows: Windows): number {
  let tests = 0;
  for (let w = 0; w < windows.spans.length; w++) tests += windows.tests[w] * windows.weights[w];
  const perWeekTests = 2 * 7 * Math.max(1, rows) * tests;
  return Math.max(Math.log(20), Math.log(perWeekTests / perWeek));
}
