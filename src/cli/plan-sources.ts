import { resolve } from 'node:path';
import { athenaSource } from '../aws/athena-source.js';
import { bucketSource } from '../aws/bucket-source.js';
import { type AwsClients, regionOf } from '../aws/clients.js';
import { eventHistorySource } from '../aws/event-history-source.js';
import { logGroupSource } from '../aws/log-group-source.js';
import { metricSource } from '../aws/metric-source.js';
import type { MetricSource } from '../aws/metrics.js';
import { trailSource } from '../aws/trail-source.js';
import { logSource } from '../node/log-source.js';
import type { CallSource } from '../plan/source.js';
import { type Entry, type EntryKinds, FLAG, LENGTH, type Schema, TEXT, TEXTS } from './plan-entry.js';

const TRUE: Schema = { const: true };

/** Where the paths of a plan begin, and what AWS is asked with. */
export interface PlanContext {
  readonly folder: string;
  readonly clients: AwsClients;
}

/** The sources that a plan in JSON can name, by the field that names them. An entry may make several, one for each log. */
export function sourceKinds({ folder, clients }: PlanContext): EntryKinds<readonly CallSource[]> {
  return {
    folder: {
      fields: { folder: TEXTS, name: TEXT, maxQuiet: LENGTH },
      make: async (entry) => {
        const paths = entry.texts('folder', 'a path or several');
        if (paths.length === 0) entry.fail('folder', 'a path or several');
        const source = logSource(
          paths.map((path) => resolve(folder, path)),
          { name: entry.optional('name') ?? paths.join(', '), ...entry.given({ maxQuiet: entry.length('maxQuiet') }) },
        );
        return [{ ...source, about: `log files in ${paths.join(', ')}: calls with callers and errors` }];
      },
    },
    bucket: {
      fields: {
        bucket: TEXT,
        account: TEXTS,
        region: TEXTS,
        prefix: TEXT,
        organization: TEXT,
        maxQuiet: LENGTH,
        name: TEXT,
      },
      required: ['account', 'region'],
      make: async (entry) => {
        const s3 = await clients.s3();
        const options = {
          bucket: entry.text('bucket', "a bucket's name"),
          ...entry.given({ prefix: entry.optional('prefix'), organization: entry.optional('organization') }),
          ...entry.given({ maxQuiet: entry.length('maxQuiet') }),
        };
        return logsOf(entry, (account, region, name) => bucketSource(s3, { ...options, account, region, ...name }));
      },
    },
    trail: {
      fields: { trail: TEXT, account: TEXTS, region: TEXTS, organization: TEXT, maxQuiet: LENGTH, name: TEXT },
      make: async (entry) => {
        const trail = entry.text('trail', "a trail's name or ARN");
        const home = regionOfArn(trail);
        const [cloudTrail, s3] = await Promise.all([clients.cloudTrail(home), clients.s3()]);
        const options = {
          trail,
          ...entry.given({ organization: entry.optional('organization') }),
          ...entry.given({ maxQuiet: entry.length('maxQuiet') }),
        };
        return logsOf(entry, (account, region, name) =>
          trailSource(
            { cloudTrail, s3 },
            {
              ...options,
              ...(account === '' ? {} : { account }),
              ...(region === '' ? {} : { region }),
              ...name,
            },
          ),
        );
      },
    },
    eventHistory: {
      fields: {
        eventHistory: TRUE,
        account: TEXT,
        region: TEXT,
        operations: { oneOf: [{ const: 'critical' }, { type: 'array', items: TEXT, minItems: 1 }] },
        name: TEXT,
      },
      make: async (entry) => {
        if (!entry.flag('eventHistory')) entry.fail('eventHistory', 'true');
        const region = entry.optional('region');
        const client = await clients.cloudTrail(region);
        const account = entry.optional('account');
        const place = region ?? (await regionOf(client));
        const operations = entry.value('operations');
        return [
          eventHistorySource(client, {
            // Of the client's own account, whichever that is.
            account: account ?? '',
            region: place,
            name:
              entry.optional('name') ??
              ['event history', account, place].filter((part) => part !== undefined).join(' '),
            ...(operations === undefined || operations === 'critical'
              ? {}
              : { operations: entry.texts('operations', "'critical' or an array of operations") }),
          }),
        ];
      },
    },
    metrics: {
      fields: {
        metrics: { oneOf: [TRUE, { type: 'array', items: { type: 'object' }, minItems: 1 }] },
        region: TEXTS,
        linkedAccounts: FLAG,
        name: TEXT,
      },
      make: async (entry) => {
        const metrics = entry.value('metrics');
        if (metrics !== true && !(Array.isArray(metrics) && metrics.length > 0)) {
          entry.fail('metrics', 'true, or an array of metrics with namespace, name and dimensions');
        }
        const name = entry.optional('name');
        const regions = entry.texts('region');
        const places = regions.length === 0 ? [undefined] : regions;
        return Promise.all(
          places.map(async (region) => {
            const client = await clients.cloudWatch(region);
            const place = region ?? (await regionOf(client));
            return metricSource(client, {
              name: name === undefined ? `metrics ${place}` : places.length === 1 ? name : `${name} ${place}`,
              linkedAccounts: entry.flag('linkedAccounts'),
              ...(metrics === true ? {} : { metrics: metrics as readonly MetricSource[] }),
            });
          }),
        );
      },
    },
    logGroup: {
      fields: { logGroup: TEXT, region: TEXT, maxQuiet: LENGTH, name: TEXT },
      make: async (entry) => {
        const logGroup = entry.text('logGroup', "a log group's name or ARN");
        const client = await clients.logs(entry.optional('region') ?? regionOfArn(logGroup));
        return [
          logGroupSource(client, {
            logGroup,
            ...entry.given({ name: entry.optional('name') }),
            ...entry.given({ maxQuiet: entry.length('maxQuiet') }),
          }),
        ];
      },
    },
    athena: {
      fields: {
        athena: TEXT,
        region: TEXT,
        database: TEXT,
        workGroup: TEXT,
        output: TEXT,
        accounts: TEXTS,
        regions: TEXTS,
        partitions: { type: 'object', properties: { account: TEXT, region: TEXT }, additionalProperties: false },
        name: TEXT,
      },
      make: async (entry) => {
        const client = await clients.athena(entry.optional('region'));
        const [accounts, regions] = [entry.texts('accounts'), entry.texts('regions')];
        const partitions = entry.value('partitions');
        return [
          athenaSource(client, {
            table: entry.text('athena', "a table's name"),
            ...entry.given({
              name: entry.optional('name'),
              database: entry.optional('database'),
              workGroup: entry.optional('workGroup'),
              output: entry.optional('output'),
            }),
            ...(accounts.length === 0 ? {} : { accounts }),
            ...(regions.length === 0 ? {} : { regions }),
            ...(partitions === undefined ? {} : { partitions: partitions as { account?: string; region?: string } }),
          }),
        ];
      },
    },
  };
}

/** A source for each account and Region that an entry names: what may fail apart is known apart. */
function logsOf(
  entry: Entry,
  make: (account: string, region: string, name: { readonly name?: string }) => CallSource,
): CallSource[] {
  const [accounts, regions] = [entry.texts('account'), entry.texts('region')].map((list) =>
    list.length === 0 ? [''] : list,
  );
  const name = entry.optional('name');
  const isOne = accounts.length * regions.length === 1;
  return accounts.flatMap((account) =>
    regions.map((region) => {
      const own = [name, account, region].filter((part) => part !== undefined && part !== '').join(' ');
      return make(account, region, name === undefined ? {} : { name: isOne ? name : own });
    }),
  );
}

function regionOfArn(name: string): string | undefined {
  return name.startsWith('arn:') ? name.split(':')[3] : undefined;
}
