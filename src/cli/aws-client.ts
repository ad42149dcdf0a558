import type { fetchMetricSeries } from '../aws/index.js';

type CloudWatch = Parameters<typeof fetchMetricSeries>[0];

/** Where the command line, which has no caller to hand it one, takes its client from. */
const PACKAGE = '@aws-sdk/client-cloudwatch';

/**
 * A client of the AWS SDK with its own defaults: credentials, Region and endpoint as the SDK finds them.
 * @throws Error that names the package where it is not installed
 */
export async function cloudWatchClient(region: string | undefined): Promise<CloudWatch> {
  // By a name in a variable: the package is an optional peer, and `src/aws` alone depends on its types.
  const sdk = await import(PACKAGE).catch((cause: unknown) => {
    throw new Error(`${PACKAGE} is not installed, and kms-baseline live needs it: npm install ${PACKAGE}`, { cause });
  });
  return new sdk.CloudWatchClient(region === undefined ? {} : { region });
}
