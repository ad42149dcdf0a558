import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { type CloudTrailRecord, deliveredFiles, simulateCalls } from '../../src/simulate/index.js';

const records = [...simulateCalls({ seed: 2, start: Date.UTC(2026, 4, 4), end: Date.UTC(2026, 4, 8) }).records()];
const parsed = (options: { seed: number; duplicated?: number; late?: number }) =>
  Array.from(deliveredFiles(records, options), ({ path, text }) => ({
    path,
    records: (JSON.parse(text) as { Records: CloudTrailRecord[] }).Records,
  }));
const ids = (list: readonly CloudTrailRecord[]) => list.map(({ eventID }) => eventID).sort();

describe('deliveredFiles', () => {
  it('puts every record once into the file of its account, Region and day', () => {
    const files = parsed({ seed: 1 });
    expect(files).toHaveLength(8);
    expect(ids(files.flatMap((file) => file.records))).toEqual(ids(records));
    for (const { path, records: inside } of files) {
      const [, region, date] = path.match(/^AWSLogs\/111122223333\/CloudTrail\/([^/]+)\/(\d{4}\/\d\d\/\d\d)\//) ?? [];
      const day = date.replaceAll('/', '');
      expect(path).toMatch(new RegExp(`/111122223333_CloudTrail_${region}_${day}T2359Z_[A-Z2-7]{16}\\.json\\.gz$`));
      expect(inside.every((r) => r.awsRegion === region && r.eventTime.startsWith(date.replaceAll('/', '-')))).toBe(
        true,
      );
    }
  });

  it('writes some records twice and some a day late, and loses none', () => {
    const files = parsed({ seed: 1, duplicated: 0.05, late: 0.05 });
    const all = files.flatMap((file) => file.records);
    expect(new Set(ids(all))).toEqual(new Set(ids(records)));
    const twice = all.length - records.length;
    expect(Math.abs(twice - records.length * 0.05)).toBeLessThan(4 * Math.sqrt(records.length * 0.05));
    const late = files.flatMap(({ path, records: inside }) =>
      inside.filter((r) => !path.includes(r.eventTime.slice(0, 10).replaceAll('-', '/'))),
    );
    expect(late.length).toBeGreaterThan(records.length * 0.02);
    expect(late.every((r) => r.eventTime < '2026-05-07')).toBe(true);
  });

  it('refuses a share that is none', () => {
    expect(() => [...deliveredFiles(records, { seed: 1, late: 2 })]).toThrow(InputError);
  });
});
