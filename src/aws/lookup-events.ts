import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { checkOptions, checkRange, InputError, type OptionNames, shown } from '../errors.js';
import type { KmsCall, Rejection } from '../kms/call.js';
import { KMS_OPERATIONS } from '../kms/operations.js';
import { parseRecord } from '../kms/parse-record.js';
import { Caller, type CallOptions, nameOf } from './call-aws.js';
import { LOOKUPS_PER_SECOND, type LookupAnswer, pageReader } from './lookup-page.js';
import { Pages } from './pages.js';
import { RecentIds, type SeenEnd } from './recent-ids.js';

export interface LookupOptions extends CallOptions {
  /** The first event time wanted. */
  readonly from: number | Date;
  /** Where the event times wanted end, exclusive. */
  readonly to: number | Date;
  /**
   * Look up these operations only, one after another; `'critical'` for those that the catalogue calls so. They are few
   * where all of KMS is more than 100 events a second. Other services' events of the same name, such as TagResource, come
   * along and are passed over. Without it, all operations in one pass.
   */
  readonly operations?: readonly string[] | 'critical';
  /** Where an earlier run with the same times and operations ended: `resume()` of its last page. */
  readonly resume?: LookupResume;
  /** Told after each page, once all calls of it were taken. */
  readonly onPage?: (page: LookupPage) => void;
  /** Told of each event that is no KMS call, other services' left out. */
  readonly onRejected?: (rejection: Rejection, eventId: string) => void;
}

export interface LookupPage {
  /** Requests answered, events in their answers and calls yielded, so far. */
  readonly requests: number;
  readonly events: number;
  readonly calls: number;
  /** The operation being looked up; null for all of KMS. */
  readonly operation: string | null;
  /** Event time, epoch ms, down to which this pass has come. */
  readonly reached: number;
  /** Plain data with which a later run goes on here; to be asked for before `onPage` returns. */
  resume(): LookupResume;
}

/** Where a look-up stands. Holds event ids and AWS's own token, no records. */
export interface LookupResume {
  readonly from: number;
  readonly to: number;
  /** The pass, an index into the operations. */
  readonly pass: number;
  readonly operation: string | null;
  /** The end of the request that `nextToken` belongs to. */
  readonly end: number;
  readonly nextToken: string | null;
  readonly seen: SeenEnd;
}

/** Where the reading stands; as {@link LookupResume}, but alive. */
interface Position {
  pass: number;
  end: number;
  nextToken: string | null;
  seen: RecentIds;
}

/**
 * The KMS calls of an account and Region from CloudTrail's event history, the newest first: management events of the last
 * 90 days, at most 100 a second. `estimateLookup` says beforehand how long that will take.
 *
 * Nothing is lost or yielded twice, whatever comes between: throttling waits, and where AWS's token for the next page
 * has expired the listing is taken up again at its time. A bad event is told to `onRejected` and passed over.
 *
 * Beyond 90 days nothing comes, which is no silence: `eventHistoryCoverage` tells what there is to count.
 *
 * Do not look up a key's cryptographic calls by its ARN: CloudTrail fills the resource of key-changing operations only.
 *
 * @throws InputError for options out of range; AwsCallError when a request fails for good: what was yielded before stands,
 *   and the last page's `resume()` goes on from there
 */
export function lookupKmsCalls(
  client: CloudTrailClient,
  options: LookupOptions,
): AsyncGenerator<KmsCall, void, undefined> {
  checkOptions(options, LOOKUP_OPTIONS);
  const range = checkRange(options.from, options.to);
  const passes = passesOf(options.operations);
  const position = positionOf(options.resume, range, passes);
  const caller = new Caller(client, 'LookupEvents', LOOKUPS_PER_SECOND, options);
  return lookUp(client, caller, range, passes, position, options);
}

const LOOKUP_OPTIONS: OptionNames<LookupOptions> = {
  from: true,
  to: true,
  operations: true,
  resume: true,
  onPage: true,
  onRejected: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

async function* lookUp(
  client: CloudTrailClient,
  caller: Caller,
  range: { from: number; to: number },
  passes: readonly (string | null)[],
  position: Position,
  { onPage, onRejected }: LookupOptions,
): AsyncGenerator<KmsCall, void, undefined> {
  const readPage = await pageReader(client, caller);
  let requests = 0;
  let events = 0;
  let calls = 0;
  for (; position.pass < passes.length; position.pass++) {
    const operation = passes[position.pass];
    let reached = position.end;
    // New events since the listing was last taken up again: where there are none, tokens do not work at all.
    let progress = 1;
    const pages = new Pages('cloudtrail:LookupEvents');
    for (;;) {
      let page: LookupAnswer;
      try {
        page = await readPage(operation, range.from, position.end, position.nextToken);
      } catch (error) {
        const last = position.seen.last;
        if (position.nextToken === null || !isTokenError(error) || last === null || progress === 0) throw error;
        progress = 0;
        pages.again();
        position.nextToken = null;
        position.end = Math.min(position.end, (last + 1) * 1000);
        continue;
      }
      requests++;
      for (const event of page.events) {
        events++;
        // What a listing taken up again has after its end is known; so is what the service shifts to the next page.
        if (event.time >= position.end || !position.seen.add(event.time, event.id)) continue;
        progress++;
        const call = parseRecord(event.record);
        if ('reason' in call) {
          if (call.reason !== 'not-kms') onRejected?.(call, event.id);
          continue;
        }
        if (call.time < range.from || call.time >= range.to) continue;
        reached = Math.min(reached, call.time);
        calls++;
        yield call;
      }
      position.nextToken = pages.next(page.nextToken, page.events.length) ?? null;
      const done = position.nextToken === null;
      const resume = (): LookupResume => (done ? nextPass(range, passes, position) : resumeOf(range, passes, position));
      onPage?.({ requests, events, calls, operation, reached, resume });
      if (done) break;
    }
    position.end = range.to;
    position.nextToken = null;
    position.seen = new RecentIds(-1);
  }
}

/** The operations of a look-up, one a pass; null for all of KMS in one. */
export function passesOf(operations: unknown): readonly (string | null)[] {
  if (operations === undefined) return [null];
  if (operations === 'critical') return KMS_OPERATIONS.filter(({ critical }) => critical).map(({ name }) => name);
  if (!Array.isArray(operations) || operations.length === 0) {
    throw new InputError(`operations must be a list of names, or 'critical', got ${shown(operations)}`);
  }
  for (const [i, name] of operations.entries()) {
    if (typeof name === 'string' && name !== '') continue;
    throw new InputError(`operations[${i}] must be an operation's name, got ${shown(name)}`);
  }
  return [...new Set(operations as string[])];
}

function positionOf(
  resume: LookupResume | undefined,
  range: { from: number; to: number },
  passes: readonly (string | null)[],
): Position {
  if (resume === undefined) return { pass: 0, end: range.to, nextToken: null, seen: new RecentIds(-1) };
  const { pass, operation, end, nextToken, seen } = resume;
  if (resume.from !== range.from || resume.to !== range.to || operation !== (passes[pass] ?? null)) {
    throw new InputError('resume must come from a look-up with the same from, to and operations');
  }
  return { pass, end, nextToken, seen: new RecentIds(-1, seen) };
}

function resumeOf(
  { from, to }: { from: number; to: number },
  passes: readonly (string | null)[],
  { pass, end, nextToken, seen }: Position,
): LookupResume {
  return { from, to, pass, operation: passes[pass], end, nextToken, seen: seen.end() };
}

function nextPass(
  { from, to }: { from: number; to: number },
  passes: readonly (string | null)[],
  { pass }: Position,
): LookupResume {
  const operation = passes[pass + 1] ?? null;
  return { from, to, pass: pass + 1, operation, end: to, nextToken: null, seen: { ids: [], forgotten: null } };
}

/** AWS no longer knows the token, or will not take it: how long it lives is not documented. */
function isTokenError(error: unknown): boolean {
  return /^InvalidNextToken/.test(nameOf(error instanceof Error ? error.cause : error));
}
