// Whether what findings say is true, measured over simulated fleets: see sentences-run.ts.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const args = ['node_modules/ts-node/dist/bin.js', '--transpile-only', 'bench/evaluate/sentences-run.ts'];
const { status } = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
process.exit(status ?? 1);
