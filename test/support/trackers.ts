import type { BucketVerdict, ScoreColumns, Tracker } from '../../src/engine/types.js';

/**
 * Judges one bucket that begins at `time`, then learns from it unless `learn` is false.
 * @param expected true when this time is acknowledged
 */
export function observeBucket(
  tracker: Tracker,
  value: number,
  time: number,
  slot: number,
  learn: boolean,
  out: BucketVerdict,
  expected = false,
): void {
  const columns = {
    expected: new Float64Array(1),
    lower: new Float64Array(1),
    upper: new Float64Array(1),
    surprise: new Float64Array(1),
    spans: new Float64Array(1),
    verdicts: new Int8Array(1),
    reasons: new Uint8Array(1),
  } satisfies ScoreColumns;
  const range = {
    start: time,
    length: 1,
    values: Float64Array.of(value),
    observed: Uint8Array.of(1),
    slots: Int32Array.of(slot),
    choose: undefined,
    exceptions: { expected: () => expected, retired: () => false },
    learning: false,
  };
  tracker.run(range, learn, columns, 0);
  out.expected = columns.expected[0];
  out.lower = columns.lower[0];
  out.upper = columns.upper[0];
  out.surprise = columns.surprise[0];
  out.verdict = columns.verdicts[0];
  out.reason = columns.reasons[0];
  out.span = columns.spans[0];
}
