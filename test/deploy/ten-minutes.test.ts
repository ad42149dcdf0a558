import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PlanFunction } from '../../src/cli/plan-function.js';
import { runCli } from '../../src/cli/run.js';
import { logIn } from '../aws/support/environment.js';
import { fakeAws, type Handler } from '../aws/support/fake-aws.js';
import { fakeBucket } from '../aws/support/fake-bucket.js';
import { type FakeObject, fakeS3 } from '../aws/support/fake-s3.js';
import { tempFolder } from '../support/logs.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOGS = join(ROOT, 'data/logs');
const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';
const STATES = `kms-baseline-keys-${ACCOUNT}-${REGION}`;
const HOUR = 3_600_000;
/** Of the bundled month, whose files are of a day each: all of its last day is delivered by then. */
const NOW = Date.UTC(2026, 5, 2, 22, 5);

beforeEach(() => {
  logIn(REGION);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The account of docs/deploy.md: the bundled month in a trail's bucket, a bucket of states, and a topic. */
async function account() {
  const names = readdirSync(LOGS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
  const logs = new Map<string, FakeObject>(names.map((name) => [name, { body: readFileSync(join(LOGS, name)) }]));
  const states = fakeBucket(STATES);
  const trail = fakeS3(logs)['s3:GET'];
  const messages: string[] = [];
  const publish: Handler = (request) => {
    const form = new URLSearchParams(new TextDecoder().decode(request.bytes));
    messages.push(`${form.get('Subject')}: ${JSON.parse(form.get('Message') ?? '').default.slice(0, 90)}…`);
    return {
      body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
    };
  };
  const get: Handler = (request) =>
    (request.url.pathname.startsWith('/logs') ? trail : states.handlers['s3:GET'])(request);
  const aws = await fakeAws({ ...states.handlers, 's3:GET': get, 's3:POST': publish });
  vi.stubEnv('AWS_ENDPOINT_URL', aws.config.endpoint);
  return { states, messages };
}

async function command(...args: string[]): Promise<string> {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const status = await runCli(args, { stdout: output('stdout'), stderr: output('stderr'), now: Date.now });
  expect([args[0], status, texts.stderr]).toEqual([args[0], 0, '']);
  return texts.stdout;
}

/** What the transcript of docs/deploy.md shows, a block after the heading; `…` stands for lines that are left out. */
function transcript(): string[][] {
  const text = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8')
    .split('\n## ')
    .find((part) => part.startsWith('Tried on the bundled month'));
  return [...(text ?? '').matchAll(/```text\n([\s\S]*?)\n```/g)].map(([, block]) => block.split('\n'));
}

/** Whether the lines of a block come in an output, in their order, and nothing between them but where `…` stands. */
function expectShown(block: readonly string[], output: string): void {
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
  let at = 0;
  for (const [i, line] of block.entries()) {
    if (line === '…') continue;
    const found = i === 0 || block[i - 1] === '…' ? lines.indexOf(line, at) : at;
    expect(lines[found], `line ${i + 1} of the block: ${line}\nin\n${output}`).toBe(line);
    at = found + 1;
  }
}

it('docs/deploy.md shows what its commands print: from init to one message for each incident', async () => {
  const { states, messages } = await account();
  vi.useFakeTimers({ toFake: ['Date'], now: NOW, shouldAdvanceTime: true });
  states.now = () => Date.now();
  const folder = tempFolder();
  const place = (text: string) => text.replaceAll(`${folder}/`, '');
  const flags = ['--account', ACCOUNT, '--region', REGION, '--bucket', 'logs', '--time-zone', 'Europe/Berlin'];
  const blocks = transcript();
  expect(blocks).toHaveLength(4);
  expectShown(blocks[0], place(await command('init', ...flags, '--dir', join(folder, 'kms-baseline'))));
  const report = ['analyze', 's3://logs', '--region', REGION, '--last', '1d', '--time-zone', 'Europe/Berlin'];
  expectShown(blocks[1], await command(...report));
  // The function, as Lambda runs it every five minutes.
  const code = join(folder, 'kms-baseline', 'function');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  vi.stubEnv('LAMBDA_TASK_ROOT', code);
  const logged: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void logged.push(String(line)));
  const { handler }: { handler: PlanFunction } = await import(pathToFileURL(join(code, 'function.mjs')).href);
  for (let run = 0; run < 3; run++) {
    vi.setSystemTime(NOW + run * (HOUR / 12));
    expect(await handler({ source: 'aws.events' }, { getRemainingTimeInMillis: () => 240_000 })).toMatchObject({
      ran: true,
    });
  }
  expect([...states.objects.keys()]).toContain('keys.state');
  expectShown(blocks[2], messages.join('\n'));
  expect(messages).toHaveLength(blocks[2].length);
  const replayed = await command('watch', join(code, 'plan.json'), '--replay', '--from', '2026-06-02');
  expectShown(blocks[3], replayed);
}, 120_000);
