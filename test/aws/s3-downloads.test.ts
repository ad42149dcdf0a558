import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import { s3Logs } from '../../src/aws/index.js';
import { type RejectedInput, readCloudTrail } from '../../src/node/index.js';
import { ACCOUNT, kmsRecords, logText, REGION, START } from '../support/logs.js';
import { FakeClock } from './support/fake-clock.js';
import { logKey } from './support/fake-s3.js';

const DAY = 86_400_000;
const CALLS = 40;
const WHOLE = gzipSync(logText(kmsRecords(CALLS)));

type Answer = (from: number) => object;

/** A part of the file, as the answer's body. */
const part = (from: number, to: number) => ({ Body: Readable.from([WHOLE.subarray(from, to)]) });

/** Reads a bucket with one file, of which GetObject gives what its answers have, one after the other and the last again. */
async function readFrom(answers: readonly Answer[], timeout = 60_000) {
  const client = new S3Client({ region: REGION, credentials: { accessKeyId: 'EXAMPLE', secretAccessKey: 'EXAMPLE' } });
  const ranges: (string | undefined)[] = [];
  vi.spyOn(client as { send: (command: object) => Promise<unknown> }, 'send').mockImplementation(async (command) => {
    if (command instanceof ListObjectsV2Command) {
      return { IsTruncated: false, Contents: [{ Key: logKey(START, 'a'), Size: WHOLE.length }] };
    }
    const { Range } = (command as GetObjectCommand).input;
    const from = Number(/\d+/.exec(Range ?? '0')?.[0]);
    const answer = answers[Math.min(ranges.length, answers.length - 1)];
    ranges.push(Range);
    return { ETag: '"1"', $metadata: { httpStatusCode: from === 0 ? 200 : 206 }, ...answer(from) };
  });
  const options = { bucket: 'logs', accounts: [ACCOUNT], regions: [REGION], from: START, to: START + DAY };
  const logs = s3Logs(client, { ...options, clock: new FakeClock(), timeout });
  const rejected: RejectedInput[] = [];
  let calls = 0;
  for await (const _ of readCloudTrail(logs, { onRejected: (one) => rejected.push(one) })) calls++;
  const { failed, read } = logs.cursor().folders[0].cursor;
  return { calls, ranges, rejected, failed: failed.length, noted: read.length };
}

describe('a download', () => {
  it.each([1, 60, WHOLE.length - 1])('that ends early, without a word, is taken up again (%i bytes)', async (n) => {
    const result = await readFrom([() => part(0, n), (from) => part(from, WHOLE.length)]);
    expect(result).toMatchObject({ calls: CALLS, rejected: [], failed: 0, noted: 1 });
    expect(result.ranges).toEqual([undefined, `bytes=${n}-`]);
  });

  it('that never comes whole is not noted as read', async () => {
    const short = await readFrom([() => part(0, 60), () => ({ Body: Readable.from([]) })]);
    expect(short).toMatchObject({ failed: 1, noted: 0 });
    expect(short.rejected).toHaveLength(1);
    expect(short.ranges.length).toBeLessThan(20);
    expect(await readFrom([() => ({ Body: Readable.from([WHOLE, WHOLE]) })])).toMatchObject({ failed: 1, noted: 0 });
  });

  it('of which the whole comes where a part was asked for, or another part, is not joined to what came before', async () => {
    const whole = await readFrom([
      () => part(0, 60),
      () => ({ ...part(0, WHOLE.length), $metadata: { httpStatusCode: 200 } }),
    ]);
    expect(whole).toMatchObject({ failed: 1, noted: 0 });
    const other = await readFrom([
      () => part(0, 60),
      () => ({ ...part(50, WHOLE.length), ContentRange: 'bytes 50-99/100' }),
    ]);
    expect(other).toMatchObject({ failed: 1, noted: 0 });
  });

  it('that stops coming is taken up again', async () => {
    const stalled = async function* () {
      yield WHOLE.subarray(0, 60);
      await new Promise(() => undefined);
    };
    const result = await readFrom([() => ({ Body: stalled() }), (from) => part(from, WHOLE.length)], 20);
    expect(result).toMatchObject({ calls: CALLS, rejected: [], failed: 0, noted: 1 });
  });

  it('that is cut behind its last byte is whole', async () => {
    const cut = async function* () {
      yield WHOLE;
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    };
    expect(await readFrom([() => ({ Body: cut() })])).toMatchObject({ calls: CALLS, failed: 0, noted: 1 });
  });
});
