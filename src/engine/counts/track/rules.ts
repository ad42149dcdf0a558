import type { Windows } from '../../windows.js';
import { layoutOf, type StateLayout } from './state.js';

/** Share of the budget that the drift may spend, and its independent tests a week on either side. */
const DRIFT_SHARE = 0.05;
const DRIFT_TESTS = 7;

/** How a series is judged. */
export interface CountRules {
  readonly windows: Windows;
  /** Where the parts of a state begin. */
  readonly layout: StateLayout;
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
  /** The end of the history, epoch ms: what is known of its rates grows old. */
  readonly historyEnd: number;
}

export function countRules(
  windows: Windows,
  { nats, minEffect, acceptShifts, historyEnd }: Pick<CountRules, 'nats' | 'minEffect' | 'acceptShifts' | 'historyEnd'>,
): CountRules {
  const logWeights = Float64Array.from(windows.weights, Math.log);
  // Named one by one: what is spread from another object has a hidden class of its own each time, and compiled code was
  // thrown away with every window (Node 20).
  // Where a shift is followed anyway its report can wait for surer odds.
  const driftNats = acceptShifts ? nats : driftNatsFor(nats, windows);
  return { windows, layout: layoutOf(windows), logWeights, nats, driftNats, minEffect, acceptShifts, historyEnd };
}

/** Default least relative departure that is reported. */
export const MIN_EFFECT = 0.1;
/** −ln of the most that one test may spend: 1/20. */
export const LEAST_NATS = Math.log(20);

/** −ln of what a budget of false episodes a week leaves to each test of each series and side; 1/20 at most. */
export function natsFor(perWeek: number, rows: number, windows: Windows): number {
  let tests = 0;
  for (let w = 0; w < windows.spans.length; w++) tests += windows.tests[w] * windows.weights[w];
  const perWeekTests = 2 * 7 * Math.max(1, rows) * tests;
  return Math.max(LEAST_NATS, Math.log(perWeekTests / perWeek));
}

/** −ln of the share of the budget that is left to one test of the drift, where `nats` is that of a bucket. */
function driftNatsFor(nats: number, { tests, weights }: Windows): number {
  let perDay = 0;
  for (let w = 0; w < tests.length; w++) perDay += tests[w] * weights[w];
  return Math.max(LEAST_NATS, nats - Math.log((DRIFT_SHARE * 7 * perDay) / DRIFT_TESTS));
}
