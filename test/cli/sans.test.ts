import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../support/shared-data.js';
import { cli, flowing } from './traffic.js';

interface Found {
  readonly key: { readonly operation: string; readonly keyArn: string };
  readonly verdict: string;
  readonly from: string;
  readonly to: string;
  readonly value: number;
  readonly callers: readonly { readonly caller: string; readonly calls: number }[];
}

/** Published logs of an account in which one user reads a whole log bucket: 566 Decrypt calls in 18 seconds. */
describe.skipIf(!hasSharedData)('kms-baseline analyze on the SANS logs', () => {
  const args = ['analyze', sharedData('cloudtrail-kms', 'sans504-s3-lab'), '--history-until', '2021-07-30T16:00:00Z'];

  it('finds the burst, its key and its caller, and hardly anything else', async () => {
    const { status, stdout } = await cli([...args, '--json']);
    expect(status).toBe(0);
    const { calls, anomalies } = JSON.parse(stdout) as { calls: { counted: number }; anomalies: Found[] };
    expect(calls.counted).toBe(2073);
    const at = Date.UTC(2021, 6, 30, 16, 32, 53);
    const found = anomalies.filter(({ from, to }) => Date.parse(from) <= at && at < Date.parse(to));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ verdict: 'above', value: 566, key: { operation: 'Decrypt' } });
    expect(found[0].key.keyArn).toMatch(/^arn:aws:kms:us-west-1:342082656213:key\//);
    expect(found[0].callers[0]).toMatchObject({ caller: 'arn:aws:iam::342082656213:user/FalsimentisRoot', calls: 566 });
    expect(anomalies.length).toBeLessThanOrEqual(3);
  });

  it('says it in words, and that weekly habits cannot be known yet', async () => {
    const { stdout } = await cli(args);
    const text = flowing(stdout);
    expect(text).toContain('2,073 distinct calls (3,269 duplicates removed)');
    expect(text).toContain('2021-07-30 16:30–16:35 UTC: 566 calls, none in the history');
    expect(text).toContain('user/FalsimentisRoot made all 566; none in the history.');
    expect(text).toContain('Weekly patterns need at least two weeks: the history is 2 days, KMS for 16 h 10 min of it');
  });
});
