import { mkdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { findLogs } from '../../src/node/log-files.js';
import { tempFolder, writeFile } from '../support/logs.js';

/** The paths found, relative to `folder`, and what was said of others. */
async function find(folder: string, roots: readonly string[] = [folder]) {
  const skipped: string[] = [];
  const rejected: string[] = [];
  const files = await findLogs(roots, {
    skip: (reason) => skipped.push(reason),
    rejectFile: (path, reason) => rejected.push(`${relative(folder, path)}: ${reason}`),
  });
  return { paths: files.map(({ path }) => relative(folder, path)), files, skipped: skipped.sort(), rejected };
}

describe('findLogs', () => {
  it('gives the files of many accounts and Regions in the order of the time in their names', async () => {
    const folder = tempFolder();
    const names = [
      'a/eu/1_CloudTrail_eu_20210730T1655Z_b.json.gz',
      'b/us/2_CloudTrail_us_20210730T1650Z_a.json.gz',
      'b/us/2_CloudTrail_us_20210730T1655Z_a.json.gz',
      'a/2021/07/29/x.json',
      'a/2021-08-01.json',
      'z.json',
      'B.json',
    ];
    for (const name of names) writeFile(folder, name, '');
    expect((await find(folder)).paths).toEqual([
      'a/2021/07/29/x.json',
      'b/us/2_CloudTrail_us_20210730T1650Z_a.json.gz',
      'a/eu/1_CloudTrail_eu_20210730T1655Z_b.json.gz',
      'b/us/2_CloudTrail_us_20210730T1655Z_a.json.gz',
      'a/2021-08-01.json',
      'B.json',
      'z.json',
    ]);
  });

  it('says why it skips what is no log by its name, in folders and in those below', async () => {
    const folder = tempFolder();
    for (const name of [
      'logs/a.json',
      'README.md',
      'counts.csv',
      '.hidden.json',
      '.git/objects/a.json',
      '.git/objects/b.json',
      'CloudTrail-Digest/us/2021/a.json.gz',
      'CloudTrail-Digest/us/2021/b.json.gz',
      'CloudTrail-Insight/us/a.json.gz',
    ]) {
      writeFile(folder, name, '');
    }
    const { paths, skipped, rejected } = await find(folder);
    expect(paths).toEqual(['logs/a.json']);
    expect(skipped).toEqual(['csv', 'digest', 'digest', 'hidden', 'hidden', 'insight', 'not-a-log-name']);
    expect(rejected).toEqual([]);
  });

  it('takes a file that is given by name, whatever the name', async () => {
    const folder = tempFolder();
    const path = writeFile(folder, 'CloudTrail-Digest/.README', 'x');
    const { files, skipped } = await find(folder, [folder, path]);
    expect(files).toEqual([{ path, size: 1, time: NaN }]);
    expect(skipped).toEqual([]);
  });

  it('takes each file once, however many paths and links lead to it, and walks in no circle', async () => {
    const folder = tempFolder();
    const path = writeFile(folder, 'a/b/records.json', '');
    mkdirSync(join(folder, 'c'));
    symlinkSync(folder, join(folder, 'a/b/up'));
    symlinkSync(join(folder, 'a'), join(folder, 'c/a-again'));
    symlinkSync(path, join(folder, 'c/records-again.json'));
    const { paths, rejected } = await find(folder, [folder, join(folder, 'a'), path]);
    expect(paths).toEqual(['a/b/records.json']);
    expect(rejected).toEqual([]);
  });

  it('follows links out of the folder', async () => {
    const elsewhere = tempFolder();
    writeFile(elsewhere, 'records.json', '');
    const folder = tempFolder();
    symlinkSync(elsewhere, join(folder, 'link'));
    expect((await find(folder)).paths).toEqual(['link/records.json']);
  });

  it('tells of a link that leads nowhere, and of one that leads to itself', async () => {
    const folder = tempFolder();
    symlinkSync(join(folder, 'gone.json'), join(folder, 'dangling.json'));
    symlinkSync(join(folder, 'loop.json'), join(folder, 'loop.json'));
    symlinkSync(join(folder, 'gone.csv'), join(folder, 'dangling.csv'));
    const { rejected, skipped } = await find(folder);
    expect(rejected).toEqual(['dangling.json: missing', 'loop.json: missing']);
    expect(skipped).toEqual(['csv']);
  });

  it('finds nothing in an empty folder', async () => {
    expect(await find(tempFolder())).toEqual({ paths: [], files: [], skipped: [], rejected: [] });
  });

  it('refuses a path that does not exist, and names it', async () => {
    const folder = tempFolder();
    for (const path of [join(folder, 'none.json'), join(writeFile(folder, 'a.json', ''), 'b')]) {
      await expect(find(folder, [folder, path])).rejects.toThrow(InputError);
      await expect(find(folder, [folder, path])).rejects.toThrow(
        `paths must name files and folders that exist, got "${path}"`,
      );
    }
  });
});
