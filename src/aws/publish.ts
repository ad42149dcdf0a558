import type { CloudWatchClient, MetricDatum } from '@aws-sdk/client-cloudwatch';
import { checkInteger, checkTime, InputError, shown } from '../errors.js';
import type { Scores } from '../score/scores.js';
import type { SeriesKey } from '../series/key.js';
import { observedRow, valueAt } from '../series/series-set.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { isPassing, isThrottling } from './call-aws.js';
import { type Clock, systemClock } from './clock.js';
import { dimensions, NAMESPACE } from './definitions.js';
import { loadClient } from './load-client.js';

export interface PublishOptions {
  /** Where the metrics go; `KmsBaseline` by default. Not `AWS/…`. */
  readonly namespace?: string;
  /** Which rows, since each of them is three billed metrics; by default those of a key and an operation. */
  readonly rows?: (key: SeriesKey) => boolean;
  /**
   * Buckets before this were published already: PutMetricData adds up what is sent twice. Keep what {@link publishScores}
   * returns, and hand it in next time.
   */
  readonly after?: number | Date;
  /** How often a request is sent in all when throttled; 6 by default. */
  readonly tries?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** What became of the scores. */
export interface Published {
  /** Points sent. */
  readonly points: number;
  readonly requests: number;
  /** Buckets older than two weeks, or over two hours ahead: CloudWatch takes none of them. */
  readonly outside: number;
  /** The end of the newest bucket that was published, for `after`; that of before when none was. Epoch ms. */
  readonly until: number | null;
  /**
   * Points of a request that failed in a way which leaves open whether CloudWatch has them: sent again, they might count
   * twice, so they are not.
   */
  readonly uncertain: number;
}

/** PutMetricData takes so many metrics, and so many bytes before compression; half of it is left for what is not counted. */
const MOST_METRICS = 1000;
const MOST_BYTES = 500_000;
const MOST_OLD = 14 * DAY;
const MOST_AHEAD = 2 * HOUR;
/** Kept clear of the limits, for clocks that differ. */
const MARGIN = MINUTE;

/**
 * Sends scores as custom metrics, by `KeyArn` and `Operation`, one point a bucket, stamped with its start: `Surprise`
 * (signed), `Verdict` (1, 0, −1) and `Calls`. What was not observed, or could not be judged, has no point.
 *
 * Nothing is sent twice: a request goes out again only when CloudWatch refused it for coming too soon. The requests go in
 * the order of time, all rows of a bucket before the next bucket.
 * @throws the SDK's error when a request is refused for good; what was sent before stays sent
 */
export async function publishScores(
  client: CloudWatchClient,
  scores: Scores,
  options: PublishOptions = {},
): Promise<Published> {
  const { namespace = NAMESPACE, clock = systemClock, signal } = options;
  if (!/^[\w./#-][\w ./#:-]{0,254}$/.test(namespace) || namespace.startsWith('AWS/')) {
    throw new InputError(`namespace must be a name of CloudWatch's that does not begin AWS/, got ${shown(namespace)}`);
  }
  const tries = checkInteger(options.tries ?? 6, 'tries', 1, 100);
  const after = options.after === undefined ? -Infinity : checkTime(options.after, 'after');
  const { PutMetricDataCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  let [points, requests, outside, uncertain] = [0, 0, 0, 0];
  let until = Number.isFinite(after) ? after : null;
  const now = clock.now();
  const { start, step, length } = scores.window.grid;
  let batch: MetricDatum[] = [];
  let size = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    const data = batch;
    batch = [];
    size = 0;
    const sent = await put(
      () =>
        client.send(
          new PutMetricDataCommand({ Namespace: namespace, MetricData: data }),
          signal === undefined ? {} : { abortSignal: signal },
        ),
      tries,
      clock,
      signal,
    );
    requests++;
    if (sent) points += data.length;
    else uncertain += data.length;
  };
  for (let bucket = 0; bucket < length; bucket++) {
    const time = start + bucket * step;
    if (time < after) continue;
    if (time < now - MOST_OLD + MARGIN || time > now + MOST_AHEAD - MARGIN) {
      outside++;
      continue;
    }
    for (const datum of dataOf(scores, bucket, time, options.rows ?? isPair)) {
      const bytes = sizeOf(datum);
      if (batch.length === MOST_METRICS || size + bytes > MOST_BYTES) await send();
      batch.push(datum);
      size += bytes;
    }
    until = time + step;
  }
  await send();
  return { points, requests, outside, until, uncertain };
}

function isPair(key: SeriesKey): boolean {
  return key.keyArn !== null && key.operation !== null && key.outcome === null && key.caller === null;
}

function* dataOf(
  scores: Scores,
  bucket: number,
  time: number,
  rows: (key: SeriesKey) => boolean,
): Generator<MetricDatum> {
  const { window } = scores;
  for (const [row, key] of window.keys.entries()) {
    if (!rows(key) || observedRow(window, row)[bucket] === 0) continue;
    const at = row * window.grid.length + bucket;
    const shared = {
      Dimensions: dimensionsOf(key),
      Timestamp: new Date(time),
      StorageResolution: window.grid.step < MINUTE ? 1 : 60,
    };
    yield { ...shared, MetricName: 'Calls', Value: valueAt(window, row, bucket), Unit: 'Count' };
    // A reason says that the verdict is unknown: a point of it would look like calm.
    if (scores.reasons[at] !== 0) continue;
    yield { ...shared, MetricName: 'Surprise', Value: scores.surprise[at], Unit: 'None' };
    yield { ...shared, MetricName: 'Verdict', Value: scores.verdicts[at], Unit: 'None' };
  }
}

function dimensionsOf({ keyArn, operation, account, region, caller, outcome }: SeriesKey): MetricDatum['Dimensions'] {
  const names = {
    KeyArn: keyArn,
    Operation: operation,
    Account: account,
    Region: region,
    Caller: caller,
    Outcome: outcome,
  };
  const there = Object.entries(names).filter(
    (entry): entry is [string, string] => entry[1] !== null && entry[1] !== '',
  );
  // Values have at most 1,024 characters, of ASCII.
  return dimensions(
    Object.fromEntries(there.map(([name, value]) => [name, value.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024)])),
  );
}

function sizeOf({ Dimensions = [] }: MetricDatum): number {
  return 160 + Dimensions.reduce((sum, { Name = '', Value = '' }) => sum + 24 + Name.length + Value.length, 0);
}

/** True when it was taken; false when nobody knows. Throttled is refused for certain. */
async function put(
  send: () => Promise<unknown>,
  tries: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (let left = tries - 1, wait = 500; ; left--, wait *= 2) {
    try {
      await send();
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isThrottling(error)) {
        if (isPassing(error)) return false;
        throw error;
      }
      if (left <= 0) throw error;
      await clock.sleep(wait, signal);
    }
  }
}
