import { callerShares } from '../engine/anomalies/callers.js';
import { findAnomalies } from '../engine/anomalies/find-anomalies.js';
import type { Anomaly, Scores } from '../engine/types.js';
import type { TimeRange } from '../series/builder.js';
import { rowOf, type SeriesSet } from '../series/series-set.js';
import { sliceWindow } from '../series/slice.js';
import { DAY } from '../time/grid.js';
import type { Judge } from './judge.js';
import type { Ledger } from './ledger.js';

/** The scores of one bucket. */
function bucketOf(scores: Scores, bucket: number): Scores {
  const { start, step, length } = scores.window.grid;
  const rows = scores.window.keys.length;
  const pick = <A extends Float64Array | Int8Array | Uint8Array>(from: A, to: A): A => {
    for (let row = 0; row < rows; row++) to[row] = from[row * length + bucket];
    return to;
  };
  const at = start + bucket * step;
  return {
    ...scores,
    window: sliceWindow(scores.window, at, at + step),
    expected: pick(scores.expected, new Float64Array(rows)),
    lower: pick(scores.lower, new Float64Array(rows)),
    upper: pick(scores.upper, new Float64Array(rows)),
    surprise: pick(scores.surprise, new Float64Array(rows)),
    verdicts: pick(scores.verdicts, new Int8Array(rows)),
    reasons: pick(scores.reasons, new Uint8Array(rows)),
    spans: pick(scores.spans, new Float64Array(rows)),
  };
}

/**
 * The anomalies of one bucket, over the span that decided: a silence of six hours shows in its last bucket, and is told as
 * the six hours. With who was behind each, against the two days before.
 */
export function explain(
  scores: Scores,
  bucket: number,
  judge: Judge,
  ledger: Ledger,
  exclude: readonly TimeRange[],
): Anomaly[] {
  const alone = bucketOf(scores, bucket);
  const { start: at, step } = alone.window.grid;
  const to = at + step;
  // Many anomalies of one bucket ask for the same times.
  const windows = new Map<string, SeriesSet>();
  const callersIn = (from: number, until: number): SeriesSet => {
    const id = `${from} ${until}`;
    const window = windows.get(id) ?? ledger.window(from, until, 'callers', exclude);
    windows.set(id, window);
    return window;
  };
  return findAnomalies(alone).map((anomaly) => {
    const span = Math.max(step, alone.spans[rowOf(alone.window, anomaly.key)] || step);
    const from = to - Math.ceil(span / step) * step;
    const whole = from < at ? widened(anomaly, from, to, judge, ledger) : anomaly;
    const usual = callersIn(from - 2 * DAY, from);
    const shares = callerShares(anomaly.key, anomaly.verdict, from, to, callersIn(from, to), usual);
    return shares.length === 0 ? whole : { ...whole, callers: shares };
  });
}

/** The same anomaly over all of its span: calls as counted, expected ones as the baseline has them. */
function widened(anomaly: Anomaly, from: number, to: number, judge: Judge, ledger: Ledger): Anomaly {
  let expected = 0;
  let lower = 0;
  let upper = 0;
  for (let time = from; time < to; time += ledger.step) {
    const band = judge.baseline.band(anomaly.key, time);
    expected += band.expected;
    lower += band.lower;
    upper += band.upper;
  }
  const value = ledger.sum(anomaly.key, from, to);
  const silent = anomaly.verdict === 'below' && value === 0;
  const kind = silent ? 'silence' : anomaly.kind === 'silence' ? 'drop' : anomaly.kind;
  return { ...anomaly, from, to, value, expected, lower: silent ? 1 : lower, upper, kind };
}
