import type { Coverage } from '../kms/coverage.js';
import { Listening } from '../kms/listening.js';
import { operationInfo } from '../kms/operations.js';
import type { TimeRange } from '../series/builder.js';
import type { SeriesKey } from '../series/key.js';
import { checkSet, observedRow, type SeriesSet } from '../series/series-set.js';
import type { TimeGrid } from '../time/grid.js';

/**
 * The set with every bucket not observed of which a class of events was not recorded: of read-only operations, such as
 * Decrypt, where `read` does not hold the whole bucket, of the others where `write` does not, and of rows over all
 * operations where either does not. What was not observed before stays so. A row of one account or Region asks that one's
 * coverage, other rows that of all.
 */
export function observeByClass(
  set: SeriesSet,
  coverage: { readonly read: readonly Coverage[]; readonly write: readonly Coverage[] },
): SeriesSet {
  checkSet(set, 'set');
  const { length } = set.grid;
  const classes = { read: new Listening(coverage.read), write: new Listening(coverage.write) };
  const sources = [...coverage.read, ...coverage.write];
  // Rows ask few different questions: by class, account and Region.
  const masks = new Map<string, Uint8Array>();
  const maskOf = ({ operation, account, region }: SeriesKey): Uint8Array => {
    const readOnly = operation === null ? undefined : operationInfo(operation)?.readOnly;
    const id = JSON.stringify([readOnly, account, region]);
    let mask = masks.get(id);
    if (mask === undefined) {
      const own = sources.filter(
        (source) => (account === null || source.account === account) && (region === null || source.region === region),
      );
      mask = new Uint8Array(length).fill(1);
      if (readOnly !== false) keepCovered(mask, classes.read.whenAll(own), set.grid);
      if (readOnly !== true) keepCovered(mask, classes.write.whenAll(own), set.grid);
      masks.set(id, mask);
    }
    return mask;
  };
  const wanted = set.keys.map(maskOf);
  // One mask for all where that is all there is: a set of many rows stays small.
  const same = set.observed.length === length && masks.size === 1;
  const observed = new Uint8Array(same ? length : set.keys.length * length);
  for (let row = 0; row < (same ? 1 : set.keys.length); row++) {
    const before = observedRow(set, row);
    for (let b = 0; b < length; b++) observed[row * length + b] = before[b] & wanted[row][b];
  }
  return { ...set, observed };
}

/** Clears every bucket of which no range holds the whole. */
function keepCovered(mask: Uint8Array, times: readonly TimeRange[], { start, step }: TimeGrid): void {
  let next = 0;
  for (let b = 0; b < mask.length; b++) {
    const from = start + b * step;
    while (next < times.length && times[next].to < from + step) next++;
    if (next === times.length || times[next].from > from) mask[b] = 0;
  }
}
