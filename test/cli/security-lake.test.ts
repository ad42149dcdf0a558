import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/run.js';
import { timeInName } from '../../src/node/log-names.js';
import { fakeAws } from '../aws/support/fake-aws.js';
import { type FakeObject, fakeS3 } from '../aws/support/fake-s3.js';
import { tempFolder, writeFile } from '../support/logs.js';
import { ocsfOf } from '../support/ocsf.js';
import { parquetOf } from '../support/parquet.js';

const LOGS = fileURLToPath(new URL('../../data/logs', import.meta.url));
const ROOT = 'aws/CLOUD_TRAIL_MGMT/2.0/region=eu-central-1/accountId=111122223333';

/** The bundled month as Security Lake has it in its bucket, a file a day. */
async function lake(): Promise<Map<string, FakeObject>> {
  const days = new Map<string, Record<string, unknown>[]>();
  for (const name of readdirSync(LOGS, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.json.gz')) continue;
    const day = new Date(timeInName(name)).toISOString().slice(0, 10).replaceAll('-', '');
    const { Records: records } = JSON.parse(gunzipSync(readFileSync(join(LOGS, name))).toString());
    days.set(day, [...(days.get(day) ?? []), ...records]);
  }
  const files = new Map<string, FakeObject>();
  for (const [day, records] of days) {
    const body = await parquetOf(records.map((record) => ocsfOf(record, '1.1.0', { json: false })));
    files.set(`${ROOT}/eventDay=${day}/f2a1.gz.parquet`, { body });
  }
  return files;
}

let files = new Map<string, FakeObject>();
beforeAll(async () => {
  files = await lake();
}, 60_000);

async function analyze(...args: string[]) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const now = () => Date.UTC(2026, 5, 3);
  const status = await runCli(['analyze', ...args, '--json'], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    now,
  });
  return { status, stderr: texts.stderr, ...JSON.parse(texts.stdout) };
}

it('finds in Security Lake what it finds in the logs', async () => {
  const folder = tempFolder();
  for (const [name, { body }] of files) writeFile(folder, name, body);
  const [here, there] = [await analyze(LOGS), await analyze(folder)];
  expect(there.anomalies).toEqual(here.anomalies);
  expect(here.anomalies).toHaveLength(5);
  expect([there.status, there.stderr]).toEqual([here.status, '']);
  const { records, kmsRecords } = here.logs;
  expect(there.logs).toMatchObject({ files: files.size, filesRead: files.size, records, kmsRecords });
});

it('reads of its bucket the days asked for', async () => {
  const aws = await fakeAws(fakeS3(files));
  for (const [name, value] of Object.entries({
    ...{ AWS_ACCESS_KEY_ID: 'EXAMPLE', AWS_SECRET_ACCESS_KEY: 'EXAMPLE', AWS_ENDPOINT_URL: aws.config.endpoint },
    ...{ AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' },
  })) {
    vi.stubEnv(name, value);
  }
  try {
    const there = await analyze(
      's3://logs/aws/CLOUD_TRAIL_MGMT/2.0',
      '--region',
      'eu-central-1',
      '--since',
      '2026-05-20',
    );
    expect(there.logs.filesUnreadable).toEqual([]);
    const read = aws.requests.map(({ url }) => /eventDay=(\d+)/.exec(decodeURIComponent(url.pathname))?.[1] ?? '');
    const days = read.filter((day) => day !== '').sort();
    expect(days[0]).toBe('20260518');
    expect(there.logs.filesRead).toBe(days.length);
    expect(there.anomalies.length).toBeGreaterThan(0);
  } finally {
    vi.unstubAllEnvs();
  }
});
