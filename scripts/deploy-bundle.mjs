// Makes the Lambda function: one file with all that the plans of `kms-baseline init` need, clients of AWS among them, so that it
// does not depend on their versions in Lambda. `npm run deploy:bundle`, or `npm run deploy:bundle -- <folder>`.
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunction } from './lambda-function.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Lambda takes more; it then takes longer to start. */
const MOST_BYTES = 1_500_000;

const [folder = `${ROOT}deploy/dist`, ...more] = process.argv.slice(2);
if (more.length > 0) throw new Error(`deploy-bundle takes one folder, got ${more.length} more`);
const file = resolve(folder, 'function.mjs');
// Where a plan names what these are for, they are of Lambda's own packages: all of them here would be too much.
const bytes = await bundleFunction(file, [
  '@aws-sdk/client-athena',
  '@aws-sdk/client-cloudwatch-logs',
  '@aws-sdk/client-dynamodb',
]);
if (bytes > MOST_BYTES) throw new Error(`the function must be at most ${MOST_BYTES} bytes, got ${bytes}`);
console.log(`${relative(process.cwd(), file)}: ${bytes} bytes`);
