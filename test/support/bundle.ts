import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** A module of `src/`, with all that it imports but AWS's clients, in one file of JavaScript: for child processes. */
export function bundle(entry: string, outfile: string): void {
  buildSync({
    entryPoints: [`${SRC}/${entry}`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@aws-sdk/*'],
    absWorkingDir: dirname(SRC),
    logLevel: 'error',
  });
}
