// What a stream must hold, measured on any build of the library:
//   node bench/evaluate/stream.mjs <dist/index.js> [part ...] [--seeds N] [--first SEED]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [build, ...rest] = process.argv.slice(2);
const args = ['node_modules/ts-node/dist/bin.js', '--transpile-only', 'bench/evaluate/stream/run.ts'];
if (build !== undefined) args.push(fileURLToPath(new URL(build, `file://${process.cwd()}/`)));
const { status } = spawnSync(process.execPath, [...args, ...rest], { cwd: ROOT, stdio: 'inherit' });
process.exit(status ?? 1);
