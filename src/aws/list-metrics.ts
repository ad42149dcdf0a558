import type { CloudWatchClient, DimensionFilter } from '@aws-sdk/client-cloudwatch';
import { checkOptions, type OptionNames } from '../errors.js';
import { Caller, type CallOptions } from './call-aws.js';
import { loadClient } from './load-client.js';
import { isKmsMetric, type MetricSource } from './metrics.js';
import { Pages } from './pages.js';

export interface ListMetricsOptions extends CallOptions {
  /** Metrics of the accounts linked to the client's too (CloudWatch cross-account observability). */
  readonly linkedAccounts?: boolean;
}

/** Where KMS's metrics are. Those of AWS/Usage are of all services. */
const PLACES: readonly { namespace: string; filter: DimensionFilter[] }[] = [
  { namespace: 'AWS/KMS', filter: [] },
  { namespace: 'AWS/Usage', filter: [{ Name: 'Service', Value: 'KMS' }] },
];

/**
 * KMS's metrics in the client's Region, as ListMetrics tells them. It forgets a metric that had no data for two weeks, and
 * takes some minutes to know a new one: keep what was found before, and ask for both.
 * @throws AwsCallError when a request fails for good
 */
export async function listKmsMetrics(
  client: CloudWatchClient,
  options: ListMetricsOptions = {},
): Promise<MetricSource[]> {
  checkOptions(options, LIST_METRICS_OPTIONS);
  const caller = new Caller(client, 'ListMetrics', 10, options);
  const { ListMetricsCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const found: MetricSource[] = [];
  for (const { namespace, filter } of PLACES) {
    const pages = new Pages('cloudwatch:ListMetrics');
    let token: string | undefined;
    do {
      const answer = await caller.call(
        'cloudwatch:ListMetrics',
        (send) =>
          client.send(
            new ListMetricsCommand({
              Namespace: namespace,
              ...(filter.length === 0 ? {} : { Dimensions: filter }),
              ...(options.linkedAccounts ? { IncludeLinkedAccounts: true } : {}),
              ...(token === undefined ? {} : { NextToken: token }),
            }),
            send,
          ),
        'Metrics',
      );
      for (const [i, { Namespace = '', MetricName = '', Dimensions = [] }] of (answer.Metrics ?? []).entries()) {
        if (!isKmsMetric(Namespace, MetricName)) continue;
        const account = options.linkedAccounts ? answer.OwningAccounts?.[i] : undefined;
        found.push({
          namespace: Namespace,
          name: MetricName,
          dimensions: Object.fromEntries(Dimensions.map(({ Name = '', Value = '' }) => [Name, Value])),
          ...(account === undefined ? {} : { account }),
        });
      }
      token = pages.next(answer.NextToken, answer.Metrics?.length ?? 0);
    } while (token !== undefined);
  }
  return found;
}

/** The names of {@link ListMetricsOptions}. */
export const LIST_METRICS_OPTIONS: OptionNames<ListMetricsOptions> = {
  linkedAccounts: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};
