import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { iamPolicy } from '../../src/aws/iam-policy.js';
import { AWS_PERMISSIONS } from '../../src/aws/permissions.js';
import { SENDING_PERMISSIONS } from '../../src/aws/send-permissions.js';
import { STORE_PERMISSIONS } from '../../src/aws/store-permissions.js';

const AWS = fileURLToPath(new URL('../../src/aws', import.meta.url));
const source = readdirSync(AWS)
  .filter((file) => file.endsWith('.ts') && file !== 'permissions.ts')
  .map((file) => readFileSync(`${AWS}/${file}`, 'utf8'))
  .join('\n');

/** IAM's actions by the operations' names, where these differ. */
const ACTION_OF: Readonly<Record<string, string>> = { HeadObject: 'GetObject', ListObjectsV2: 'ListBucket' };
const actions = Object.values(AWS_PERMISSIONS).flat();

describe('AWS_PERMISSIONS', () => {
  it('allows exactly the operations that the adapters send', () => {
    const sent = [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => ACTION_OF[name] ?? name);
    // Those of what sends and what keeps a state stand apart, so that a reader's policy stays a reader's.
    const others = [...Object.values(SENDING_PERMISSIONS), ...Object.values(STORE_PERMISSIONS)].flat();
    const allowed = [...actions, ...others].map((action) => action.split(':')[1]);
    expect([...new Set(sent)].sort()).toEqual([...new Set(allowed)].sort());
  });

  it('names in each call the action of the operation that it sends', () => {
    const calls = [...source.matchAll(/'(\w+:\w+)'[^;]*?new (\w+)Command\(/gs)];
    expect(calls.length).toBeGreaterThanOrEqual(new Set(actions).size);
    for (const [, action, operation] of calls) expect(action.split(':')[1]).toBe(ACTION_OF[operation] ?? operation);
  });

  it('never changes an account: it reads, and starts and stops queries that read', () => {
    for (const action of actions) {
      expect(action).toMatch(/:(?:Describe|Filter|Get|List|Lookup)|^athena:(?:Start|Stop)QueryExecution$/);
    }
  });
});

it('trap 21: nothing is built on CloudTrail Lake', () => {
  for (const action of actions) expect(action).not.toMatch(/^cloudtrail:.*(?:Query|EventDataStore)/);
});

describe('iamPolicy', () => {
  it('is for everything by default, with S3 limited to the buckets', () => {
    const { Version, Statement } = iamPolicy({ bucket: 'logs', results: 'answers' });
    expect(Version).toBe('2012-10-17');
    const allowed = new Set(Statement.flatMap(({ Action }) => [...Action] as string[]));
    for (const action of actions) expect(allowed).toContain(action);
    expect(Statement.map(({ Sid, Resource }) => [Sid, Resource])).toEqual([
      ['Read', '*'],
      ['ListLogs', 'arn:aws:s3:::logs'],
      ['ReadLogs', 'arn:aws:s3:::logs/*'],
      ['AthenaTables', '*'],
      ['AthenaResults', ['arn:aws:s3:::answers', 'arn:aws:s3:::answers/*']],
    ]);
    for (const { Sid, Action } of Statement) {
      expect(Action).toEqual([...new Set(Action)].sort());
      if (Sid !== 'AthenaResults') expect(Action).not.toContain('s3:PutObject');
    }
  });

  it.each(['s3Logs', 'validateLogs', 'athenaCounts'] as const)('asks for the bucket that %s reads', (adapter) => {
    expect(() => iamPolicy({ adapters: [adapter] })).toThrow(
      `bucket must be the name of the bucket that ${adapter} reads, got undefined`,
    );
    const { Statement } = iamPolicy({ adapters: [adapter], bucket: '*' });
    expect(Statement.find(({ Sid }) => Sid === 'ReadLogs')?.Resource).toBe('arn:aws:s3:::*/*');
  });

  it('is no more than an adapter needs', () => {
    expect(iamPolicy({ adapters: ['lookupKmsCalls', 'estimateLookup'] })).toEqual({
      Version: '2012-10-17',
      Statement: [{ Sid: 'Read', Effect: 'Allow', Action: ['cloudtrail:LookupEvents'], Resource: '*' }],
    });
    const { Statement } = iamPolicy({ adapters: ['s3Logs'], bucket: 'logs', partition: 'aws-cn' });
    expect(Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['s3:ListBucket'], 'arn:aws-cn:s3:::logs'],
      [['s3:GetObject'], 'arn:aws-cn:s3:::logs/*'],
    ]);
  });
});

describe('iamPolicy of what keeps a state and sends', () => {
  it('allows each its own calls, on the one place that it is for', () => {
    const { Statement } = iamPolicy({
      adapters: [
        's3Logs',
        's3Store',
        's3Snapshots',
        'dynamoStore',
        'snsNotifier',
        'eventBridgeNotifier',
        'publishScores',
      ],
      bucket: 'logs',
      stateBucket: 'states',
      stateKey: 'shop.state',
      table: 'states',
      topic: 'arn:aws:sns:eu-central-1:111122223333:pager',
      bus: 'arn:aws:events:eu-central-1:111122223333:event-bus/security',
    });
    const state = 'arn:aws:s3:::states/shop.state';
    expect(Statement.map(({ Sid, Action, Resource }) => [Sid, Action, Resource])).toEqual([
      ['ListLogs', ['s3:ListBucket'], 'arn:aws:s3:::logs'],
      ['ReadLogs', ['s3:GetObject'], 'arn:aws:s3:::logs/*'],
      ['FindState', ['s3:ListBucket'], 'arn:aws:s3:::states'],
      ['KeepState', ['s3:GetObject', 's3:PutObject'], [state, `${state}.claim`]],
      ['KeepSnapshots', ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], `${state}.snapshots/*`],
      ['KeepStateInTable', STORE_PERMISSIONS.dynamoStore, 'arn:aws:dynamodb:*:*:table/states'],
      ['SendNotices', ['sns:Publish'], 'arn:aws:sns:eu-central-1:111122223333:pager'],
      ['PutNotices', ['events:PutEvents'], 'arn:aws:events:eu-central-1:111122223333:event-bus/security'],
      ['PublishScores', ['cloudwatch:PutMetricData'], '*'],
    ]);
  });

  it.each([
    ['s3Store', 'stateBucket must be the name of the bucket of the state, got undefined'],
    ['dynamoStore', 'table must be the name of the table of the state, got undefined'],
    ['snsNotifier', 'topic must be the ARN of the topic, got undefined'],
    ['eventBridgeNotifier', 'bus must be the ARN of the bus, got undefined'],
  ] as const)('asks for the place of %s', (adapter, message) => {
    expect(() => iamPolicy({ adapters: [adapter] })).toThrow(message);
  });
});

describe('docs/aws.md', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/aws.md', import.meta.url)), 'utf8');

  it('has the policy that is enough for all adapters, and no more', () => {
    const [, policy = ''] = /^```json\n([\s\S]*?)^```$/m.exec(page) ?? [];
    expect(JSON.parse(policy)).toEqual(iamPolicy({ bucket: 'my-trail-bucket', results: 'my-athena-results' }));
  });

  it('names for each adapter the actions that it calls', () => {
    const rows = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| `@aws-sdk[^|]*\| (.*) \|$/gm)];
    const told = rows.flatMap(([, names = '', listed = '']) =>
      codesIn(names).map((name) => [name, codesIn(listed)] as const),
    );
    expect(Object.fromEntries(told)).toEqual(AWS_PERMISSIONS);
  });
});

function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}
