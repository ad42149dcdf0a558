import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { checkInteger, checkOptions, checkRange, type OptionNames } from '../errors.js';
import { Caller, type CallOptions } from './call-aws.js';
import { passesOf } from './lookup-events.js';
import { LOOKUP_PAGE, LOOKUPS_PER_SECOND, type PageReader, pageReader } from './lookup-page.js';

export interface EstimateOptions extends CallOptions {
  readonly from: number | Date;
  readonly to: number | Date;
  /** As in `lookupKmsCalls`. */
  readonly operations?: readonly string[] | 'critical';
  /** Pages to look at for each operation; 12 by default. */
  readonly probes?: number;
}

/** What a look-up of the event history would take. */
export interface LookupEstimate {
  /** Events in it, other services' of the same operation name included. */
  readonly events: number;
  /** True when all of the listing was seen, so that `events` is no estimate. It is too low where a second has more than 300 events. */
  readonly exact: boolean;
  /** Pages of 50 to ask for. */
  readonly requests: number;
  /** Milliseconds at the pacer's rate, or at two requests a second. */
  readonly duration: number;
  /** The most events a second that were seen in a probe. */
  readonly peak: number;
  /**
   * Whether a reader that stays up to date would: on average fewer events come than can be read. Where not, look up the
   * critical operations only, and count the rest from log files or metrics.
   */
  readonly keepsUp: boolean;
}

/**
 * How long `lookupKmsCalls` with these options would take, from a few pages spread over the time: each tells how dense
 * the events are where it lies. Sparse stretches are read rather than guessed.
 * @throws InputError for options out of range; AwsCallError when a request fails for good
 */
export async function estimateLookup(client: CloudTrailClient, options: EstimateOptions): Promise<LookupEstimate> {
  checkOptions(options, ESTIMATE_OPTIONS);
  const { from, to } = checkRange(options.from, options.to);
  const passes = passesOf(options.operations);
  const probes = checkInteger(options.probes ?? 12, 'probes', 1, 10_000);
  const caller = new Caller(client, 'LookupEvents', LOOKUPS_PER_SECOND, options);
  const readPage = await pageReader(client, caller);
  let events = 0;
  let requests = 0;
  let peak = 0;
  let exact = true;
  for (const operation of passes) {
    const pass = await estimatePass(readPage, operation, { from, to }, probes);
    events += pass.events;
    requests += Math.max(1, Math.ceil(pass.events / LOOKUP_PAGE));
    peak = Math.max(peak, pass.peak);
    exact &&= pass.exact;
  }
  const perSecond = caller.pacer.perSecond;
  return {
    events,
    exact,
    requests,
    duration: (requests / perSecond) * 1000,
    peak,
    keepsUp: events / ((to - from) / 1000) < perSecond * LOOKUP_PAGE,
  };
}

const ESTIMATE_OPTIONS: OptionNames<EstimateOptions> = {
  from: true,
  to: true,
  operations: true,
  probes: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

const SECOND = 1_000;

/** Pages to follow where one second fills a page: more than that in a second is more than can be read in any case. */
const DENSE_PAGES = 6;

async function estimatePass(
  readPage: PageReader,
  operation: string | null,
  { from, to }: { from: number; to: number },
  probes: number,
): Promise<{ events: number; peak: number; exact: boolean }> {
  const segment = (to - from) / probes;
  let events = 0;
  let peak = 0;
  for (let at = to, read = 0; at > from && read < probes; read++) {
    const { found, back, more } = await probe(readPage, operation, from, at);
    const perSecond = found / Math.max(1, (at - back) / SECOND);
    peak = Math.max(peak, perSecond);
    if (!more) return { events: Math.round(events + found), peak, exact: read === 0 };
    const next = Math.max(from, Math.ceil((to - (read + 1) * segment) / SECOND) * SECOND);
    if (back <= next) events += found;
    else events += (perSecond * (at - next)) / SECOND;
    at = Math.min(back, next);
  }
  return { events: Math.round(events), peak, exact: false };
}

/**
 * The events in `[back, at)`, the newest: one page of them, or as many as it takes to have a whole second, since event
 * times are no finer than that.
 */
async function probe(
  readPage: PageReader,
  operation: string | null,
  from: number,
  at: number,
): Promise<{ found: number; back: number; more: boolean }> {
  const times: number[] = [];
  let token: string | null = null;
  for (let pages = 0; pages < DENSE_PAGES; pages++) {
    // The service includes the second at the end, which the probe before this one has seen.
    const page = await readPage(operation, from, Math.max(from, at - SECOND), token);
    for (const { time } of page.events) if (time >= from && time < at) times.push(time);
    token = page.nextToken;
    if (token === null) return { found: times.length, back: from, more: false };
    const oldest = Math.min(at, ...times);
    // The oldest second may go on in the next page: what is known in full begins after it.
    const back = (Math.floor(oldest / SECOND) + 1) * SECOND;
    if (back < at) return { found: times.filter((time) => time >= back).length, back, more: true };
  }
  return { found: times.length, back: Math.max(from, Math.ceil(at / SECOND - 1) * SECOND), more: true };
}
