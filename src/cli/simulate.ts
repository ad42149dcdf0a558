import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { InputError } from '../errors.js';
import { jsonDocument } from '../report/analysis-json.js';
import { counted, grouped } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { deliveredFiles } from '../simulate/delivery.js';
import type { Incident } from '../simulate/incident.js';
import { SHOP_CALLERS, SHOP_KEYS, shopCall } from '../simulate/shop.js';
import { simulateCalls } from '../simulate/simulate-calls.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { ProgressLine } from './progress.js';
import { DONE } from './status.js';
import { parsePath, parseTime, parseWhole } from './values.js';

const FLAGS = {
  out: 'string',
  seed: 'string',
  days: 'string',
  start: 'string',
  quiet: 'boolean',
  json: 'boolean',
} as const;

export const SIMULATE_HELP = `Usage: kms-baseline simulate --out <folder> [options]

Writes simulated CloudTrail logs of a small web shop, as CloudTrail delivers
them to S3, and labels.json, which lists what happened on their last day: for
trying things, and for tests. The same seed gives the same logs.

Options:
  --out <folder>    where AWSLogs/ and labels.json are written
  --seed <number>   a whole number; default 1
  --days <number>   how many days; default 30
  --start <time>    the first of them, at midnight UTC; default 2026-05-04
  --quiet           no incidents on the last day
  --json            one JSON document instead of text
  -h, --help        this text

Exit status: 0 done, 2 could not do the job.

Examples:
  kms-baseline simulate --out ./shop && kms-baseline analyze ./shop/AWSLogs
  kms-baseline simulate --out ./shop --seed 7 --days 60
  kms-baseline simulate --out ./calm --quiet --json
`;

const START = Date.UTC(2026, 4, 4);
const compress = promisify(gzip);

/** Writes simulated logs and their labels into a folder. Returns the exit status. */
export async function simulate(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('simulate', FLAGS, args);
  if (given.paths.length > 0) {
    throw new InputError(`simulate takes no path but that of --out, got ${JSON.stringify(given.paths[0])}`);
  }
  const out = given.read('out', parsePath);
  if (out === undefined) throw new InputError('simulate needs --out, a folder to write to');
  const seed = given.read('seed', parseWhole(0, 1e15)) ?? 1;
  const days = given.read('days', parseWhole(1, 3650)) ?? 30;
  const start = given.read('start', parseTime) ?? START;
  if (start % DAY !== 0) throw new InputError(`--start must be a midnight of UTC, got ${given.text('start')}`);
  const end = start + days * DAY;
  const incidents = given.has('quiet') ? [] : incidentsOn(end - DAY);
  const { labels, records } = simulateCalls({ seed, start, end, incidents });
  const tally = { files: 0, bytes: 0, records: 0, kmsRecords: 0 };
  const progress = new ProgressLine(io.stderr, io.clock);
  const told = function* () {
    for (const record of records()) {
      tally.records++;
      if (record.eventSource === 'kms.amazonaws.com') tally.kmsRecords++;
      if (tally.records % 1000 === 0) progress.step('simulating', Date.parse(record.eventTime) - start, end - start);
      yield record;
    }
  };
  try {
    for (const { path, text } of deliveredFiles(told(), { seed, duplicated: 0.003, late: 0.002 })) {
      io.signal?.throwIfAborted();
      const bytes = await compress(text);
      await put(out, path, bytes);
      tally.files++;
      tally.bytes += bytes.length;
    }
    await put(out, 'labels.json', `${JSON.stringify(labels, null, 2)}\n`);
  } finally {
    progress.clear();
  }
  const result = {
    schemaVersion: 1,
    command: 'simulate',
    paths: [out],
    seed,
    simulated: { from: start, to: end, ...tally },
    labels: labels.map((label) => ({ ...label })),
  };
  io.stdout.write(
    given.has('json')
      ? `${jsonDocument(result)}\n`
      : `${counted(tally.records, 'record')}, ${grouped(tally.kmsRecords)} of KMS, in ${counted(tally.files, 'file')} of ${printable(out, 500)}\n${labels
          .map(({ from, note }) => `${new Date(from).toISOString().slice(0, 16)}Z  ${note}\n`)
          .join('')}`,
  );
  return DONE;
}

async function put(folder: string, path: string, content: string | Uint8Array): Promise<void> {
  const file = join(folder, path);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(`--out must be a folder that can be written to, got ${JSON.stringify(folder)} (${reason})`);
  }
}

/** What happens on the last day. */
function incidentsOn(day: number): Incident[] {
  return [
    {
      kind: 'outage',
      from: day + 7 * HOUR,
      to: day + 12 * HOUR,
      key: { keyArn: SHOP_KEYS.payments },
      note: 'The payment gateway stops: no call on the payments key for five hours.',
    },
    {
      kind: 'error-burst',
      from: day + 13 * HOUR,
      to: day + 13 * HOUR + 7 * MINUTE,
      call: shopCall('Decrypt', SHOP_CALLERS.sandbox, SHOP_KEYS.secrets),
      calls: 90,
      note: 'Role CiSandbox, never seen before, is refused the secrets ninety times.',
    },
    {
      kind: 'spike',
      from: day + 14 * HOUR,
      to: day + 14 * HOUR + 10 * MINUTE,
      call: shopCall('Decrypt', SHOP_CALLERS.support, SHOP_KEYS.orders),
      calls: 420,
      note: 'Role SupportConsole, which reads a few orders a day, decrypts 420 in ten minutes.',
    },
  ];
}
