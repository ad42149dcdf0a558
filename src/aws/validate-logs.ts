import { createHash, type KeyObject } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { S3Client } from '@aws-sdk/client-s3';
import { checkInteger, checkOptions, checkRange, type OptionNames } from '../errors.js';
import { commonRanges, mergeRanges, type TimeRange } from '../series/builder.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { AwsCallError, Caller, type CallOptions } from './call-aws.js';
import { type DigestedLog, publicKey } from './digest.js';
import {
  checkChains,
  DIGEST,
  type FoundDigest,
  type LogProblem,
  MAX_DIGEST,
  readDigest,
  type Tell,
} from './digest-chain.js';
import { inParallel } from './in-parallel.js';
import { loadClient } from './load-client.js';
import { dayPath, logFolder, logRoot, publishedAt } from './log-layout.js';
import { Pages } from './pages.js';
import { listObjects, objectBytes } from './s3-objects.js';

export interface ValidateOptions extends CallOptions {
  readonly bucket: string;
  readonly prefix?: string;
  readonly organization?: string;
  readonly account: string;
  /** Must be the Region of the CloudTrail client: each Region has its own keys. */
  readonly region: string;
  /** Deliveries to check. */
  readonly from: number | Date;
  readonly to: number | Date;
  /**
   * One trail of several that deliver to the bucket; all of them by default. The files of all lie together, so that with
   * one trail nobody can tell which of them no digest names.
   */
  readonly trail?: string;
  /**
   * Bytes of a digest, inflated, 64 MiB by default, and of a log file, 8 GiB by default: one that has more is a problem, and
   * is read no further.
   */
  readonly maxDigestBytes?: number;
  readonly maxLogBytes?: number;
  /** Files checked at once; 8 by default. */
  readonly concurrency?: number;
}

export interface LogValidation {
  readonly digests: { readonly checked: number; readonly valid: number };
  readonly logs: { readonly checked: number; readonly valid: number };
  readonly problems: readonly LogProblem[];
  /** Deliveries that valid digests tell of, within the time asked for: logs are complete there, but for late additions. */
  readonly covered: readonly TimeRange[];
  /** The rest: deliveries of which no valid digest tells. The last hour or two has none yet. */
  readonly uncovered: readonly TimeRange[];
}

/** How long before its digest's end the name of a log file may say that it was published, at the edges of what is covered. */
const EDGE = 15 * MINUTE;

/**
 * Checks an account's delivered logs in one Region against CloudTrail's digests: each digest by its RSA signature and its
 * place in the chain, each log file that a digest names by its SHA-256, and whether there are log files that none names.
 *
 * Digests that came late may look missing for a while (CloudTrail User Guide, digest file structure). Files that cannot
 * be read are reported, and the rest is checked.
 *
 * @throws InputError for options out of range; AwsCallError when the public keys or the bucket's listing cannot be had
 */
export async function validateLogs(
  clients: { readonly s3: S3Client; readonly cloudTrail: CloudTrailClient },
  options: ValidateOptions,
): Promise<LogValidation> {
  checkOptions(options, VALIDATE_OPTIONS);
  const asked = checkRange(options.from, options.to);
  const width = checkInteger(options.concurrency ?? 8, 'concurrency', 1, 1000);
  const most = checkInteger(options.maxDigestBytes ?? MAX_DIGEST, 'maxDigestBytes', 1, 2 ** 31 - 1);
  const mostOfLog = checkInteger(options.maxLogBytes ?? MAX_LOG, 'maxLogBytes', 1, Number.MAX_SAFE_INTEGER);
  const { bucket } = options;
  const caller = new Caller(clients.s3, 'S3', 100, options);
  const keys = await publicKeys(clients.cloudTrail, options, asked);
  const problems: LogProblem[] = [];
  const tell: Tell = (kind, key, detail, inBucket = bucket) => {
    problems.push({ kind, object: `s3://${inBucket}/${key}`, detail });
  };

  const listed = await digestKeys(clients.s3, caller, options, asked);
  const found: FoundDigest[] = [];
  await inParallel(listed, width, async (key) => {
    const digest = await readDigest(clients.s3, caller, bucket, key, { keys, most }, tell);
    if (digest !== null) found.push(digest);
  });
  const valid = checkChains(found, new Set(listed), asked, tell);

  const logs = valid.flatMap(({ digest }) => digest.logs);
  let good = 0;
  await inParallel(logs, width, async (log) => {
    if (await checkLog(clients.s3, caller, log, mostOfLog, tell)) good++;
  });
  const times = mergeRanges(
    valid.filter(({ backfill }) => !backfill).map(({ digest }) => ({ from: digest.start, to: digest.end })),
  );
  if (options.trail === undefined) {
    const named = new Set(found.flatMap(({ digest }) => digest.logs.map(({ key }) => key)));
    await checkUnnamed(clients.s3, caller, options, times, named, tell);
  }
  const covered = commonRanges(times, [asked]);
  tellOfNone(covered, asked, caller.clock.now(), options, tell);
  return {
    digests: { checked: listed.length, valid: valid.length },
    logs: { checked: logs.length, valid: good },
    problems: problems.sort((a, b) => (a.object < b.object ? -1 : a.object > b.object ? 1 : 0)),
    covered,
    uncovered: rest(covered, asked),
  };
}

const VALIDATE_OPTIONS: OptionNames<ValidateOptions> = {
  bucket: true,
  prefix: true,
  organization: true,
  account: true,
  region: true,
  from: true,
  to: true,
  trail: true,
  maxDigestBytes: true,
  maxLogBytes: true,
  concurrency: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

/** Digests come every hour, and some time later. */
const DIGEST_DUE = 2 * HOUR;
const MAX_LOG = 8 * 2 ** 30;

/** Says so when the newest digests are not there, or none at all: no later digest could name them. */
function tellOfNone(
  covered: readonly TimeRange[],
  asked: TimeRange,
  now: number,
  options: ValidateOptions,
  tell: Tell,
): void {
  const from = covered.at(-1)?.to ?? asked.from;
  const until = Math.min(asked.to, now - DIGEST_DUE);
  if (until - from <= DIGEST_DUE) return;
  const root = logRoot(options.prefix, options.organization);
  const { prefix } = logFolder(root, options.account, options.region, 'CloudTrail-Digest');
  const times = `${new Date(from).toISOString()} to ${new Date(until).toISOString()}`;
  tell('missing-digest', prefix, `there is no valid digest of ${times}`);
}

/** CloudTrail's public keys by their fingerprint, of a Region and time. */
async function publicKeys(
  client: CloudTrailClient,
  { pacer: _, ...options }: ValidateOptions,
  { from, to }: TimeRange,
): Promise<ReadonlyMap<string, KeyObject>> {
  const { ListPublicKeysCommand } = await loadClient(
    '@aws-sdk/client-cloudtrail',
    () => import('@aws-sdk/client-cloudtrail'),
  );
  const caller = new Caller(client, 'ListPublicKeys', 5, options);
  const keys = new Map<string, KeyObject>();
  const pages = new Pages('cloudtrail:ListPublicKeys');
  let token: string | undefined;
  do {
    const page = await caller.call(
      'cloudtrail:ListPublicKeys',
      (send) =>
        client.send(
          new ListPublicKeysCommand({
            StartTime: new Date(from - DAY),
            EndTime: new Date(to + DAY),
            ...(token === undefined ? {} : { NextToken: token }),
          }),
          send,
        ),
      'PublicKeyList',
    );
    for (const { Fingerprint = '', Value } of page.PublicKeyList ?? []) {
      const key = Value === undefined ? null : publicKey(Value);
      if (key !== null) keys.set(Fingerprint, key);
    }
    token = pages.next(page.NextToken, page.PublicKeyList?.length ?? 0);
  } while (token !== undefined);
  return keys;
}

/** The digests of the hours that touch the time asked for, by the end of their hour in their names. */
async function digestKeys(client: S3Client, caller: Caller, options: ValidateOptions, { from, to }: TimeRange) {
  const { prefix } = logFolder(
    logRoot(options.prefix, options.organization),
    options.account,
    options.region,
    'CloudTrail-Digest',
  );
  const keys: string[] = [];
  for await (const { key } of listObjects(client, caller, options.bucket, prefix, prefix + dayPath(from - DAY))) {
    if (key.slice(prefix.length) >= dayPath(to + 2 * DAY)) break;
    const [, , trail] = DIGEST.exec(key) ?? [];
    const end = publishedAt(key);
    if (trail === undefined || (options.trail !== undefined && trail !== options.trail)) continue;
    if (end > from && end - HOUR < to) keys.push(key);
  }
  return keys;
}

async function checkLog(
  client: S3Client,
  caller: Caller,
  log: DigestedLog,
  most: number,
  tell: Tell,
): Promise<boolean> {
  const { bucket, key, hash } = log;
  const digest = createHash('sha256');
  try {
    const source = Readable.from(objectBytes(client, caller, bucket, key), { objectMode: false });
    const inflate = createGunzip();
    pipeline(source, inflate, () => {});
    let size = 0;
    for await (const chunk of inflate) {
      size += (chunk as Buffer).length;
      if (size > most) {
        tell('unreadable', key, `it has more than ${most} bytes`, bucket);
        return false;
      }
      digest.update(chunk as Buffer);
    }
  } catch (error) {
    caller.signal?.throwIfAborted();
    if (!(error instanceof AwsCallError)) tell('changed-log', key, 'it is not a whole gzip file', bucket);
    else if (error.reason === 'NoSuchKey' || error.reason === 'NotFound') {
      tell('missing-log', key, 'a digest names it', bucket);
    } else tell('unreadable', key, error.message, bucket);
    return false;
  }
  if (digest.digest('hex') === hash) return true;
  tell('changed-log', key, 'its SHA-256 is not that of its digest', bucket);
  return false;
}

/** Log files that lie well within what is covered by digests, none of which names them. */
async function checkUnnamed(
  client: S3Client,
  caller: Caller,
  options: ValidateOptions,
  covered: readonly TimeRange[],
  named: ReadonlySet<string>,
  tell: Tell,
): Promise<void> {
  if (covered.length === 0) return;
  const { prefix } = logFolder(
    logRoot(options.prefix, options.organization),
    options.account,
    options.region,
    'CloudTrail',
  );
  const last = covered[covered.length - 1].to;
  for await (const { key } of listObjects(client, caller, options.bucket, prefix, prefix + dayPath(covered[0].from))) {
    if (key.slice(prefix.length) >= dayPath(last + DAY)) break;
    const time = publishedAt(key);
    const inside = covered.some(({ from, to }) => time >= from + EDGE && time < to - EDGE);
    if (inside && !named.has(key)) tell('unsigned-log', key, 'no digest names it');
  }
}

function rest(covered: readonly TimeRange[], { from, to }: TimeRange): TimeRange[] {
  const gaps: TimeRange[] = [];
  let at = from;
  for (const range of covered) {
    if (range.from > at) gaps.push({ from: at, to: range.from });
    at = range.to;
  }
  if (at < to) gaps.push({ from: at, to });
  return gaps;
}
