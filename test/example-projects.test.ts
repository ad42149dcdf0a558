import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP_CALLERS, SHOP_KEYS, shopCall } from '../src/simulate/shop.js';
import { simulateCalls } from '../src/simulate/simulate-calls.js';
import { startAws } from './aws/support/aws-server.js';
import { fakeBucket } from './aws/support/fake-bucket.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLES = `${ROOT}examples/`;
const built = existsSync(`${ROOT}dist/index.js`);
if (!built) console.log('example-projects.test.ts: skipped, dist is missing (npm run build makes it)');
const DAY = 86_400_000;
/** What the package may weigh, packed. */
const PACKED = 1_500_000;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifestOf = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Manifest;

describe.skipIf(!built)('the example projects', () => {
  let folder = '';
  let archive = '';

  /** A folder as a stranger has it: the package from its archive, and what the project's package.json names, nothing else. */
  function install(name: string): void {
    const project = join(folder, name);
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    symlinkSync(join(folder, 'package'), join(project, 'node_modules/kms-baseline'));
    const { dependencies, devDependencies } = manifestOf(`${EXAMPLES}${name}/package.json`);
    for (const other of Object.keys({ ...dependencies, ...devDependencies })) {
      if (other === 'kms-baseline') continue;
      const link = join(project, 'node_modules', other);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(`${ROOT}node_modules/${other}`, link);
    }
    for (const file of readdirSync(EXAMPLES + name)) {
      writeFileSync(join(project, file), readFileSync(`${EXAMPLES}${name}/${file}`));
    }
  }

  const NAMES = ['logs-in-s3', 'lambda', 'week-plot'];
  const project = (name: string) => join(folder, name);
  let problems: readonly { readonly file: string; readonly text: string }[] = [];
  /** What the compiler found in a project, and in the declarations that only it imports. */
  const problemsOf = (name: string) =>
    problems.filter(({ file }) => !NAMES.some((other) => other !== name && file.includes(`/${other}/`)));

  /** Compiles all projects at once, by their tsconfig.json, which are alike: the declarations of clients are read once. */
  function compile(): void {
    const parsed = NAMES.map((name) => {
      const { config } = ts.readConfigFile(join(project(name), 'tsconfig.json'), ts.sys.readFile);
      return { config, ...ts.parseJsonConfigFileContent(config, ts.sys, project(name)) };
    });
    for (const { config, options } of parsed) {
      expect(config).toEqual(parsed[0].config);
      expect(options.skipLibCheck).toBe(false);
    }
    const { configFilePath: _, ...options } = parsed[0].options;
    const typeRoots = [join(project(NAMES[0]), 'node_modules/@types')];
    const program = ts.createProgram(
      parsed.flatMap(({ fileNames }) => fileNames),
      { ...options, typeRoots },
    );
    program.emit();
    problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => ({
      file: file?.fileName ?? '',
      text: ts.flattenDiagnosticMessageText(messageText, ' '),
    }));
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kms-baseline-examples-'));
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, shell: false });
    archive = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
    await run('tar', ['-xzf', archive, '-C', folder]);
    const modules = join(folder, 'package/node_modules');
    mkdirSync(modules);
    for (const name of Object.keys(manifestOf(`${ROOT}package.json`).dependencies)) {
      symlinkSync(`${ROOT}node_modules/${name}`, join(modules, name));
    }
    // Where the package, which lies beside the projects, finds the clients: as in node_modules of a project.
    symlinkSync(`${ROOT}node_modules/@aws-sdk`, join(modules, '@aws-sdk'));
    for (const name of NAMES) install(name);
    compile();
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

  const environment = (endpoint: string, more: Readonly<Record<string, string>>) => ({
    PATH: process.env['PATH'] ?? '',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'EXAMPLE',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    NODE_NO_WARNINGS: '1',
    ...more,
  });

  it('judge own logs in S3', { timeout: 240_000 }, async () => {
    expect(problemsOf('logs-in-s3')).toEqual([]);
    const cwd = project('logs-in-s3');
    const bucket = fakeBucket('my-trail-bucket');
    const logs = `${ROOT}data/logs`;
    for (const name of readdirSync(logs, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.gz')) continue;
      bucket.objects.set(name, { body: readFileSync(join(logs, name)), etag: '"1"', metadata: {} });
    }
    const aws = await startAws(bucket.handlers);
    try {
      const env = environment(aws.config.endpoint, { UNTIL: '2026-06-03' });
      const { stdout } = await run(process.execPath, ['main.js'], { cwd, env });
      expect(stdout).toContain('5 anomalies, most severe first');
      expect(stdout).toMatch(
        /1\. Critical\. Decrypt on 0a1b63c4 \(eu-central-1\), 2026-06-02 16:10–16:25 Europe\/Berlin: 425 calls/,
      );
    } finally {
      aws.close();
    }
  });

  it('watch in a Lambda function, with their state in S3', { timeout: 240_000 }, async () => {
    expect(problemsOf('lambda')).toEqual([]);
    const cwd = project('lambda');
    const bucket = fakeBucket('kms');
    const now = Date.now();
    for (const [key, body] of logsUpTo(now)) bucket.objects.set(key, { body, etag: '"1"', metadata: {} });
    const aws = await startAws({
      ...bucket.handlers,
      's3:POST': () => ({
        body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
      }),
    });
    try {
      const env = environment(aws.config.endpoint, {
        LOG_BUCKET: 'kms',
        STATE_BUCKET: 'kms',
        ACCOUNT: '111122223333',
        TOPIC_ARN: 'arn:aws:sns:eu-central-1:111122223333:kms',
      });
      // As Lambda calls it: cold, warm, and cold again.
      const call =
        "const { handler } = await import('./main.js'); for (let i = 0; i < Number(process.argv[1]); i++) console.log(JSON.stringify(await handler()));";
      const invoke = async (times: number) => {
        const { stdout } = await run(process.execPath, ['--input-type=module', '-e', call, String(times)], {
          cwd,
          env,
        });
        return stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
      };
      const [first, second] = await invoke(2);
      const [third] = await invoke(1);
      expect(first.calls).toBeGreaterThan(1000);
      expect([first.polls, second.polls, third.polls]).toEqual([1, 2, 3]);
      expect([second.calls, third.calls]).toEqual([first.calls, first.calls]);
      expect(bucket.objects.has('kms-watch')).toBe(true);
      const sent = aws
        .of('s3:POST')
        .map(({ bytes }) => new URLSearchParams(new TextDecoder().decode(bytes)).get('Message') ?? '');
      expect(sent.length).toBeGreaterThan(0);
      expect(new Set(sent).size).toBe(sent.length);
      expect(sent.join('\n')).toMatch(/Decrypt on 0a1b63c4 .*: 5\d\d calls /);
    } finally {
      aws.close();
    }
  });

  it("make a plot of one key's weeks as CSV", { timeout: 240_000 }, async () => {
    expect(problemsOf('week-plot')).toEqual([]);
    const cwd = project('week-plot');
    const lines = Array.from({ length: 24 * 28 }, (_, hour) => {
      const time = new Date(Date.UTC(2026, 4, 4) + hour * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
      return `${time},${hour === 24 * 28 - 10 ? 400 : 10 + ((hour * 7) % 5)}`;
    });
    writeFileSync(join(cwd, 'calls.csv'), ['ds,y', ...lines].join('\n'));
    const { stdout } = await run(process.execPath, ['main.js', 'calls.csv'], { cwd });
    expect(stdout).toMatch(/^<svg [^>]*>[\s\S]*<\/svg>\s*$/);
    expect(stdout).toContain('Calls an hour');
    expect(stdout).toContain('400');
  });

  it('name no client that they do not import', () => {
    for (const name of NAMES) {
      const source = readFileSync(`${EXAMPLES}${name}/main.ts`, 'utf8');
      const { dependencies } = manifestOf(`${EXAMPLES}${name}/package.json`);
      for (const other of Object.keys(dependencies)) expect(source, name).toMatch(new RegExp(`from '${other}['/]`));
    }
  });

  it('need a package that is small, whose command runs from its archive in an empty folder', {
    timeout: 240_000,
  }, async () => {
    const { size } = statSync(archive);
    console.log(`packed, the package has ${size} bytes`);
    expect(size).toBeLessThan(PACKED);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { bin } = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8'));
    const command = join(folder, 'package', bin['kms-baseline']);
    await run(process.execPath, [command, 'simulate', '--out', 'shop', '--days', '16', '--seed', '7'], { cwd: empty });
    const { stdout } = await run(process.execPath, [command, 'analyze', 'shop/AWSLogs'], { cwd: empty });
    expect(stdout).toContain('KMS usage in shop/AWSLogs');
    expect(stdout).toMatch(/anomal(?:y|ies)/);
    const flags = ['--account', '111122223333', '--region', 'eu-central-1', '--bucket', 'logs'];
    await run(process.execPath, [command, 'init', ...flags], { cwd: empty });
    const plan = 'kms-baseline/function/plan.json';
    const explained = await run(process.execPath, [command, 'watch', plan, '--explain'], { cwd: empty });
    expect(explained.stdout).toContain('s3://logs 111122223333 eu-central-1');
    expect(statSync(join(empty, 'kms-baseline/function/function.mjs')).size).toBeGreaterThan(100_000);
  });
});

/** Sixteen days of a web shop's logs up to a time, a file a day, with a burst in the last hours. */
function logsUpTo(now: number): [key: string, body: Uint8Array][] {
  const end = Math.floor(now / 3_600_000) * 3_600_000;
  const burst = end - 5 * 3_600_000;
  const { records } = simulateCalls({
    seed: 3,
    start: end - 16 * DAY,
    end,
    incidents: [
      {
        kind: 'spike',
        from: burst,
        to: burst + 300_000,
        call: shopCall('Decrypt', SHOP_CALLERS.support, SHOP_KEYS.orders),
        calls: 500,
        note: 'copied',
      },
    ],
  });
  const days = new Map<string, unknown[]>();
  for (const record of records()) {
    if (record.awsRegion !== 'eu-central-1') continue;
    const day = record.eventTime.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), record]);
  }
  return [...days].map(([day, found]) => {
    const path = `AWSLogs/111122223333/CloudTrail/eu-central-1/${day.replaceAll('-', '/')}`;
    const name = `111122223333_CloudTrail_eu-central-1_${day.replaceAll('-', '')}T2359Z_0123456789abcdef.json.gz`;
    return [`${path}/${name}`, gzipSync(JSON.stringify({ Records: found }))];
  });
}
