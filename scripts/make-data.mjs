// Writes data/ anew, byte for byte: `npm run build && npm run data`. Another folder can be given as an argument.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync, strToU8 } from 'fflate';
import { helpFor } from './usage.mjs';

helpFor(import.meta.url);
const SEED = 20260602;
const START = Date.UTC(2026, 4, 4);
const JUDGED = Date.UTC(2026, 5, 2);
const END = Date.UTC(2026, 5, 3);

const at = (time) => Date.parse(`2026-${time}:00Z`);

/** What happens on the judged day, and the one thing that the history has to be robust against. */
function story({ SHOP_KEYS: key, SHOP_CALLERS: who, shopCall }) {
  return [
    {
      kind: 'spike',
      from: at('05-12T09:20'),
      to: at('05-12T09:40'),
      call: shopCall('Decrypt', who.backOffice, key.documents),
      calls: 260,
      note: 'A search index of the documents is built by hand, once. In the history, and in no label.',
    },
    {
      kind: 'off-hours',
      from: at('06-02T00:10'),
      to: at('06-02T02:00'),
      source: 'documents-write',
      like: at('06-02T08:10'),
      note: 'Documents are encrypted from 02:10 to 04:00 in Berlin as busily as in the morning, by role BackOffice.',
    },
    {
      kind: 'outage',
      from: at('06-02T07:00'),
      to: at('06-02T12:00'),
      key: { keyArn: key.payments },
      note: 'The payment gateway stops: no call at all on the payments key for five hours.',
    },
    {
      kind: 'error-burst',
      from: at('06-02T13:05'),
      to: at('06-02T13:12'),
      call: shopCall('Decrypt', who.sandbox, key.secrets),
      calls: 90,
      note: 'Role CiSandbox, never seen before, is refused the production secrets ninety times in seven minutes.',
    },
    {
      kind: 'spike',
      from: at('06-02T14:12'),
      to: at('06-02T14:22'),
      call: shopCall('Decrypt', who.support, key.orders),
      calls: 420,
      note: 'Role SupportConsole, which reads a few orders a day, decrypts 420 in ten minutes.',
    },
    {
      kind: 'control-plane-burst',
      from: at('06-02T19:40'),
      to: at('06-02T19:48'),
      call: shopCall('DisableKey', who.admin, key.backups),
      calls: 9,
      note: 'Role KeyAdmin, which never did so, disables the key of the backups nine times, late in the evening.',
    },
  ];
}

/**
 * The files under data/, each with its path and bytes.
 * @param simulate the module src/simulate/index.ts, built or not
 */
export function* dataFiles(simulate) {
  const simulation = simulate.simulateCalls({
    seed: SEED,
    start: START,
    end: END,
    background: 2,
    incidents: story(simulate),
  });
  const labels = simulation.labels.filter((label) => label.from >= JUDGED);
  const tally = { records: 0, kms: 0, bytes: 0 };
  const counted = function* () {
    for (const record of simulation.records()) {
      tally.records++;
      if (record.eventSource === 'kms.amazonaws.com') tally.kms++;
      yield record;
    }
  };
  for (const { path, text } of simulate.deliveredFiles(counted(), { seed: SEED, duplicated: 0.003, late: 0.002 })) {
    // fflate is plain JavaScript, and mtime 0 leaves the clock out: the same bytes on every platform and Node version.
    const bytes = gzipSync(strToU8(text), { level: 9, mtime: 0 });
    tally.bytes += bytes.length;
    yield { path: `logs/${path}`, bytes };
  }
  yield { path: 'labels.json', bytes: strToU8(`${JSON.stringify(labels, null, 2)}\n`) };
  yield { path: 'README.md', bytes: strToU8(readme(simulate, labels, tally)) };
}

/** A Markdown table with its columns in line. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join('\n');
}

function readme({ SHOP_KEYS }, labels, { records, kms }) {
  const names = Object.entries(SHOP_KEYS);
  const nameOf = (arn) => names.find(([, known]) => known === arn)?.[0];
  const clock = (time) => new Date(time).toISOString().slice(11, 16);
  const files = [
    ['file', 'made by', 'seed', 'step', 'labels'],
    ['`logs/`', '`scripts/make-data.mjs`', `${SEED}`, 'single calls, whole seconds', '`labels.json`'],
    ['`labels.json`', '`scripts/make-data.mjs`', `${SEED}`, '–', 'the incidents of the judged day'],
    ['`README.md`', '`scripts/make-data.mjs`', '–', '–', '–'],
  ];
  const keys = names.map(([name, arn]) => [name, arn.split(':')[3], `\`${arn.split('/')[1]}\``, PURPOSES[name]]);
  const incidents = labels.map(({ kind, verdict, key, from, to, calls, expected, note }) => {
    const series = [key.operation, key.outcome, key.keyArn && `key ${nameOf(key.keyArn)}`].filter(Boolean).join(', ');
    return [`${clock(from)}–${clock(to)}`, kind, verdict, series, `${calls}`, expected.toFixed(1), note];
  });
  return `# Data

A month of CloudTrail logs of a company that does not exist, made by this project's own simulator (\`src/simulate\`).
Nothing here was recorded anywhere: accounts, keys, people and addresses are made up. Licence: Apache-2.0, like the code.
These two commands make every file here again, byte for byte:

\`\`\`sh
npm run build
npm run data
\`\`\`

## Files

${table(files)}

\`logs/\` has the layout of CloudTrail's delivery to S3, simplified to one gzipped file a Region and day:
${records.toLocaleString('en-US')} records, ${kms.toLocaleString('en-US')} of them of KMS, from Monday 2026-05-04 to Tuesday 2026-06-02 (UTC). Three in a
thousand records stand twice, with the same \`eventID\`, as when two trails share a bucket; two in a thousand come in the
next day's file. Inside a file they are not in order of time.

\`labels.json\` is a list of \`{ kind, verdict, key, from, to, calls, expected, note }\`: the series whose count shows it best,
epoch milliseconds (half-open), the calls counted there, those that the sources' laws expect, and what happened.

## The company

A small web shop: staff in Berlin (\`Europe/Berlin\`, quiet at night and at the week-end, no public holidays), machines on
UTC, a partner (account 444455556666) that fetches exports. Its account is 111122223333.

${table([['key', 'Region', 'id', 'what it protects'], ...keys])}

## The judged day, Tuesday 2026-06-02

Times are UTC.

${table([['time', 'kind', 'verdict', 'series', 'calls', 'expected', 'what happened'], ...incidents])}

The rest of the day is drawn from the same laws as the four weeks before it; no key, operation or pair of them is first
used on it but in the incidents. The history holds one incident that no label names: 260 extra Decrypt calls on the
documents key on 2026-05-12, 09:20–09:40, so that a method can show that an incident in its history does not blunt it.
`;
}

const PURPOSES = {
  orders: 'the orders database: read and written by OrderService, looked into by SupportConsole',
  payments: 'card and bank details: PaymentGateway, day and night',
  documents: 'the staff’s documents in S3: BackOffice',
  logs: 'the log archive: written by CloudTrail, read by LogReader every hour',
  invoices: 'signs the day’s invoices at 18:13 Berlin time: InvoiceSigner',
  secrets: 'secrets: DeployPipeline at deployments, now and then Alice',
  backups: 'nightly backups at 01:30 UTC: NightlyBackup',
  analytics: 'the warehouse: WarehouseLoader, and the partner at 06:00 UTC',
  archive: 'last year’s warehouse, moved to this year’s key on Sundays: KeyMigration',
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('../data', import.meta.url)));
  rmSync(join(folder, 'logs'), { recursive: true, force: true });
  for (const { path, bytes } of dataFiles(await import('../dist/simulate/index.js'))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}
