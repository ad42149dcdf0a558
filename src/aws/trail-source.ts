import type { CloudTrailClient, Trail } from '@aws-sdk/client-cloudtrail';
import type { S3Client } from '@aws-sdk/client-s3';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { CallSource } from '../plan/source.js';
import { type BucketSourceOptions, bucketSource } from './bucket-source.js';
import { Caller } from './call-aws.js';
import { recordedKms } from './event-selectors.js';
import { loadClient } from './load-client.js';
import { logRoot } from './log-layout.js';
import { listFolders } from './s3-objects.js';

export interface TrailSourceOptions extends Omit<BucketSourceOptions, 'bucket' | 'prefix' | 'account' | 'region'> {
  /** The trail's name or ARN; by name, of the CloudTrail client's account and Region. */
  readonly trail: string;
  /** The account whose logs are read; the trail's own by default. */
  readonly account?: string;
  /** The Region whose logs are read; that of the CloudTrail client by default. */
  readonly region?: string;
}

/**
 * A trail by its name, as a source of a plan: it is asked for its bucket, prefix and organisation, and its log files are read
 * there as by `bucketSource`. A trail that is stopped, leaves KMS events out or cannot deliver is the source's problem, in
 * words, at every poll.
 * @throws InputError for options that cannot be, and, from the first `poll`, for a trail that does not exist; AwsCallError
 */
export function trailSource(
  clients: { readonly cloudTrail: CloudTrailClient; readonly s3: S3Client },
  options: TrailSourceOptions,
): CallSource {
  checkOptions(options, TRAIL_SOURCE_OPTIONS);
  const { trail, account, region, name, organization, ...rest } = options;
  if (typeof trail !== 'string' || trail === '') {
    throw new InputError(`trail must be a trail's name or ARN, got ${shown(trail)}`);
  }
  const { pacer: _, ...calling } = { pacer: rest.pacer, clock: rest.clock, retry: rest.retry };
  const own =
    name ?? ['trail', trail.split('/').at(-1), account, region].filter((part) => part !== undefined).join(' ');
  let source: CallSource | undefined;
  return {
    name: own,
    about: `log files of the trail ${trail}: calls with callers and errors`,
    async poll(request) {
      const limits = Object.fromEntries(
        Object.entries({ ...calling, signal: request.signal }).filter(([, value]) => value !== undefined),
      );
      const caller = new Caller(clients.cloudTrail, 'Trails', 5, limits);
      const found = await describe(clients.cloudTrail, caller, trail);
      if (source === undefined) {
        const bucket = found.S3BucketName ?? '';
        const prefix = found.S3KeyPrefix;
        const root = logRoot(prefix, undefined);
        const organizations =
          organization !== undefined || found.IsOrganizationTrail !== true
            ? [organization]
            : (await listFolders(clients.s3, new Caller(clients.s3, 'S3', 100, limits), bucket, root)).filter(
                (folder) => /^o-[a-z0-9]{10,32}$/.test(folder),
              );
        source = bucketSource(clients.s3, {
          ...rest,
          name: own,
          bucket,
          account: account ?? found.TrailARN?.split(':')[4] ?? '',
          region: region ?? (await clients.cloudTrail.config.region()),
          ...(prefix === undefined ? {} : { prefix }),
          ...(organizations[0] === undefined ? {} : { organization: organizations[0] }),
        });
      }
      const amiss = await problemsOf(clients.cloudTrail, caller, found);
      const poll = await source.poll(request);
      const { problem } = poll;
      return {
        ...poll,
        problem: () => {
          const all = [...amiss, (typeof problem === 'function' ? problem() : problem) ?? null];
          const told = all.filter((one) => one !== null);
          return told.length === 0 ? null : told.join('; ');
        },
      };
    },
  };
}

const TRAIL_SOURCE_OPTIONS: OptionNames<TrailSourceOptions> = {
  trail: true,
  account: true,
  region: true,
  name: true,
  organization: true,
  maxQuiet: true,
  filesAtOnce: true,
  concurrency: true,
  buffer: true,
  pacer: true,
  clock: true,
  retry: true,
};

const loadCloudTrail = () => loadClient('@aws-sdk/client-cloudtrail', () => import('@aws-sdk/client-cloudtrail'));

async function describe(client: CloudTrailClient, caller: Caller, trail: string): Promise<Trail> {
  const { DescribeTrailsCommand } = await loadCloudTrail();
  const answer = await caller.call('cloudtrail:DescribeTrails', (o) =>
    client.send(new DescribeTrailsCommand({ trailNameList: [trail] }), o),
  );
  const [found] = answer.trailList ?? [];
  if (found?.S3BucketName !== undefined) return found;
  throw new InputError(`trail must be a trail of this account and Region, or an ARN, got ${shown(trail)}`);
}

/** What keeps a trail from recording KMS's events, or from delivering them. */
async function problemsOf(client: CloudTrailClient, caller: Caller, trail: Trail): Promise<string[]> {
  const { GetEventSelectorsCommand, GetTrailStatusCommand } = await loadCloudTrail();
  const arn = trail.TrailARN ?? trail.Name ?? '';
  const status = await caller.call('cloudtrail:GetTrailStatus', (o) =>
    client.send(new GetTrailStatusCommand({ Name: arn }), o),
  );
  const records = recordedKms(
    await caller.call('cloudtrail:GetEventSelectors', (o) =>
      client.send(new GetEventSelectorsCommand({ TrailName: arn }), o),
    ),
  );
  return [
    ...(status.IsLogging === true ? [] : ['the trail is not logging: StartLogging starts it']),
    ...(status.LatestDeliveryError ? [`the trail cannot deliver: ${status.LatestDeliveryError}`] : []),
    ...(['read', 'write'] as const)
      .filter((kind) => records[kind] !== 'all')
      .map((kind) => `the trail records ${records[kind] === 'none' ? 'no' : 'only some'} ${kind} events of KMS`),
  ];
}
