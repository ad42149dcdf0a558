import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  exports: Record<string, { default: string }>;
};
const entries = Object.keys(exports).filter((entry) => entry !== './package.json');

/** The values of an entry, as its sources export them. */
async function valuesOf(entry: string): Promise<string[]> {
  const file = exports[entry].default.replace('./dist/', '../src/').replace(/\.js$/, '.ts');
  return Object.keys(await import(file)).sort();
}

/** The packages that the declarations of a file need, through all files that they import. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const { fileName: path } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
    const found = path.startsWith('.')
      ? packagesOf(join(dirname(file), path.replace(/\.js$/, '.d.ts')), seen)
      : [path.startsWith('@') ? path.split('/').slice(0, 2).join('/') : path];
    for (const name of found) packages.add(name);
  }
  return packages;
}

describe('the entries of the package', () => {
  // A contract: a name that is added stands there too (`vitest -u` writes it); one that is taken away or moved stands in
  // CHANGELOG.md as well.
  it('export what test/fixtures/entries.txt holds', async () => {
    const lines: string[] = [];
    for (const entry of entries)
      lines.push(`${entry}\n${(await valuesOf(entry)).map((name) => `  ${name}\n`).join('')}`);
    await expect(lines.join('')).toMatchFileSnapshot('fixtures/entries.txt');
  });

  it('have the main path in the root, some 40 names, and what the contract asks for', async () => {
    const names = await valuesOf('.');
    expect(names.length).toBeLessThanOrEqual(42);
    const contract =
      `seriesSet SeriesSetBuilder sliceWindow seriesToBytes seriesFromBytes concatSets parseRecord countCalls operationInfo
      fitBaseline Baseline scoreWindow verdictAt reasonAt Detector IncidentTracker findAnomalies wordsFor calibration backtest
      simulateCalls InputError FormatError`.split(/\s+/);
    for (const name of contract) expect(names).toContain(name);
  });

  it.skipIf(!existsSync(`${ROOT}dist/index.d.ts`)).each(entries)('need the types of no other client: %s', (entry) => {
    const packages = packagesOf(ROOT + exports[entry].default.replace(/\.js$/, '.d.ts'));
    const clients = [...packages].filter((name) => name.startsWith('@aws-sdk/'));
    const own = entry.startsWith('./aws/') ? `@aws-sdk/client-${entry.slice('./aws/'.length)}` : undefined;
    if (entry !== './aws') expect(clients.filter((name) => name !== own)).toEqual([]);
    if (!/^\.\/(?:node|aws)/.test(entry)) expect([...packages]).toEqual([]);
  });
});
