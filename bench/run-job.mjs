import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const JOB = fileURLToPath(new URL('organisation-job.mjs', import.meta.url));

/** Runs one job of organisation-job.mjs in a Node of its own. */
export function runJob(index, name, rows, seed, folder) {
  const args = ['--expose-gc', JOB, index, name, String(rows), String(seed), folder];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${name} of ${index} failed with status ${status}:\n${stderr}`);
  return JSON.parse(stdout);
}
