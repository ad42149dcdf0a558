// Writes LICENCES.md from package-lock.json: npm run licences
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const ROOT = new URL('..', import.meta.url);

/**
 * What LICENCES.md says of a lock file.
 * @param {{ packages: Record<string, { license?: string, dev?: boolean, peer?: boolean, optional?: boolean, dependencies?: object,
 *   devDependencies?: object, peerDependencies?: object }> }} lock
 */
export function licencesIn({ packages }) {
  const root = packages[''];
  const names = (list) => Object.keys(list ?? {}).sort();
  const licenceOf = (name) => packages[`node_modules/${name}`]?.license ?? 'not stated';
  const rows = (list) => list.map((name) => `| ${name} | ${licenceOf(name)} |`).join('\n');
  const peers = names(root.peerDependencies);
  const run = runTime(packages, names(root.dependencies));
  const direct = new Set([...names(root.devDependencies), ...peers, ...run]);
  const others = new Map();
  for (const [path, { license = 'not stated' }] of Object.entries(packages)) {
    const name = path.replace(/^.*node_modules\//, '');
    if (path === '' || direct.has(name)) continue;
    others.set(license, (others.get(license) ?? new Set()).add(name));
  }
  const byLicence = [...others]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([license, own]) => `| ${license} | ${own.size} |`);
  return `# Licences

Written by \`npm run licences\` from package-lock.json; a test compares the two. This package is under ${root.license}.

## At run time

Installed with it, all of them:

| package | licence |
|---|---|
${rows(run)}

[uPlot](https://github.com/leeoniya/uPlot) (${licenceOf('uplot')}) is part of the page that \`--html\` writes, with its notice.

## Where you use them

Optional peers: the AWS SDK's clients for its adapters, date-holidays for holidays (its data are from Wikipedia, CC BY-SA 3.0), hyparquet
and hyparquet-compressors for files of Parquet.

| package | licence |
|---|---|
${rows(peers)}

## For development only

| package | licence |
|---|---|
${rows(names(root.devDependencies).filter((name) => !peers.includes(name)))}

What these install in turn, by licence:

| licence | packages |
|---|---|
${byLicence.join('\n')}
`;
}

/** What is installed with the package: its dependencies, and theirs. */
function runTime(packages, direct) {
  const found = new Set();
  const add = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const next of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) add(next);
  };
  for (const name of direct) add(name);
  return [...found].sort();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(
    new URL('LICENCES.md', ROOT),
    licencesIn(JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8'))),
  );
}
