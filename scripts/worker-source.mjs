// The text of src/node/worker-source.generated.ts: src/node/worker.ts and all it imports, as one script.
import { join } from 'node:path';
import { build } from 'esbuild';

/** @param {string} root of the tree with src */
export async function workerModule(root) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/node/worker.ts')],
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  return generated('WORKER_SOURCE', 'worker.ts and all it imports, as one script', outputFiles[0].text);
}

/** A module of one text. */
export function generated(name, what, text) {
  return `// Made by scripts/embed-worker.mjs: ${what}.\nexport const ${name}: string =\n  ${JSON.stringify(text)};\n`;
}
