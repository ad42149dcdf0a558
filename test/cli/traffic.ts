import { runCli } from '../../src/cli/run.js';
import { kmsRecord, logText, START, tempFolder, writeFile } from '../support/logs.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const MINUTE = 60_000;

/** A record at `time`, with an id of its own. */
export function recordAt(
  time: number,
  fields: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return kmsRecord(0, {
    eventTime: `${new Date(time).toISOString().slice(0, 19)}Z`,
    eventID: `id-${time}-${JSON.stringify(fields)}`,
    ...fields,
  });
}

/** Two Decrypt calls every five minutes from {@link START} on, for that many ms. */
export function steady(length: number, from = START): Readonly<Record<string, unknown>>[] {
  return Array.from({ length: Math.floor(length / (5 * MINUTE)) * 2 }, (_, i) => recordAt(from + (i * 5 * MINUTE) / 2));
}

/** `calls` Decrypt calls within four minutes of `time`. */
export function burst(
  time: number,
  calls: number,
  caller = 'arn:aws:iam::111122223333:user/mallory',
): Readonly<Record<string, unknown>>[] {
  return Array.from({ length: calls }, (_, i) =>
    recordAt(time + (i % 240) * 1000, { userIdentity: { type: 'IAMUser', arn: caller }, requestID: String(i) }),
  );
}

/** A folder with one gzipped log of these records. */
export function logFolder(records: readonly unknown[], name = 'log.json.gz'): string {
  const folder = tempFolder();
  writeFile(folder, name, logText(records));
  return folder;
}

export interface CliRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process; `tty` stands for both outputs. */
export async function cli(
  args: readonly string[],
  options: { tty?: boolean; columns?: number; signal?: AbortSignal; stdin?: AsyncIterable<Uint8Array> } = {},
): Promise<CliRun> {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({
    write: (text: string) => {
      texts[name] += text;
    },
    isTTY: options.tty === true,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
  });
  const status = await runCli(args, {
    stdout: output('stdout'),
    stderr: output('stderr'),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  });
  return { status, ...texts };
}

/** Text without its line breaks, so that a test does not depend on where lines end. */
export function flowing(text: string): string {
  return text.replace(/\s+/g, ' ');
}
