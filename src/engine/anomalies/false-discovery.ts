import { isObserved } from './breach-runs.js';
import type { JoinedRow } from './joined-scores.js';

/** Where p-values are taken to be those of true nulls only, for the share of these (Storey 2002). */
const LAMBDA = 0.5;

/**
 * The rows whose departure stands at a false discovery rate of `q`: of the episodes that it lets pass, at most that share
 * is false on average. Benjamini and Hochberg's (1995) step-up rule on one p-value for each row and direction (that of its
 * most surprising bucket, times its buckets: an episode is tried once, not once a bucket), with Storey's (2002) estimate
 * of how many rows are as usual. Valid for independent rows, and for those that rise together.
 *
 * @param joined rows over all the time that is searched
 * @param q share of false ones among those reported, in (0, 1)
 * @returns `[rows]` for each direction: 1 where it stands
 */
export function discoveries(
  joined: readonly JoinedRow[],
  q: number,
): { readonly above: Uint8Array; readonly below: Uint8Array } {
  const rows = joined.length;
  const p = new Float64Array(2 * rows).fill(1);
  for (const [at, { pieces }] of joined.entries()) {
    let tests = 0;
    let most = 0;
    let least = 0;
    for (const { scores, row, first, last } of pieces) {
      for (let i = first; i < last; i++) {
        if (!isObserved(scores, row, i)) continue;
        tests++;
        const surprise = scores.surprise[row * scores.window.grid.length + i];
        if (surprise > most) most = surprise;
        if (surprise < least) least = surprise;
      }
    }
    p[at] = Math.min(1, tests * Math.exp(-most * Math.LN10));
    p[rows + at] = Math.min(1, tests * Math.exp(least * Math.LN10));
  }
  const standing = stepUp(p, q);
  return { above: standing.subarray(0, rows), below: standing.subarray(rows) };
}

/** 1 for each p-value that Benjamini and Hochberg's rule rejects at `q`, among the share of nulls that Storey estimates. */
export function stepUp(p: Float64Array, q: number): Uint8Array {
  const order = Array.from(p, (_, i) => i).sort((a, b) => p[a] - p[b]);
  let larger = 0;
  for (const value of p) if (value > LAMBDA) larger++;
  const nulls = Math.min(1, (1 + larger) / (Math.max(1, p.length) * (1 - LAMBDA)));
  let last = -1;
  for (const [rank, i] of order.entries()) if (p[i] * nulls * p.length <= q * (rank + 1)) last = rank;
  const standing = new Uint8Array(p.length);
  for (let rank = 0; rank <= last; rank++) standing[order[rank]] = 1;
  return standing;
}
