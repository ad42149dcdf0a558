/** The judgement of one bucket of one row, filled anew for every bucket. */
export interface Judged {
  /** Calls, or the metric's own unit, for this bucket. */
  expected: number;
  /** What this bucket could have held, earlier ones as they were, and been normal: `lower` to `upper`, both included. */
  lower: number;
  upper: number;
  /** Signed −log₁₀ of the calibrated tail probability: + above, − below; within ±1e4. */
  surprise: number;
  /** Length in ms of the window that decided. */
  span: number;
  /** ABOVE, BELOW, NORMAL or UNKNOWN of scores.ts. */
  verdict: number;
  /** Index into REASONS of scores.ts. */
  reason: number;
}

export function judged(): Judged {
  return { expected: 0, lower: 0, upper: 0, surprise: 0, span: 0, verdict: 0, reason: 0 };
}
