import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { loadClient } from '../../src/aws/load-client.js';
import { tempFolder } from '../support/logs.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** The room and those below it as JavaScript, in a folder from which no package can be found. */
function installedAlone(): string {
  const folder = tempFolder();
  for (const room of [
    'aws',
    'plan',
    'report',
    'alarm',
    'kms',
    'node',
    'series',
    'time',
    'errors.ts',
    'engine/alert-budget.ts',
  ]) {
    const files = room.endsWith('.ts') ? [room] : readdirSync(join(SRC, room)).map((file) => `${room}/${file}`);
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const path = join(folder, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(path), { recursive: true });
      const { outputText } = ts.transpileModule(readFileSync(join(SRC, file), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
      });
      writeFileSync(path, outputText);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}

describe('an adapter whose client is not installed', () => {
  it('says which package is missing; the room loads without any of them', () => {
    const folder = installedAlone();
    const program = `
      import * as aws from './aws/index.js';
      const client = { config: { region: async () => 'eu-central-1' } };
      const times = { from: 0, to: 1 };
      const tries = {
        '@aws-sdk/client-athena': () => aws.athenaCounts(client, { ...times, table: 'x' }),
        '@aws-sdk/client-cloudtrail': () => aws.lookupKmsCalls(client, times).next(),
        '@aws-sdk/client-cloudwatch': () => aws.fetchMetricSeries(client, { from: 0, to: 1 }),
        '@aws-sdk/client-cloudwatch-logs': () => aws.readLogGroup(client, { ...times, logGroup: 'x' }).next(),
        '@aws-sdk/client-kms': () => aws.keyInventory(client).next(),
        '@aws-sdk/client-s3': () => aws.s3Logs(client, { ...times, bucket: 'x' })[Symbol.asyncIterator]().next(),
      };
      for (const [name, run] of Object.entries(tries)) {
        console.log(name, await run().then(() => 'worked', (error) => error.message));
      }`;
    writeFileSync(join(folder, 'main.js'), program);
    const lines = execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    expect(lines).toHaveLength(6);
    for (const line of lines) {
      const [name, ...message] = line.split(' ');
      expect(message.join(' ')).toBe(
        `${name} is not installed, and this part of kms-baseline/aws needs it: npm install ${name}`,
      );
    }
  });

  it('is no trouble to a plan that is only explained, and named as soon as it is used', () => {
    const folder = installedAlone();
    const program = `
      import { AwsClients } from './aws/clients.js';
      for (const unused of [false, true]) {
        const client = await new AwsClients({}, {}, unused).sns('eu-central-1').catch(({ message }) => message);
        console.log(typeof client === 'string' ? client : 'made');
        if (unused) try { client.send({}); } catch ({ message }) { console.log(message); }
      }`;
    writeFileSync(join(folder, 'main.js'), program);
    const message =
      '@aws-sdk/client-sns is not installed, and this part of kms-baseline/aws needs it: npm install @aws-sdk/client-sns';
    const lines = execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    expect(lines).toEqual([message, 'made', message]);
  });

  it('passes on any other failure to load', async () => {
    const broken = new Error('broken');
    await expect(loadClient('x', () => Promise.reject(broken))).rejects.toBe(broken);
  });
});
