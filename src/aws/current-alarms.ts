import type {
  CloudWatchClient,
  CompositeAlarm,
  DescribeAlarmsCommandOutput,
  Dimension,
  LogAlarm,
  MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { Caller, type CallOptions } from './call-aws.js';
import { NAMESPACE } from './definitions.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';

/** An alarm on the use of KMS, as it stands. */
export interface CurrentAlarm {
  readonly name: string;
  readonly arn: string;
  readonly kind: 'metric' | 'promql' | 'log' | 'composite';
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** When it came into this state, epoch ms; null where CloudWatch does not say. */
  readonly since: number | null;
  /** When the state, its reason included, was last written. */
  readonly updated: number | null;
  /** Why CloudWatch could not evaluate it as usual, e.g. `PARTIAL_DATA`; null when it could. */
  readonly evaluation: string | null;
  /** Whether changes of state have an effect on anyone now: it has actions, and nothing in {@link silencedBy} holds them back. */
  readonly tells: boolean;
  /** What holds its actions back; null where nothing does, and it has some. */
  readonly silencedBy: Silence | null;
  /** ARNs of what it does when its state changes, of all states: topics, functions. */
  readonly actions: readonly string[];
  /** What it looks at: metrics, `AWS/KMS SuccessfulRequest`, expressions, a query; of a composite, the names in its rule. */
  readonly metrics: readonly string[];
}

/**
 * Why an alarm has no effect:
 * - `no-actions`: it has none
 * - `disabled`: they are switched off
 * - `suppressed`: a composite's, by another alarm, or while it waits for that (`name`: the suppressor)
 * - `muted`: by a mute rule that is active (`name`: the rule)
 */
export interface Silence {
  readonly by: 'no-actions' | 'disabled' | 'suppressed' | 'muted';
  readonly name: string | null;
}

export interface CurrentAlarmsOptions extends CallOptions {
  /** Namespaces of metrics that are made of KMS's use, besides `AWS/KMS`; `KmsBaseline`, this library's own, by default. */
  readonly namespaces?: readonly string[];
  /**
   * Whether to ask which alarms are muted, which takes two more permissions; true by default. With false, `tells` says nothing
   * of mute rules.
   */
  readonly muteRules?: boolean;
}

/**
 * State and last change of every alarm on KMS in the client's Region: on metrics of `AWS/KMS`, KMS's usage metrics and the
 * metrics that this library makes or defines, in expressions too; PromQL and log alarms whose query names KMS; and composite
 * alarms on such alarms. Alarms on metrics of other namespaces that are made of KMS's logs are found where `namespaces` has them.
 * @throws AwsCallError when a request fails for good
 */
export async function currentAlarms(
  client: CloudWatchClient,
  options: CurrentAlarmsOptions = {},
): Promise<CurrentAlarm[]> {
  checkOptions(options, OPTIONS);
  const { namespaces = [NAMESPACE], muteRules = true } = options;
  const given: unknown = namespaces;
  if (!Array.isArray(given) || given.some((name) => typeof name !== 'string' || name === '')) {
    throw new InputError(`namespaces must be an array of names, got ${shown(given)}`);
  }
  const caller = new Caller(client, 'DescribeAlarms', 5, options);
  const muted = muteRules ? await activeMutes(client, caller) : new Map<string, string>();
  const alarms: CurrentAlarm[] = [];
  const composites: CompositeAlarm[] = [];
  for await (const page of pagesOf(client, caller)) {
    for (const alarm of page.MetricAlarms ?? []) {
      const query = alarm.EvaluationCriteria?.PromQLCriteria?.Query;
      const found = query === undefined ? watchedByMetrics(alarm, namespaces) : watchedByPromQl(query);
      if (found.length > 0) alarms.push(current(alarm, query === undefined ? 'metric' : 'promql', found, muted));
    }
    for (const alarm of page.LogAlarms ?? []) {
      const found = watchedByLogs(alarm);
      if (found.length > 0) alarms.push(current(alarm, 'log', found, muted));
    }
    composites.push(...(page.CompositeAlarms ?? []));
  }
  addComposites(alarms, composites, muted);
  return alarms;
}

const OPTIONS: OptionNames<CurrentAlarmsOptions> = {
  namespaces: true,
  muteRules: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

async function* pagesOf(client: CloudWatchClient, caller: Caller): AsyncGenerator<DescribeAlarmsCommandOutput> {
  const { DescribeAlarmsCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const pages = new Pages('cloudwatch:DescribeAlarms');
  let token: string | undefined;
  do {
    const page = await caller.call('cloudwatch:DescribeAlarms', (send) =>
      client.send(
        new DescribeAlarmsCommand({
          // Without these, metric alarms only.
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
          MaxRecords: 100,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        send,
      ),
    );
    yield page;
    const lists = [page.MetricAlarms, page.CompositeAlarms, page.LogAlarms];
    token = pages.next(
      page.NextToken,
      lists.reduce((sum, list) => sum + (list?.length ?? 0), 0),
    );
  } while (token !== undefined);
}

/** Adds the composite alarms that name one of the alarms, and those that name one of these. */
function addComposites(
  alarms: CurrentAlarm[],
  composites: readonly CompositeAlarm[],
  muted: ReadonlyMap<string, string>,
): void {
  let left = composites;
  for (let before = -1; before !== alarms.length; ) {
    before = alarms.length;
    const names = new Set(alarms.flatMap(({ name, arn }) => [name, arn]));
    const found = left.filter(({ AlarmRule = '' }) => namesIn(AlarmRule).some((name) => names.has(name)));
    left = left.filter((alarm) => !found.includes(alarm));
    for (const alarm of found) {
      const named = namesIn(alarm.AlarmRule ?? '').filter((name) => names.has(name));
      alarms.push(current(alarm, 'composite', [...new Set(named)], muted));
    }
  }
}

function current(
  alarm: MetricAlarm & CompositeAlarm & LogAlarm,
  kind: CurrentAlarm['kind'],
  metrics: readonly string[],
  muted: ReadonlyMap<string, string>,
): CurrentAlarm {
  const { AlarmName = '', AlarmArn = '', StateValue = 'INSUFFICIENT_DATA' } = alarm;
  const lists = [alarm.AlarmActions, alarm.OKActions, alarm.InsufficientDataActions];
  const actions = [...new Set(lists.flatMap((list) => list ?? []))];
  const silencedBy = silenceOf(alarm, actions, muted.get(AlarmName));
  return {
    name: AlarmName,
    arn: AlarmArn,
    kind,
    state: StateValue,
    since: alarm.StateTransitionedTimestamp?.getTime() ?? null,
    updated: alarm.StateUpdatedTimestamp?.getTime() ?? null,
    evaluation: alarm.EvaluationState ?? null,
    tells: silencedBy === null,
    silencedBy,
    actions,
    metrics,
  };
}

function silenceOf(
  { ActionsEnabled = true, ActionsSuppressedBy, ActionsSuppressor }: CompositeAlarm,
  actions: readonly string[],
  mute: string | undefined,
): Silence | null {
  if (actions.length === 0) return { by: 'no-actions', name: null };
  if (!ActionsEnabled) return { by: 'disabled', name: null };
  // `WaitPeriod` and `ExtensionPeriod` too: actions are held back meanwhile.
  if (ActionsSuppressedBy !== undefined) return { by: 'suppressed', name: ActionsSuppressor ?? null };
  return mute === undefined ? null : { by: 'muted', name: mute };
}

/** The alarms in a composite's rule: `ALARM("name")`, `OK(arn)`, `AT_LEAST(2, ALARM, (a, b))`. */
function namesIn(rule: string): string[] {
  return [...rule.matchAll(/"([^"]+)"|'([^']+)'|([^\s(),"']+)/g)].map((match) => match[1] ?? match[2] ?? match[3]);
}

/**
 * The alarms whose actions a mute rule takes away now: for each, by its name, the name of a rule.
 * @throws AwsCallError when a request fails for good
 */
async function activeMutes(client: CloudWatchClient, caller: Caller): Promise<Map<string, string>> {
  const { GetAlarmMuteRuleCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const muted = new Map<string, string>();
  for (const rule of await activeRules(client, caller)) {
    const found = await caller.call('cloudwatch:GetAlarmMuteRule', (send) =>
      client.send(new GetAlarmMuteRuleCommand({ AlarmMuteRuleName: rule }), send),
    );
    // It may have ended since it was listed.
    if (found.Status !== undefined && found.Status !== 'ACTIVE') continue;
    for (const alarm of found.MuteTargets?.AlarmNames ?? []) if (!muted.has(alarm)) muted.set(alarm, rule);
  }
  return muted;
}

/** Names of the rules that are active. */
async function activeRules(client: CloudWatchClient, caller: Caller): Promise<string[]> {
  const { ListAlarmMuteRulesCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const names: string[] = [];
  const pages = new Pages('cloudwatch:ListAlarmMuteRules');
  let token: string | undefined;
  do {
    const page = await caller.call('cloudwatch:ListAlarmMuteRules', (send) =>
      client.send(
        new ListAlarmMuteRulesCommand({
          Statuses: ['ACTIVE'],
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        send,
      ),
    );
    const rules = page.AlarmMuteRuleSummaries ?? [];
    // `arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:name`
    for (const { AlarmMuteRuleArn = '' } of rules) names.push(AlarmMuteRuleArn.split(':').slice(6).join(':'));
    token = pages.next(page.NextToken, rules.length);
  } while (token !== undefined);
  return names.filter((name) => name !== '');
}

/** What a metric alarm looks at that is of KMS: `AWS/KMS SuccessfulRequest`, an expression; nothing where it is of others. */
function watchedByMetrics(
  { Namespace, MetricName, Dimensions, Metrics = [] }: MetricAlarm,
  namespaces: readonly string[],
): string[] {
  const nameOf = (namespace = '', name = '', dimensions: readonly Dimension[] = []): string[] => {
    const ofKms = dimensions.some(({ Name, Value }) => Name === 'Service' && Value === 'KMS');
    const isKms = namespace === 'AWS/KMS' || namespaces.includes(namespace);
    return isKms || (namespace === 'AWS/Usage' && ofKms) ? [`${namespace} ${name}`] : [];
  };
  const named = Metrics.flatMap(({ MetricStat, Expression }) => {
    const metric = MetricStat?.Metric;
    if (metric !== undefined) return nameOf(metric.Namespace, metric.MetricName, metric.Dimensions);
    return Expression !== undefined && isOfKms(Expression, namespaces) ? [Expression] : [];
  });
  return [...nameOf(Namespace, MetricName, Dimensions), ...named];
}

/** A search or a query of Metrics Insights that reads KMS's metrics. */
function isOfKms(expression: string, namespaces: readonly string[]): boolean {
  if (/AWS\/KMS\b|"?Service"?\s*=\s*['"]?KMS\b/.test(expression)) return true;
  // As a name of its own: `{KmsBaseline,KeyArn}`, `FROM SCHEMA("KmsBaseline", …)`, `Namespace="KmsBaseline"`.
  return namespaces.some((name) =>
    new RegExp(`(?<![\\w/.-])${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\w/.-])`).test(expression),
  );
}

/** Names of KMS in a query: its event source, its ARNs, its metrics. */
const KMS = /(?:^|[^a-z0-9])kms(?![a-z0-9])/i;

/** The query of a PromQL alarm that names KMS; nothing where it does not. */
function watchedByPromQl(query: string): string[] {
  return KMS.test(query) ? [query] : [];
}

/** The query of a log alarm that names KMS, or reads a log group that does; nothing where neither does. */
function watchedByLogs({ ScheduledQueryConfiguration: query }: LogAlarm): string[] {
  if (query === undefined) return [];
  const { QueryString = '', LogGroupIdentifiers = [] } = query;
  return [QueryString, ...LogGroupIdentifiers].some((text) => KMS.test(text)) ? [QueryString] : [];
}
