import type { CloudTrailClient, Trail } from '@aws-sdk/client-cloudtrail';
import { checkNumber, checkOptions, checkRange, type OptionNames } from '../errors.js';
import type { Coverage } from '../kms/coverage.js';
import { mergeRanges, type TimeRange } from '../series/builder.js';
import { MINUTE } from '../time/grid.js';
import { type AwsCallError, Caller, type CallOptions } from './call-aws.js';
import { HISTORY_KEPT } from './event-history.js';
import { type RecordedKms, recordedKms } from './event-selectors.js';
import { loadClient } from './load-client.js';
import { LOOKUPS_PER_SECOND, pageReader } from './lookup-page.js';
import { Pages } from './pages.js';
import { recordedTimes, TRAIL_CHANGES, type TrailChange, trailChange } from './trail-history.js';

export interface TrailCoverageOptions extends CallOptions {
  readonly from: number | Date;
  readonly to: number | Date;
  /** Only trails that deliver to this bucket: those whose files are read. */
  readonly bucket?: string;
  /** The accounts whose events are wanted of an organisation's trail; by default the trail's own. */
  readonly accounts?: readonly string[];
  /** How long before the last delivery a call must have been made to be sure to be delivered, ms; 15 minutes by default. */
  readonly grace?: number;
}

/** What one trail does, and did, for the client's Region. */
export interface TrailReport {
  readonly name: string;
  readonly arn: string;
  readonly bucket: string | null;
  readonly organization: boolean;
  readonly logging: boolean;
  /** What it records of KMS now; null where that could not be read. */
  readonly records: RecordedKms | null;
  /** The last delivery to its bucket, epoch ms. */
  readonly delivered: number | null;
  /** What CloudTrail says is wrong with its deliveries, e.g. `AccessDenied`. */
  readonly deliveryError: string | null;
  /**
   * `history`: changes of the last 90 days were looked up, and are taken into account. `now`: the trail belongs to another
   * Region, whose history this client cannot see; it is taken to have been always as it is.
   */
  readonly evidence: 'history' | 'now';
  /** When it recorded all of KMS's read and write events, within the times asked for. */
  readonly read: readonly TimeRange[];
  readonly write: readonly TimeRange[];
  /** The request that failed for this trail, which then counts as recording nothing. */
  readonly problem: AwsCallError | null;
}

/** When KMS events of each class were recorded by at least one trail: for `countCalls`, or `observeByClass`. */
export interface TrailCoverage {
  readonly read: readonly Coverage[];
  readonly write: readonly Coverage[];
  readonly trails: readonly TrailReport[];
}

/**
 * Which times and which classes of KMS events the account's trails really recorded in the client's Region. A trail may be
 * stopped, leave out KMS (`ExcludeManagementEventSources`), or record write events only (`WriteOnly`, which AWS advises to
 * save cost), and then it never sees a Decrypt: the lack of calls there is blindness, not silence.
 *
 * Asks for the trails, their selectors and status, and looks up in the event history when they were changed.
 *
 * @throws InputError for options out of range; AwsCallError when the trails cannot be listed, or their
 *   changes not looked up
 */
export async function trailCoverage(client: CloudTrailClient, options: TrailCoverageOptions): Promise<TrailCoverage> {
  checkOptions(options, TRAIL_COVERAGE_OPTIONS);
  const asked = checkRange(options.from, options.to);
  const grace = checkNumber(options.grace ?? 15 * MINUTE, 'grace', 0, 1e12);
  const { pacer: _, ...unpaced } = options;
  // Only LookupEvents has the narrow quota; these are asked a few times.
  const caller = new Caller(client, 'Trails', 5, unpaced);
  const { DescribeTrailsCommand } = await loadCloudTrail();
  const region = await client.config.region();
  const answer = await caller.call('cloudtrail:DescribeTrails', (o) => client.send(new DescribeTrailsCommand({}), o));
  const wanted = (answer.trailList ?? []).filter(
    (trail) => options.bucket === undefined || trail.S3BucketName === options.bucket,
  );
  const changes = wanted.some(({ HomeRegion }) => HomeRegion === region)
    ? await changesOf(client, options, caller)
    : [];
  const trails: TrailReport[] = [];
  const read: Coverage[] = [];
  const write: Coverage[] = [];
  for (const trail of wanted) {
    const seen = trail.HomeRegion === region ? changes : null;
    const report = await reportOn(client, caller, trail, seen, asked, grace);
    trails.push(report);
    const own = report.arn.split(':')[4] ?? '';
    const accounts = report.organization ? (options.accounts ?? [own]) : [own];
    for (const account of accounts) {
      for (const range of report.read) read.push({ account, region, ...range });
      for (const range of report.write) write.push({ account, region, ...range });
    }
  }
  return { read: merged(read), write: merged(write), trails };
}

const TRAIL_COVERAGE_OPTIONS: OptionNames<TrailCoverageOptions> = {
  from: true,
  to: true,
  bucket: true,
  accounts: true,
  grace: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

const loadCloudTrail = () => loadClient('@aws-sdk/client-cloudtrail', () => import('@aws-sdk/client-cloudtrail'));

async function changesOf(
  client: CloudTrailClient,
  options: TrailCoverageOptions,
  { clock }: Caller,
): Promise<TrailChange[]> {
  const readPage = await pageReader(client, new Caller(client, 'LookupEvents', LOOKUPS_PER_SECOND, options));
  const now = clock.now();
  const changes: TrailChange[] = [];
  for (const name of TRAIL_CHANGES) {
    const pages = new Pages('cloudtrail:LookupEvents');
    let token: string | null = null;
    do {
      const page = await readPage(name, now - HISTORY_KEPT, now, token);
      for (const { record } of page.events) {
        const change = trailChange(record);
        if (change !== null) changes.push(change);
      }
      token = pages.next(page.nextToken, page.events.length) ?? null;
    } while (token !== null);
  }
  return changes;
}

async function reportOn(
  client: CloudTrailClient,
  caller: Caller,
  trail: Trail,
  changes: readonly TrailChange[] | null,
  asked: TimeRange,
  grace: number,
): Promise<TrailReport> {
  const { GetEventSelectorsCommand, GetTrailStatusCommand } = await loadCloudTrail();
  const name = trail.Name ?? '';
  // A trail of another Region or account is known by its ARN only.
  const arn = trail.TrailARN ?? name;
  const about = {
    name,
    arn,
    bucket: trail.S3BucketName ?? null,
    organization: trail.IsOrganizationTrail === true,
    evidence: changes === null ? ('now' as const) : ('history' as const),
  };
  try {
    const status = await caller.call('cloudtrail:GetTrailStatus', (o) =>
      client.send(new GetTrailStatusCommand({ Name: arn }), o),
    );
    const selectors = await caller.call('cloudtrail:GetEventSelectors', (o) =>
      client.send(new GetEventSelectorsCommand({ TrailName: arn }), o),
    );
    const records = recordedKms(selectors);
    const delivered = status.LatestDeliveryTime?.getTime() ?? null;
    const times = recordedTimes(
      caller.clock.now(),
      {
        logging: status.IsLogging === true,
        started: status.StartLoggingTime?.getTime() ?? null,
        stopped: status.StopLoggingTime?.getTime() ?? null,
        records,
      },
      (changes ?? []).filter((change) => change.trail === name || change.trail === arn),
    );
    // What was made after the last delivery, or shortly before, may still be on its way.
    const end = Math.min(asked.to, delivered === null ? -Infinity : delivered - grace);
    const within = (ranges: readonly TimeRange[]): TimeRange[] =>
      ranges
        .map(({ from, to }) => ({ from: Math.max(from, asked.from), to: Math.min(to, end) }))
        .filter(({ from, to }) => from < to);
    return {
      ...about,
      logging: status.IsLogging === true,
      records,
      delivered,
      deliveryError: status.LatestDeliveryError || null,
      read: within(times.read),
      write: within(times.write),
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AwsCallError')) throw error;
    const unknown = { logging: false, records: null, delivered: null, deliveryError: null, read: [], write: [] };
    return { ...about, ...unknown, problem: error as AwsCallError };
  }
}

function merged(coverage: readonly Coverage[]): Coverage[] {
  const sources = new Map<string, Coverage[]>();
  for (const entry of coverage) {
    const id = JSON.stringify([entry.account, entry.region]);
    sources.set(id, [...(sources.get(id) ?? []), entry]);
  }
  return [...sources.values()].flatMap((entries) =>
    mergeRanges(entries).map((range) => ({ account: entries[0].account, region: entries[0].region, ...range })),
  );
}
