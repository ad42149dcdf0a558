import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
// @ts-expect-error a script, without types
import { licencesIn } from '../scripts/licences.mjs';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const lock = JSON.parse(read('package-lock.json'));

/** What lets anybody use and hand on what is installed at run time. */
const PERMISSIVE = /^(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|\(ISC AND CC-BY-3\.0\))$/;

describe('licences', () => {
  it('are listed as the lock file has them (npm run licences)', () => {
    expect(read('LICENCES.md')).toBe(licencesIn(lock));
  });

  it('are stated by every package, and permissive where users install it', () => {
    for (const [path, { license, dev }] of Object.entries<{ license?: string; dev?: boolean }>(lock.packages)) {
      expect(license, path).toBeTypeOf('string');
      if (dev !== true) expect(license, path).toMatch(PERMISSIVE);
    }
  });

  it('of what is installed at run time are those of two packages, without scripts of their own', () => {
    const installed = Object.entries<Record<string, unknown>>(lock.packages).filter(
      ([path, own]) => path !== '' && own['dev'] !== true && own['peer'] !== true && own['devOptional'] !== true,
    );
    const run = Object.keys(lock.packages[''].dependencies).map((name) => `node_modules/${name}`);
    for (const path of run) expect(installed.map(([name]) => name)).toContain(path);
    for (const path of run) {
      expect(lock.packages[path]).toMatchObject({ integrity: expect.stringMatching(/^sha512-/) });
      expect(lock.packages[path]).not.toHaveProperty('hasInstallScript');
      expect(lock.packages[path]).not.toHaveProperty('dependencies');
    }
  });
});

interface Workflow {
  readonly on: { readonly release: { readonly types: readonly string[] } };
  readonly permissions: Record<string, string>;
  readonly jobs: Record<
    string,
    {
      readonly permissions: Record<string, string>;
      readonly 'timeout-minutes': number;
      readonly steps: readonly { uses?: string; run?: string; with?: Record<string, unknown> }[];
    }
  >;
}

describe('the workflow that publishes', () => {
  const workflow = parse(read('.github/workflows/publish.yml')) as Workflow;
  const { publish } = workflow.jobs;
  const commands = publish.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

  it('runs for a release, with the least rights', () => {
    expect(workflow.on).toEqual({ release: { types: ['published'] } });
    expect(workflow.permissions).toEqual({});
    expect(Object.keys(workflow.jobs)).toEqual(['publish']);
    expect(publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(publish['timeout-minutes']).toBeLessThanOrEqual(60);
    expect(publish.steps[0].with).toMatchObject({ 'persist-credentials': false });
  });

  it('publishes with provenance, last, after all that CI runs, and keeps no token', () => {
    expect(commands.slice(-2)).toEqual(['.ci/run', 'npm publish --provenance --access public']);
    expect(read('.github/workflows/publish.yml')).not.toMatch(/secrets\.|TOKEN/);
  });
});
