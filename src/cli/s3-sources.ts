import { AwsCallError } from '../aws/call-aws.js';
import { AwsClients, type ClientSettings, checkAccess } from '../aws/clients.js';
import { isS3Path, logsAt, parseS3Path } from '../aws/s3-paths.js';
import { InputError } from '../errors.js';
import type { LogStream } from '../node/log-input.js';
import { counted } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { WEEK } from '../time/grid.js';
import { clientSettings } from './aws-client.js';
import type { Arguments } from './flags.js';
import type { CliIo } from './output.js';

/** Flags of commands that read logs in S3; `--account` and `--region` choose among them, too. */
export const S3_FLAGS = { profile: 'string', endpoint: 'string' } as const;

export const S3_HELP = `Logs in S3, s3://<bucket>[/<prefix>]; needs the package @aws-sdk/client-s3:
  --profile <name>         of your AWS configuration; default AWS_PROFILE
  --endpoint <address>     send requests there, as to LocalStack; default
                           AWS_ENDPOINT_URL
  --account <id>, --region <name>
                           read the logs of these only (several times); default
                           all in the bucket`;

/** Where logs in S3 are, and what of them is read. */
export interface S3Input {
  readonly settings: ClientSettings;
  /** Event times wanted, epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
}

/** So much history is read where nobody says how much. */
const HISTORY = 4 * WEEK;

/**
 * What of logs in S3 is to be read; `undefined` of paths on this machine.
 * @param times of what is asked for, epoch ms: `from`, or four weeks before `judgedFrom`; up to `to`, or now
 * @throws InputError for paths of both kinds, addresses that cannot be, and flags that only S3 has
 */
export function s3InputOf(
  given: Arguments<keyof typeof S3_FLAGS | 'account' | 'region'>,
  times: {
    readonly from?: number | undefined;
    readonly judgedFrom?: (end: number) => number;
    readonly to?: number | undefined;
  },
  io: CliIo,
): S3Input | undefined {
  const there = given.paths.filter(isS3Path);
  if (there.length === 0) {
    const flag = (Object.keys(S3_FLAGS) as (keyof typeof S3_FLAGS)[]).find((name) => given.has(name));
    if (flag === undefined) return undefined;
    throw new InputError(`--${flag} is for logs in S3, and no path begins with s3://`);
  }
  const here = given.paths.find((path) => !isS3Path(path));
  if (here !== undefined) {
    throw new InputError(
      `paths must all be of S3 or all of this machine, got ${JSON.stringify(there[0])} and ${JSON.stringify(here)}: copy one with aws s3 sync`,
    );
  }
  for (const path of there) parseS3Path(path);
  const to = times.to ?? io.now?.();
  if (to === undefined) throw new InputError('logs in S3 need --until where the current time is not known');
  const from = times.from ?? (times.judgedFrom?.(to) ?? to) - HISTORY;
  if (from >= to) {
    throw new InputError(
      `the logs to read must begin before they end, got ${new Date(from).toISOString()} and ${new Date(to).toISOString()}`,
    );
  }
  return { settings: clientSettings(given), from, to, accounts: given.list('account'), regions: given.list('region') };
}

/** So many files that may not be read, and none that may: no other will be. */
const ENOUGH = 3;

/** The log files of addresses in S3, one address after the other. */
export class S3Sources implements AsyncIterable<LogStream> {
  readonly #paths: readonly string[];
  readonly #input: S3Input;
  readonly #signal: AbortSignal | undefined;
  readonly #clients: AwsClients;
  #read = 0;
  #failed = 0;
  #first: AwsCallError | undefined;

  constructor(paths: readonly string[], input: S3Input, signal: AbortSignal | undefined) {
    this.#paths = paths;
    this.#input = input;
    this.#signal = signal;
    this.#clients = new AwsClients(input.settings);
  }

  /** @throws InputError where there are no credentials; MissingPackage where the client is not installed */
  async connect(): Promise<void> {
    await checkAccess(await this.#clients.s3());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogStream, void, void> {
    const { from, to, accounts, regions } = this.#input;
    const client = await this.#clients.s3();
    for (const path of this.#paths) {
      const logs = logsAt(client, parseS3Path(path), {
        from,
        to,
        ...(accounts.length === 0 ? {} : { accounts }),
        ...(regions.length === 0 ? {} : { regions }),
        ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      });
      for await (const log of logs) {
        if (this.#read === 0 && this.#failed >= ENOUGH && this.#first !== undefined) throw this.#first;
        yield { name: log.name, open: () => this.#open(log), failed: () => log.failed?.() };
      }
    }
  }

  async *#open(log: LogStream): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* log.open();
      this.#read++;
    } catch (error) {
      this.#failed++;
      if (error instanceof AwsCallError) this.#first ??= error;
      throw error;
    }
  }

  /** What is to be said of the reading, in sentences. */
  notes(): string[] {
    const { from, to, regions, accounts } = this.#input;
    const only = [...accounts, ...regions].map((name) => printable(name, 40));
    const read = `Read the logs of ${day(from)} to ${day(to)}${only.length === 0 ? '' : ` of ${only.join(', ')}`} (--since, --until)`;
    if (this.#first === undefined) return [read];
    return [
      read,
      `${counted(this.#failed, 'file')} in S3 could not be read; the first: ${printable(this.#first.message, 300)}`,
    ];
  }
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
