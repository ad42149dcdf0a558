import { gunzipSync, gzipSync } from 'node:zlib';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { type ValidateOptions, validateLogs } from '../../src/aws/validate-logs.js';
import { InputError } from '../../src/errors.js';
import { ACCOUNT, kmsRecord, logText, REGION } from '../support/logs.js';
import { type Fault, fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import {
  deliveries,
  digestEnd,
  digestKey,
  HOUR,
  HOURS,
  hex,
  listPublicKeys,
  MINUTE,
  ODD,
  type Previous,
  plain,
  START,
  strangers,
  writeDigest,
} from './support/fake-digests.js';
import { type FakeObject, fakeS3, logKey } from './support/fake-s3.js';

async function validate(
  objects: Map<string, FakeObject>,
  options: Partial<ValidateOptions> = {},
  faults: readonly Fault[] = [],
) {
  const aws = await fakeAws({
    ...fakeS3(objects, { keysPerPage: 4 }),
    ListPublicKeys: listPublicKeys,
  });
  aws.faults.push(...faults);
  const result = await validateLogs(
    { s3: new S3Client({ ...aws.config, forcePathStyle: true }), cloudTrail: new CloudTrailClient(aws.config) },
    {
      bucket: 'logs',
      account: ACCOUNT,
      region: REGION,
      from: START + ODD,
      to: START + ODD + (HOURS - 1) * HOUR,
      clock: new FakeClock(START + 10 * HOUR),
      ...options,
    },
  );
  return { ...result, aws };
}

describe('validateLogs', () => {
  it('finds nothing wrong with what CloudTrail delivered, and covers its hours, also those without a log', async () => {
    const { objects, logs } = deliveries();
    const { aws, ...result } = await validate(objects);
    expect(result).toEqual({
      digests: { checked: 4, valid: 4 },
      // The first hour's digest ends where the time asked for begins.
      logs: { checked: logs.length - 3, valid: logs.length - 3 },
      problems: [],
      covered: [{ from: START + ODD, to: START + ODD + 4 * HOUR }],
      uncovered: [],
    });
    expect(aws.of('ListPublicKeys')[0].target).toBe('CloudTrail_20131101.ListPublicKeys');
  });

  it('finds the same whatever goes wrong on the way', async () => {
    const { objects, logs } = deliveries();
    objects.delete(logs[4]);
    const { aws: _, ...calm } = await validate(objects);
    const faults: Fault[] = ['throttle', 'cut', 'half', 'internal-error', 'half', 'throttle', 'cut', 'slow', 'half'];
    const { aws, ...rough } = await validate(objects, { concurrency: 2 }, faults);
    expect(rough).toEqual(calm);
    expect(aws.requests.length).toBeGreaterThan(20);
    expect(calm.problems).toHaveLength(1);
  });

  it('says which hours no digest tells of: the last, and those before validation began', async () => {
    const { objects } = deliveries();
    const { uncovered, problems } = await validate(objects, { from: START - 5 * HOUR, to: START + ODD + 6 * HOUR });
    expect(problems).toEqual([]);
    expect(uncovered).toEqual([
      { from: START - 5 * HOUR, to: START + ODD - HOUR },
      { from: START + ODD + 4 * HOUR, to: START + ODD + 6 * HOUR },
    ]);
  });

  it('reads and inflates no more of a digest or a log file than it is allowed to, and checks the rest', async () => {
    const { objects, digests, logs } = deliveries();
    const signed = objects.get(digests[2]) as FakeObject;
    objects.set(digests[2], { ...signed, body: gzipSync('x'.repeat(20_000)) });
    objects.set(logs[1], { body: gzipSync('x'.repeat(20_000)) });
    const { problems, ...rest } = await validate(objects, {
      from: START,
      maxDigestBytes: 10_000,
      maxLogBytes: 10_000,
    });
    const detail = 'it has more than 10000 bytes';
    expect(problems).toContainEqual({ kind: 'unreadable', object: `s3://logs/${digests[2]}`, detail });
    expect(problems).toContainEqual({ kind: 'unreadable', object: `s3://logs/${logs[1]}`, detail });
    expect(rest.digests).toEqual({ checked: 5, valid: 4 });
    // Packed larger than it may be.
    const few = await validate(objects, { maxDigestBytes: 100 });
    expect(few.digests).toEqual({ checked: 4, valid: 0 });
  });

  it('says so when the newest digests are gone, or all of them', async () => {
    const { objects, digests } = deliveries();
    const object = `s3://logs/AWSLogs/${ACCOUNT}/CloudTrail-Digest/${REGION}/`;
    for (const digest of digests.slice(1)) objects.delete(digest);
    const to = START + ODD + 7 * HOUR;
    expect((await validate(objects, { from: START - HOUR, to })).problems).toContainEqual({
      kind: 'missing-digest',
      object,
      detail: `there is no valid digest of ${new Date(START + ODD).toISOString()} to ${new Date(to).toISOString()}`,
    });
    objects.clear();
    expect((await validate(objects, { to })).problems).toMatchObject([{ kind: 'missing-digest', object }]);
  });

  it('names a log file that is missing, one that was changed, one that is no gzip, and one that nobody signed', async () => {
    const { objects, logs } = deliveries();
    const [, , , missing, changed, broken] = logs;
    objects.delete(missing);
    objects.set(changed, { body: gzipSync(logText([])) });
    objects.set(broken, { body: Buffer.from('no gzip') });
    const added = logKey(digestEnd(3) - 30 * MINUTE, 'added');
    objects.set(added, { body: gzipSync(logText([])) });
    const { problems, logs: checked } = await validate(objects);
    expect(problems.map(({ kind, object }) => [kind, object.slice('s3://logs/'.length)])).toEqual([
      ['missing-log', missing],
      ['changed-log', changed],
      ['changed-log', broken],
      ['unsigned-log', added],
    ]);
    expect(checked).toEqual({ checked: 9, valid: 6 });
  });

  it.each<[string, (it: ReturnType<typeof deliveries>) => void, string, number]>([
    [
      'is missing in the middle of the chain',
      ({ objects, digests, logs }) => {
        objects.delete(digests[3]);
        for (const log of logs.slice(6, 9)) objects.delete(log);
      },
      'missing-digest',
      3,
    ],
    [
      'was changed',
      ({ objects, digests }) => {
        const found = objects.get(digests[3]) as FakeObject;
        objects.set(digests[3], { ...found, body: gzipSync(JSON.stringify({ ...read(found), logFiles: [] })) });
      },
      'changed-digest',
      3,
    ],
    [
      'has lost its signature',
      ({ objects, digests }) => objects.set(digests[3], { body: (objects.get(digests[3]) as FakeObject).body }),
      'unsigned-digest',
      3,
    ],
    [
      'was signed by somebody else',
      ({ objects, digests }) => void writeDigest(objects, digests[3], digestEnd(3), [], null, {}, strangers.privateKey),
      'changed-digest',
      3,
    ],
    [
      'names a key that CloudTrail does not have',
      ({ objects, digests }) =>
        void writeDigest(objects, digests[3], digestEnd(3), [], null, { digestPublicKeyFingerprint: 'mine' }),
      'unsigned-digest',
      3,
    ],
    ['is no gzip', ({ objects, digests }) => objects.set(digests[3], { body: Buffer.from('x') }), 'changed-digest', 3],
    ['is no digest', ({ objects, digests }) => objects.set(digests[3], { body: gzipSync('{}') }), 'changed-digest', 3],
    [
      'was moved here from another hour',
      ({ objects, digests }) => objects.set(digests[3], objects.get(digests[1]) as FakeObject),
      'moved-digest',
      3,
    ],
    [
      'begins a chain of its own, rightly signed',
      ({ objects, digests }) => void writeDigest(objects, digests[3], digestEnd(3), [], null),
      'broken-chain',
      3,
    ],
  ])('names a digest that %s', async (_, spoil, kind, hour) => {
    const all = deliveries();
    spoil(all);
    const { problems, digests, covered } = await validate(all.objects);
    expect(problems).toContainEqual({
      kind,
      object: `s3://logs/${all.digests[hour]}`,
      detail: expect.any(String),
    });
    // Whatever is wrong with it, its hour is not vouched for; the others are.
    expect(digests.valid).toBe(3);
    const hours = covered.reduce((sum, { from, to }) => sum + (to - from) / HOUR, 0);
    expect(hours).toBe(3);
  });

  it.each<[string, (previous: Previous) => [Previous, object]]>([
    ['signature', (previous) => [{ ...previous, signature: 'ab'.repeat(256) }, {}]],
    ['hash', (previous) => [previous, { previousDigestHashValue: hex('another') }]],
  ])('believes the next digest on the one before it, by its %s', async (_, differ) => {
    const objects = new Map<string, FakeObject>();
    const first = writeDigest(objects, digestKey(digestEnd(1)), digestEnd(1), [], null);
    const [named, fields] = differ(first);
    writeDigest(objects, digestKey(digestEnd(2)), digestEnd(2), [], named, fields);
    const { problems, covered } = await validate(objects);
    expect(problems).toMatchObject([{ kind: 'changed-digest', object: `s3://logs/${digestKey(digestEnd(1))}` }]);
    expect(covered).toEqual([{ from: digestEnd(1), to: digestEnd(2) }]);
  });

  it('keeps trails apart that deliver to one bucket', async () => {
    const { objects } = deliveries();
    const other = digestKey(digestEnd(3), 'my_other-trail');
    writeDigest(objects, other, digestEnd(3), [], null);
    expect((await validate(objects)).problems).toEqual([]);
    expect((await validate(objects, { trail: 'my_other-trail' })).digests).toEqual({ checked: 1, valid: 1 });
  });

  it('believes a backfill digest’s files, but does not take it for its hour’s', async () => {
    const { objects } = deliveries();
    const late = logKey(digestEnd(3) - 30 * MINUTE, 'late');
    plain.set(late, logText([kmsRecord(99)]));
    objects.set(late, { body: gzipSync(plain.get(late) ?? '') });
    const key = digestKey(digestEnd(3), 'main', '_backfill');
    writeDigest(objects, key, digestEnd(3), [late], null);
    const { problems, logs } = await validate(objects);
    expect(problems).toEqual([]);
    expect(logs).toEqual({ checked: 10, valid: 10 });
  });

  it('tells of a file that cannot be read, and checks the rest', async () => {
    const { objects, logs, digests } = deliveries();
    for (const key of [logs[4], digests[4]]) objects.set(key, { ...(objects.get(key) as FakeObject), denied: true });
    const { problems, logs: checked, digests: read } = await validate(objects);
    expect(problems.map(({ kind, object }) => [kind, object])).toEqual([
      ['unreadable', `s3://logs/${digests[4]}`],
      ['unreadable', `s3://logs/${logs[4]}`],
    ]);
    expect(problems[0].detail).toContain('needed is the permission s3:GetObject');
    expect([checked.valid, read.valid]).toEqual([5, 3]);
  });

  it('throws without the public keys', async () => {
    const aws = await fakeAws(fakeS3(new Map()));
    const clients = {
      s3: new S3Client({ ...aws.config, forcePathStyle: true }),
      cloudTrail: new CloudTrailClient(aws.config),
    };
    const options = {
      bucket: 'logs',
      account: ACCOUNT,
      region: REGION,
      from: START,
      to: START + HOUR,
      clock: new FakeClock(),
    };
    aws.faults.push({ error: 'AccessDeniedException', message: 'no' });
    await expect(validateLogs(clients, options)).rejects.toThrow('cloudtrail:ListPublicKeys');
    await expect(validateLogs(clients, { ...options, to: START })).rejects.toThrow(InputError);
  });
});

function read({ body }: FakeObject): object {
  return JSON.parse(gunzip(body));
}

function gunzip(body: Uint8Array): string {
  return gunzipSync(body).toString('utf8');
}
