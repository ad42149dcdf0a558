import type { SeriesSet } from '../series/series-set.js';
import type { Ledger } from './ledger.js';
import type { MonitoringPlan } from './plan.js';

/** So many buckets of so many rows are judged at once: a catch-up of months in bounded memory. Scores take some 45 bytes each. */
const CHUNK = 288;
const CHUNK_CELLS = 4e6;

/** The counts from one time to another, in parts that bound the memory which judging them takes. */
export function* judgedWindows(
  { step, exclude }: MonitoringPlan,
  ledger: Ledger,
  from: number,
  until: number,
): Generator<SeriesSet> {
  const buckets = Math.max(1, Math.min(CHUNK, Math.floor(CHUNK_CELLS / (ledger.judgedKeys().length + 1))));
  for (let at = from; at < until; at += buckets * step) {
    yield ledger.window(at, Math.min(until, at + buckets * step), 'judged', exclude);
  }
}
