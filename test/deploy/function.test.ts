import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deployPolicy } from '../../src/cli/deploy-names.js';
import type { PlanFunction } from '../../src/cli/plan-function.js';
import { runCli } from '../../src/cli/run.js';
import type { WireRequest } from '../aws/support/aws-server.js';
import { logIn } from '../aws/support/environment.js';
import { fakeAws, type Handler, type WireAnswer } from '../aws/support/fake-aws.js';
import { fakeBucket, s3Refusal } from '../aws/support/fake-bucket.js';
import { type FakeObject, fakeS3, logKey } from '../aws/support/fake-s3.js';
import { tempFolder } from '../support/logs.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOGS = join(ROOT, 'data/logs');
const NAMES = readdirSync(LOGS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
const ACCOUNT = '111122223333';
const STATES = `kms-baseline-keys-${ACCOUNT}-eu-central-1`;
/** The bundled month ends with this day, and its five incidents are on it. */
const LAST_DAY = Date.UTC(2026, 5, 2);
const HOUR = 3_600_000;
const REGIONS = ['eu-central-1', 'us-east-1'];
const CONTEXT = { getRemainingTimeInMillis: () => 240_000 };
/** As EventBridge calls the function on schedule. */
const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

const bundles = mkdtempSync(join(tmpdir(), 'kms-baseline-'));
/** What `npm run deploy:bundle` makes, and what `init` writes. */
const BUNDLED = join(bundles, 'bundled');
const WRITTEN = join(bundles, 'written', 'function');

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/deploy-bundle.mjs'), BUNDLED]);
  const flags = [
    '--account',
    ACCOUNT,
    '--region',
    'eu-central-1',
    '--bucket',
    'logs',
    '--dir',
    join(bundles, 'written'),
  ];
  const silent = { write: () => undefined };
  expect(await runCli(['init', ...flags], { stdout: silent, stderr: silent })).toBe(0);
  // Lambda's own clients are found by NODE_PATH; elsewhere, beside the function.
  symlinkSync(join(ROOT, 'node_modules'), join(bundles, 'written', 'node_modules'));
}, 60_000);

afterAll(() => rmSync(bundles, { recursive: true, force: true }));

beforeEach(() => {
  logIn('eu-central-1');
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

let starts = 0;

/** A new copy of the function in a folder, as a cold start has it: nothing of an earlier one is left in it. */
async function coldStart(folder: string): Promise<PlanFunction> {
  const { handler } = await import(`${pathToFileURL(join(folder, 'function.mjs')).href}?start=${starts++}`);
  return handler;
}

/** An account: its trail's bucket, the bucket of states, and the topic. */
async function account() {
  const logs = new Map<string, FakeObject>();
  const lastDay: { readonly eventTime: string; readonly awsRegion: string }[] = [];
  for (const name of NAMES) {
    const body = readFileSync(join(LOGS, name));
    if (/\/2026\/06\/0[2-9]\//.test(name)) lastDay.push(...JSON.parse(gunzipSync(body).toString('utf8')).Records);
    else logs.set(name, { body });
  }
  /** Delivers the calls of an hour that has ended, a file for each Region; the month's own files are of a whole day. */
  const deliver = (end: number) => {
    const isOfHour = ({ eventTime }: { eventTime: string }) =>
      Date.parse(eventTime) >= end - HOUR && Date.parse(eventTime) < end;
    for (const region of REGIONS) {
      const records = lastDay.filter((record) => record.awsRegion === region && isOfHour(record));
      const body = gzipSync(JSON.stringify({ Records: records }));
      logs.set(logKey(end, `h${end / HOUR}`, { region }), { body });
    }
  };
  const states = fakeBucket(STATES);
  const sent: { subject: string; message: string }[] = [];
  const trail = fakeS3(logs)['s3:GET'];
  const publish: Handler = (request) => {
    const form = new URLSearchParams(new TextDecoder().decode(request.bytes));
    sent.push({ subject: form.get('Subject') ?? '', message: JSON.parse(form.get('Message') ?? '').sqs });
    return {
      body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
    };
  };
  const before: { answer: WireAnswer | undefined } = { answer: undefined };
  const get: Handler = (request) =>
    request.url.pathname.startsWith('/logs') ? (before.answer ?? trail(request)) : states.handlers['s3:GET'](request);
  const aws = await fakeAws({ ...states.handlers, 's3:GET': get, 's3:POST': publish });
  vi.stubEnv('AWS_ENDPOINT_URL', aws.config.endpoint);
  return { before, deliver, states, sent, aws };
}

/** The folder of a function: the plan that `init` writes, and the time of day, which is the month's. */
function functionFolder(): { folder: string; clock: { time: number } } {
  const folder = tempFolder();
  const plan = JSON.parse(readFileSync(join(ROOT, 'deploy/function/plan.json'), 'utf8'));
  plan.sources[0] = { bucket: 'logs', account: ACCOUNT, region: REGIONS };
  plan.timeZone = 'Europe/Berlin';
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  writeFileSync(
    join(folder, 'plan.mjs'),
    `import { readFileSync } from 'node:fs';
     const plan = JSON.parse(readFileSync(new URL('plan.json', import.meta.url), 'utf8'));
     export default { ...plan, clock: { now: () => globalThis.timeOfTest.time, sleep: async () => {} } };`,
  );
  const clock = { time: LAST_DAY };
  vi.stubGlobal('timeOfTest', clock);
  vi.stubEnv('LAMBDA_TASK_ROOT', folder);
  vi.stubEnv('PLAN', 'plan.mjs');
  return { folder, clock };
}

/** The action of IAM that a request needs, and on what. */
function permissionOf({ method, url, bytes }: WireRequest): readonly [action: string, resource: string] {
  const [, bucket, ...rest] = decodeURIComponent(url.pathname).split('/');
  if (bucket === '') {
    const form = new URLSearchParams(new TextDecoder().decode(bytes));
    return [`sns:${form.get('Action')}`, form.get('TopicArn') ?? ''];
  }
  const key = rest.join('/');
  if (key === '') return ['s3:ListBucket', `arn:aws:s3:::${bucket}`];
  const of = { GET: 'GetObject', HEAD: 'GetObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method] ?? method;
  return [`s3:${of}`, `arn:aws:s3:::${bucket}/${key}`];
}

/** Whether an ARN is one that a policy's text names; `*` stands for any text. */
function fitsArn(text: string, arn: string): boolean {
  const [first, ...parts] = text.split('*');
  if (!arn.startsWith(first)) return false;
  let at = first.length;
  for (const [i, part] of parts.entries()) {
    const found = i === parts.length - 1 && part !== '' ? arn.lastIndexOf(part) : arn.indexOf(part, at);
    if (found < at) return false;
    at = i === parts.length - 1 && part === '' ? arn.length : found + part.length;
  }
  return at === arn.length;
}

describe('the function that init writes', () => {
  it('is one file without clients, beside its plan', async () => {
    expect(readdirSync(WRITTEN).sort()).toEqual(['function.mjs', 'plan.json']);
    expect(statSync(join(WRITTEN, 'function.mjs')).size).toBeLessThan(600_000);
    // What it imports is of Node or of Lambda's runtime.
    const path = join(WRITTEN, 'function.mjs');
    const { metafile } = await build({
      entryPoints: [path],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      metafile: true,
      write: false,
    });
    const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map((one) => one.path));
    const others = new Set(
      imported.filter((name) => !name.startsWith('node:') && !name.startsWith('@aws-sdk/client-')),
    );
    expect([...others]).toEqual([]);
    expect(imported.length).toBeGreaterThan(10);
  });

  it('run as Lambda runs it, cold and warm, sends one message for each incident of the day, none twice', async () => {
    const { deliver, states, sent, aws } = await account();
    const { clock } = functionFolder();
    let run = await coldStart(WRITTEN);
    const idsAt: number[] = [];
    for (let hour = 0; hour <= 22; hour += 2) {
      clock.time = LAST_DAY + hour * HOUR;
      states.now = () => clock.time;
      for (const end of hour > 0 ? [clock.time - HOUR, clock.time] : []) deliver(end);
      // Every fourth invocation finds nothing but the state in S3.
      if (hour % 8 === 0) run = await coldStart(WRITTEN);
      expect(await run(SCHEDULED, CONTEXT)).toMatchObject({ ran: true, health: { failing: [] } });
      idsAt.push(sent.length);
    }
    const notices = sent.map(({ message }) => JSON.parse(message));
    const ids = notices.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // The five incidents of data/: each is opened once, and a severe one updated or closed once.
    const first = notices.filter(({ kind, change }) => change === 'opened' || kind === 'change');
    expect(first.map(({ text }) => text)).toEqual([
      expect.stringMatching(/GenerateDataKey on 2c3d85e6/),
      expect.stringMatching(/All operations on 1b2c74d5 .*: no calls since/),
      expect.stringMatching(/Decrypt on 5f60b819/),
      expect.stringMatching(/Decrypt on 0a1b63c4/),
      expect.stringMatching(/^DisableKey on 6071c92a/),
    ]);
    const steps = notices.filter(({ kind }) => kind === 'anomaly').map((one) => `${one.incident} ${one.change}`);
    expect(new Set(steps).size).toBe(steps.length);
    // They came as they happened, and nothing comes again.
    expect(idsAt[0]).toBeLessThan(idsAt[11]);
    const before = sent.length;
    run = await coldStart(WRITTEN);
    await run(SCHEDULED, CONTEXT);
    await run(SCHEDULED, CONTEXT);
    expect(sent.length).toBe(before);
    expect([...states.objects.keys()]).toContain('keys.state');
    // Its role, as `init` makes it, allows each of its requests, and nothing that it did not ask for, but to remove old
    // snapshots, which are none yet, and to read one, for whoever goes back to it.
    const settings = { name: 'keys', account: ACCOUNT, region: 'eu-central-1', bucket: 'logs', owner: 'nobody' };
    const { Statement } = deployPolicy(settings);
    const asked = aws.requests.map(permissionOf);
    const allows = ({ Action, Resource }: (typeof Statement)[number], [action, resource]: readonly [string, string]) =>
      Action.some((one) => one === action) && [Resource].flat().some((one) => fitsArn(one, resource));
    expect(asked.filter((one) => !Statement.some((statement) => allows(statement, one)))).toEqual([]);
    const unused = Statement.flatMap((statement) =>
      statement.Action.filter(
        (action) => !asked.some((one) => one[0] === action && allows({ ...statement, Action: [action] }, one)),
      ).map((action) => `${statement.Sid} ${action}`),
    );
    expect(unused).toEqual(['KeepSnapshots s3:DeleteObject', 'KeepSnapshots s3:GetObject']);
  }, 120_000);
});

describe('the function that deploy:bundle makes', () => {
  it('is one file under 1.5 MB', () => {
    expect(readdirSync(BUNDLED)).toEqual(['function.mjs']);
    const bytes = statSync(join(BUNDLED, 'function.mjs')).size;
    expect(bytes).toBeLessThan(1_500_000);
    expect(bytes).toBeGreaterThan(100_000);
  });

  it('fails where a source fails, after it has kept what it knows, and runs again once it is mended', async () => {
    const { states, before } = await account();
    const { clock } = functionFolder();
    states.now = () => clock.time;
    const run = await coldStart(BUNDLED);
    before.answer = s3Refusal(403, 'AccessDenied');
    await expect(run(SCHEDULED, CONTEXT)).rejects.toThrow(/^the source s3:\/\/logs .* fails: .*AccessDenied/);
    expect([...states.objects.keys()]).toContain('keys.state');
    before.answer = undefined;
    clock.time += HOUR;
    expect(await run(SCHEDULED, CONTEXT)).toMatchObject({ ran: true, health: { failing: [] } });
  }, 60_000);

  it('refuses a state in a file, which a function does not keep', async () => {
    const { folder } = functionFolder();
    const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...plan, state: 'keys.state' }));
    await expect((await coldStart(BUNDLED))(SCHEDULED, CONTEXT)).rejects.toThrow(
      'plan.state must be s3://<bucket>/<key>',
    );
    vi.stubEnv('PLAN', 'other.json');
    await expect((await coldStart(BUNDLED))(SCHEDULED, CONTEXT)).rejects.toThrow('other.json" cannot be read: ENOENT');
  });
});
