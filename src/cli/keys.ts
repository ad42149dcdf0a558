import { AwsClients, checkAccess } from '../aws/clients.js';
import { keyInventory } from '../aws/index.js';
import { isS3Path } from '../aws/s3-paths.js';
import { InputError } from '../errors.js';
import { type KeyFinding, type KmsKey, keyFindings } from '../kms/lifecycle.js';
import { keyUseIn } from '../kms/lifecycle-use.js';
import { jsonDocument } from '../report/analysis-json.js';
import { counted } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { textTable } from '../report/table.js';
import { type SeriesSet, seriesSet } from '../series/series-set.js';
import { DAY, MINUTE } from '../time/grid.js';
import { clientSettings } from './aws-client.js';
import { csvLine } from './csv-line.js';
import { readArguments } from './flags.js';
import { KEY_COLUMNS, keyCells, type ListedKey, listedKey } from './keys-table.js';
import type { CliIo } from './output.js';
import { readLogs } from './read-logs.js';
import { S3_FLAGS, s3InputOf } from './s3-sources.js';
import { DONE, PARTLY_READ } from './status.js';

const FLAGS = {
  ...S3_FLAGS,
  region: 'list',
  account: 'list',
  aws: 'boolean',
  'no-last-use': 'boolean',
  json: 'boolean',
  csv: 'boolean',
} as const;

export const KEYS_HELP = `Usage: kms-baseline keys [<logs…>] [options]

Lists the KMS keys of an account: their aliases, state, creation date, deletion
or expiry, origin, custom key store, rotation, last use, and whether somebody
needs them. KMS knows of the last successful use of a key, an hour late; with
logs of CloudTrail (files, folders, s3://<bucket>), of which the last four weeks
are read, refused calls count as a need, too.
Nothing is changed. Needs the package @aws-sdk/client-kms and the permissions
kms:ListKeys, kms:ListAliases, kms:DescribeKey, kms:GetKeyRotationStatus and
kms:GetKeyLastUsage. Every key takes two to three requests.

Options:
  --region <name>       list the keys of this Region; several times for several
  --profile <name>      of your AWS configuration; default AWS_PROFILE
  --endpoint <address>  send requests there, as to LocalStack; default
                        AWS_ENDPOINT_URL
  --account <id>        of logs in S3: read this account's only (several times)
  --aws                 list the keys that AWS manages, too
  --no-last-use         do not ask for the last use of each key
  --csv                 comma-separated values instead of a table
  --json                one JSON document instead of a table
  -h, --help            this text

Exit status: 0 done, 2 could not do the job, 3 done, but something of a key, or
of the logs, could not be read.

Examples:
  kms-baseline keys --region eu-central-1
  kms-baseline keys s3://my-trail-bucket --region eu-central-1 --csv > keys.csv
`;

/** Lists the keys of an account. Returns the exit status. */
export async function keys(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('keys', FLAGS, args);
  const [json, csv] = [given.has('json'), given.has('csv')];
  if (json && csv) throw new InputError('--json and --csv exclude each other: give one of them');
  const now = (io.now ?? Date.now)();
  const clients = new AwsClients(clientSettings(given));
  const regions: readonly (string | undefined)[] =
    given.list('region').length === 0 ? [undefined] : given.list('region');
  for (const region of regions) await checkAccess(await clients.kms(region));
  // Without, --profile and --endpoint are for KMS alone.
  const s3 = given.paths.some(isS3Path) ? s3InputOf(given, { to: now }, io) : undefined;
  const logs = given.paths.length === 0 ? null : await readLogs({ paths: given.paths, step: 5 * MINUTE, s3 }, io);
  const found: KmsKey[] = [];
  for (const region of new Set(regions)) {
    const options = { lastUse: !given.has('no-last-use'), ...(io.signal === undefined ? {} : { signal: io.signal }) };
    for await (const key of keyInventory(await clients.kms(region), options)) found.push(key);
  }
  const shown = given.has('aws') ? found : found.filter(({ manager }) => manager !== 'AWS');
  const listed = listedKeys(shown, logs?.counts ?? none(now), now);
  if (json) io.stdout.write(`${jsonDocument(keysJson(listed))}\n`);
  else if (csv) {
    const titles = KEY_COLUMNS.map(({ title }) => title.replace(' ', '_'));
    for (const cells of [titles, ...listed.map(keyCells)]) io.stdout.write(`${csvLine(cells)}\n`);
  } else {
    for (const line of textTable(KEY_COLUMNS, listed.map(keyCells))) io.stdout.write(`${line}\n`);
    const hidden = found.length - shown.length;
    const rest = hidden === 0 ? '' : `; ${counted(hidden, 'key')} that AWS manages not shown (--aws)`;
    io.stdout.write(`\n${counted(shown.length, 'key')}${rest}\n`);
  }
  const problems = [...failuresOf(shown), ...(logs === null ? [] : problemsOf(logs.logs.filesUnreadable))];
  for (const problem of problems) io.stderr.write(`kms-baseline: ${problem}\n`);
  return problems.length > 0 ? PARTLY_READ : DONE;
}

/** Counts of nothing: without logs, KMS's own last use is all that is known. */
function none(now: number): SeriesSet {
  const day = Math.floor(now / DAY) * DAY;
  return seriesSet({ start: day - DAY, step: DAY, series: [], observed: [0] });
}

function listedKeys(keys: readonly KmsKey[], counts: SeriesSet, now: number): ListedKey[] {
  const useOf = keyUseIn(counts);
  const findings = keyFindings(keys, counts, { now });
  const byKey = new Map<KmsKey, KeyFinding[]>();
  for (const finding of findings) byKey.set(finding.key, [...(byKey.get(finding.key) ?? []), finding]);
  return keys.map((key) => listedKey(key, useOf(key.keyArn), byKey.get(key) ?? [], now));
}

function keysJson(listed: readonly ListedKey[]): object {
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    schemaVersion: 1,
    command: 'keys',
    keys: listed.map(({ key, region, lastUse, need }) => ({
      ...key,
      region,
      created: iso(key.created),
      deletion: iso(key.deletion),
      materialExpires: iso(key.materialExpires),
      rotation: key.rotation === null ? null : { ...key.rotation, next: iso(key.rotation.next) },
      lastUse: key.lastUse === null ? null : { ...key.lastUse, time: iso(key.lastUse.time) },
      trackedSince: iso(key.trackedSince),
      lastSeen: iso(lastUse),
      need,
    })),
  };
}

/** What could not be read, a sentence for each request and reason. */
function failuresOf(keys: readonly KmsKey[]): string[] {
  const counts = new Map<string, number>();
  for (const { failed } of keys) {
    for (const { operation, reason } of failed) {
      const what = `kms:${operation} failed: ${printable(reason)}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }
  return [...counts].map(([what, times]) => `${what} (${counted(times, 'key')})`);
}

function problemsOf(files: readonly { readonly path: string; readonly reason: string }[]): string[] {
  return files.map(({ path, reason }) => `${printable(path)} could not be read: ${reason}`);
}
