import type { CloudWatchClient, CompositeAlarm, Dimension, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { checkOptions, type OptionNames } from '../errors.js';
import { Caller, type CallOptions } from './call-aws.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';

/** An alarm on KMS metrics, as it stands. */
export interface CurrentAlarm {
  readonly name: string;
  readonly arn: string;
  readonly kind: 'metric' | 'composite';
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** When it came into this state, epoch ms; null where CloudWatch does not say. */
  readonly since: number | null;
  /** When the state, its reason included, was last written. */
  readonly updated: number | null;
  /** Why CloudWatch could not evaluate it as usual, e.g. `PARTIAL_DATA`; null when it could. */
  readonly evaluation: string | null;
  /** Whether changes of state are told to anyone: actions may be switched off, or none defined. */
  readonly tells: boolean;
  /** The metrics it looks at, `AWS/KMS SuccessfulRequest`, and its expressions. */
  readonly metrics: readonly string[];
}

/**
 * State and last change of every alarm on KMS metrics in the client's Region: those on metrics of `AWS/KMS` or KMS's usage
 * metrics, in expressions too, and composite alarms on such alarms.
 * @throws AwsCallError when a request fails for good
 */
export async function currentAlarms(client: CloudWatchClient, options: CallOptions = {}): Promise<CurrentAlarm[]> {
  checkOptions(options, CALL_OPTIONS);
  const caller = new Caller(client, 'DescribeAlarms', 5, options);
  const { DescribeAlarmsCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const alarms: CurrentAlarm[] = [];
  const composites: CompositeAlarm[] = [];
  const pages = new Pages('cloudwatch:DescribeAlarms');
  let token: string | undefined;
  do {
    const answer = await caller.call('cloudwatch:DescribeAlarms', (send) =>
      client.send(
        new DescribeAlarmsCommand({
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: 100,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        send,
      ),
    );
    for (const alarm of answer.MetricAlarms ?? []) {
      const metrics = kmsMetricsOf(alarm);
      if (metrics.length > 0) alarms.push(current(alarm, 'metric', metrics, alarm.EvaluationState ?? null));
    }
    composites.push(...(answer.CompositeAlarms ?? []));
    token = pages.next(answer.NextToken, (answer.MetricAlarms?.length ?? 0) + (answer.CompositeAlarms?.length ?? 0));
  } while (token !== undefined);
  addComposites(alarms, composites);
  return alarms;
}

const CALL_OPTIONS: OptionNames<CallOptions> = {
  pacer: true,
  clock: true,
  signal: true,
  patience: true,
  timeout: true,
};

/** Adds the composite alarms that name one of the alarms, and those that name one of these. */
function addComposites(alarms: CurrentAlarm[], composites: readonly CompositeAlarm[]): void {
  let left = composites;
  for (let before = -1; before !== alarms.length; ) {
    before = alarms.length;
    const names = new Set(alarms.flatMap(({ name, arn }) => [name, arn]));
    const found = left.filter(({ AlarmRule = '' }) => namesIn(AlarmRule).some((name) => names.has(name)));
    left = left.filter((alarm) => !found.includes(alarm));
    for (const alarm of found) alarms.push(current(alarm, 'composite', [], null));
  }
}

function current(
  alarm: MetricAlarm | CompositeAlarm,
  kind: CurrentAlarm['kind'],
  metrics: readonly string[],
  evaluation: string | null,
): CurrentAlarm {
  const { AlarmName = '', AlarmArn = '', StateValue = 'INSUFFICIENT_DATA', ActionsEnabled = true } = alarm;
  const actions = [alarm.AlarmActions, alarm.OKActions, alarm.InsufficientDataActions].flatMap((list) => list ?? []);
  return {
    name: AlarmName,
    arn: AlarmArn,
    kind,
    state: StateValue,
    since: alarm.StateTransitionedTimestamp?.getTime() ?? null,
    updated: alarm.StateUpdatedTimestamp?.getTime() ?? null,
    evaluation,
    tells: ActionsEnabled && actions.length > 0,
    metrics,
  };
}

function kmsMetricsOf({ Namespace, MetricName, Dimensions, Metrics = [] }: MetricAlarm): string[] {
  const named = Metrics.flatMap(({ MetricStat, Expression }) => {
    const metric = MetricStat?.Metric;
    if (metric !== undefined) return nameOf(metric.Namespace, metric.MetricName, metric.Dimensions);
    return Expression !== undefined && /AWS\/KMS\b|"?Service"?\s*=\s*['"]?KMS\b/.test(Expression) ? [Expression] : [];
  });
  return [...nameOf(Namespace, MetricName, Dimensions), ...named];
}

function nameOf(namespace = '', name = '', dimensions: readonly Dimension[] = []): string[] {
  const ofKms = dimensions.some(({ Name, Value }) => Name === 'Service' && Value === 'KMS');
  return namespace === 'AWS/KMS' || (namespace === 'AWS/Usage' && ofKms) ? [`${namespace} ${name}`] : [];
}

/** The alarms in a composite's rule: `ALARM("name")`, `OK(arn)`, `AT_LEAST(2, ALARM, (a, b))`. */
function namesIn(rule: string): string[] {
  return [...rule.matchAll(/"([^"]+)"|'([^']+)'|([^\s(),"']+)/g)].map((match) => match[1] ?? match[2] ?? match[3]);
}
