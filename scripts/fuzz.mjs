// Sends changed inputs through every door: npm run fuzz -- --seed 7 --count 100000 [--door Detector]
// What a door may throw, and how long it may take, stands in test/fuzz.test.ts.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { helpFor } from './usage.mjs';

helpFor(import.meta.url);
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100000' },
    door: { type: 'string' },
  },
});
for (const name of ['seed', 'count']) {
  if (/^\d{1,9}$/.test(values[name])) continue;
  console.error(`--${name} must be a whole number, got ${values[name]}`);
  process.exit(2);
}
const environment = { ...process.env, FUZZ_SEED: values.seed, FUZZ_COUNT: values.count };
if (values.door !== undefined) environment.FUZZ_DOOR = values.door;
const run = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/fuzz.test.ts'], {
  stdio: 'inherit',
  env: environment,
});
run.on('close', (status) => {
  process.exitCode = status ?? 1;
});
