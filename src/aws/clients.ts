import type { AthenaClient } from '@aws-sdk/client-athena';
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import { InputError, shown } from '../errors.js';
import { loadClient, MissingPackage } from './load-client.js';

/** What of a client is not left to the SDK: of a command line, or of a plan in JSON, which have no caller to hand them clients. */
export interface ClientSettings {
  /** A profile of the AWS configuration files. */
  readonly profile?: string;
  readonly region?: string;
  /** An address to send all requests to, such as that of LocalStack. */
  readonly endpoint?: string;
}

/** A way to the service is there or is not: three seconds are enough to know. */
const CONNECTION_TIMEOUT = 3_000;
/** The adapters try again by themselves, with longer waits; the SDK's second try mends a machine whose time is wrong. */
const ATTEMPTS = 2;

interface Config extends ClientSettings {
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number };
}

/**
 * Clients of the AWS SDK with the SDK's own way to find credentials, Region and endpoint, but for what is set. Each is made
 * when it is asked for, once for each Region.
 * @throws MissingPackage where a client's package is not installed, as soon as the client is used where they are `unused`
 */
export class AwsClients {
  readonly #settings: ClientSettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #unused: boolean;
  readonly #made = new Map<string, Promise<unknown>>();

  /** @param unused nothing will be asked of AWS: a plan is read to be explained, which takes no package */
  constructor(settings: ClientSettings = {}, environment: NodeJS.ProcessEnv = process.env, unused = false) {
    const { endpoint } = settings;
    if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint)) {
      throw new InputError(`endpoint must be an address such as http://localhost:4566, got ${shown(endpoint)}`);
    }
    this.#settings = settings;
    this.#environment = environment;
    this.#unused = unused;
  }

  athena(region?: string): Promise<AthenaClient> {
    return this.#client('athena', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-athena', () => import('@aws-sdk/client-athena'));
      return new sdk.AthenaClient(config);
    });
  }

  cloudTrail(region?: string): Promise<CloudTrailClient> {
    return this.#client('cloudtrail', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-cloudtrail', () => import('@aws-sdk/client-cloudtrail'));
      return new sdk.CloudTrailClient(config);
    });
  }

  cloudWatch(region?: string): Promise<CloudWatchClient> {
    return this.#client('cloudwatch', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-cloudwatch', () => import('@aws-sdk/client-cloudwatch'));
      return new sdk.CloudWatchClient(config);
    });
  }

  logs(region?: string): Promise<CloudWatchLogsClient> {
    return this.#client('logs', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-cloudwatch-logs', () => import('@aws-sdk/client-cloudwatch-logs'));
      return new sdk.CloudWatchLogsClient(config);
    });
  }

  dynamoDb(region?: string): Promise<DynamoDBClient> {
    return this.#client('dynamodb', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-dynamodb', () => import('@aws-sdk/client-dynamodb'));
      return new sdk.DynamoDBClient(config);
    });
  }

  eventBridge(region?: string): Promise<EventBridgeClient> {
    return this.#client('events', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-eventbridge', () => import('@aws-sdk/client-eventbridge'));
      return new sdk.EventBridgeClient(config);
    });
  }

  kms(region?: string): Promise<KMSClient> {
    return this.#client('kms', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-kms', () => import('@aws-sdk/client-kms'));
      return new sdk.KMSClient(config);
    });
  }

  sns(region?: string): Promise<SNSClient> {
    return this.#client('sns', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-sns', () => import('@aws-sdk/client-sns'));
      return new sdk.SNSClient(config);
    });
  }

  /**
   * A bucket may be in another Region than the client: requests follow it there. Without any Region set, it is asked for in
   * us-east-1, as the AWS CLI does.
   */
  s3(region?: string): Promise<S3Client> {
    return this.#client('s3', region, async (config) => {
      const sdk = await loadClient('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));
      // Elsewhere than at AWS, a bucket's name is seldom a part of the host's.
      const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = this.#environment;
      const forcePathStyle = (config.endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL ?? '') !== '';
      const made = new sdk.S3Client({ ...config, followRegionRedirects: true, forcePathStyle });
      if (await hasRegion(made)) return made;
      made.destroy();
      return new sdk.S3Client({ ...config, region: 'us-east-1', followRegionRedirects: true, forcePathStyle });
    });
  }

  #client<T>(service: string, region: string | undefined, make: (config: Config) => Promise<T>): Promise<T> {
    const id = JSON.stringify([service, region]);
    const made = this.#made.get(id);
    if (made !== undefined) return made as Promise<T>;
    const client = make({
      ...this.#settings,
      ...(region === undefined ? {} : { region }),
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT },
    }).catch((error: unknown): T => {
      if (!this.#unused || !(error instanceof MissingPackage)) throw error;
      return missing(error) as T;
    });
    this.#made.set(id, client);
    return client;
  }
}

/** A client that is not there: whoever asks anything of it is told which package it takes. */
function missing(error: MissingPackage): object {
  // A promise of it looks for `then` before it is handed over.
  const get = (_: object, name: string | symbol): undefined => {
    if (name !== 'then') throw error;
  };
  return new Proxy({}, { get });
}

/** What {@link checkAccess} asks of any client of the SDK. */
interface AnyClient {
  readonly config: {
    readonly region: () => Promise<string>;
    readonly credentials: () => Promise<unknown>;
  };
}

async function hasRegion({ config }: AnyClient): Promise<boolean> {
  return await config.region().then(
    () => true,
    () => false,
  );
}

/**
 * Makes sure that a client knows its Region and has credentials, before anything is asked of AWS.
 * @throws InputError that says what to set
 */
export async function checkAccess(client: AnyClient): Promise<void> {
  const { config } = client;
  await regionOf(client);
  try {
    await config.credentials();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(
      'no AWS credentials were found: log in (aws sso login), set AWS_PROFILE or pass --profile, or set AWS_ACCESS_KEY_ID and ' +
        `AWS_SECRET_ACCESS_KEY (${why})`,
    );
  }
}

/**
 * The Region that a client asks.
 * @throws InputError that says what to set
 */
export async function regionOf({ config }: Pick<AnyClient, 'config'>): Promise<string> {
  try {
    return await config.region();
  } catch {
    throw new InputError(
      'no AWS Region is set: set AWS_REGION, pass --region, or pass --profile with a profile that has a Region',
    );
  }
}
