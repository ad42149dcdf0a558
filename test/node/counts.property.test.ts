import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countCalls } from '../../src/kms/count-calls.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import { readCloudTrail } from '../../src/node/read-cloudtrail.js';
import { countsOf, naiveCounts } from '../naive/count-calls.js';
import { kmsRecords } from '../support/arbitraries.js';
import { LAYOUTS, tempFolder, writeFile } from '../support/logs.js';

const LEVELS = [
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation'],
  ['account', 'caller'],
] as const;

it('counts from files are the naive counts of the records, whatever their copies, order, file boundaries and gzip', async () => {
  const delivered = fc
    .uniqueArray(kmsRecords(), {
      maxLength: 25,
      selector: (record) => String(record['eventID'] ?? JSON.stringify(record)),
    })
    .chain((records) =>
      fc.record({
        records: fc.constant(records),
        // Where each record stands: in up to three files, twice in one of them as like as not.
        places: fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }), {
          minLength: records.length,
          maxLength: records.length,
        }),
        order: fc.shuffledSubarray([...records.keys()], { minLength: records.length }),
        layouts: fc.array(fc.constantFrom(...Object.keys(LAYOUTS)), { minLength: 6, maxLength: 6 }),
        gzipped: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      }),
    );
  await fc.assert(
    fc.asyncProperty(delivered, async ({ records, places, order, layouts, gzipped }) => {
      const folder = tempFolder();
      const files: unknown[][] = [[], [], [], [], [], []];
      const seen: unknown[] = [];
      for (const i of order) {
        // A record without an id cannot be told from its copy, so it has none.
        const copies = records[i]['eventID'] === undefined ? places[i].slice(0, 1) : places[i];
        for (const file of copies) files[file].push(records[i]);
        seen.push(...copies.map(() => records[i]));
      }
      for (const [i, content] of files.entries()) {
        const text = LAYOUTS[layouts[i]](content);
        if (content.length > 0) writeFile(folder, `${i}.json`, gzipped[i] ? gzipSync(text) : text);
      }
      const calls = seen.map((record) => parseRecord(record)).filter((call) => 'time' in call);
      const set = await countCalls(readCloudTrail(folder), { by: LEVELS.map((level) => [...level]) });
      expect(countsOf(set)).toEqual(naiveCounts(calls, LEVELS, set.grid.step));
    }),
    { numRuns: 60 },
  );
});
