import { AwsClients, checkAccess } from '../aws/clients.js';
import { type CurrentAlarm, currentAlarms } from '../aws/index.js';
import { InputError } from '../errors.js';
import { jsonDocument } from '../report/analysis-json.js';
import { counted } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { textTable } from '../report/table.js';
import { isoText } from '../time/iso.js';
import { clientSettings } from './aws-client.js';
import { csvLine } from './csv-line.js';
import { readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { DONE } from './status.js';

const FLAGS = {
  region: 'list',
  profile: 'string',
  endpoint: 'string',
  namespace: 'list',
  json: 'boolean',
  csv: 'boolean',
} as const;

export const ALARMS_HELP = `Usage: kms-baseline alarms [options]

Lists the CloudWatch alarms on KMS as they stand: on KMS's metrics, on those
that kms-baseline makes or defines, on PromQL and log queries that name KMS, and
the composite alarms on these. For each: its state and since when, whom it
notifies, and if it notifies nobody, why: no actions, switched off, suppressed,
muted.
Nothing is changed. Needs the package @aws-sdk/client-cloudwatch and the
permissions cloudwatch:DescribeAlarms, cloudwatch:ListAlarmMuteRules and
cloudwatch:GetAlarmMuteRule.

Options:
  --region <name>       list alarms of this Region; several times for several
  --profile <name>      of your AWS configuration; default AWS_PROFILE
  --endpoint <address>  send requests there, as to LocalStack; default
                        AWS_ENDPOINT_URL
  --namespace <name>    metrics of this namespace are about KMS, too, besides
                        KmsBaseline; several times for several
  --csv                 comma-separated values instead of a table
  --json                one JSON document instead of a table
  -h, --help            this text

Exit status: 0 done, 2 could not do the job.

Examples:
  kms-baseline alarms --region eu-central-1
  kms-baseline alarms --namespace CISBenchmark --json
`;

/** Lists the alarms on KMS. Returns the exit status. */
export async function alarms(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('alarms', FLAGS, args);
  if (given.paths.length > 0) throw new InputError(`alarms takes no path, got ${JSON.stringify(given.paths[0])}`);
  const [json, csv] = [given.has('json'), given.has('csv')];
  if (json && csv) throw new InputError('--json and --csv exclude each other: give one of them');
  const clients = new AwsClients(clientSettings(given));
  const found: CurrentAlarm[] = [];
  const regions: readonly (string | undefined)[] =
    given.list('region').length === 0 ? [undefined] : given.list('region');
  for (const region of new Set(regions)) {
    const client = await clients.cloudWatch(region);
    await checkAccess(client);
    const options = {
      namespaces: ['KmsBaseline', ...given.list('namespace')],
      ...(io.signal === undefined ? {} : { signal: io.signal }),
    };
    found.push(...(await currentAlarms(client, options)));
  }
  if (json) io.stdout.write(`${jsonDocument(alarmsJson(found))}\n`);
  else if (csv) {
    for (const cells of [COLUMNS.map(({ title }) => title), ...found.map(cellsOf)])
      io.stdout.write(`${csvLine(cells)}\n`);
  } else {
    for (const line of found.length === 0 ? [] : [...textTable(COLUMNS, found.map(cellsOf)), '']) {
      io.stdout.write(`${line}\n`);
    }
    io.stdout.write(`${summary(found)}\n`);
  }
  return DONE;
}

const COLUMNS = ['state', 'since', 'alarm', 'region', 'kind', 'notifies', 'watches'].map((title) => ({ title }));

function cellsOf(alarm: CurrentAlarm): string[] {
  const { state, since, name, arn, kind, evaluation, metrics } = alarm;
  return [
    evaluation === null ? state : `${state} (${evaluation})`,
    since === null ? '–' : isoText(since).replace(':00.000Z', 'Z').replace('.000Z', 'Z'),
    printable(name, 255),
    arn.split(':')[3] ?? '–',
    kind,
    effectOf(alarm),
    metrics.map((metric) => printable(metric, 80)).join('; '),
  ];
}

/** Whom an alarm notifies, or why nobody. */
function effectOf({ actions, silencedBy }: CurrentAlarm): string {
  const by = silencedBy?.name == null ? '' : ` by ${printable(silencedBy.name, 80)}`;
  if (silencedBy?.by === 'no-actions') return 'nobody: no actions';
  if (silencedBy?.by === 'disabled') return 'nobody: actions disabled';
  if (silencedBy !== null) return `nobody: ${silencedBy.by}${by}`;
  // `arn:aws:sns:eu-central-1:111122223333:pager` as `sns pager`.
  return actions
    .map((arn) => {
      const [, , service = '', , , ...rest] = arn.split(':');
      return printable(`${service} ${rest.join(':')}`, 80);
    })
    .join(', ');
}

function summary(found: readonly CurrentAlarm[]): string {
  const inAlarm = found.filter(({ state }) => state === 'ALARM').length;
  const silent = found.filter(({ tells }) => !tells).length;
  if (found.length === 0) return 'There are no alarms on KMS.';
  return `${counted(found.length, 'alarm')} on KMS: ${inAlarm} in ALARM, ${silent} that ${silent === 1 ? 'notifies' : 'notify'} nobody now`;
}

function alarmsJson(found: readonly CurrentAlarm[]): object {
  const orNull = (time: number | null) => (time === null ? null : isoText(time));
  return {
    schemaVersion: 1,
    command: 'alarms',
    alarms: found.map(({ since, updated, ...alarm }) => ({ ...alarm, since: orNull(since), updated: orNull(updated) })),
  };
}
