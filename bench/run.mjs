// Runs benches or soaks, each in a process of its own: code warmed up by one stage must not speed up or slow down another.
//   npm run bench                 all stages
//   npm run bench -- fit score    some
//   npm run bench -- --write      all, and their tables into bench/RESULTS.md
//   npm run soak -- observe       one of bench/soak/; flags such as --seed=7 are handed to it
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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

let printed = '';
let failed = false;
for (const name of asked.length > 0 ? asked : all) {
  const { text, status } = await run(`${folder}/${name}.ts`);
  printed += text;
  if (status !== 0) {
    console.error(`${folder}/${name}.ts ended with status ${status}`);
    failed = true;
  }
}
if (write && !failed) {
  const preamble =
    'Written by `npm run bench -- --write`; every table is one run in one process, the ways taking turns, and its ratios hold within it.\n';
  writeFileSync(`${ROOT}bench/RESULTS.md`, `# Results\n\n${preamble}${printed}`);
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
