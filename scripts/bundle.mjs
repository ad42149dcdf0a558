// Makes the JavaScript of dist/: a file for each way in that package.json names (its exports and its command), and chunks that they
// share. Hundreds of small modules take four times as long to load as these few, and what two ways in share is there once, so
// that an error of one is an instance of the class that the other exports.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { withConstants } from './constants.mjs';
import { bundleFunction } from './lambda-function.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { bin, exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
const made = [...Object.values(bin), ...Object.values(exports).flatMap((way) => way.default ?? [])];

const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: made.map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts')),
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  // Dependencies and clients of AWS stay imports, loaded where they are today.
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // For whoever works on it; the package goes without them, it would be a fifth larger, and nothing is minified.
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'warning',
  write: false,
});

const code = outputFiles.filter(({ path }) => path.endsWith('.js'));
const constant = withConstants(new Map(code.map(({ path, text }) => [path, text])));
for (const { path, contents } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, constant.get(path) ?? contents);
}

// The code of the Lambda function that `kms-baseline init` writes beside its plan. Clients of AWS are those of Lambda's Node.js
// runtime, which finds them by NODE_PATH for modules of both kinds (Node 18 on); scripts/deploy-bundle.mjs packs them too.
await bundleFunction('dist/function.mjs', ['@aws-sdk/*']);
