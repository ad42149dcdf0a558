import type { PutAnomalyDetectorCommandInput } from '@aws-sdk/client-cloudwatch';
import { checkOptions, InputError, type OptionNames } from '../errors.js';
import { crc32c } from '../series/codec-checksum.js';
import { type Definition, definitionsOfRegion } from './definitions-stack.js';

interface Resource {
  readonly Type: string;
  /** What the resource is for, as its definition says. */
  readonly Metadata: { readonly Why: string };
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** A CloudFormation template, as JSON. */
export interface CloudFormationTemplate {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
  readonly Resources: Readonly<Record<string, Resource>>;
}

/** A template holds so many (CloudFormation User Guide, quotas). */
const MOST_RESOURCES = 500;

/**
 * Definitions as a CloudFormation template of one Region: alarms, anomaly detectors, metric filters, rules with their targets,
 * dashboards. What a target must allow (a queue's or a function's policy) is not part of it.
 * @param options.region those of this Region, and those that belong to none; by default the one that they are of
 * @throws InputError for definitions of several Regions and none chosen, and for more than 500
 */
export function cloudFormationTemplate(
  definitions: readonly Definition[],
  options: { readonly region?: string } = {},
): CloudFormationTemplate {
  checkOptions(options, REGION_OPTIONS);
  const own = definitionsOfRegion(definitions, options.region);
  const resources: Record<string, Resource> = Object.create(null);
  for (const made of own) {
    // A rule has its targets in it.
    if (made.operation === 'PutTargets') continue;
    const { name, type, properties } = resourceOf(made, own);
    const id = logicalId(name);
    const unique = Object.hasOwn(resources, id) ? `${id}${checksum(name)}` : id;
    resources[unique] = { Type: type, Metadata: { Why: made.why }, Properties: properties };
  }
  const count = Object.keys(resources).length;
  if (count > MOST_RESOURCES) {
    throw new InputError(
      `definitions must be at most ${MOST_RESOURCES} for one template, got ${count}: make fewer pairs`,
    );
  }
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Alarms, rules and filters on the use of KMS keys, made by kms-baseline',
    Resources: { ...resources },
  };
}

const REGION_OPTIONS: OptionNames<{ region?: string }> = { region: true };

function resourceOf(
  made: Exclude<Definition, { operation: 'PutTargets' }>,
  all: readonly Definition[],
): { name: string; type: string; properties: Readonly<Record<string, unknown>> } {
  switch (made.operation) {
    case 'PutMetricAlarm':
      return { name: `Alarm ${made.input.AlarmName}`, type: 'AWS::CloudWatch::Alarm', properties: { ...made.input } };
    case 'PutAnomalyDetector':
      return {
        name: `Detector ${detectorName(made.input)}`,
        type: 'AWS::CloudWatch::AnomalyDetector',
        properties: detectorOf(made.input),
      };
    case 'PutMetricFilter': {
      const { filterName, filterPattern, logGroupName, metricTransformations = [] } = made.input;
      return {
        name: `Filter ${filterName}`,
        type: 'AWS::Logs::MetricFilter',
        properties: {
          FilterName: filterName,
          FilterPattern: filterPattern,
          LogGroupName: logGroupName,
          MetricTransformations: metricTransformations.map((to) => ({
            MetricName: to.metricName,
            MetricNamespace: to.metricNamespace,
            MetricValue: to.metricValue,
            ...(to.defaultValue === undefined ? {} : { DefaultValue: to.defaultValue }),
          })),
        },
      };
    }
    case 'PutRule': {
      const { Name, EventPattern = '{}', ...rest } = made.input;
      const targets = all.flatMap((other) =>
        other.operation === 'PutTargets' && other.input.Rule === Name ? (other.input.Targets ?? []) : [],
      );
      return {
        name: `Rule ${Name}`,
        type: 'AWS::Events::Rule',
        properties: {
          Name,
          ...rest,
          EventPattern: JSON.parse(EventPattern),
          ...(targets.length === 0 ? {} : { Targets: targets }),
        },
      };
    }
    case 'PutDashboard':
      return {
        name: `Dashboard ${made.input.DashboardName}`,
        type: 'AWS::CloudWatch::Dashboard',
        properties: { ...made.input },
      };
  }
}

/** The detector of a metric, by what the alarm on it is called by. */
function detectorName({ SingleMetricAnomalyDetector: metric }: PutAnomalyDetectorCommandInput): string {
  return [metric?.MetricName, ...(metric?.Dimensions ?? []).map(({ Value }) => Value?.split('/').pop())].join(' ');
}

/** CloudFormation writes `MetricTimeZone` and times as text, where the API has `MetricTimezone` and times. */
function detectorOf({ Configuration = {}, ...rest }: PutAnomalyDetectorCommandInput): Record<string, unknown> {
  const { MetricTimezone, ExcludedTimeRanges } = Configuration;
  const configuration = {
    ...(ExcludedTimeRanges === undefined
      ? {}
      : {
          ExcludedTimeRanges: ExcludedTimeRanges.map(({ StartTime, EndTime }) => ({
            StartTime: timeText(StartTime),
            EndTime: timeText(EndTime),
          })),
        }),
    ...(MetricTimezone === undefined ? {} : { MetricTimeZone: MetricTimezone }),
  };
  return { ...rest, ...(Object.keys(configuration).length === 0 ? {} : { Configuration: configuration }) };
}

/** `2026-06-01T00:00:00`, in UTC (CloudFormation reference, AnomalyDetector Range). */
function timeText(time: Date | undefined): string | undefined {
  return time?.toISOString().slice(0, 19);
}

/** Letters and digits, as CloudFormation asks: `Alarm kms-baseline above Decrypt` as `AlarmKmsBaselineAboveDecrypt`. */
export function logicalId(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const id = words.map((word) => `${word[0].toUpperCase()}${word.slice(1)}`).join('');
  return id.length <= 200 ? id : `${id.slice(0, 190)}${checksum(name)}`;
}

function checksum(text: string): string {
  return crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, '0');
}
