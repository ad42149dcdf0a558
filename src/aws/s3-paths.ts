import type { S3Client } from '@aws-sdk/client-s3';
import { InputError, shown } from '../errors.js';
import type { LogStream } from '../node/log-input.js';
import { fileSkipReason, folderSkipReason, timeInName } from '../node/log-names.js';
import { DAY } from '../time/grid.js';
import { Caller } from './call-aws.js';
import { logRoot } from './log-layout.js';
import { s3Logs } from './s3-logs.js';
import { listFolders, listObjects, objectBytes, type S3Object } from './s3-objects.js';

/** What an `s3://` address names: a bucket, and what of its logs, as far as the address says. */
export interface S3Place {
  readonly bucket: string;
  /** The rest of the address, without slashes around it. */
  readonly path: string;
  /** Where the address goes into CloudTrail's layout, what it names of that; null where it does not. */
  readonly layout: {
    readonly prefix: string;
    readonly organization?: string;
    readonly account?: string;
    readonly region?: string;
    /** The day, month or year of its folder, epoch ms. */
    readonly dates?: { readonly from: number; readonly to: number };
  } | null;
}

/** What of the logs at a place is read. */
export interface S3Reading {
  /** Event times wanted, epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly accounts?: readonly string[];
  readonly regions?: readonly string[];
  readonly signal?: AbortSignal;
}

const ORGANIZATION = /^o-[a-z0-9]{10,32}$/;
const ACCOUNT = /^\d{12}$/;

export function isS3Path(path: string): boolean {
  return /^s3:/i.test(path);
}

/**
 * Reads `s3://bucket/prefix`: the prefix of a trail, any folder of CloudTrail's layout below it, a folder of log files in
 * any other layout, or one file.
 * @throws InputError where it names no bucket, or a folder of CloudTrail's that holds no logs
 */
export function parseS3Path(address: string): S3Place {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/i.exec(address);
  if (match === null) {
    throw new InputError(
      `an address in S3 must be such as s3://bucket or s3://bucket/prefix, with a bucket's name of 3 to 63 letters, digits, '.' and '-', got ${shown(address)}`,
    );
  }
  const path = (match[2] ?? '').replace(/^\/+|\/+$/g, '');
  return { bucket: match[1], path, layout: layoutIn(path.split('/'), address) };
}

function layoutIn(segments: readonly string[], address: string): S3Place['layout'] {
  const at = segments.indexOf('AWSLogs');
  if (at < 0) return null;
  const rest = segments.slice(at + 1);
  const organization = ORGANIZATION.test(rest[0] ?? '') ? rest.shift() : undefined;
  const [account, kind, region, ...dates] = rest;
  // One file, or a layout that is not CloudTrail's.
  if (dates.length > 3 || (account !== undefined && !ACCOUNT.test(account))) return null;
  if (kind !== undefined && kind !== 'CloudTrail') {
    throw new InputError(
      `an address in S3 must lead to the folder CloudTrail, which has the log files, got ${shown(address)}`,
    );
  }
  if (dates.some((text, i) => !(i === 0 ? /^\d{4}$/ : /^\d\d$/).test(text))) return null;
  return {
    prefix: segments.slice(0, at).join('/'),
    ...(organization === undefined ? {} : { organization }),
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(dates.length === 0 ? {} : { dates: timesOf(dates) }),
  };
}

/** `['2026', '05']` is all of May. */
function timesOf([year, month, day]: readonly string[]): { from: number; to: number } {
  const y = Number(year);
  if (month === undefined) return { from: Date.UTC(y, 0), to: Date.UTC(y + 1, 0) };
  const m = Number(month) - 1;
  if (day === undefined) return { from: Date.UTC(y, m), to: Date.UTC(y, m + 1) };
  return { from: Date.UTC(y, m, Number(day)), to: Date.UTC(y, m, Number(day) + 1) };
}

/**
 * The log files at a place, for `countCloudTrail`. In CloudTrail's layout only the folders of the days asked for are
 * listed, of the accounts and Regions asked for; accounts, organisations and Regions that are not named are found by
 * looking. In another layout all of the prefix is listed, and files whose names tell another time are left out.
 * Iterating throws AwsCallError where the bucket cannot be listed.
 */
export async function* logsAt(
  client: S3Client,
  { bucket, path, layout }: S3Place,
  reading: S3Reading,
): AsyncGenerator<LogStream, void, void> {
  const caller = new Caller(client, 'S3', 100, reading.signal === undefined ? {} : { signal: reading.signal });
  const folder = path === '' ? '' : `${path}/`;
  if (layout === null && !(await listFolders(client, caller, bucket, folder)).includes('AWSLogs')) {
    yield* plainLogs(client, caller, bucket, path, reading);
    return;
  }
  const { prefix, organization, account, region, dates }: NonNullable<S3Place['layout']> = layout ?? { prefix: path };
  const from = Math.max(reading.from, dates?.from ?? -Infinity);
  const to = Math.min(reading.to, dates?.to ?? Infinity);
  if (from >= to) return;
  const wanted = account === undefined ? reading.accounts : [account];
  const regions = region === undefined ? reading.regions : [region];
  const { signal } = reading;
  const below = await listFolders(client, caller, bucket, logRoot(prefix, organization));
  const roots =
    organization === undefined ? [undefined, ...below.filter((name) => ORGANIZATION.test(name))] : [organization];
  for (const root of roots) {
    const found = root === organization ? below : await listFolders(client, caller, bucket, logRoot(prefix, root));
    const accounts = found.filter((name) => ACCOUNT.test(name) && (wanted?.includes(name) ?? true));
    if (accounts.length === 0) continue;
    yield* s3Logs(client, {
      bucket,
      prefix,
      accounts,
      from,
      to,
      ...(root === undefined ? {} : { organization: root }),
      ...(regions === undefined ? {} : { regions }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** A file's name may tell when it was delivered, or of which day it is. */
const SLACK = 2 * DAY;

/** The log files below a prefix, or the one that it names, however they are laid out. */
async function* plainLogs(
  client: S3Client,
  caller: Caller,
  bucket: string,
  path: string,
  { from, to }: S3Reading,
): AsyncGenerator<LogStream, void, void> {
  for await (const object of listObjects(client, caller, bucket, path, '')) {
    const { key } = object;
    if (key === path) {
      yield streamOf(client, caller, bucket, object);
      continue;
    }
    if (path !== '' && !key.startsWith(`${path}/`)) continue;
    const names = key.slice(path === '' ? 0 : path.length + 1).split('/');
    const name = names.pop() ?? '';
    if (name === '' || names.some((one) => folderSkipReason(one) !== null) || fileSkipReason(name) !== null) continue;
    const time = timeInName(key);
    if (time < from - SLACK || time > to + SLACK) continue;
    yield streamOf(client, caller, bucket, object);
  }
}

function streamOf(client: S3Client, caller: Caller, bucket: string, { key, size }: S3Object): LogStream {
  return { name: `s3://${bucket}/${key}`, open: () => objectBytes(client, caller, bucket, key, { size }) };
}
