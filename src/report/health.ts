import { InputError, shown } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import type { CountOptions } from '../kms/call-counter.js';
import { countCalls } from '../kms/count-calls.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import { observedRow, readRow, rowsById, type SeriesSet } from '../series/series-set.js';
import { selectRows } from '../series/slice.js';

/** What may be wrong with KMS, or behind it, when a call fails through no fault of its caller. */
export const FAULT_KINDS = [
  /** KMS itself failed. */
  'internal errors',
  /** What KMS depends on did not answer in time. */
  'dependency timeouts',
  /** The key's store, or the key in it, cannot be reached. */
  'unavailable keys',
  /** The calls are too many for a quota, yours or the key store's. */
  'throttled calls',
  /** An external key store's proxy or a CloudHSM cluster gives trouble. */
  'key store errors',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

const KINDS: ReadonlyMap<string, FaultKind> = new Map<string, FaultKind>([
  ['KMSInternalException', 'internal errors'],
  ['InternalFailure', 'internal errors'],
  ['InternalError', 'internal errors'],
  ['ServiceUnavailable', 'internal errors'],
  ['ServiceUnavailableException', 'internal errors'],
  ['DependencyTimeoutException', 'dependency timeouts'],
  ['KeyUnavailableException', 'unavailable keys'],
  ['ThrottlingException', 'throttled calls'],
  ['Throttling', 'throttled calls'],
  ['RequestLimitExceeded', 'throttled calls'],
]);

/**
 * What an error code of CloudTrail tells of the service; null for a mistake of the caller's, a refusal or a dry run.
 * A key that is disabled or pending deletion is no fault of the service's either.
 */
export function faultOf(error: string | null): FaultKind | null {
  if (error === null) return null;
  const known = KINDS.get(error);
  if (known !== undefined) return known;
  return /^(?:Xks|CloudHsm|CustomKeyStore)/.test(error) ? 'key store errors' : null;
}

/**
 * Counts the service's faults as your own calls met them, for `fitBaseline` and `scoreWindow` like any other counts: rows
 * `KMS internal errors`, `KMS throttled calls` and so on, over all and by Region. A kind that never came has a row of
 * zeros, so that its first time is seen for what it is. CloudTrail records some failures only (KMS Developer Guide,
 * logging-using-cloudtrail): the counts are lower bounds, and calm in them proves nothing.
 * @param calls all calls, of which those with a fault are counted: the others tell what was listening and where
 * @param options as for `countCalls`; `by` does not apply
 * @throws InputError as `countCalls`
 */
export async function countServiceFaults(
  calls: Iterable<KmsCall> | AsyncIterable<KmsCall>,
  options: Omit<CountOptions, 'by'> = {},
): Promise<SeriesSet> {
  // Names are checked by countCalls; of what is no object it would see nothing.
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InputError(`options must be an object, got ${shown(options)}`);
  }
  const set = await countCalls(faults(calls), {
    ...options,
    by: [[], ['region'], ['operation'], ['operation', 'region']],
  });
  const rows = rowsById(set.keys);
  const rowOf = (key: Partial<SeriesKey>): number | undefined => rows.get(keyId(seriesKey(key)));
  const regions = [null, ...new Set(set.keys.flatMap(({ region }) => (region === null ? [] : [region])))];
  const keys = regions.flatMap((region) => FAULT_KINDS.map((kind) => seriesKey({ metric: `KMS ${kind}`, region })));
  const { length } = set.grid;
  const cells = new Float64Array(keys.length * length);
  const observed = new Uint8Array(cells.length);
  for (const [i, { metric, region }] of keys.entries()) {
    const row = rowOf({ operation: metric?.slice('KMS '.length) ?? null, region });
    if (row !== undefined) readRow(set, row, cells.subarray(i * length, (i + 1) * length));
    // Whatever brought calls would have brought those that failed.
    observed.set(observedRow(set, rowOf({ region }) ?? 0), i * length);
  }
  return { grid: set.grid, keys, measure: 'count', values: cells, observed };
}

/** The calls with the kind of their fault for an operation, and for all that is not counted by. */
async function* faults(calls: Iterable<KmsCall> | AsyncIterable<KmsCall>): AsyncGenerator<KmsCall, void, undefined> {
  for await (const call of calls) yield { ...call, operation: faultOf(call.error) ?? '', keyArns: [] };
}

const HEALTH =
  /^AWS\/KMS (?:CloudHSMKeyStoreThrottle|ExternalKeyStoreThrottle|XksProxyErrors|XksProxyLatency|XksExternalKeyManagerStates) /;

/**
 * The rows that tell of the service's health, of counts or levels that `fetchMetricSeries` read: throttling of custom key
 * stores, an external key store proxy's errors and latency, its key managers' states. `XksProxyErrors` counts successes
 * too, with an error type of their own, which are left out. Fit and score them like any others.
 */
export function serviceHealth(set: SeriesSet): SeriesSet {
  return selectRows(set, ({ metric }) => metric !== null && HEALTH.test(metric) && !metric.includes(' ErrorType=N/A'));
}
