import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogStream } from '../../src/node/log-input.js';
import { KMS_DAY, kmsRecords } from '../support/arbitraries.js';
import { ALL_LEVELS, countedFast, countedSlowly } from '../support/counted.js';
import { kmsRecord, LAYOUTS, logText, otherRecord, tempFolder, writeFile } from '../support/logs.js';
import { seeded } from '../support/random.js';
import { hasSharedData, sharedData } from '../support/shared-data.js';

const OPTIONS = { by: ALL_LEVELS, coverage: 'records' } as const;

/** Counts files both ways, and expects one answer; `contents` by name. */
async function expectEqual(contents: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(contents)) writeFile(folder, name, content);
  expect(await countedFast(folder, { ...OPTIONS, threads: 1 })).toEqual(await countedSlowly(folder, OPTIONS));
}

/** Counts a stream both ways, which comes in pieces of `size` bytes. */
async function expectEqualInPieces(content: string | Uint8Array, size: number): Promise<void> {
  const bytes = Buffer.from(content);
  const streams = async function* (): AsyncGenerator<LogStream> {
    yield {
      name: 's3://logs/one.json',
      async *open() {
        for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
      },
    };
  };
  expect(await countedFast(streams(), OPTIONS)).toEqual(await countedSlowly(streams(), OPTIONS));
}

type Fields = Record<string, unknown>;

/** Values that a field should not have, or that look like something else. */
const odd = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom<unknown>(null, '', 0, -1.5e-7, true, [], {}, 'x', 'zoë', '\u2028', 'a"b\\c', 'kms.amazonaws.com'),
    fc.constantFrom<unknown>(
      '2024-07-01 00:00:05.000',
      '2024-02-30T00:00:00Z',
      '1999-01-01T00:00:00Z',
      '2024-07-01T00:00:05z',
    ),
    fc.constantFrom<unknown>('AwsVpceEvent', 'Insight', 'Aggregated', 'AwsApiCall', 'NetworkActivity', 'Management'),
    fc.constantFrom<unknown>({ reason: 'UPDATED_DATA' }, { reason: 'DELIVERY_DELAY' }, 'x'.repeat(3000)),
    fc.jsonValue(),
  );

const FIELDS = [
  ...[
    'eventVersion',
    'eventTime',
    'eventSource',
    'eventName',
    'awsRegion',
    'recipientAccountId',
    'errorCode',
    'eventID',
  ],
  ...['sharedEventID', 'eventCategory', 'eventType', 'addendum', 'userIdentity', 'resources', 'requestParameters'],
  ...['responseElements', 'Records', 'events', 'message', '__proto__', 'detail'],
];

/** Things inside of which a record's own fields stand, without being them. */
const LOOK_ALIKE: Fields = {
  encryptionContext: {
    eventSource: 'kms.amazonaws.com',
    eventTime: '2024-07-01T00:00:00Z',
    ARN: 'arn:aws:kms:a:1:key/x',
  },
  resources: [{ ARN: 'arn:aws:kms:eu-central-1:111122223333:key/none' }],
  userIdentity: { arn: 'nobody' },
  text: '{"eventSource":"kms.amazonaws.com"},{"eventVersion":"1.08"}]}',
};

const RESOURCES = fc.array(
  fc.oneof(
    fc.record(
      {
        ARN: fc.constantFrom<unknown>(
          'arn:aws:kms:eu-central-1:111122223333:key/1234abcd',
          'arn:aws:kms:eu-central-1:111122223333:key/5678',
          'arn:aws:kms:eu-central-1:111122223333:alias/x',
          'arn:aws:s3:::bucket',
          'é',
          null,
          7,
        ),
        arn: fc.constantFrom('arn:aws:kms:eu-central-1:111122223333:key/lower', ''),
        accountId: fc.constantFrom('111122223333', 'AWS Internal'),
        more: fc.constant([{ ARN: 'arn:aws:kms:eu-central-1:111122223333:key/inner' }]),
      },
      { requiredKeys: [] },
    ),
    fc.constantFrom<unknown>('arn:aws:kms:eu-central-1:111122223333:key/text', null, [LOOK_ALIKE]),
  ),
  { maxLength: 4 },
);

const IDENTITY = fc.record(
  {
    type: fc.constant('AssumedRole'),
    arn: fc.constantFrom<unknown>('arn:aws:iam::111122223333:user/Alice', '', null, 'Zoë', 5),
    invokedBy: fc.constantFrom<unknown>('ebs.amazonaws.com', '', null),
    accountId: fc.constantFrom<unknown>('444455556666', 'AWS Internal'),
    principalId: fc.constantFrom<unknown>('AIDA', 'x'.repeat(2100)),
    sessionContext: fc.constantFrom<unknown>(
      { sessionIssuer: { arn: 'arn:aws:iam::111122223333:role/App' } },
      { sessionIssuer: { arn: '' } },
      { sessionIssuer: [] },
      'none',
    ),
  },
  { requiredKeys: [] },
);

/** At the time of the records of {@link kmsRecords}: buckets of months between take long to compare. */
function sameDay(i: number): Fields {
  return { eventTime: new Date(KMS_DAY + i * 10_000).toISOString().replace('.000', '') };
}

/** Records as they should be, and such as have been tampered with, of KMS and of other services. */
function records(): fc.Arbitrary<unknown> {
  const whole = fc.oneof(
    kmsRecords(),
    fc.nat(40).map((i) => ({ ...kmsRecord(i, sameDay(i)) })),
    fc.nat(40).map((i) => ({ ...otherRecord(i, sameDay(i)) })),
  );
  const changed = fc
    .tuple(whole, fc.array(fc.tuple(fc.constantFrom(...FIELDS), odd()), { maxLength: 3 }), fc.boolean())
    .map(([record, changes, alike]) => {
      const fields: Fields = { ...record, ...(alike ? { requestParameters: LOOK_ALIKE } : {}) };
      for (const [name, value] of changes) {
        if (value === 'x') delete fields[name];
        else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
      }
      return fields;
    });
  const inside = fc
    .tuple(whole, RESOURCES, IDENTITY)
    .map(([record, resources, userIdentity]) => ({ ...record, resources, userIdentity }));
  // Fields in any order: CloudTrail's own differs from version to version.
  const shuffled = whole.chain((record) =>
    fc
      .shuffledSubarray(Object.entries(record), { minLength: Object.keys(record).length })
      .map((entries) => Object.fromEntries(entries)),
  );
  return fc.oneof(
    { weight: 3, arbitrary: whole },
    changed,
    inside,
    shuffled,
    fc.constantFrom<unknown>({}, [], 1, 'x', null),
  );
}

/** Changes of a text, byte by byte and by what JSON is made of. */
const EDITS = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.constantFrom(0, 0, 1, 1, 2, 30, 400),
    insert: fc.constantFrom(
      ...[
        '',
        '"',
        '\\',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '\n',
        ' ',
        '\t',
        '\r\n',
        '0',
        '-',
        '1e',
        'null',
        'tru',
        '\u0000',
        'é',
        '\ud83d\udd11',
      ],
      ...[
        '"eventSource":"kms.amazonaws.com",',
        '"eventID":"again",',
        '"Records":[',
        '},{',
        '},',
        '\\u00',
        '"a":1,',
        ']}{"Records":[',
      ],
    ),
  }),
  { maxLength: 4 },
);

function edited(text: string, edits: readonly { at: number; remove: number; insert: string }[]): Buffer {
  let bytes = Buffer.from(text);
  for (const { at, remove, insert } of edits) {
    const from = Math.floor(at * bytes.length);
    bytes = Buffer.concat([bytes.subarray(0, from), Buffer.from(insert), bytes.subarray(from + remove)]);
  }
  return bytes;
}

describe('countCloudTrail gives what countCalls(readCloudTrail()) gives', () => {
  it('of files of records of every kind, in every layout', async () => {
    const file = fc.record({
      list: fc.array(records(), { maxLength: 8 }),
      layout: fc.constantFrom(...Object.keys(LAYOUTS)),
      zipped: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 3 }), async (files) => {
        await expectEqual(
          Object.fromEntries(
            files.map(({ list, layout, zipped }, i) => {
              const text = LAYOUTS[layout](list);
              return [`${i}.json`, zipped ? gzipSync(text) : text];
            }),
          ),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('of logs that were damaged anywhere, however they are cut into pieces', async () => {
    const log = fc.record({
      list: fc.array(records(), { minLength: 1, maxLength: 6 }),
      layout: fc.constantFrom(...Object.keys(LAYOUTS)),
      edits: EDITS,
      zipped: fc.boolean(),
      size: fc.constantFrom(7, 64, 1000, 1e6),
    });
    await fc.assert(
      fc.asyncProperty(log, async ({ list, layout, edits, zipped, size }) => {
        const bytes = edited(LAYOUTS[layout](list), edits);
        await expectEqualInPieces(zipped ? gzipSync(bytes) : bytes, size);
      }),
      { numRuns: 400 },
    );
  });

  it('of records whose text was changed between their quotes and commas', async () => {
    const texts = fc.array(
      records().map((record) => JSON.stringify(record)),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(texts, EDITS, fc.nat(4), fc.boolean(), async (list, edits, which, lines) => {
        const changed = list.map((text, i) => (i === which % list.length ? edited(text, edits).toString() : text));
        await expectEqualInPieces(lines ? changed.join('\n') : `{"Records":[${changed.join(',')}]}`, 1e6);
      }),
      { numRuns: 400 },
    );
  });
});

describe('countCloudTrail, which finds the ends of some thousand strings at a time, gives the same', () => {
  it('wherever such a stretch ends: in a key, a text, an escape, a gap, in damage', async () => {
    const log = fc.record({
      // Two ends a string: what follows them stands around the 2,048th.
      strings: fc.integer({ min: 500, max: 1024 }),
      list: fc.array(records(), { minLength: 2, maxLength: 5 }),
      note: fc.array(fc.constantFrom('\\', '"', '\u0001', 'é', '{"a":"b"}', 'x'.repeat(70)), { maxLength: 60 }),
      spaces: fc.constantFrom(0, 0, 0, 1),
      edits: EDITS,
      size: fc.constantFrom(1e6, 4097),
    });
    await fc.assert(
      fc.asyncProperty(log, async ({ strings, list, note, spaces, edits, size }) => {
        const first = kmsRecord(1, { ...sameDay(1), list: Array(strings).fill('x') });
        const second = kmsRecord(2, { ...sameDay(2), note: note.join(''), notes: note });
        const after = edited(JSON.stringify([second, ...list], null, spaces).slice(1), edits);
        const before = Buffer.from(`{"Records":[${JSON.stringify(first)},`);
        await expectEqualInPieces(Buffer.concat([before, after, Buffer.from('}')]), size);
      }),
      { numRuns: 150 },
    );
  });
});

describe('countCloudTrail gives the same of', () => {
  it.each([
    ['keys that are given twice', '"eventName":"Encrypt","eventName":"Decrypt"'],
    ['keys that are escaped', String.raw`"event\u004eame":"Encrypt"`],
    ['values that are escaped', String.raw`"eventName":"Decryp\u0074"`],
    ['a key named __proto__', '"__proto__":{"eventName":"Encrypt","errorCode":"AccessDenied"}'],
    ['a key named constructor', '"constructor":{"prototype":{"errorCode":"AccessDenied"}}'],
    ['lone surrogates', String.raw`"errorCode":"\ud800","eventID":"\udc00x"`],
    ['bytes that are no UTF-8', Buffer.from('"note":"\xff\xfe\xc3","errorCode":"A\xe9"', 'latin1')],
    ['bytes that are no UTF-8 in a key', Buffer.from('"eventName\xff":"Encrypt"', 'latin1')],
    ['huge numbers', '"a":1e999,"b":-0.0000000000000000001E-999,"c":123456789012345678901234567890'],
    ['numbers that are none', '"a":01'],
    ['numbers without digits', '"a":-'],
    ['numbers without digits behind the point', '"a":1.'],
    ['words that are none', '"a":nul'],
    ['a comma too many', '"a":1,'],
    ['control characters in a string', '"a":"\u0001"'],
    ['escapes that are none', String.raw`"a":"\x41"`],
    ['nesting up to what the kernel reads', `"a":${'['.repeat(59)}${']'.repeat(59)}`],
    ['nesting beyond', `"a":${'[{"b":'.repeat(40)}1${'}]'.repeat(40)}`],
    ['nesting beyond all measure', `"a":${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['resources beside a list of ten thousand', `"resources":[${Array(10_000).fill('{"ARN":"x"}').join()}]`],
    ['a list of records inside', `"Records":[${JSON.stringify(kmsRecord(77))}]`],
    ['texts longer than are counted', `"errorCode":"${'x'.repeat(2000)}"`],
    ['texts longer than a window', `"note":"${'x'.repeat(700_000)}"`],
    ['texts longer than are read', `"note":"${'x'.repeat(9_000_000)}"`],
  ])('%s', async (_, fields) => {
    const record = JSON.stringify(kmsRecord(1));
    const [before, after] = [Buffer.from(`{"Records":[${record.slice(0, -1)},`), `},${JSON.stringify(kmsRecord(2))}]}`];
    const log = Buffer.concat([before, Buffer.from(fields), Buffer.from(after)]);
    for (const size of [log.length, 100_000]) await expectEqualInPieces(log, size);
    const lines = Buffer.concat([
      Buffer.from(`${record}\n${record.slice(0, -1)},`),
      Buffer.from(fields),
      Buffer.from(`}\n${record}`),
    ]);
    await expectEqualInPieces(lines, lines.length);
  });

  it('records that lie across the ends of windows and pieces, with more texts than the kernel keeps', async () => {
    const random = seeded(1);
    const list = Array.from({ length: 6000 }, (_, i) =>
      (i % 5 === 0 ? otherRecord : kmsRecord)(i, {
        note: 'x'.repeat(random() * 700),
        userIdentity: { arn: `arn:aws:iam::111122223333:role/${i}-${'r'.repeat(random() * 400)}` },
        resources: [{ ARN: `arn:aws:kms:eu-central-1:111122223333:key/${i % 5000}` }],
      }),
    );
    const log = logText(list);
    for (const size of [log.length, 300_007]) await expectEqualInPieces(log, size);
    await expectEqualInPieces(list.map((record) => JSON.stringify(record)).join('\n'), 1e6);
  });

  it.skipIf(!hasSharedData)(
    'published logs, one by one and together (skipped without the shared data)',
    async () => {
      const folder = sharedData('cloudtrail-kms');
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.gz'));
      expect(names.length).toBeGreaterThan(60);
      for (const path of [folder, ...names.map((name) => join(folder, name))]) {
        // They span years.
        const options = { ...OPTIONS, step: 86_400_000 };
        expect(await countedFast(path, { ...options, threads: 1 }), path).toEqual(await countedSlowly(path, options));
      }
    },
    60_000,
  );
});
