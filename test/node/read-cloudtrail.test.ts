import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { readCloudTrail } from '../../src/node/index.js';
import {
  ACCOUNT,
  eventIds,
  KEY_ARN,
  kmsRecord,
  kmsRecords,
  LAYOUTS,
  logText,
  otherRecord,
  REGION,
  readAll,
  START,
  tempFolder,
  writeFile,
} from '../support/logs.js';

const MINUTE = 60_000;
const idsOf = (records: readonly Readonly<Record<string, unknown>>[]) =>
  records.map((record) => record['eventID'] as string).sort();

describe('readCloudTrail', () => {
  it('yields the KMS calls of a log file, and counts the rest', async () => {
    const folder = tempFolder();
    const path = writeFile(folder, 'a.json.gz', logText([kmsRecord(0), otherRecord(1), kmsRecord(2)]));
    const { calls, stats, rejected } = await readAll(path);
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({
      time: START,
      operation: 'Decrypt',
      keyArns: [KEY_ARN],
      account: ACCOUNT,
      region: REGION,
    });
    expect(stats).toEqual({
      files: 1,
      filesRead: 1,
      filesSkipped: {},
      filesUnreadable: [],
      bytes: expect.any(Number),
      records: 3,
      kmsRecords: 2,
      calls: 2,
      otherServices: 1,
      setAside: {},
    });
    expect(rejected).toEqual([]);
  });

  it('gives the same calls for the same records, in whatever layout, in however many files, gzipped or not', async () => {
    const file = fc.record({
      records: fc.integer({ min: 1, max: 4 }),
      layout: fc.constantFrom(...Object.keys(LAYOUTS)),
      extension: fc.constantFrom('.json', '.json.gz', '.jsonl', '.ndjson.gz', '.log', '.txt', '.gz'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 6 }), async (files) => {
        const folder = tempFolder();
        let count = 0;
        for (const { records, layout, extension } of files) {
          writeFile(folder, `${count}/2024-03-05${extension}`, LAYOUTS[layout](kmsRecords(records, count)));
          count += records;
        }
        const { calls, stats } = await readAll(folder);
        expect(eventIds(calls)).toEqual(idsOf(kmsRecords(count)));
        expect(stats).toMatchObject({ filesRead: files.length, records: count, kmsRecords: count, setAside: {} });
      }),
      { numRuns: 40 },
    );
  });

  it('yields calls file by file in the order of the files’ times, whatever their folders', async () => {
    const folder = tempFolder();
    const name = (account: string, time: string) => `${account}/${account}_CloudTrail_eu_20240305T${time}Z_x.json.gz`;
    writeFile(folder, name('1', '0010'), logText([kmsRecord(2)]));
    writeFile(folder, name('2', '0005'), logText([kmsRecord(1)]));
    writeFile(folder, name('1', '0000'), logText([kmsRecord(0)]));
    writeFile(folder, name('2', '0015'), logText([kmsRecord(3)]));
    const { calls } = await readAll(folder);
    expect(calls.map(({ time }) => (time - START) / 10_000)).toEqual([0, 1, 2, 3]);
  });

  it('reads several paths as one', async () => {
    const folder = tempFolder();
    const paths = [
      writeFile(folder, 'b.json', logText([kmsRecord(1)])),
      writeFile(folder, 'a/a.json', logText([kmsRecord(0)])),
    ];
    expect(eventIds((await readAll(paths)).calls)).toEqual(idsOf(kmsRecords(2)));
  });

  it('says how far it is, at the end at the latest', async () => {
    const folder = tempFolder();
    for (let i = 0; i < 5; i++) writeFile(folder, `${i}.json.gz`, logText(kmsRecords(20, i * 20)));
    const { progress, stats } = await readAll(folder);
    const last = progress[progress.length - 1];
    expect(last).toMatchObject({
      files: 5,
      filesTotal: 5,
      bytes: stats.bytes,
      bytesTotal: stats.bytes,
      records: 100,
      calls: 100,
    });
    expect(last.path).toMatch(/4\.json\.gz$/);
    for (const { files, filesTotal, bytes, bytesTotal } of progress) {
      expect(files).toBeLessThanOrEqual(filesTotal);
      expect(bytes).toBeLessThanOrEqual(bytesTotal);
    }
  });

  it('tells coverage from the records of all services', async () => {
    const folder = tempFolder();
    const records = [
      otherRecord(0),
      kmsRecord(60),
      otherRecord(179),
      otherRecord(1, { awsRegion: 'us-east-1', recipientAccountId: '444455556666' }),
    ];
    const { coverage } = await readAll(writeFile(folder, 'a.json', logText(records)));
    expect(coverage).toEqual([
      { account: ACCOUNT, region: REGION, from: START, to: START + 30 * MINUTE },
      { account: '444455556666', region: 'us-east-1', from: START, to: START + 30 * MINUTE },
    ]);
  });

  it('passes maxQuiet on to the coverage', async () => {
    const path = writeFile(tempFolder(), 'a.json', logText([kmsRecord(0), otherRecord(180)]));
    expect((await readAll(path, { maxQuiet: 10 * MINUTE })).coverage).toHaveLength(2);
    expect((await readAll(path, { maxQuiet: 30 * MINUTE })).coverage).toHaveLength(1);
  });

  it('takes no coverage from records without a readable time, account or Region, nor from summaries', async () => {
    const folder = tempFolder();
    const records = [
      otherRecord(0, { eventTime: 'yesterday' }),
      otherRecord(0, { eventTime: '1970-01-01T00:00:00Z' }),
      otherRecord(0, { eventTime: '2999-01-01T00:00:00Z' }),
      otherRecord(0, { recipientAccountId: 1 }),
      otherRecord(0, { awsRegion: undefined }),
      kmsRecord(0, { eventCategory: 'Insight', eventType: 'AwsCloudTrailInsight' }),
      kmsRecord(0, { eventCategory: 'NetworkActivity', eventType: 'AwsVpceEvent' }),
    ];
    const { coverage, stats } = await readAll(writeFile(folder, 'a.json', logText(records)));
    expect(coverage).toEqual([]);
    expect(stats).toMatchObject({ records: 7, otherServices: 5, kmsRecords: 2 });
  });

  it('can be left early, and read again', async () => {
    const folder = tempFolder();
    for (const name of ['a.json', 'b.json.gz']) writeFile(folder, name, logText(kmsRecords(3000)));
    for (const path of [`${folder}/a.json`, `${folder}/b.json.gz`, folder]) {
      let ended = false;
      for await (const call of readCloudTrail(path, {
        onStats: () => {
          ended = true;
        },
      })) {
        expect(call.eventId).toBe(kmsRecord(0)['eventID']);
        break;
      }
      expect(ended).toBe(false);
    }
    expect((await readAll(folder)).calls).toHaveLength(6000);
  });

  it('ends with the reason of a signal that is aborted', async () => {
    const path = writeFile(tempFolder(), 'a.json', logText(kmsRecords(2000)));
    const abort = new AbortController();
    const reading = async () => {
      for await (const _ of readCloudTrail(path, { signal: abort.signal })) abort.abort(new Error('enough'));
    };
    await expect(reading()).rejects.toThrow('enough');
    await expect(readAll(path, { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
  });

  it('lets an error thrown by a caller’s function out', async () => {
    const path = writeFile(tempFolder(), 'a.json', logText([kmsRecord(0), 'x']));
    const onRejected = () => {
      throw new RangeError('mine');
    };
    await expect(readAll(path, { onRejected })).rejects.toThrow(new RangeError('mine'));
  });

  it.each([
    [[], 'paths must name at least one file or folder, got an empty array'],
    ['', 'paths must be a path or an array of them, got ""'],
    [['a', 5], 'paths must be a path or an array of them, got 5'],
    [undefined, 'paths must be a path or an array of them, got undefined'],
  ])('refuses %j as paths', (paths, message) => {
    expect(() => readCloudTrail(paths as string[])).toThrow(new InputError(message));
  });

  it('refuses a bad limit of quiet before it reads anything', () => {
    expect(() => readCloudTrail('none', { maxQuiet: 0 })).toThrow(InputError);
  });

  it('refuses a path that does not exist, and names it', async () => {
    await expect(readAll('no/such/folder')).rejects.toThrow(
      new InputError('paths must name files and folders that exist, got "no/such/folder"'),
    );
  });
});
