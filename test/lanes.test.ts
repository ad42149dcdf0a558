import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SLOW } from './slow.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.ts'))
  .sort();

/**
 * What the quick lane cannot have: dist/, which it does not build; processes; and mocks of modules, as its files share theirs.
 */
const APART = /\bdist\/|'node:child_process'|\/chromium\.js'|\bvi\.(?:mock|doMock|resetModules)\(/;

describe('the two lanes of tests', () => {
  it('leave nothing out: what is listed as slow is there, once, in order', () => {
    expect(SLOW).toEqual(files.filter((file) => SLOW.includes(file)));
  });

  it('keep apart what needs the built package, a process or modules of its own', () => {
    const found = files.filter((file) => file !== 'lanes.test.ts' && APART.test(readFileSync(HERE + file, 'utf8')));
    expect(found).not.toEqual([]);
    expect(found.filter((file) => !SLOW.includes(file))).toEqual([]);
  });

  it('have the laws in the one that is quick', () => {
    const laws = files.filter((file) => /(?:^|[/-])laws\.test\.ts$/.test(file));
    expect(laws.length).toBeGreaterThan(2);
    expect(laws.filter((file) => SLOW.includes(file))).toEqual([]);
  });

  it('are both run by npm test and in CI', () => {
    const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(scripts['test']).toBe('npm run build && npm run test:quick && npm run test:rest');
    expect(scripts['test:quick']).toMatch(/check:types.*check:style.*--project quick/);
    expect(scripts['test:rest']).toMatch(/check:package.*--project slow/);
    const ci = read('.ci/run');
    for (const lane of ['quick', 'rest']) expect(ci).toContain(`lane ${lane}\n`);
  });
});
