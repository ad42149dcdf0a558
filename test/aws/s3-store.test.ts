import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Store } from '../../src/aws/index.js';
import { type PlanStore, StoreConflict } from '../../src/plan/index.js';
import { runPair } from '../plan/support-at-once.js';
import { type FakeAws, fakeAws } from './support/fake-aws.js';
import { type FakeBucket, fakeBucket, s3Refusal } from './support/fake-bucket.js';
import { FakeClock } from './support/fake-clock.js';

const [ONE, TWO, THREE] = [1, 2, 3].map((byte) => Uint8Array.of(byte, 0, 255));
const MINUTE = 60_000;

async function world(maxAttempts = 1): Promise<{ bucket: FakeBucket; aws: FakeAws; store: () => PlanStore }> {
  const bucket = fakeBucket();
  const aws = await fakeAws(bucket.handlers);
  const store = () => {
    // A client of its own, as another machine has.
    const client = new S3Client({ ...aws.config, maxAttempts, forcePathStyle: true });
    return s3Store({ client, bucket: 'states', key: 'shop/keys.state', clock: new FakeClock() });
  };
  return { bucket, aws, store };
}

describe('s3Store', () => {
  it('gives back what was kept last, and null before', async () => {
    const { store, aws } = await world();
    const one = store();
    expect(await one.load()).toBeNull();
    await one.save(ONE);
    await one.save(TWO);
    expect(await store().load()).toEqual(TWO);
    const puts = aws.of('s3:PUT');
    expect(puts.map(({ headers }) => [headers['if-none-match'], headers['if-match']?.slice(0, 1)])).toEqual([
      ['*', undefined],
      [undefined, '"'],
    ]);
  });

  it('never saves over what another has saved since it read', async () => {
    const { store } = await world();
    const [one, other] = [store(), store()];
    expect([await one.load(), await other.load()]).toEqual([null, null]);
    await one.save(ONE);
    await expect(other.save(TWO)).rejects.toThrow(StoreConflict);
    await expect(other.save(TWO)).rejects.toThrow(
      'another run of the plan has kept its state in s3://states/shop/keys.state',
    );
    await one.save(THREE);
    expect(await other.load()).toEqual(THREE);
    await other.save(TWO);
    await expect(one.save(ONE)).rejects.toThrow(StoreConflict);
  });

  it('does not begin anew where the state was deleted beneath it', async () => {
    const { store, bucket } = await world();
    const one = store();
    await one.save(ONE);
    bucket.objects.clear();
    await expect(one.save(TWO)).rejects.toThrow(StoreConflict);
    expect(bucket.objects.size).toBe(0);
  });

  it.each([1, 3])('knows its own write whose answer was lost, with %i tries of the SDK', async (attempts) => {
    const { store, aws, bucket } = await world(attempts);
    const one = store();
    await one.load();
    for (const bytes of [ONE, TWO]) {
      aws.faults.push('lost', 'lost');
      await one.save(bytes);
      expect(bucket.objects.get('shop/keys.state')?.body).toEqual(bytes);
    }
    await one.save(THREE);
    expect(await store().load()).toEqual(THREE);
  });

  it('knows its own write of before, which failed for all that it could see', async () => {
    const { store, aws, bucket } = await world();
    const one = store();
    await one.save(ONE);
    // It is done, and from then on nothing answers.
    aws.faults.push('lost', ...Array<'cut'>(20).fill('cut'));
    await expect(one.save(TWO)).rejects.toThrow(/could not be kept in s3:\/\/states\/shop\/keys\.state: s3:PutObject/);
    aws.faults.length = 0;
    expect(bucket.objects.get('shop/keys.state')?.body).toEqual(TWO);
    await one.save(THREE);
    expect(bucket.objects.get('shop/keys.state')?.body).toEqual(THREE);
    // Nor does that make another's its own.
    const other = store();
    await other.load();
    await other.save(ONE);
    await expect(one.save(TWO)).rejects.toThrow(StoreConflict);
  });

  it('takes another’s write for another’s, though its own answer was lost before it', async () => {
    const { store, aws, bucket } = await world();
    const [one, other] = [store(), store()];
    await one.save(ONE);
    await other.load();
    await other.save(TWO);
    aws.faults.push('cut', 'lost');
    await expect(one.save(THREE)).rejects.toThrow(StoreConflict);
    expect(bucket.objects.get('shop/keys.state')?.body).toEqual(TWO);
  });

  it('tries again what is refused for another’s request, throttled, or failing in passing', async () => {
    const { store, aws, bucket } = await world();
    const one = store();
    await one.load();
    const conflict = { error: 'ConditionalRequestConflict', status: 409 };
    aws.faults.push('throttle', conflict, null, conflict, null, 'internal-error', 'slow');
    await one.save(ONE);
    expect(bucket.objects.get('shop/keys.state')?.body).toEqual(ONE);
    aws.faults.push('throttle', 'half', 'internal-error', 'cut');
    expect(await one.load()).toEqual(ONE);
    bucket.wrongChecksums = 2;
    expect(await one.load()).toEqual(ONE);
    bucket.wrongChecksums = 100;
    await expect(one.load()).rejects.toThrow(/could not be read from s3:\/\/states.*[Cc]hecksum/s);
  });

  it('says what is missing: permission, the bucket, an ETag', async () => {
    const { store, bucket, aws } = await world();
    bucket.before = ({ method }) => (method === 'GET' ? s3Refusal(403, 'AccessDenied') : undefined);
    await expect(store().load()).rejects.toThrow(
      /s3:GetObject failed: AccessDenied.*\(needed is the permission s3:GetObject\).*s3:ListBucket/,
    );
    bucket.before = ({ method }) => (method === 'PUT' ? { body: '', headers: {} } : undefined);
    await expect(store().save(ONE)).rejects.toThrow('the answer has no ETag');
    const client = new S3Client({ ...aws.config, forcePathStyle: true });
    const nowhere = s3Store({ client, bucket: 'no', key: 'x', clock: new FakeClock() });
    await expect(nowhere.load()).rejects.toThrow('NoSuchBucket');
    await expect(nowhere.claim?.()).rejects.toThrow('NoSuchBucket');
    await expect(nowhere.save(ONE)).rejects.toThrow('NoSuchBucket');
    expect(() => s3Store({ client, bucket: 'no', key: '' })).toThrow('key must be a text, got ""');
    expect(() => s3Store({ client, bucket: 'no', kye: 'x' } as never)).toThrow('kye');
    expect(() => s3Store({ bucket: 'no', key: 'x' } as never)).toThrow('client must be an S3Client, got undefined');
  });
});

describe('the claim of an s3Store', () => {
  it('is one run’s until it gives it up', async () => {
    const { store, bucket } = await world();
    const [one, other] = [store(), store()];
    await one.claim?.();
    await expect(other.claim?.()).rejects.toThrow(
      /keeps its state in s3:\/\/states\/shop\/keys\.state \(process \d+ on .*, since 20/,
    );
    await expect(one.claim?.()).rejects.toThrow('with this very store');
    await one.save(ONE);
    await one.release?.();
    await other.claim?.();
    expect(await other.load()).toEqual(ONE);
    await other.release?.();
    expect([...bucket.objects.keys()].sort()).toEqual(['shop/keys.state', 'shop/keys.state.claim']);
    // What is no claim keeps nobody out.
    const claim = bucket.objects.get('shop/keys.state.claim');
    if (claim !== undefined) claim.body = new TextEncoder().encode('{"token":');
    await one.claim?.();
  });

  it('is one’s own though the answer was lost', async () => {
    const { store, aws } = await world();
    const [one, other] = [store(), store()];
    aws.faults.push(null, 'lost');
    await one.claim?.();
    await expect(other.claim?.()).rejects.toThrow(StoreConflict);
    aws.faults.push('lost');
    await one.release?.();
    await other.claim?.();
  });

  it('of a run that was killed is over after three minutes by S3’s time, whatever the machine’s', async () => {
    const { store, bucket } = await world();
    let now = Date.UTC(2031, 0, 1);
    bucket.now = () => now;
    const [killed, next] = [store(), store()];
    await killed.claim?.();
    await killed.load();
    now += 2 * MINUTE;
    await expect(next.claim?.()).rejects.toThrow(/since 2031-01-01T00:00:00/);
    now += 2 * MINUTE;
    await next.claim?.();
    // It was not killed, but asleep: what it knows is of no use any more.
    expect(await next.load()).toBeNull();
    await next.save(TWO);
    await expect(killed.save(ONE)).rejects.toThrow(StoreConflict);
    await killed.release?.();
    const third = store();
    await expect(third.claim?.()).rejects.toThrow(StoreConflict);
    await next.release?.();
    await third.claim?.();
  });

  it('lets one of two runs at once report, and nobody report anything twice', async () => {
    const { store } = await world(3);
    await runPair(store);
  });
});
