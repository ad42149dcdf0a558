import { AwsClients, checkAccess } from '../aws/clients.js';
import { type LogValidation, validateLogs } from '../aws/index.js';
import { parseS3Path } from '../aws/s3-paths.js';
import { InputError, shown } from '../errors.js';
import { jsonDocument } from '../report/analysis-json.js';
import { duration, grouped } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { TimeRange } from '../series/builder.js';
import { DAY } from '../time/grid.js';
import { isoText } from '../time/iso.js';
import { clientSettings } from './aws-client.js';
import { type Arguments, readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { ANOMALIES, DONE, NOT_DONE, PARTLY_READ } from './status.js';
import { parseTime } from './values.js';

const FLAGS = {
  account: 'string',
  region: 'list',
  profile: 'string',
  endpoint: 'string',
  from: 'string',
  to: 'string',
  trail: 'string',
  json: 'boolean',
} as const;

export const VALIDATE_HELP = `Usage: kms-baseline validate s3://<bucket>[/<prefix>] --account <id>
                             --region <name> [options]

Checks delivered logs of CloudTrail against its digests: each digest by its
signature and its place in the chain, each log file by its SHA-256, and whether
there are log files that no digest names. The address may go into CloudTrail's
layout, s3://<bucket>/AWSLogs/<account>/CloudTrail/<Region>, and then says the
account and the Region. Nothing is changed. Needs the packages
@aws-sdk/client-s3 and @aws-sdk/client-cloudtrail, and the permissions
s3:ListBucket, s3:GetObject and cloudtrail:ListPublicKeys.

Options:
  --account <id>        the account of the logs
  --region <name>       the Region of the logs; several times for several
  --from <time>         check what was delivered from then on; default a day
                        before --to
  --to <time>           up to then; default now
  --trail <name>        check one trail of several in the bucket
  --profile <name>      of your AWS configuration; default AWS_PROFILE
  --endpoint <address>  send requests there, as to LocalStack; default
                        AWS_ENDPOINT_URL
  --json                one JSON document instead of text
  -h, --help            this text

Exit status:
  0    all that was checked is as CloudTrail delivered it
  2    could not do the job, or there is no digest to check by
  3    some of it could not be read, and nothing is wrong with the rest
  4    something is missing, changed, or named by no digest

Examples:
  kms-baseline validate s3://my-trail-bucket --account 111122223333
    --region eu-central-1 --from 2026-06-01 --to 2026-06-08
`;

/** What was checked of one Region. */
interface Checked extends LogValidation {
  readonly region: string;
}

/** Checks delivered logs against their digests. Returns the exit status. */
export async function validate(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('validate', FLAGS, args);
  const { bucket, prefix, organization, account, regions } = placeOf(given);
  const to = given.read('to', parseTime) ?? (io.now ?? Date.now)();
  const from = given.read('from', parseTime) ?? to - DAY;
  if (from >= to) throw new InputError(`--from must be earlier than --to, got ${isoText(from)} and ${isoText(to)}`);
  const trail = given.text('trail');
  const clients = new AwsClients(clientSettings(given));
  const s3 = await clients.s3();
  await checkAccess(s3);
  const checked: Checked[] = [];
  for (const region of regions) {
    const validation = await validateLogs(
      { s3, cloudTrail: await clients.cloudTrail(region) },
      {
        bucket,
        prefix,
        account,
        region,
        from,
        to,
        ...(organization === undefined ? {} : { organization }),
        ...(trail === undefined ? {} : { trail }),
        ...(io.signal === undefined ? {} : { signal: io.signal }),
      },
    );
    checked.push({ region, ...validation });
  }
  if (given.has('json')) {
    const all = {
      schemaVersion: 1,
      command: 'validate',
      bucket,
      prefix,
      account,
      from: isoText(from),
      to: isoText(to),
    };
    io.stdout.write(`${jsonDocument({ ...all, regions: checked.map(checkedJson) })}\n`);
  } else {
    io.stdout.write(`Deliveries of ${account} to s3://${bucket}, ${isoText(from)} to ${isoText(to)}\n`);
    for (const one of checked) for (const line of linesOf(one)) io.stdout.write(`${line}\n`);
  }
  return statusOf(checked, io);
}

/** What the address and the flags say together. */
function placeOf(given: Arguments<keyof typeof FLAGS>) {
  if (given.paths.length !== 1) {
    throw new InputError(`validate needs one address such as s3://my-trail-bucket, got ${given.paths.length}`);
  }
  const { bucket, path, layout } = parseS3Path(given.paths[0]);
  if (layout?.dates !== undefined) {
    throw new InputError(`the address must end before its dates (--from, --to), got ${shown(given.paths[0])}`);
  }
  const account = given.text('account') ?? layout?.account;
  const regions = given.list('region').length > 0 ? given.list('region') : [layout?.region ?? ''];
  if (account === undefined || !/^\d{12}$/.test(account)) {
    throw new InputError(`validate needs --account, 12 digits, got ${shown(account)}`);
  }
  if (regions.includes('')) throw new InputError('validate needs --region: each Region has its own digests');
  return {
    bucket,
    prefix: layout?.prefix ?? path,
    organization: layout?.organization,
    account,
    regions: [...new Set(regions)],
  };
}

/** So many problems are printed. */
const SHOWN = 100;

function linesOf({ region, digests, logs, problems, uncovered }: Checked): string[] {
  const more = problems.length - SHOWN;
  return [
    '',
    region,
    `  digests      ${grouped(digests.valid)} of ${grouped(digests.checked)} valid`,
    `  logs         ${grouped(logs.valid)} of ${grouped(logs.checked)} valid`,
    `  not covered  ${uncovered.length === 0 ? 'nothing' : uncovered.map(rangeText).join(', ')}`,
    ...problems
      .slice(0, SHOWN)
      .map(({ kind, object, detail }) => `  ${kind}  ${printable(object, 500)}: ${printable(detail, 300)}`),
    ...(more > 0 ? [`  and ${grouped(more)} more problems (--json)`] : []),
  ];
}

function rangeText({ from, to }: TimeRange): string {
  return `${isoText(from)} to ${isoText(to)} (${duration(to - from)})`;
}

function checkedJson({ covered, uncovered, ...rest }: Checked): object {
  const ranges = (all: readonly TimeRange[]) =>
    all.map((range) => ({ from: isoText(range.from), to: isoText(range.to) }));
  return { ...rest, covered: ranges(covered), uncovered: ranges(uncovered) };
}

function statusOf(checked: readonly Checked[], io: CliIo): number {
  const problems = checked.flatMap((one) => one.problems);
  if (checked.every(({ digests }) => digests.checked === 0)) {
    io.stderr.write(
      'kms-baseline: there is no digest of that time; is log file validation switched on (aws cloudtrail update-trail --enable-log-file-validation)?\n',
    );
    return NOT_DONE;
  }
  if (problems.some(({ kind }) => kind !== 'unreadable')) return ANOMALIES;
  return problems.length > 0 ? PARTLY_READ : DONE;
}
