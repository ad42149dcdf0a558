import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { describe, expect, it } from 'vitest';
import { observeByClass } from '../../src/aws/observe-by-class.js';
import { type TrailCoverageOptions, trailCoverage } from '../../src/aws/trail-coverage.js';
import { seriesSet } from '../../src/series/series-set.js';
import { ACCOUNT, kmsRecord, REGION } from '../support/logs.js';
import { eventHistory } from './support/event-history.js';
import { fakeAws, type Handler, refusal } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 19);
const FROM = NOW - 30 * DAY;
const seconds = (time: number): number => time / 1000;

interface FakeTrail {
  readonly name: string;
  readonly home?: string;
  readonly account?: string;
  readonly organization?: boolean;
  readonly bucket?: string;
  readonly status: Readonly<Record<string, unknown>>;
  readonly selectors: Readonly<Record<string, unknown>>;
}

const ALL = { EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }] };
const WRITE_ONLY = { EventSelectors: [{ ReadWriteType: 'WriteOnly' }] };
const ALWAYS = {
  IsLogging: true,
  StartLoggingTime: seconds(NOW - 400 * DAY),
  LatestDeliveryTime: seconds(NOW - 2 * MINUTE),
};

const arnOf = ({ name, home = REGION, account = ACCOUNT }: FakeTrail): string =>
  `arn:aws:cloudtrail:${home}:${account}:trail/${name}`;

/** A change of a trail as the event history tells of it. */
function change(
  eventName: string,
  time: number,
  requestParameters: object,
  fields: object = {},
): Record<string, unknown> {
  return {
    ...kmsRecord(Math.round(time / 1000)),
    eventTime: new Date(time).toISOString(),
    eventSource: 'cloudtrail.amazonaws.com',
    eventName,
    requestParameters,
    ...fields,
  };
}

async function covered(
  trails: readonly FakeTrail[],
  changes: readonly Record<string, unknown>[] = [],
  options: Partial<TrailCoverageOptions> = {},
  more: Readonly<Record<string, Handler>> = {},
) {
  const find = (id: unknown): FakeTrail | undefined => trails.find((trail) => arnOf(trail) === id);
  const aws = await fakeAws({
    DescribeTrails: () => ({
      trailList: trails.map((trail) => ({
        Name: trail.name,
        TrailARN: arnOf(trail),
        HomeRegion: trail.home ?? REGION,
        S3BucketName: trail.bucket ?? 'logs',
        IsMultiRegionTrail: true,
        IsOrganizationTrail: trail.organization ?? false,
      })),
    }),
    GetTrailStatus: ({ body }) => find(body['Name'])?.status ?? refusal('TrailNotFoundException'),
    GetEventSelectors: ({ body }) => find(body['TrailName'])?.selectors ?? refusal('TrailNotFoundException'),
    LookupEvents: eventHistory(changes),
    ...more,
  });
  const client = new CloudTrailClient(aws.config);
  const result = await trailCoverage(client, { from: FROM, to: NOW, clock: new FakeClock(NOW), ...options });
  return { ...result, aws };
}

const source = { account: ACCOUNT, region: REGION };
/** Delivered two minutes ago: what is older than 17 minutes has come. */
const END = NOW - 17 * MINUTE;

describe('trailCoverage', () => {
  it('covers all of the time of a trail that has always recorded everything, to shortly before its last delivery', async () => {
    const { read, write, trails, aws } = await covered([{ name: 'main', status: ALWAYS, selectors: ALL }]);
    expect(read).toEqual([{ ...source, from: FROM, to: END }]);
    expect(write).toEqual(read);
    expect(trails).toMatchObject([
      {
        name: 'main',
        bucket: 'logs',
        logging: true,
        records: { read: 'all', write: 'all' },
        evidence: 'history',
        problem: null,
      },
    ]);
    expect(aws.requests.map(({ operation }) => operation)).toEqual([
      'DescribeTrails',
      ...Array(4).fill('LookupEvents'),
      'GetTrailStatus',
      'GetEventSelectors',
    ]);
  });

  it('trap 2: covers write events only of a trail that is WriteOnly, none of one that leaves out KMS', async () => {
    const writeOnly = await covered([{ name: 'cheap', status: ALWAYS, selectors: WRITE_ONLY }]);
    expect(writeOnly.read).toEqual([]);
    expect(writeOnly.write).toEqual([{ ...source, from: FROM, to: END }]);
    const without = { EventSelectors: [{ ExcludeManagementEventSources: ['kms.amazonaws.com'] }] };
    const none = await covered([{ name: 'cheaper', status: ALWAYS, selectors: without }]);
    expect([...none.read, ...none.write]).toEqual([]);
  });

  it('covers what any of the trails recorded; with a bucket, what those did that deliver there', async () => {
    const trails = [
      { name: 'cheap', status: ALWAYS, selectors: WRITE_ONLY },
      { name: 'full', bucket: 'other', status: ALWAYS, selectors: ALL },
    ];
    expect((await covered(trails)).read).toEqual([{ ...source, from: FROM, to: END }]);
    expect((await covered(trails, [], { bucket: 'logs' })).read).toEqual([]);
  });

  it('knows when a trail was stopped and started, from its status and from the history', async () => {
    const stop = NOW - 10 * DAY;
    const start = NOW - 9 * DAY;
    const status = { ...ALWAYS, StartLoggingTime: seconds(start), StopLoggingTime: seconds(stop) };
    const trail = { name: 'main', status, selectors: ALL };
    // The status alone does not tell since when it was on before it was stopped.
    expect((await covered([trail])).read).toEqual([{ ...source, from: start, to: END }]);
    const history = [
      change('StartLogging', NOW - 20 * DAY, { name: 'main' }),
      change('StopLogging', stop, { name: arnOf(trail) }),
      change('StartLogging', start, { name: 'main' }),
      change('StopLogging', NOW - 15 * DAY, { name: 'another' }),
      change('StopLogging', NOW - 14 * DAY, { name: 'main' }, { errorCode: 'AccessDenied' }),
    ];
    expect((await covered([trail], history)).read).toEqual([
      { ...source, from: NOW - 20 * DAY, to: stop },
      { ...source, from: start, to: END },
    ]);
  });

  it('ends where a stopped trail was stopped, or where its deliveries fail', async () => {
    const stopped = { ...ALWAYS, IsLogging: false, StopLoggingTime: seconds(NOW - 2 * DAY) };
    expect((await covered([{ name: 'main', status: stopped, selectors: ALL }])).read).toEqual([
      { ...source, from: FROM, to: NOW - 2 * DAY },
    ]);
    const failing = { ...ALWAYS, LatestDeliveryTime: seconds(NOW - 5 * DAY), LatestDeliveryError: 'AccessDenied' };
    const { read, trails } = await covered([{ name: 'main', status: failing, selectors: ALL }]);
    expect(read).toEqual([{ ...source, from: FROM, to: NOW - 5 * DAY - 15 * MINUTE }]);
    expect(trails[0]).toMatchObject({ deliveryError: 'AccessDenied', delivered: NOW - 5 * DAY });
    const never = await covered([{ name: 'main', status: { IsLogging: true }, selectors: ALL }]);
    expect(never.read).toEqual([]);
  });

  it('takes changed selectors into account: before the first change on record nobody knows what they were', async () => {
    const trail = { name: 'main', status: ALWAYS, selectors: ALL };
    const put = (time: number, type: string) =>
      change('PutEventSelectors', time, { trailName: arnOf(trail), eventSelectors: [{ readWriteType: type }] });
    const { read, write } = await covered([trail], [put(NOW - 20 * DAY, 'WriteOnly'), put(NOW - 4 * DAY, 'All')]);
    expect(read).toEqual([{ ...source, from: NOW - 4 * DAY, to: END }]);
    expect(write).toEqual([{ ...source, from: NOW - 20 * DAY, to: END }]);
  });

  it('knows that a trail records nothing before it is created, and everything until it is told otherwise', async () => {
    const status = { ...ALWAYS, StartLoggingTime: seconds(NOW - 20 * DAY) };
    const trail = { name: 'new', status, selectors: WRITE_ONLY };
    const { read, write } = await covered(
      [trail],
      [
        change('CreateTrail', NOW - 20 * DAY, { name: 'new' }),
        change('PutEventSelectors', NOW - 6 * DAY, {
          trailName: 'new',
          eventSelectors: [{ readWriteType: 'WriteOnly' }],
        }),
      ],
    );
    expect(read).toEqual([{ ...source, from: NOW - 20 * DAY, to: NOW - 6 * DAY }]);
    expect(write).toEqual([{ ...source, from: NOW - 20 * DAY, to: END }]);
  });

  it('does not take the changes of an earlier trail of the same name for this one’s', async () => {
    const trail = { name: 'main', status: { ...ALWAYS, StartLoggingTime: seconds(NOW - 8 * DAY) }, selectors: ALL };
    const { read } = await covered(
      [trail],
      [
        change('CreateTrail', NOW - 25 * DAY, { name: 'main' }),
        change('StartLogging', NOW - 25 * DAY, { name: 'main' }),
        change('PutEventSelectors', NOW - 20 * DAY, {
          trailName: 'main',
          eventSelectors: [{ readWriteType: 'WriteOnly' }],
        }),
        change('CreateTrail', NOW - 9 * DAY, { name: 'main' }),
        change('StartLogging', NOW - 8 * DAY, { name: 'main' }),
      ],
    );
    expect(read).toEqual([{ ...source, from: NOW - 8 * DAY, to: END }]);
  });

  it('says where the history of a trail of another Region cannot be seen', async () => {
    const { read, trails, aws } = await covered([{ name: 'main', home: 'us-east-1', status: ALWAYS, selectors: ALL }]);
    expect(trails[0].evidence).toBe('now');
    expect(read).toEqual([{ ...source, from: FROM, to: END }]);
    expect(aws.of('LookupEvents')).toEqual([]);
  });

  it('covers the accounts asked for with an organisation’s trail', async () => {
    const trail = { name: 'org', account: '999988887777', organization: true, status: ALWAYS, selectors: ALL };
    const { read } = await covered([trail], [], { accounts: [ACCOUNT, '444455556666'] });
    expect(read.map(({ account }) => account)).toEqual([ACCOUNT, '444455556666']);
  });

  it('reports a trail that it may not read, and goes on with the others', async () => {
    const trails = [
      { name: 'secret', account: '999988887777', status: {}, selectors: ALL },
      { name: 'main', status: ALWAYS, selectors: ALL },
    ];
    const { read, trails: reports } = await covered(
      trails,
      [],
      {},
      {
        GetTrailStatus: ({ body }) =>
          String(body['Name']).includes('secret') ? refusal('AccessDeniedException', 'no') : ALWAYS,
      },
    );
    expect(reports[0].problem).toMatchObject({ action: 'cloudtrail:GetTrailStatus', reason: 'AccessDeniedException' });
    expect(reports[0].records).toBeNull();
    expect(read).toEqual([{ ...source, from: FROM, to: END }]);
  });

  it('throws when the trails cannot be listed', async () => {
    const denied = { DescribeTrails: () => refusal('AccessDeniedException', 'no') };
    await expect(covered([], [], {}, denied)).rejects.toThrow('needed is the permission cloudtrail:DescribeTrails');
  });

  it('covers nothing without a trail', async () => {
    expect(await covered([])).toMatchObject({ read: [], write: [], trails: [] });
  });
});

describe('observeByClass', () => {
  const set = (observed: number[]) =>
    seriesSet({
      start: 0,
      step: 10,
      observed,
      series: [
        { key: { operation: 'Decrypt' }, values: [0, 0, 0, 0] },
        { key: { operation: 'DisableKey' }, values: [0, 0, 0, 0] },
        { key: { operation: null }, values: [0, 0, 0, 0] },
        { key: { operation: 'NewerThanThis' }, values: [0, 0, 0, 0] },
        { key: { operation: 'Decrypt', account: 'b' }, values: [0, 0, 0, 0] },
      ],
    });

  it('trap 2: what was not recorded is not observed, by the class of the row’s operation', () => {
    const result = observeByClass(set([1, 1, 1, 0]), {
      read: [{ account: 'a', region: 'r', from: 10, to: 40 }],
      write: [{ account: 'a', region: 'r', from: 0, to: 25 }],
    });
    expect([...result.observed]).toEqual([
      ...[0, 1, 1, 0],
      ...[1, 1, 0, 0],
      ...[0, 1, 0, 0],
      ...[0, 1, 0, 0],
      ...[0, 0, 0, 0],
    ]);
  });

  it('needs one row of flags only where all rows ask the same', () => {
    const coverage = [{ account: 'a', region: 'r', from: 10, to: 30 }];
    const one = seriesSet({
      start: 0,
      step: 10,
      series: ['Decrypt', 'Encrypt'].map((operation) => ({ key: { operation }, values: [1, 2, 3, 4] })),
    });
    expect([...observeByClass(one, { read: coverage, write: [] }).observed]).toEqual([0, 1, 1, 0]);
    const apart = { ...one, observed: Uint8Array.of(1, 1, 0, 0, 1, 0, 1, 1) };
    expect([...observeByClass(apart, { read: coverage, write: [] }).observed]).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
    expect([...one.observed]).toEqual([1, 1, 1, 1]);
  });

  it('asks every source of a row that is summed over them', () => {
    const coverage = [
      { account: 'a', region: 'r', from: 0, to: 40 },
      { account: 'b', region: 'r', from: 0, to: 12 },
      { account: 'b', region: 'r', from: 20, to: 40 },
    ];
    const result = observeByClass(set([1, 1, 1, 1]), { read: coverage, write: [] });
    expect([...result.observed.subarray(0, 8)]).toEqual([1, 0, 1, 1, 0, 0, 0, 0]);
    expect([...result.observed.subarray(16)]).toEqual([1, 0, 1, 1]);
  });
});
