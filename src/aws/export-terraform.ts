import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { checkOptions, type OptionNames } from '../errors.js';
import { type Definition, definitionsOfRegion } from './definitions-stack.js';

/** What HCL writes as a value. */
type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;

/** A block: its attributes, then its blocks. */
interface Block {
  readonly name: string;
  readonly labels: readonly string[];
  readonly attributes: Readonly<Record<string, Value | undefined>>;
  readonly blocks: readonly Block[];
  /** Lines before it, without `#`. */
  readonly comments?: readonly string[];
}

/**
 * Definitions as Terraform configuration of one Region, for the provider `hashicorp/aws`; provider, backend and what a target
 * must allow are yours. What the provider has no words for stands in comments: anomaly detectors (CloudWatch makes one by
 * itself for an alarm on it), and the window of an alarm, which then slides.
 * @param options.region those of this Region, and those that belong to none; by default the one that they are of
 * @throws InputError for definitions of several Regions and none chosen
 */
export function terraformConfiguration(
  definitions: readonly Definition[],
  options: { readonly region?: string } = {},
): string {
  checkOptions(options, REGION_OPTIONS);
  const names = new Set<string>();
  const labelOf = (name: string): string => {
    const label = `${/^[A-Za-z_]/.test(name) ? '' : '_'}${name.replace(/[^A-Za-z0-9_-]+/g, '_')}`;
    let unique = label;
    for (let i = 2; names.has(unique); i++) unique = `${label}_${i}`;
    names.add(unique);
    return unique;
  };
  const rules = new Map<string, string>();
  return definitionsOfRegion(definitions, options.region)
    .map((made) => textOf(made, labelOf, rules))
    .join('\n');
}

const REGION_OPTIONS: OptionNames<{ region?: string }> = { region: true };

/** @param rules labels of rules by their names, for targets to refer to */
function textOf(made: Definition, labelOf: (name: string) => string, rules: Map<string, string>): string {
  const { why } = made;
  switch (made.operation) {
    case 'PutMetricAlarm':
      return written(alarmBlock(made.input, labelOf(made.input.AlarmName ?? ''), why));
    case 'PutAnomalyDetector':
      return commented([
        why,
        'The provider has no resource for it; CloudWatch trains one for the alarm below. To set it up by itself:',
        `aws cloudwatch put-anomaly-detector --cli-input-json '${JSON.stringify(made.input)}'`,
      ]);
    case 'PutMetricFilter': {
      const { filterName = '', filterPattern = '', logGroupName = '', metricTransformations = [] } = made.input;
      return written({
        name: 'resource',
        labels: ['aws_cloudwatch_log_metric_filter', labelOf(filterName)],
        comments: [why],
        attributes: { name: filterName, pattern: filterPattern, log_group_name: logGroupName },
        blocks: metricTransformations.map((to) => ({
          name: 'metric_transformation',
          labels: [],
          attributes: {
            name: to.metricName,
            namespace: to.metricNamespace,
            value: to.metricValue,
            default_value: to.defaultValue === undefined ? undefined : String(to.defaultValue),
          },
          blocks: [],
        })),
      });
    }
    case 'PutRule': {
      const { Name = '', Description, EventPattern, State } = made.input;
      const label = labelOf(Name);
      rules.set(Name, label);
      const attributes = { name: Name, description: Description, event_pattern: EventPattern, state: State };
      return written({
        name: 'resource',
        labels: ['aws_cloudwatch_event_rule', label],
        comments: [why],
        attributes,
        blocks: [],
      });
    }
    case 'PutTargets': {
      const { Rule = '', Targets = [] } = made.input;
      const rule = rules.get(Rule);
      return Targets.map(({ Id = '', Arn = '' }) =>
        written(
          {
            name: 'resource',
            labels: ['aws_cloudwatch_event_target', labelOf(`${Rule}-${Id}`)],
            comments: [why],
            attributes: { rule: Rule, target_id: Id, arn: Arn },
            blocks: [],
          },
          // By the rule itself, so that it is made first.
          rule === undefined ? {} : { rule: `aws_cloudwatch_event_rule.${rule}.name` },
        ),
      ).join('\n');
    }
    case 'PutDashboard':
      return written({
        name: 'resource',
        labels: ['aws_cloudwatch_dashboard', labelOf(made.input.DashboardName ?? '')],
        comments: [why],
        attributes: { dashboard_name: made.input.DashboardName, dashboard_body: made.input.DashboardBody },
        blocks: [],
      });
  }
}

function alarmBlock(input: PutMetricAlarmCommandInput, label: string, why: string): Block {
  const { EvaluationWindow, Metrics = [] } = input;
  const window =
    EvaluationWindow?.WallClockWindow === undefined
      ? []
      : [
          `Made for a window on the hour (EvaluationWindow: ${JSON.stringify(EvaluationWindow)}), which the provider does not set.`,
        ];
  return {
    name: 'resource',
    labels: ['aws_cloudwatch_metric_alarm', label],
    comments: [why, ...window],
    attributes: {
      alarm_name: input.AlarmName,
      alarm_description: input.AlarmDescription,
      actions_enabled: input.ActionsEnabled,
      alarm_actions: input.AlarmActions,
      namespace: input.Namespace,
      metric_name: input.MetricName,
      dimensions: input.Dimensions === undefined ? undefined : dimensionsOf(input.Dimensions),
      statistic: input.Statistic,
      extended_statistic: input.ExtendedStatistic,
      period: input.Period,
      evaluation_periods: input.EvaluationPeriods,
      datapoints_to_alarm: input.DatapointsToAlarm,
      comparison_operator: input.ComparisonOperator,
      threshold: input.Threshold,
      threshold_metric_id: input.ThresholdMetricId,
      treat_missing_data: input.TreatMissingData,
    },
    blocks: Metrics.map(({ Id, Expression, ReturnData, Period, MetricStat }) => ({
      name: 'metric_query',
      labels: [],
      attributes: { id: Id, expression: Expression, period: Period, return_data: ReturnData },
      blocks:
        MetricStat === undefined
          ? []
          : [
              {
                name: 'metric',
                labels: [],
                attributes: {
                  namespace: MetricStat.Metric?.Namespace,
                  metric_name: MetricStat.Metric?.MetricName,
                  dimensions: dimensionsOf(MetricStat.Metric?.Dimensions ?? []),
                  period: MetricStat.Period,
                  stat: MetricStat.Stat,
                },
                blocks: [],
              },
            ],
    })),
  };
}

function dimensionsOf(
  dimensions: readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[],
) {
  return Object.fromEntries(dimensions.map(({ Name = '', Value = '' }) => [Name, Value]));
}

/** @param references attributes that are not values but name other resources */
function written(block: Block, references: Readonly<Record<string, string>> = {}): string {
  return `${commented(block.comments ?? [])}${blockLines(block, references, '').join('\n')}\n`;
}

function commented(lines: readonly string[]): string {
  return lines.map((line) => `# ${line.replace(/\s+/g, ' ')}\n`).join('');
}

function blockLines(
  { name, labels, attributes, blocks }: Block,
  references: Readonly<Record<string, string>>,
  indent: string,
): string[] {
  const inner = `${indent}  `;
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined) as [string, Value][];
  // As `terraform fmt` does: the equals signs of neighbours below each other.
  const width = Math.max(0, ...given.map(([key]) => key.length));
  return [
    `${indent}${[name, ...labels.map(quoted)].join(' ')} {`,
    ...given.map(([key, value]) => `${inner}${key.padEnd(width)} = ${references[key] ?? valueText(value)}`),
    ...blocks.flatMap((block) => ['', ...blockLines(block, {}, inner)]),
    `${indent}}`,
  ];
}

function valueText(value: Value): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(quoted).join(', ')}]`;
  const entries = Object.entries(value as Readonly<Record<string, string>>);
  return `{ ${entries.map(([key, text]) => `${quoted(key)} = ${quoted(text)}`).join(', ')} }`;
}

/** A text between quotes, in which nothing is a template (Terraform language, strings and templates). */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replace(/([$%])\{/g, '$1$1{');
  return `"${escaped}"`;
}
