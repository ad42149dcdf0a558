import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { logsAt, parseS3Path } from '../../src/aws/s3-paths.js';
import { InputError } from '../../src/errors.js';
import { fakeAws } from './support/fake-aws.js';
import { fakeS3, logKey } from './support/fake-s3.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 4, 1, 12);
const ACCOUNTS = ['111122223333', '444455556666'];
const REGIONS = ['eu-central-1', 'us-east-1'];

/** A file a day for 30 days, of two accounts in two Regions, with digests beside them. */
function keysBelow(root: string): string[] {
  return [...Array(30).keys()].flatMap((i) =>
    ACCOUNTS.flatMap((account) =>
      REGIONS.flatMap((region) =>
        ['CloudTrail', 'CloudTrail-Digest'].map((kind) =>
          logKey(START + i * DAY, 'AbCdEf', { account, region, root, kind }),
        ),
      ),
    ),
  );
}

async function namesAt(
  address: string,
  keys: readonly string[],
  options: {
    readonly accounts?: string[];
    readonly regions?: string[];
    readonly from?: number;
    readonly to?: number;
  } = {},
) {
  const aws = await fakeAws(fakeS3(new Map(keys.map((key) => [key, { body: new Uint8Array(1) }]))));
  const client = new S3Client({ ...aws.config, forcePathStyle: true });
  const names: string[] = [];
  const reading = { from: START - DAY, to: START + 40 * DAY, ...options };
  for await (const { name } of logsAt(client, parseS3Path(address), reading)) names.push(name);
  return { names, aws };
}

describe('an address in S3', () => {
  const own = keysBelow('AWSLogs/');
  const all = own.filter((key) => !key.includes('Digest'));
  const flat = all.map((key) => `exports/kms/${key.split('/').at(-1)}`);

  it.each([
    ['a bucket', 's3://logs', own, all],
    ['a bucket, with a slash', 's3://logs/', own, all],
    ['the folder of logs', 's3://logs/AWSLogs/', own, all],
    ['an account', 's3://logs/AWSLogs/111122223333', own, all.filter((key) => key.includes('/111122223333/'))],
    [
      'a Region of an account',
      's3://logs/AWSLogs/111122223333/CloudTrail/us-east-1/',
      own,
      all.filter((key) => key.includes('/111122223333/CloudTrail/us-east-1/')),
    ],
    [
      'a day, with the files of a day on either side that may hold its events',
      's3://logs/AWSLogs/111122223333/CloudTrail/us-east-1/2026/05/10',
      own,
      all.filter((key) => /\/111122223333\/.*us-east-1\/2026\/05\/(?:09|10|11|12)\//.test(key)),
    ],
    [
      'a trail with a prefix',
      's3://logs/audit/kms',
      keysBelow('audit/kms/AWSLogs/'),
      all.map((key) => `audit/kms/${key}`),
    ],
    [
      'an organisation, which is found by looking, beside the logs of its own account',
      's3://logs',
      [...keysBelow('AWSLogs/o-abcdefghij/'), ...own],
      [...all, ...all.map((key) => key.replace('AWSLogs/', 'AWSLogs/o-abcdefghij/'))],
    ],
    [
      'an organisation by its id',
      's3://logs/AWSLogs/o-abcdefghij',
      [...keysBelow('AWSLogs/o-abcdefghij/'), ...own],
      all.map((key) => key.replace('AWSLogs/', 'AWSLogs/o-abcdefghij/')),
    ],
    ['a folder in another layout', 's3://logs/exports', [...flat, 'exports/kms/README.txt', 'exports/x.zip'], flat],
    ['and not a neighbour that begins alike', 's3://logs/exports/km', flat, []],
    ['one file', `s3://logs/${own[0]}`, own, [own[0]]],
  ])('may be that of %s', async (_, address, keys, expected) => {
    const { names } = await namesAt(address, keys);
    expect(names.sort()).toEqual(expected.map((key) => `s3://logs/${key}`).sort());
  });

  it('leaves out accounts, Regions and days that are not asked for, and does not list them', async () => {
    const { names, aws } = await namesAt('s3://logs', own, {
      accounts: ['444455556666', '999999999999'],
      regions: ['us-east-1'],
      from: START + 10 * DAY,
      to: START + 12 * DAY,
    });
    expect(names.map((name) => name.split('/').slice(4, 10).join('/'))).toEqual(
      [10, 11, 12, 13, 14].map((day) => `444455556666/CloudTrail/us-east-1/2026/05/${day}`),
    );
    const prefixes = aws.requests.map(({ url }) => url.searchParams.get('prefix') ?? '');
    expect(prefixes.filter((prefix) => /111122223333|999999999999|eu-central-1/.test(prefix))).toEqual([]);
    const flatOnes = await namesAt('s3://logs/exports', flat, { from: START + 10 * DAY, to: START + 11 * DAY });
    expect(new Set(flatOnes.names.map((name) => /_(202605\d\d)T/.exec(name)?.[1]))).toEqual(
      new Set(['20260509', '20260510', '20260511', '20260512', '20260513', '20260514']),
    );
  });

  it.each([
    's3:/logs',
    's3://',
    's3://a',
    's3://my bucket/x',
    's3://logs/AWSLogs/111122223333/CloudTrail-Insight/eu-central-1',
  ])('that cannot be is refused: %s', (address) => {
    expect(() => parseS3Path(address)).toThrow(InputError);
  });
});
