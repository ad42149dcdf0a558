import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { checkNumber, checkOptions, checkRange, InputError, type OptionNames, shown } from '../errors.js';
import type { KmsCall, Rejection } from '../kms/call.js';
import { parseRecord } from '../kms/parse-record.js';
import { DAY, MINUTE } from '../time/grid.js';
import { Caller, type CallOptions, nameOf } from './call-aws.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';
import { RecentIds } from './recent-ids.js';

export interface LogGroupOptions extends CallOptions {
  /** The log group's name or ARN, to which a trail delivers. */
  readonly logGroup: string;
  /** The first event time wanted. */
  readonly from: number | Date;
  /** Where the event times wanted end, exclusive. */
  readonly to: number | Date;
  /** How much later than it was made a call may have been delivered and is still found, ms; a day by default. */
  readonly grace?: number;
  /** Told of each log event that is no KMS call, other services' left out. */
  readonly onRejected?: (rejection: Rejection, logEventId: string) => void;
}

/** By the minute that a server's clock may be ahead of the log's. */
const EARLY = 5 * MINUTE;

/**
 * Each page comes of a part of the group that was searched, and where nothing in it is of KMS, is empty: a terabyte of other
 * services' records is some thousands of them.
 */
const MOST_EMPTY = 10_000;

/** KMS's records only: nothing else is sent. */
const PATTERN = '{ $.eventSource = "kms.amazonaws.com" }';

/**
 * The KMS calls of a trail that delivers to CloudWatch Logs, in the order of delivery. A log event's own time is that of
 * its delivery, minutes after the call: the calls are chosen by their event time. Records above 256 KB are not delivered
 * there.
 *
 * Where AWS's token for the next page has expired, the listing is taken up again at its time, and nothing is lost or
 * yielded twice.
 *
 * @throws InputError for options out of range; AwsCallError when a request fails for good
 */
export function readLogGroup(
  client: CloudWatchLogsClient,
  options: LogGroupOptions,
): AsyncGenerator<KmsCall, void, undefined> {
  checkOptions(options, LOG_GROUP_OPTIONS);
  const range = checkRange(options.from, options.to);
  const grace = checkNumber(options.grace ?? DAY, 'grace', 0, 1e12);
  if (typeof options.logGroup !== 'string' || options.logGroup === '') {
    throw new InputError(`logGroup must be a log group's name or ARN, got ${shown(options.logGroup)}`);
  }
  // FilterLogEvents allows five requests a second in the larger Regions (CloudWatch Logs quotas).
  const caller = new Caller(client, 'FilterLogEvents', 5, options);
  return read(client, caller, range, grace, options);
}

const LOG_GROUP_OPTIONS: OptionNames<LogGroupOptions> = {
  logGroup: true,
  from: true,
  to: true,
  grace: true,
  onRejected: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

async function* read(
  client: CloudWatchLogsClient,
  caller: Caller,
  { from, to }: { from: number; to: number },
  grace: number,
  { logGroup, onRejected }: LogGroupOptions,
): AsyncGenerator<KmsCall, void, undefined> {
  const { FilterLogEventsCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch-logs',
    () => import('@aws-sdk/client-cloudwatch-logs'),
  );
  const group = logGroup.startsWith('arn:') ? { logGroupIdentifier: logGroup } : { logGroupName: logGroup };
  const seen = new RecentIds(1);
  let start = Math.max(0, from - EARLY);
  let token: string | undefined;
  // New events since the listing was last taken up again: where there are none, tokens do not work at all.
  let progress = 1;
  const pages = new Pages('logs:FilterLogEvents', MOST_EMPTY);
  for (;;) {
    const page = token;
    const begin = start;
    try {
      const answer = await caller.call(
        'logs:FilterLogEvents',
        (send) =>
          client.send(
            new FilterLogEventsCommand({
              ...group,
              startTime: begin,
              endTime: to + grace,
              filterPattern: PATTERN,
              ...(page === undefined ? {} : { nextToken: page }),
            }),
            send,
          ),
        'events',
      );
      for (const { eventId = '', timestamp = NaN, message } of answer.events ?? []) {
        if (!seen.add(timestamp, eventId)) continue;
        progress++;
        const call = parseRecord(message);
        if ('reason' in call) {
          if (call.reason !== 'not-kms') onRejected?.(call, eventId);
        } else if (call.time >= from && call.time < to) yield call;
      }
      token = pages.next(answer.nextToken, answer.events?.length ?? 0);
      if (token === undefined) return;
    } catch (error) {
      const last = seen.last;
      if (page === undefined || !isTokenError(error) || last === null || progress === 0) throw error;
      progress = 0;
      pages.again();
      start = last * 1000;
      token = undefined;
    }
  }
}

function isTokenError(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return nameOf(cause) === 'InvalidParameterException' && /token/i.test(cause instanceof Error ? cause.message : '');
}
