import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds a commit of this repository with the packages that are installed here, once: the folder, named after the commit, stays in the
 * system's temporary one. @returns the path of its dist/index.js
 */
export function buildOf(commit) {
  const run = (file, args, options) =>
    execFileSync(file, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'], ...options });
  const hash = run('git', ['rev-parse', '--verify', `${commit}^{commit}`])
    .toString()
    .trim();
  const folder = join(tmpdir(), `kms-baseline-build-${hash}`);
  const index = join(folder, 'dist', 'index.js');
  // A build that was broken off has no such mark.
  const mark = join(folder, 'built');
  if (existsSync(mark)) return index;
  console.error(`building ${hash.slice(0, 7)} in ${folder}`);
  mkdirSync(folder, { recursive: true });
  run('tar', ['-x', '-C', folder], { input: run('git', ['archive', hash], { maxBuffer: 2 ** 28 }) });
  if (!existsSync(join(folder, 'node_modules'))) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  run('npm', ['run', 'build'], { cwd: folder });
  mkdirSync(mark);
  return index;
}
