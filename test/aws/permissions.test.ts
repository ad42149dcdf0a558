import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AWS_PERMISSIONS, iamPolicy } from '../../src/aws/permissions.js';
import { SENDING_PERMISSIONS } from '../../src/aws/send-permissions.js';

const AWS = fileURLToPath(new URL('../../src/aws', import.meta.url));
const source = readdirSync(AWS)
  .filter((file) => file.endsWith('.ts') && file !== 'permissions.ts')
  .map((file) => readFileSync(`${AWS}/${file}`, 'utf8'))
  .join('\n');

/** IAM's actions by the operations' names, where these differ. */
const ACTION_OF: Readonly<Record<string, string>> = { ListObjectsV2: 'ListBucket' };
const actions = Object.values(AWS_PERMISSIONS).flat();

describe('AWS_PERMISSIONS', () => {
  it('allows exactly the operations that the adapters send', () => {
    const sent = [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => ACTION_OF[name] ?? name);
    // Those of what sends stand apart, so that a reader's policy stays a reader's.
    const allowed = [...actions, ...Object.values(SENDING_PERMISSIONS).flat()].map((action) => action.split(':')[1]);
    expect([...new Set(sent)].sort()).toEqual([...new Set(allowed)].sort());
  });

  it('names in each call the action of the operation that it sends', () => {
    const calls = [...source.matchAll(/'(\w+:\w+)'[^;]*?new (\w+)Command\(/gs)];
    expect(calls.length).toBeGreaterThanOrEqual(new Set(actions).size);
    for (const [, action, operation] of calls) expect(action.split(':')[1]).toBe(ACTION_OF[operation] ?? operation);
  });

  it('never changes an account', () => {
    for (const action of actions) expect(action).toMatch(/:(?:Describe|Filter|Get|List|Lookup)/);
  });
});

describe('iamPolicy', () => {
  it('is for everything by default, with S3 limited to the bucket', () => {
    const { Version, Statement } = iamPolicy({ bucket: 'logs' });
    expect(Version).toBe('2012-10-17');
    expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual([...new Set(actions)].sort());
    expect(Statement.map(({ Resource, Action }) => [Resource, Action.length])).toEqual([
      ['*', new Set(actions).size - 2],
      ['arn:aws:s3:::logs', 1],
      ['arn:aws:s3:::logs/*', 1],
    ]);
  });

  it('is no more than an adapter needs', () => {
    expect(iamPolicy({ adapters: ['lookupKmsCalls', 'estimateLookup'] })).toEqual({
      Version: '2012-10-17',
      Statement: [{ Sid: 'Read', Effect: 'Allow', Action: ['cloudtrail:LookupEvents'], Resource: '*' }],
    });
  });
});
