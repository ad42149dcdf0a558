import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseAnalyze } from '../../src/cli/options.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');
const { bin, peerDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
const CLIENTS = Object.keys(peerDependencies).filter((name) => name.startsWith('@aws-sdk/'));

describe('the container file', () => {
  const file = read('deploy/Dockerfile');

  it('installs every client that a plan can ask for, and runs the command of the package', () => {
    const installed = [...file.matchAll(/(@aws-sdk\/[a-z\d-]+)@3\b/g)].map(([, name]) => name);
    expect(installed.sort()).toEqual(CLIENTS.sort());
    expect(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(file)?.[1] ?? '')[0]).toMatch(
      new RegExp(`/node_modules/\\.bin/${Object.keys(bin)[0]}$`),
    );
  });

  it('does not run as root', () => {
    expect(file.lastIndexOf('USER node')).toBeGreaterThan(file.lastIndexOf('FROM '));
  });
});

describe('the example of a GitHub Action', () => {
  const { jobs } = parse(read('deploy/github-action.yml')) as {
    jobs: { analyze: { steps: { run?: string; if?: string }[] } };
  };
  const runs = jobs.analyze.steps.flatMap(({ run }) => run ?? []);

  it('runs a command that is one, with the client that it needs, and shows the report that it writes', () => {
    const line = runs.find((run) => run.startsWith('npx kms-baseline ')) ?? '';
    const [, , command, ...args] = line.split(' ');
    expect(command).toBe('analyze');
    const output = { write: () => true };
    const options = parseAnalyze(args, { stdout: output, stderr: output, now: () => Date.UTC(2026, 5, 3) });
    expect(options).toMatchObject({
      paths: ['s3://my-trail-bucket'],
      lastText: '1d',
      failOnAnomaly: true,
      markdown: 'report.md',
    });
    const installed = runs.find((run) => run.startsWith('npm install ')) ?? '';
    expect(installed.split(' ').slice(2)).toEqual(['kms-baseline', '@aws-sdk/client-s3']);
    expect(runs.at(-1)).toContain(`cat ${args[args.indexOf('--markdown') + 1]} `);
    // Of a run that failed, too: by then there is something to see.
    expect(jobs.analyze.steps.at(-1)?.if).toBe('always()');
  });
});
