// The text of src/node/worker-source.generated.ts: src/node/worker.ts and all it imports, as one script.
import { join } from 'node:path';
import { build, transform } from 'esbuild';
import { withConstants } from './constants.mjs';

/** @param {string} root of the tree with src */
export async function workerModule(root) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/node/worker.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  const [{ path, text }] = outputFiles;
  const { code } = await transform(withConstants(new Map([[path, text]])).get(path), {
    minify: true,
    // Else the names of its top level are taken for global ones, and stay as long as they are.
    format: 'cjs',
    target: 'node20',
  });
  // In a function: a short name of its own at the top level may be a global one, such as `gc` under --expose-gc, and no thread would start.
  return generated('WORKER_SOURCE', 'worker.ts and all it imports, as one script', `(()=>{${code.trim()}})();`);
}

/** A module of one text. */
export function generated(name, what, text) {
  return `// Made by scripts/embed-worker.mjs: ${what}.\nexport const ${name}: string =\n  ${JSON.stringify(text)};\n`;
}
