import { InputError, shown } from '../errors.js';
import type { SeriesSet } from '../series/series-set.js';
import type { KmsCall } from './call.js';
import { CallCounter, type CountOptions } from './call-counter.js';

/**
 * Counts calls into series, one row for each combination of values that occurs. The order of the calls changes no count.
 *
 * - **Rows.** A level that names `keyArn` counts a ReEncrypt under both of its keys, and a call without a key not at all;
 *   the other levels count a call once. `outcome` is `ok`, `dry-run` or `error`.
 * - **Copies.** A row holds the number of distinct calls. Records of one account and Region with the same `eventId` are one
 *   call, since CloudTrail may deliver a record twice (User Guide, log files); records with the same `sharedEventId`, which a
 *   cross-account call has in both accounts' logs, are one call in each row that both belong to. So the rows by account
 *   and by caller each keep their own record, and a total counts the call once. This is exact for copies within 48 hours of
 *   event time, and for those of `maxIds` calls before; what comes later than it can be checked is counted, and reported
 *   as `late`. Calls without an `eventId` are
 *   counted each time.
 * - **Observed.** A row's sources are the accounts and Regions that ever contributed to it. A bucket of the row is observed
 *   where the coverage of every one of them holds the whole bucket. Without `coverage`, every bucket is observed.
 *
 * Without any call, the set has no rows, and the grid that `start`, `end` and `coverage` give.
 *
 * @throws InputError for an option out of range, by its name, and for calls that are none
 */
export async function countCalls(
  calls: Iterable<KmsCall> | AsyncIterable<KmsCall>,
  options: CountOptions = {},
): Promise<SeriesSet> {
  const counter = new CallCounter(options);
  if (typeof calls !== 'object' || calls === null) {
    throw new InputError(`calls must be an iterable of calls, got ${shown(calls)}`);
  }
  if (Symbol.asyncIterator in calls) {
    for await (const call of calls) counter.add(call);
  } else if (Symbol.iterator in calls) {
    // Not with `for await`, which would spend a promise on every call.
    for (const call of calls) counter.add(call);
  } else {
    throw new InputError(`calls must be an iterable of calls, got ${shown(calls)}`);
  }
  return counter.finish().set;
}
