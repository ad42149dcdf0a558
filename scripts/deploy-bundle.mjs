// Makes the Lambda function: one file with all that the plans of `kms-baseline init` need, clients of AWS among them, so that it
// does not depend on their versions in Lambda. `npm run deploy:bundle`, or `npm run deploy:bundle -- <folder>`.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Lambda takes more; it then takes longer to start. */
const MOST_BYTES = 1_500_000;

const [folder = `${ROOT}deploy/dist`, ...more] = process.argv.slice(2);
if (more.length > 0) throw new Error(`deploy-bundle takes one folder, got ${more.length} more`);
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['deploy/lambda.mjs'],
  outfile: resolve(folder, 'function.mjs'),
  bundle: true,
  minify: true,
  external: [
    // Of Lambda's own packages, where a plan names what they are for: all of them here would be too much.
    '@aws-sdk/client-athena',
    '@aws-sdk/client-cloudwatch-logs',
    '@aws-sdk/client-dynamodb',
    // A megabyte of every country's holidays: a plan in Lambda lists its days in "calendar".
    'date-holidays',
  ],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  platform: 'node',
  format: 'esm',
  target: 'node20',
  metafile: true,
  logLevel: 'warning',
});
const [[file, { bytes }]] = Object.entries(metafile.outputs);
if (bytes > MOST_BYTES) throw new Error(`the function must be at most ${MOST_BYTES} bytes, got ${bytes}`);
console.log(`${file}: ${bytes} bytes`);
