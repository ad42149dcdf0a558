import type { CloudWatchClient, MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Scores } from '../engine/types.js';
import { checkInteger, checkOptions, checkTime, InputError, type OptionNames, shown } from '../errors.js';
import type { SeriesKey } from '../series/key.js';
import { observedRow, valueAt } from '../series/series-set.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { type Retry, retryOf } from '../time/retry.js';
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
   * What was published already: PutMetricData adds up what is sent twice. Keep what {@link publishScores} returns, or the
   * `published` of a {@link PublishError}, and hand it in next time; or the time before which all buckets were published.
   */
  readonly after?: number | Date | Pick<Published, 'until' | 'beyond'>;
  /** `attempts`: how often a request is sent in all when throttled, 6 by default; `wait` after the first, 500 ms. */
  readonly retry?: Pick<Retry, 'attempts' | 'wait'>;
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
  /** The end of the newest bucket that was published whole; that of before when none was. Epoch ms. */
  readonly until: number | null;
  /** How many points of the bucket that begins there went out too: not 0 only where a request failed. */
  readonly beyond: number;
  /**
   * Points of a request that failed in a way which leaves open whether CloudWatch has them: sent again, they might count
   * twice, so they are not.
   */
  readonly uncertain: number;
}

/** A request was refused for good. The SDK's error is the `cause`. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  /** What was sent before: handed in as `after`, it has the rest sent, and nothing twice. */
  readonly published: Published;

  constructor(published: Published, cause: unknown) {
    super(`cloudwatch:PutMetricData failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.published = published;
  }
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
 * Nothing is sent twice: a request goes out again only when it was refused for coming too soon, or never left this machine;
 * the retries of the SDK's client are held to the same. The requests go in the order of time, all rows of a bucket before
 * the next bucket.
 * @throws InputError for options out of range; PublishError when a request is refused for good
 */
export async function publishScores(
  client: CloudWatchClient,
  scores: Scores,
  options: PublishOptions = {},
): Promise<Published> {
  checkOptions(options, PUBLISH_OPTIONS);
  const { namespace = NAMESPACE, clock = systemClock, signal } = options;
  if (!/^[\w./#-][\w ./#:-]{0,254}$/.test(namespace) || namespace.startsWith('AWS/')) {
    throw new InputError(`namespace must be a name of CloudWatch's that does not begin AWS/, got ${shown(namespace)}`);
  }
  const retry = retryOf(options.retry, { attempts: 6, wait: 500 });
  const { until: after, beyond: skipped } = positionOf(options.after);
  const { PutMetricDataCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const sum = { points: 0, requests: 0, outside: 0, uncertain: 0, until: after, beyond: skipped };
  const now = clock.now();
  const { start, step, length } = scores.window.grid;
  let batch: MetricDatum[] = [];
  let size = 0;
  let end: number | null = null;
  /** Sends what is gathered; then all before the `beyond`th point of the bucket at `until` is done. */
  const send = async (until: number, beyond: number): Promise<void> => {
    const command = new PutMetricDataCommand({ Namespace: namespace, MetricData: batch });
    sendOnce(command);
    const request = () => client.send(command, signal === undefined ? {} : { abortSignal: signal });
    const sent = await put(request, retry, clock, signal).catch((error: unknown) => {
      throw new PublishError({ ...sum }, error);
    });
    sum.requests++;
    if (sent) sum.points += batch.length;
    else sum.uncertain += batch.length;
    sum.until = until;
    sum.beyond = beyond;
    batch = [];
    size = 0;
    if (signal?.aborted === true) throw new PublishError({ ...sum }, signal.reason);
  };
  for (let bucket = 0; bucket < length; bucket++) {
    const time = start + bucket * step;
    if (after !== null && time < after) continue;
    if (time < now - MOST_OLD + MARGIN || time > now + MOST_AHEAD - MARGIN) {
      sum.outside++;
      continue;
    }
    let index = 0;
    for (const datum of dataOf(scores, bucket, time, options.rows ?? isPair)) {
      const isSent = time === after && index < skipped;
      const bytes = sizeOf(datum);
      if (!isSent && (batch.length === MOST_METRICS || size + bytes > MOST_BYTES)) await send(time, index);
      index++;
      if (isSent) continue;
      batch.push(datum);
      size += bytes;
    }
    end = time + step;
  }
  if (batch.length > 0) await send(end ?? 0, 0);
  return end === null ? sum : { ...sum, until: end, beyond: 0 };
}

const PUBLISH_OPTIONS: OptionNames<PublishOptions> = {
  namespace: true,
  rows: true,
  after: true,
  retry: true,
  clock: true,
  signal: true,
};

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

/** Failures after which nobody knows whether CloudWatch has the points. */
class UncertainError extends Error {}

/** Failures before anything was sent. */
const UNSENT = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND']);

function isUnsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNSENT.has(String(error.code));
}

/**
 * Within the client's own retries, which would send again after a 500 or a lost connection: such a failure becomes one that
 * they do not retry.
 */
function sendOnce(command: PutMetricDataCommand): void {
  command.middlewareStack.add(
    (next) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        // No `cause`: the client looks into it, and would find a failure that it retries.
        if (isPassing(error) && !isThrottling(error) && !isUnsent(error)) throw new UncertainError();
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'sendOnce' },
  );
}

/** True when it was taken; false when nobody knows. */
async function put(
  send: () => Promise<unknown>,
  { attempts, wait: first }: Required<Pick<Retry, 'attempts' | 'wait'>>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (let left = attempts - 1, wait = first; ; left--, wait *= 2) {
    try {
      await send();
      return true;
    } catch (error) {
      if (error instanceof UncertainError || signal?.aborted === true) return false;
      if (left <= 0 || !(isThrottling(error) || isUnsent(error))) throw error;
      await clock.sleep(wait, signal);
    }
  }
}

function positionOf(after: PublishOptions['after']): { until: number | null; beyond: number } {
  if (after === undefined) return { until: null, beyond: 0 };
  if (typeof after === 'number' || after instanceof Date) return { until: checkTime(after, 'after'), beyond: 0 };
  const { until, beyond } = after;
  return {
    until: until === null ? null : checkTime(until, 'after.until'),
    beyond: checkInteger(beyond, 'after.beyond', 0, Number.MAX_SAFE_INTEGER),
  };
}
