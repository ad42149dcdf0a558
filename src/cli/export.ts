import { AwsClients, checkAccess } from '../aws/clients.js';
import {
  alarmDefinitions,
  cloudFormationTemplate,
  type Definition,
  dashboardDefinition,
  keyInventory,
  metricFilters,
  ruleDefinitions,
  sigmaRules,
  terraformConfiguration,
} from '../aws/index.js';
import { Baseline } from '../engine/baseline.js';
import { InputError } from '../errors.js';
import type { KmsKey } from '../kms/lifecycle.js';
import { counted } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { clientSettings } from './aws-client.js';
import { type ExportGiven, type ExportSettings, exportFlags, exportSettings } from './export-flags.js';
import { openKept } from './kept-file.js';
import type { CliIo } from './output.js';
import { DONE } from './status.js';

export const EXPORT_HELP = `Usage: kms-baseline export [alarms|filters|rules|dashboard…] [options]

Prints alarms, metric filters, EventBridge rules and a dashboard made of what
was learned, for review: as JSON for the AWS CLI or an SDK, as a CloudFormation
template, as Terraform, or, of rules, as Sigma for a SIEM. Nothing is changed in
the account. Without names, all that can be made with the options given.

What it is made of:
  --baseline <file>     what is normal, as kms-baseline fit has written it: for
                        alarms on use, and the dashboard
  --plan <plan>         a monitoring plan: its name, alert budget and excluded
                        times, and its state in place of --baseline
  --log-group <name>    the log group of the trail: for metric filters
  --keys                ask KMS for the keys: alarms on material that expires,
                        and on custom key stores

What it does:
  --action <arn>        what an alarm does; several times for several
  --target <arn>        what gets the events of rules
  --pairs <number>      alarms for so many pairs of key and operation, busiest
                        first; default all, each billed
  --anomaly             CloudWatch's anomaly detection on each pair, too
  --cryptographic       a rule for every cryptographic call, too: one event each
  --budget <number>     alert budget of all bands: false alarms per week;
                        default 1
  --prefix <text>       what names begin with; default kms-baseline
  --account <id>        with --format sigma: only events of these accounts

How it is printed:
  --format <name>       json (default), cloudformation, terraform or sigma
  --region <name>       what belongs to this Region, and to none; needed by
                        CloudFormation and Terraform where keys are of several
  --profile <name>      with --keys: of your AWS configuration
  --endpoint <address>  with --keys: send requests there, as to LocalStack
  -h, --help            this text

Exit status: 0 done, 2 could not do the job.

Examples:
  kms-baseline export alarms dashboard --baseline keys.baseline
    --action arn:aws:sns:eu-central-1:111122223333:pager
    --format cloudformation --region eu-central-1
  kms-baseline export rules --target arn:aws:sqs:eu-central-1:111122223333:kms
    --format terraform
  kms-baseline export rules --format sigma > kms.yml
`;

/** Prints definitions for review. Returns the exit status. */
export async function exportDefinitions(args: readonly string[], io: CliIo): Promise<number> {
  const given = exportFlags(args);
  const settings = await exportSettings(given, io);
  const { format } = settings;
  if (format === 'sigma') {
    const accounts = given.list('account');
    io.stdout.write(sigmaRules(accounts.length === 0 ? {} : { accounts }).join('---\n'));
    return DONE;
  }
  const all = await definitionsFor(given, settings, io);
  const region = given.text('region');
  const own = region === undefined ? all : all.filter((made) => made.region === null || made.region === region);
  if (own.length === 0 && all.length > 0) {
    const regions = [...new Set(all.map((made) => made.region))].join(', ');
    throw new InputError(`--region must be one of what is exported, ${regions}, got ${JSON.stringify(region)}`);
  }
  if (own.length === 0) {
    throw new InputError(
      'there is nothing to export: give --baseline or --plan for alarms and a dashboard, --log-group for filters',
    );
  }
  if (format === 'json') io.stdout.write(`${JSON.stringify(own, null, 2)}\n`);
  else if (format === 'terraform') io.stdout.write(terraformConfiguration(own));
  else io.stdout.write(`${JSON.stringify(cloudFormationTemplate(own), null, 2)}\n`);
  if (own.length < all.length) {
    io.stderr.write(`kms-baseline: ${counted(all.length - own.length, 'definition')} of other Regions left out\n`);
  }
  return DONE;
}

async function definitionsFor(given: ExportGiven, settings: ExportSettings, io: CliIo): Promise<Definition[]> {
  const { what, prefix, perWeek, pairs, exclude } = settings;
  const names = prefix === undefined ? {} : { prefix };
  const baseline = await baselineOf(given, settings);
  const definitions: Definition[] = [];
  if (what.has('filters') && settings.logGroup !== undefined) {
    definitions.push(...metricFilters({ logGroupName: settings.logGroup, ...names }));
  }
  if (what.has('alarms') && baseline !== undefined) {
    definitions.push(
      ...alarmDefinitions(baseline, {
        actions: given.list('action'),
        alertBudget: { perWeek },
        // Without the filters, their metrics do not exist.
        changes: settings.logGroup !== undefined,
        exclude,
        ...(pairs === undefined ? {} : { pairs }),
        ...(given.has('anomaly') ? { anomaly: {} } : {}),
        ...(given.has('keys') ? { keys: await keysOf(given, io) } : {}),
        ...names,
      }),
    );
  }
  if (what.has('rules')) {
    const target = given.text('target');
    const cryptographic = given.has('cryptographic');
    definitions.push(...ruleDefinitions({ cryptographic, ...(target === undefined ? {} : { target }), ...names }));
  }
  if (what.has('dashboard') && baseline !== undefined) {
    const most = pairs === undefined ? {} : { pairs: Math.min(pairs, 496) };
    definitions.push(
      dashboardDefinition(baseline, {
        alertBudget: { perWeek },
        ...most,
        ...(prefix === undefined ? {} : { name: prefix }),
      }),
    );
  }
  return definitions;
}

/** The baseline of a file, or that of a plan's state; `undefined` where nothing needs one. */
async function baselineOf(given: ExportGiven, { what, isNamed, fromPlan }: ExportSettings) {
  const path = given.text('baseline');
  if (path === undefined) {
    const found = await fromPlan?.();
    const needs = (['alarms', 'dashboard'] as const).find((name) => what.has(name));
    if (found === undefined && isNamed && needs !== undefined) {
      throw new InputError(`export ${needs} needs --baseline, a file that kms-baseline fit has written, or --plan`);
    }
    return found;
  }
  return openKept(path, '--baseline', Baseline.fromBytes);
}

/** The customer's keys of the Regions asked for. */
async function keysOf(given: ExportGiven, io: CliIo): Promise<KmsKey[]> {
  const client = await new AwsClients(clientSettings(given)).kms();
  await checkAccess(client);
  const keys: KmsKey[] = [];
  const options = { lastUse: false, ...(io.signal === undefined ? {} : { signal: io.signal }) };
  for await (const key of keyInventory(client, options)) {
    keys.push(key);
    for (const { operation, reason } of key.failed) {
      io.stderr.write(`kms-baseline: kms:${operation} failed for ${printable(key.keyId)}: ${printable(reason)}\n`);
    }
  }
  return keys;
}
