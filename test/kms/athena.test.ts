import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { type AthenaCountOptions, athenaCountQuery, athenaCoverageQuery } from '../../src/kms/athena-query.js';
import { readAthenaCounts, readAthenaCoverage } from '../../src/kms/athena-rows.js';
import type { KmsCall } from '../../src/kms/call.js';
import type { CountStats } from '../../src/kms/call-counter.js';
import { countCalls } from '../../src/kms/count-calls.js';
import { type Coverage, CoverageTracker } from '../../src/kms/coverage.js';
import { parseEventTime } from '../../src/kms/event-time.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import type { SeriesKey } from '../../src/series/key.js';
import { observedRow, valueAt } from '../../src/series/series-set.js';
import { KMS_DAY, kmsRecords } from '../support/arbitraries.js';
import { type AthenaLog, athenaTable, contentsOf } from '../support/athena.js';
import { hasSharedData, sharedData } from '../support/shared-data.js';

const DAY = 86_400_000;
const LOGS = fileURLToPath(new URL('../../data/logs', import.meta.url));

const LEVELS: (keyof SeriesKey)[][] = [
  [],
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation'],
  ['keyArn', 'operation', 'caller'],
  ['account', 'region', 'outcome'],
];

type Records = readonly Readonly<Record<string, unknown>>[];

/** What countCalls makes of the records, in the order that decides between copies that differ. */
async function counted(records: Records, options: Omit<AthenaCountOptions, 'table'>, coverage?: readonly Coverage[]) {
  const setAside: Record<string, number> = {};
  const calls: KmsCall[] = [];
  for (const record of records) {
    const call = parseRecord(record);
    if (!('reason' in call)) calls.push(call);
    else if (call.reason !== 'not-kms') setAside[call.reason] = (setAside[call.reason] ?? 0) + 1;
  }
  calls.sort(
    (a, b) =>
      a.time - b.time ||
      order(a.operation, b.operation) ||
      order(a.keyArns[0] ?? '~', b.keyArns[0] ?? '~') ||
      order(a.caller, b.caller),
  );
  let stats: CountStats | undefined;
  const { from, to, step, by } = options;
  const set = await countCalls(calls, {
    start: from,
    end: to,
    ...(step === undefined ? {} : { step }),
    ...(by === undefined ? {} : { by }),
    ...(coverage === undefined ? {} : { coverage }),
    onStats: (told) => {
      stats = told;
    },
  });
  if (stats === undefined) throw new Error('onStats was not called');
  expect(stats.late, 'calls that countCalls cannot be sure of').toBe(0);
  if (stats.duplicates > 0) setAside['duplicate'] = stats.duplicates;
  if (stats.outside > 0) setAside['outside'] = stats.outside;
  return { set, setAside };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function viaAthena(
  logs: readonly AthenaLog[],
  options: Omit<AthenaCountOptions, 'table'>,
  coverage?: readonly Coverage[],
) {
  const query = await athenaTable(logs);
  const rows = await query(athenaCountQuery({ table: 'cloudtrail', ...options }));
  let setAside: Readonly<Record<string, number>> = {};
  const set = await readAthenaCounts(rows, {
    ...(coverage === undefined ? {} : { coverage }),
    onSetAside: (told) => {
      setAside = told;
    },
  });
  return { set, setAside, rows };
}

function recordsUnder(folder: string): Readonly<Record<string, unknown>>[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json.gz'))
    .sort()
    .flatMap((file) => JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString('utf8')).Records);
}

/** The log file's date beside each record: that of its event, or where it has none a day that is read in any case. */
function asLogs(records: Records, fallback: number): AthenaLog[] {
  return records.map((record) => {
    const time = parseEventTime(String(record['eventTime']));
    return {
      record,
      date: new Date(Number.isNaN(time) ? fallback : time).toISOString().slice(0, 10).replaceAll('-', '/'),
    };
  });
}

describe('the counting query, run by DuckDB over the table that Athena would have', { timeout: 120_000 }, () => {
  it('gives what countCalls gives, of records in all their shapes, copied and shared between accounts', async () => {
    const nudged = fc.oneof(
      { weight: 6, arbitrary: fc.constant({}) },
      fc.record({
        eventTime: fc.constantFrom(
          '2024-07-01T05:06:07z',
          '2024-07-01 05:06:07.890',
          '2024-07-01T05:06:07.5+00:00',
          '2024-07-01T05:06:07-00:00',
          '2024-07-01T05:06:07.1239Z',
          '2024-02-30T00:00:00Z',
          'redacted',
          '',
          null,
          '1999-01-01T00:00:00Z',
          '2024-07-01T25:00:00Z',
        ),
      }),
      fc.record({
        addendum: fc.constantFrom({ reason: 'UPDATED_DATA', originalEventID: 'x' }, { reason: 'DELIVERY_DELAY' }, null),
      }),
      fc.record({ eventCategory: fc.constantFrom('NetworkActivity', 'Insight', 'Aggregated', 'Data', null) }),
      fc.record({
        eventType: fc.constantFrom('AwsVpceEvent', 'AwsVpceEvents', 'AwsCloudTrailInsight', 'AwsAggregatedEvent'),
      }),
      fc.record({ recipientAccountId: fc.constantFrom(null, '', 'AWS Internal') }),
      fc.record({ eventSource: fc.constantFrom(null, '', 's3.amazonaws.com') }),
      fc.record({ eventName: fc.constantFrom(null, '', 'x'.repeat(129), "O'Hara; DROP TABLE x --") }),
      fc.record({ awsRegion: fc.constantFrom('cn-north-1', 'us-gov-west-1', 'eusc-de-east-1', '') }),
      fc.record({ errorCode: fc.constantFrom('', 'x'.repeat(1025), 'KMSInvalidStateException') }),
      fc.record({
        userIdentity: fc.constantFrom(
          null,
          {},
          { accountId: '777788889999' },
          { accountId: 'AWS Internal', principalId: 'AIDA' },
          { arn: 'a'.repeat(2049), invokedBy: 's3.amazonaws.com' },
        ),
      }),
      placesOfKeys(),
    );
    // Few ids, so that they repeat, but those of different calls never in the same account, Region and hour.
    const made = fc
      .tuple(kmsRecords(), nudged, fc.integer({ min: 0, max: 5 }), fc.boolean())
      .map(([record, nudge, shared, copied]) => {
        const nudged: Record<string, unknown> = { ...record, ...nudge };
        // The copies of one call in two accounts tell of one time.
        const ofCall = `shared-${shared} at ${nudged['eventTime']}`;
        return {
          record: record['sharedEventID'] === undefined ? nudged : { ...nudged, sharedEventID: ofCall },
          copied,
        };
      });
    await fc.assert(
      fc.asyncProperty(
        fc.array(made, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(60_000, 420_000, 3_600_000),
        async (list, step) => {
          const records = list.flatMap(({ record, copied }) => (copied ? [record, record] : [record]));
          const options = { from: KMS_DAY, to: KMS_DAY + DAY - 1000, step, by: LEVELS };
          const coverage = [
            { account: '111122223333', region: 'eu-central-1', from: KMS_DAY, to: KMS_DAY + 10 * 3_600_000 },
            { account: '444455556666', region: 'eu-central-1', from: KMS_DAY + 3_600_000, to: KMS_DAY + DAY },
          ];
          const logs = asLogs(records, KMS_DAY).map((log) => ({ ...log, date: '2024/07/02' }));
          const athena = await viaAthena(logs, options, coverage);
          const direct = await counted(records, options, coverage);
          expect(contentsOf(athena.set)).toEqual(contentsOf(direct.set));
          expect(athena.setAside).toEqual(direct.setAside);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('gives what countCalls gives of the bundled logs, and when they were listening', async () => {
    const records = recordsUnder(LOGS);
    const by = [[], ['keyArn', 'operation', 'caller'], ['account', 'region', 'outcome']] as const;
    const options = { from: Date.UTC(2026, 4, 4), to: Date.UTC(2026, 5, 3), by };
    const tracker = new CoverageTracker();
    for (const { recipientAccountId, awsRegion, eventTime } of records) {
      tracker.add(String(recipientAccountId), String(awsRegion), parseEventTime(String(eventTime)));
    }
    const query = await athenaTable(asLogs(records, options.from));
    const coverage = await readAthenaCoverage(await query(athenaCoverageQuery({ table: 'cloudtrail', ...options })));
    expect(coverage).toEqual(tracker.coverage());
    const set = await readAthenaCounts(await query(athenaCountQuery({ table: 'cloudtrail', ...options })), {
      coverage,
    });
    expect(contentsOf(set)).toEqual(contentsOf((await counted(records, options, coverage)).set));
  });

  it.skipIf(!hasSharedData).each(['sans504-s3-lab', 'aws-kms-developer-guide', 'panther-rule-tests'])(
    'gives what countCalls gives of published records: %s',
    async (folder) => {
      const all = recordsUnder(sharedData('cloudtrail-kms', folder));
      // Of other services' records a tenth will do: that they are not counted shows as well.
      const records = all.filter(({ eventSource }, i) => eventSource === 'kms.amazonaws.com' || i % 10 === 0);
      const times = records.map(({ eventTime }) => parseEventTime(String(eventTime))).filter((time) => time > 0);
      const from = Math.floor(Math.min(...times) / DAY) * DAY;
      const to = Math.max(...times) + 1;
      const options = { from, to, step: to - from > 30 * DAY ? DAY : 300_000, by: LEVELS };
      const direct = await counted(records, options);
      const athena = await viaAthena(asLogs(records, from), options);
      expect(contentsOf(athena.set)).toEqual(contentsOf(direct.set));
      expect(athena.setAside).toEqual(direct.setAside);
      expect(athena.set.keys.length).toBeGreaterThan(3);
    },
  );
});

/** Every place where a record may name its key, right and wrong, for operations with one key and with two. */
function placesOfKeys(): fc.Arbitrary<Record<string, unknown>> {
  const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const other = 'arn:aws:kms:us-east-1:444455556666:key/mrk-1234abcd12ab34cd56ef1234567890ab';
  const value = fc.constantFrom<unknown>(
    arn,
    other,
    '1234abcd-12ab-34cd-56ef-1234567890ab',
    'MRK-1234ABCD12AB34CD56EF1234567890AB',
    'alias/orders',
    'arn:aws:kms:eu-central-1:111122223333:alias/orders',
    `${arn}${'x'.repeat(256)}`,
    null,
    7,
  );
  const resource = value.map((it) => ({ ARN: it, accountId: 'AWS Internal' }));
  return fc.record(
    {
      eventName: fc.constantFrom('ReEncrypt', 'ReEncrypt', 'Decrypt', 'CreateAlias', 'RotateKey'),
      resources: fc.oneof(fc.constantFrom<unknown>([], null), fc.array(resource, { maxLength: 4 })),
      responseElements: fc.oneof(
        fc.constant(null),
        fc.record({ keyId: value }),
        fc.record({ keyMetadata: fc.record({ arn: value }) }),
      ),
      serviceEventDetails: fc.oneof(fc.constant(null), fc.record({ keyId: value })),
      requestParameters: fc.oneof(
        fc.constant(null),
        fc.record(
          { keyId: value, targetKeyId: value, sourceKeyId: value, destinationKeyId: value },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: ['resources', 'eventName'] },
  );
}

const ONE = { from: KMS_DAY, to: KMS_DAY + DAY };
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
let lastId = 0;

function decrypt(time: string, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    eventTime: time,
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    eventID: `id-${lastId++}`,
    awsRegion: 'eu-central-1',
    recipientAccountId: '111122223333',
    userIdentity: { arn: 'arn:aws:iam::111122223333:user/Alice' },
    resources: [{ ARN: KEY }],
    ...fields,
  };
}

describe('athenaCountQuery', () => {
  it('takes as many buckets as lie between its times, however late those are', () => {
    const from = Date.UTC(2026, 5, 1);
    const day = { table: 'trail', accounts: ['111122223333'], regions: ['eu-central-1'], from, to: from + 86_400_000 };
    expect(athenaCountQuery({ ...day, step: 1000 })).toContain('1000');
    expect(() => athenaCountQuery({ ...day, step: 1 })).toThrow('step must be wide enough for at most');
  });

  it('finds calls whose file was published a day later, and by more slack later ones (trap 16)', async () => {
    const logs = ['2024/06/30', '2024/07/01', '2024/07/02', '2024/07/04'].map((date) => ({
      record: decrypt('2024-07-01T23:59:59Z'),
      date,
    }));
    const count = async (options: Partial<AthenaCountOptions>) =>
      valueAt((await viaAthena(logs, { ...ONE, by: [[]], ...options })).set, 0, 287);
    expect(await count({})).toBe(3);
    expect(await count({ date: { slack: 3 } })).toBe(4);
    expect(await count({ date: { slack: 0 } })).toBe(1);
  });

  it('reads the partitions of the accounts and Regions asked for, and counts no others without them', async () => {
    const logs = ['111122223333', '444455556666'].flatMap((recipientAccountId) =>
      ['eu-central-1', 'us-east-1'].map((awsRegion) => ({
        record: decrypt('2024-07-01T00:00:00Z', { recipientAccountId, awsRegion }),
      })),
    );
    const asked = {
      ...ONE,
      by: [['account', 'region'] as const],
      accounts: ['444455556666'],
      regions: ['us-east-1', 'x'],
    };
    const plain = await viaAthena(logs, asked);
    const pruned = await viaAthena(logs, { ...asked, partitions: { account: 'account', region: 'region' } });
    expect(plain.set.keys.map(({ account, region }) => [account, region])).toEqual([['444455556666', 'us-east-1']]);
    expect(contentsOf(pruned.set)).toEqual(contentsOf(plain.set));
    expect([plain.setAside, pruned.setAside]).toEqual([{ outside: 3 }, {}]);
  });

  it('quotes whatever it is handed', async () => {
    const name = `'; DROP TABLE cloudtrail; --`;
    const logs = [
      { record: decrypt('2024-07-01T00:00:00Z', { recipientAccountId: name }) },
      { record: decrypt('2024-07-01T00:00:00Z') },
    ];
    const { set } = await viaAthena(logs, { ...ONE, by: [['account']], accounts: [name] });
    expect(set.keys.map(({ account }) => account)).toEqual([name]);
    const sql = athenaCountQuery({
      ...ONE,
      table: 'awsdatacatalog.my"db.trail',
      date: { column: 'a"b', format: 'yyyy-MM-dd' },
    });
    expect(sql).toContain('FROM "awsdatacatalog"."my""db"."trail"');
    expect(sql).toContain(`WHERE "a""b" BETWEEN '2024-06-30' AND '2024-07-02'`);
  });

  it('is text that Trino reads: balanced, of its functions only, of ordinary size', () => {
    // Functions of the Trino reference, and words that stand before a bracket.
    const known = new Set(
      'array_join array_sort cast coalesce count element_at filter from_iso8601_timestamp grouping histogram json_extract_scalar length map_keys mod nullif regexp_extract regexp_like replace row_number rpad substr to_unixtime try unnest'.split(
        ' ',
      ),
    );
    const words = new Set('and as by having in or over sets then when where'.split(' '));
    for (const by of [undefined, [[]], LEVELS, [['account']]] as const) {
      for (const sql of [
        athenaCountQuery({ ...ONE, table: 'logs.trail', accounts: ["it's"], ...(by === undefined ? {} : { by }) }),
        athenaCoverageQuery({ ...ONE, table: 'trail' }),
      ]) {
        const code = sql
          .replace(/--.*$/gm, '')
          .replace(/'(?:[^']|'')*'/g, "''")
          .replace(/"(?:[^"]|"")*"/g, '""');
        let depth = 0;
        for (const letter of code) {
          depth += letter === '(' ? 1 : letter === ')' ? -1 : 0;
          expect(depth).toBeGreaterThanOrEqual(0);
        }
        expect(depth).toBe(0);
        const called = [...code.matchAll(/([a-z_0-9]+)\s*\(/gi)].map(([, word]) => word.toLowerCase());
        const aliases = ['records', 'named', 'keyed', 'calls', 'judged', 'numbered', 'told', 'counted', 'keys'];
        expect(called.filter((word) => !known.has(word) && !words.has(word) && !aliases.includes(word))).toEqual([]);
        expect(code).not.toMatch(/::|;|\bilike\b|\bqualify\b/i);
        expect(Buffer.byteLength(sql)).toBeLessThan(20_000);
      }
    }
  });

  it.each<[Partial<AthenaCountOptions>, RegExp]>([
    [{ to: KMS_DAY }, /^to must be later than from/],
    [{ table: '' }, /^table must be a name/],
    [{ table: 'a.b.c.d' }, /^table must be a table's name/],
    [{ step: 0 }, /^step must be an integer/],
    [{ step: 1, to: KMS_DAY + 400 * DAY }, /^step must be wide enough/],
    [{ by: [['metric']] }, /^by\[0\]\[0\] must be one of/],
    [{ accounts: [] }, /^accounts must be a list/],
    [{ regions: [''] }, /^regions\[0\] must be text/],
    [{ date: { format: 'dd/MM/yyyy' } }, /^date.format must hold/],
    [{ date: { slack: -1 } }, /^date.slack must be/],
  ])('refuses %o', (options, message) => {
    expect(() => athenaCountQuery({ table: 'trail', ...ONE, ...options })).toThrow(message);
    expect(() => athenaCountQuery({ table: 'trail', ...ONE, ...options })).toThrow(InputError);
  });
});

describe('readAthenaCounts', () => {
  const logs = [{ record: decrypt('2024-07-01T06:00:00Z') }, { record: decrypt('2024-07-01T12:00:00Z') }];

  it('fills zeros on the whole grid, and believes them only where the log was listening', async () => {
    const coverage = [
      { account: '111122223333', region: 'eu-central-1', from: KMS_DAY + 6 * 3_600_000, to: KMS_DAY + DAY },
    ];
    const { set } = await viaAthena(logs, { ...ONE, step: 3_600_000, by: [['operation']] }, coverage);
    expect(Array.from({ length: 24 }, (_, b) => valueAt(set, 0, b))).toEqual(
      Array.from({ length: 24 }, (_, b) => (b === 6 || b === 12 ? 1 : 0)),
    );
    expect([...observedRow(set, 0)]).toEqual([...Array(6).fill(0), ...Array(18).fill(1)]);
  });

  it('has a grid without any call, observed where all that was covered was listening', async () => {
    const coverage = [{ account: '111122223333', region: 'eu-central-1', from: KMS_DAY, to: KMS_DAY + 3_600_000 }];
    const { set } = await viaAthena([], { ...ONE, step: 3_600_000 }, coverage);
    expect(set.keys).toEqual([]);
    expect(contentsOf(set)).toEqual(contentsOf((await counted([], { ...ONE, step: 3_600_000 }, coverage)).set));
  });

  it('believes nothing before, between and after what was covered, without any call to say whose log it is', async () => {
    const asked = (kind: string, bucket: number) => ({ kind: `asked-${kind}`, bucket });
    const rows = [asked('from', KMS_DAY), asked('step', 3_600_000), asked('to', KMS_DAY + 8 * 3_600_000)];
    const covered = [2, 5].map((hour) => ({
      account: '111122223333',
      region: 'eu-central-1',
      from: KMS_DAY + hour * 3_600_000,
      to: KMS_DAY + (hour + 1) * 3_600_000,
    }));
    const observed = async (coverage: Coverage[]) => [...(await readAthenaCounts(rows, { coverage })).observed];
    expect(await observed(covered)).toEqual([0, 0, 1, 0, 0, 1, 0, 0]);
    expect(await observed([])).toEqual(Array(8).fill(0));
    expect([...(await readAthenaCounts(rows)).observed]).toEqual(Array(8).fill(1));
  });

  it('takes whole numbers as numbers, text or big integers, and nothing else', async () => {
    const rows = (value: unknown) => [
      { kind: 'asked-from', bucket: value },
      { kind: 'asked-step', bucket: 3_600_000 },
      { kind: 'asked-to', bucket: String(KMS_DAY + 3_600_000) },
    ];
    for (const value of [KMS_DAY, `${KMS_DAY}`, BigInt(KMS_DAY)])
      expect((await readAthenaCounts(rows(value))).grid.start).toBe(KMS_DAY);
    for (const value of [KMS_DAY + 0.5, '', 'x', 2n ** 64n, true, null, [KMS_DAY]])
      await expect(readAthenaCounts(rows(value))).rejects.toThrow('rows must have whole numbers in bucket');
  });

  it('takes the rows in any order', async () => {
    const { rows, set } = await viaAthena(logs, ONE);
    expect(contentsOf(await readAthenaCounts([...rows].reverse()))).toEqual(contentsOf(set));
  });

  it('says what is wrong with rows of another kind', async () => {
    const { rows } = await viaAthena(logs, ONE);
    const wrong: [unknown, RegExp][] = [
      [[], /got none with what was asked/],
      [[{ a: 1 }], /must have the column kind/],
      [[null], /rows\[0\] must be an object with the columns of the query, got null/],
      [[rows[0], 7], /rows\[1\] must be an object/],
      [rows.map((row) => ({ ...row, calls: 'many' })), /whole numbers in calls, got "many"/],
      [rows.map((row) => (row['kind'] === 'calls' ? { ...row, bucket: '0' } : row)), /must lie in the time/],
      [rows.map((row) => ({ ...row, outcome: 'fine' })), /must have ok, error or dry-run/],
      [rows.map((row) => ({ ...row, operation: 7 })), /must have text in operation/],
    ];
    for (const [given, message] of wrong) await expect(readAthenaCounts(given as never)).rejects.toThrow(message);
    await expect(readAthenaCoverage([{ account: 1 }])).rejects.toThrow(/account, region, day and ticks/);
  });
});
