// The Lambda function of deploy/lambda.mjs as one file, for dist/ and for `npm run deploy:bundle`.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * @param {string} outfile
 * @param {readonly string[]} clients packages of AWS that are left to Lambda's own, by esbuild's patterns
 * @returns {Promise<number>} its bytes
 */
export async function bundleFunction(outfile, clients) {
  const { metafile } = await build({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    entryPoints: ['deploy/lambda.mjs'],
    outfile,
    bundle: true,
    minify: true,
    // A megabyte of every country's holidays: a plan in Lambda lists its days in "calendar".
    external: [...clients, 'date-holidays'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    metafile: true,
    logLevel: 'warning',
  });
  return Object.values(metafile.outputs)[0].bytes;
}
