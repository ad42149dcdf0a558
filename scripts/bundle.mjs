// Makes the JavaScript of dist/: a file for each way in that package.json names (its exports and its command), and chunks that they
// share. Hundreds of small modules take four times as long to load as these few, and what two ways in share is there once, so
// that an error of one is an instance of the class that the other exports.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { bin, exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
const made = [...Object.values(bin), ...Object.values(exports).flatMap((way) => way.default ?? [])];

await build({
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
});

// The code of the Lambda function that `kms-baseline init` writes beside its plan. Clients of AWS are those of Lambda's Node.js
// runtime, which finds them by NODE_PATH for modules of both kinds (Node 18 on); scripts/deploy-bundle.mjs packs them too.
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
await build({
  absWorkingDir: ROOT,
  entryPoints: ['deploy/lambda.mjs'],
  outfile: 'dist/function.mjs',
  bundle: true,
  minify: true,
  // A megabyte of every country's holidays: a plan in Lambda lists its days in "calendar".
  external: ['@aws-sdk/*', 'date-holidays'],
  banner: { js: BANNER },
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
});
