import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { readAll } from '../support/logs.js';
import { hasSharedData, sharedData } from '../support/shared-data.js';

// The CloudTrail logs of the SANS 504 lab, as data/README.md describes them: most records are there twice.
const FOLDER = hasSharedData ? sharedData('cloudtrail-kms', 'sans504-s3-lab') : '';
const DELIVERY = 'original-delivery-2021-07-30T16';

const distinct = (calls: readonly KmsCall[]): string[] => [...new Set(calls.map(({ eventId }) => eventId))].sort();

describe.skipIf(!hasSharedData)('the logs of a real account (skipped without the shared data)', () => {
  it('hold 4,146 KMS records of 2,073 calls in the files of all Regions', async () => {
    const regions = readdirSync(FOLDER).filter((name) => name !== DELIVERY);
    const { calls, stats, coverage } = await readAll(regions.map((name) => join(FOLDER, name)));
    expect(stats).toMatchObject({
      filesRead: 17,
      filesUnreadable: [],
      records: 19_647,
      kmsRecords: 4146,
      calls: 4146,
      setAside: {},
    });
    expect(distinct(calls)).toHaveLength(2073);
    expect(calls.filter(({ operation }) => operation === 'Decrypt')).toHaveLength(2 * 566);
    // Busy from its second day on: what comes before is another use, eight hours earlier.
    expect(coverage.filter(({ region }) => region === 'us-west-1')).toMatchObject([
      { from: Date.parse('2021-07-28T15:25Z'), to: Date.parse('2021-07-28T15:30Z') },
      { from: Date.parse('2021-07-29T00:05Z'), to: Date.parse('2021-08-01T00:00Z') },
    ]);
  });

  it('hold no call more in the files as delivered, only more copies', async () => {
    const { calls, stats } = await readAll(FOLDER);
    expect(stats).toMatchObject({ filesRead: 17 + 48, filesUnreadable: [], setAside: {} });
    expect(stats.calls).toBeGreaterThan(4146);
    expect(distinct(calls)).toHaveLength(2073);
  });

  it('hold the same calls in the files delivered in one hour as in the file of that day', async () => {
    const delivered = (await readAll(join(FOLDER, DELIVERY))).calls;
    const times = delivered.map(({ time }) => time);
    const [from, to] = [Math.min(...times), Math.max(...times)];
    const day = (await readAll(join(FOLDER, 'us-west-1', '2021-07-30.json.gz'))).calls;
    expect(distinct(day.filter(({ time }) => from <= time && time <= to))).toEqual(distinct(delivered));
    expect(distinct(delivered).length).toBeGreaterThan(566);
  });
});
