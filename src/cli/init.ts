import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, shown } from '../errors.js';
import { printable } from '../report/printable.js';
import { checkZone } from '../time/zone.js';
import { deployTemplate } from './deploy-cloudformation.js';
import { type DeploySettings, deployPlan } from './deploy-names.js';
import { deployTerraform } from './deploy-terraform.js';
import { type Arguments, readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { DONE } from './status.js';

export const INIT_HELP = `Usage: kms-baseline init --account <id> [options]

Writes what watches an account's KMS keys from a Lambda function: a monitoring
plan, and a template of the function, its schedule, state bucket, topic, role
and alarms on itself. Nothing is asked of AWS, and nothing changed there.
Without --account, a terminal is asked for the account, the Region, the bucket
and the mail address.

  --account <id>        the account, 12 digits
  --region <name>       the Region of the keys and of the function; default
                        AWS_REGION
  --bucket <name>       the bucket that a trail delivers to: calls with callers
                        and errors. Without it, the plan reads CloudWatch's
                        metrics and CloudTrail's event history
  --prefix <text>       what precedes AWSLogs/ in that bucket
  --topic <arn>         an SNS topic that is there; default a new one
  --email <address>     the new topic sends mail there
  --owner <text>        who answers for the plan; default the mail address, or
                        the account
  --time-zone <zone>    such as Europe/Berlin; default found in the data
  --plan-name <name>    part of all names: up to 20 lower-case letters, digits
                        and hyphens; default keys
  --format <name>       cloudformation (default) or terraform
  --dir <folder>        where to write; default ./kms-baseline
  --force               write over files that are there
  -h, --help            this text

Written are function/plan.json, function/function.mjs, which is the function's
code, and template.json or main.tf.

Exit status: 0 done, 2 could not do the job; then no file was changed.

Examples:
  kms-baseline init --account 111122223333 --region eu-central-1
    --bucket my-trail-bucket --email security@example.com
  kms-baseline init --account 111122223333 --region eu-central-1
    --topic arn:aws:sns:eu-central-1:111122223333:pager --format terraform
`;

const FLAGS = {
  account: 'string',
  region: 'string',
  bucket: 'string',
  prefix: 'string',
  topic: 'string',
  email: 'string',
  owner: 'string',
  'time-zone': 'string',
  'plan-name': 'string',
  format: 'string',
  dir: 'string',
  force: 'boolean',
} as const;

type Flag = keyof typeof FLAGS;
type Given = Pick<Arguments<Flag>, 'has' | 'text'>;

/** Writes a plan and the template of its deployment. Returns the exit status. */
export async function init(args: readonly string[], io: CliIo): Promise<number> {
  const flags = readArguments('init', FLAGS, args);
  if (flags.paths.length > 0)
    throw new InputError(`init takes no path, got ${shown(flags.paths[0])}: --dir says where`);
  const given = await completed(flags, io);
  const format = given.text('format') ?? 'cloudformation';
  if (format !== 'cloudformation' && format !== 'terraform') {
    throw new InputError(`--format must be cloudformation or terraform, got ${shown(format)}`);
  }
  const settings = settingsOf(given, io.environment ?? {});
  const folder = given.text('dir') ?? 'kms-baseline';
  const template =
    format === 'terraform'
      ? { name: 'main.tf', text: deployTerraform(settings) }
      : { name: 'template.json', text: `${JSON.stringify(deployTemplate(settings), null, 2)}\n` };
  const files = [
    { path: join(folder, 'function', 'plan.json'), text: `${JSON.stringify(deployPlan(settings), null, 2)}\n` },
    { path: join(folder, 'function', 'function.mjs'), text: await functionCode() },
    { path: join(folder, template.name), text: template.text },
  ];
  const old = files.find(({ path }) => existsSync(path));
  if (old !== undefined && !given.has('force')) {
    throw new InputError(`${shown(old.path)} is there already: --force writes over it, --dir says where else`);
  }
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      io.stdout.write(`wrote ${printable(path)}\n`);
    }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(`--dir must be a folder that can be written to, got ${shown(folder)} (${reason})`);
  }
  io.stdout.write(
    `next: kms-baseline watch ${printable(files[0].path)} --explain says what it will do; docs/deploy.md, how it is deployed\n`,
  );
  return DONE;
}

/** What `deploy/lambda.mjs` is, in one file that scripts/bundle.mjs makes. */
async function functionCode(): Promise<string> {
  // From src/cli, dist/cli and dist/chunks alike.
  const path = fileURLToPath(new URL('../../dist/function.mjs', import.meta.url));
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `the code of the function ${shown(path)} cannot be read (${error.code}): npm run build makes it`,
    );
  });
}

/** What is asked for on a terminal where a flag does not say it; an empty answer is none. */
const QUESTIONS: readonly { readonly flag: Flag; readonly text: string; readonly unless?: Flag }[] = [
  { flag: 'account', text: 'Account (12 digits): ' },
  { flag: 'region', text: 'Region: ' },
  { flag: 'bucket', text: 'Bucket that a trail delivers to (empty: metrics and event history): ' },
  { flag: 'email', text: 'Mail address for findings (empty: none yet): ', unless: 'topic' },
];

async function completed(flags: Arguments<Flag>, { stdin, stderr, environment = {} }: CliIo): Promise<Given> {
  const answers = new Map<Flag, string>();
  if (stdin === undefined || stdin.isTTY !== true || flags.has('account')) return flags;
  const lines = stdin[Symbol.asyncIterator]();
  for (const { flag, text, unless } of QUESTIONS) {
    if (flags.has(flag) || (unless !== undefined && flags.has(unless))) continue;
    if (flag === 'region' && environment['AWS_REGION'] !== undefined) continue;
    stderr.write(text);
    // A terminal hands over a line at a time.
    const { value, done } = await lines.next();
    if (done === true) break;
    const answer = Buffer.from(value).toString('utf8').trim();
    if (answer !== '') answers.set(flag, answer);
  }
  await lines.return?.();
  return { has: (flag) => flags.has(flag), text: (flag) => flags.text(flag) ?? answers.get(flag) };
}

/** How each is written; all of it goes into names, so nothing else is taken. */
const FORMS = {
  account: [/^\d{12}$/, '12 digits'],
  region: [/^[a-z]{2}(?:-[a-z]+){1,2}-\d$/, 'a Region such as eu-central-1'],
  bucket: [/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name, without s3://"],
  prefix: [/^[\w!.*'()-]+(?:\/[\w!.*'()-]+)*$/, 'a prefix such as audit/trail, without a slash at its ends'],
  topic: [/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'the ARN of an SNS topic'],
  email: [/^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/, 'a mail address'],
  'plan-name': [/^[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?$/, 'up to 20 lower-case letters, digits and hyphens'],
} as const;

function settingsOf(given: Given, environment: NonNullable<CliIo['environment']>): DeploySettings {
  const read = (flag: keyof typeof FORMS, value = given.text(flag)): string | undefined => {
    const [form, need] = FORMS[flag];
    if (value === undefined || form.test(value)) return value;
    throw new InputError(`--${flag} must be ${need}, got ${shown(value)}`);
  };
  const account = read('account');
  if (account === undefined) throw new InputError('init needs --account, the account of the keys: 12 digits');
  const region = read('region', given.text('region') ?? environment['AWS_REGION']);
  if (region === undefined)
    throw new InputError('init needs --region, the Region of the keys, or AWS_REGION to be set');
  const [bucket, prefix, topic, email] = [read('bucket'), read('prefix'), read('topic'), read('email')];
  if (prefix !== undefined && bucket === undefined) throw new InputError('--prefix needs --bucket');
  if (topic !== undefined && email !== undefined) {
    throw new InputError('--email is for a new topic: leave it out, or leave out --topic');
  }
  if (topic !== undefined && topic.split(':')[3] !== region) {
    throw new InputError(`--topic must be in ${region}, where its alarms are, got ${shown(topic)}`);
  }
  const zone = given.text('time-zone');
  const timeZone = zone === undefined ? undefined : checkZone(zone, '--time-zone');
  return {
    name: read('plan-name') ?? 'keys',
    account,
    region,
    owner: given.text('owner') ?? email ?? `account ${account}`,
    ...(bucket === undefined ? {} : { bucket }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(topic === undefined ? {} : { topic }),
    ...(email === undefined ? {} : { email }),
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}
