import { InputError, shown } from '../errors.js';
import { operationInfo } from '../kms/operations.js';
import { type SeriesKey, seriesKey } from '../series/key.js';

/**
 * What a bucket without a data point means. CloudWatch leaves out what it has nothing to say of, and does not tell no call
 * from no recording.
 * - `zero`: nothing happened.
 * - `zero-after-first`: nothing happened, but before the first point of the time asked for it is not known, since the metric,
 *   like a new key, may not have been there. Without any point all of the time is zero: it is a known metric, and idle.
 * - `unobserved`: not known.
 */
export type AbsentPoints = 'zero' | 'zero-after-first' | 'unobserved';

/** A metric by all of its dimensions: CloudWatch has no sum over those left out. */
export interface MetricSource {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** The account that owns it, where that is another than the client's. */
  readonly account?: string;
  /** CloudWatch's statistic; by the catalogue where that knows the metric. */
  readonly stat?: 'Sum' | 'Minimum' | 'Maximum' | 'Average' | 'SampleCount';
  /** `count`: how often something happened; `level`: a continuous measure. By the catalogue, else from the statistic. */
  readonly measure?: 'count' | 'level';
  readonly absent?: AbsentPoints;
}

/** A metric with nothing left open. */
export type Metric = Required<Omit<MetricSource, 'account'>> & { readonly account: string | null };

type Rule = Pick<Metric, 'stat' | 'measure' | 'absent'>;

const COUNT = { stat: 'Sum', measure: 'count' } as const;
const LEVEL = { measure: 'level', absent: 'unobserved' } as const;

/**
 * KMS's metrics (KMS Developer Guide, monitoring-cloudwatch; CloudWatch User Guide, AWS usage metrics). No other is
 * documented: there is no `DecryptCount`, and none by `KeyId` but that of imported key material.
 */
const CATALOGUE: Readonly<Record<string, Rule>> = {
  'AWS/KMS SuccessfulRequest': { ...COUNT, absent: 'zero-after-first' },
  'AWS/KMS CloudHSMKeyStoreThrottle': { ...COUNT, absent: 'zero' },
  'AWS/KMS ExternalKeyStoreThrottle': { ...COUNT, absent: 'zero' },
  'AWS/KMS XksProxyErrors': { ...COUNT, absent: 'zero' },
  'AWS/KMS XksProxyLatency': { ...LEVEL, stat: 'Average' },
  'AWS/KMS XksExternalKeyManagerStates': { ...LEVEL, stat: 'Average' },
  'AWS/KMS XksProxyCertificateDaysToExpire': { ...LEVEL, stat: 'Minimum' },
  'AWS/KMS XksProxyCredentialAge': { ...LEVEL, stat: 'Maximum' },
  'AWS/KMS SecondsUntilKeyMaterialExpiration': { ...LEVEL, stat: 'Minimum' },
  'AWS/Usage CallCount': { ...COUNT, absent: 'zero-after-first' },
};

/** A metric as the catalogue and the caller say; `absent` overrules both. */
export function metricOf(source: MetricSource, name: string, absent?: AbsentPoints): Metric {
  const { namespace, name: metric, dimensions } = source;
  for (const [field, value] of Object.entries({ namespace, name: metric })) {
    if (typeof value !== 'string' || value === '') {
      throw new InputError(`${name}.${field} must be CloudWatch's name, got ${shown(value)}`);
    }
  }
  if (typeof dimensions !== 'object' || dimensions === null || Array.isArray(dimensions)) {
    throw new InputError(`${name}.dimensions must be an object of names and values, got ${shown(dimensions)}`);
  }
  const rule = CATALOGUE[`${namespace} ${metric}`];
  const stat = source.stat ?? rule?.stat;
  if (stat === undefined) {
    throw new InputError(`${name}.stat must be given for ${namespace} ${metric}, which the catalogue does not know`);
  }
  const measure = source.measure ?? rule?.measure ?? (stat === 'Sum' || stat === 'SampleCount' ? 'count' : 'level');
  return {
    namespace,
    name: metric,
    dimensions,
    account: source.account ?? null,
    stat,
    measure,
    absent: absent ?? source.absent ?? rule?.absent ?? 'unobserved',
  };
}

/** Whether the catalogue knows what the metric says: what discovery keeps. */
export function isKmsMetric(namespace: string, name: string): boolean {
  return Object.hasOwn(CATALOGUE, `${namespace} ${name}`);
}

/** One string per metric, equal exactly when the metrics are. */
export function metricId({ namespace, name, dimensions, account }: Metric): string {
  return JSON.stringify([namespace, name, account, Object.entries(dimensions).sort()]);
}

/**
 * The rows that a metric counts in. `SuccessfulRequest` is calls, by key and operation, `outcome: 'ok'`: the row that
 * counting CloudTrail's records gives. That of ReEncrypt has dimensions of its own, both keys, and counts under both, so
 * that a row may be the sum of many metrics. Other metrics keep their name: `AWS/Usage CallCount Resource=…`.
 */
export function rowsOf(metric: Metric): SeriesKey[] {
  const { namespace, name, dimensions, account } = metric;
  if (namespace === 'AWS/KMS' && name === 'SuccessfulRequest') {
    const keys = [dimensions['KeyArn'], dimensions['SourceKeyArn'], dimensions['DestinationKeyArn']];
    const operation = dimensions['Operation'] ?? null;
    const arns = [...new Set(keys.filter((arn) => arn !== undefined))];
    if (arns.length > 0) return arns.map((keyArn) => seriesKey({ operation, keyArn, account, outcome: 'ok' }));
  }
  const told = Object.entries(dimensions).filter(([dimension]) => !(namespace === 'AWS/Usage' && isFixed(dimension)));
  const text = told
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([dimension, value]) => ` ${dimension}=${value}`)
    .join('');
  const operation = dimensions['KmsOperation'] ?? dimensions['Resource'] ?? '';
  return [
    seriesKey({
      metric: `${namespace} ${name}${text}`,
      account,
      operation: operationInfo(operation) === undefined ? null : operation,
    }),
  ];
}

/** Dimensions that are the same in all usage metrics of KMS. */
function isFixed(dimension: string): boolean {
  return dimension === 'Service' || dimension === 'Type' || dimension === 'Class';
}
