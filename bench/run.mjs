// Runs benches or soaks, each in a process of its own: code warmed up by one stage must not speed up or slow down another.
//   npm run bench                 all stages
//   npm run bench -- fit score    some
//   npm run bench -- --write      all, and their tables into bench/RESULTS.md, in place of those behind its mark
//   npm run soak -- observe       one of bench/soak/; flags such as --seed=7 are handed to it
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { helpFor } from '../scripts/usage.mjs';

helpFor(import.meta.url);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [kind, ...args] = process.argv.slice(2);
const folder = kind === 'soak' ? 'bench/soak' : 'bench/stages';
const all = readdirSync(`${ROOT}${folder}`)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
  .sort();
const write = args.includes('--write');
const asked = args.filter((arg) => !arg.startsWith('--'));
const flags = args.filter((arg) => arg.startsWith('--') && arg !== '--write');
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no ${kind} is called ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(2);
}

if (write && asked.length > 0) {
  console.error('--write puts the tables of all stages into bench/RESULTS.md: name none');
  process.exit(2);
}

const MARK = '<!-- Written by npm run bench -- --write -->\n';

let printed = '';
let failed = false;
const begun = performance.now();
for (const name of asked.length > 0 ? asked : all) {
  const { text, status } = await run(`${folder}/${name}.ts`);
  printed += text;
  if (status !== 0) {
    console.error(`${folder}/${name}.ts ended with status ${status}`);
    failed = true;
  }
}
const took = `${((performance.now() - begun) / 60_000).toFixed(1)} minutes`;
if (asked.length !== 1) console.log(`\nTogether: ${took}.`);
if (write && !failed) {
  const file = `${ROOT}bench/RESULTS.md`;
  const [own, tables] = readFileSync(file, 'utf8').split(MARK);
  if (tables === undefined) throw new Error(`bench/RESULTS.md lacks its mark, ${MARK}`);
  writeFileSync(file, `${own}${MARK}${printed.replaceAll(/^# /gm, '## ')}\nAll stages together took ${took}.\n`);
}
process.exit(failed ? 1 : 0);

function run(script) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['node_modules/ts-node/dist/bin.js', '--transpile-only', script, ...flags], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      process.stdout.write(chunk);
    });
    child.on('close', (status) => resolve({ text, status }));
  });
}
