import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsIn } from '../../src/kms/records-in.js';
import { JsonUnits } from '../../src/node/json-units.js';
import { type JsonUnit, MAX_UNIT_BYTES } from '../../src/node/unit-bytes.js';
import { kmsRecord, kmsRecords, LAYOUTS, logText } from '../support/logs.js';

/** The units of a text, pushed in chunks of the sizes that `nextSize` gives. */
function unitsOf(text: string | Buffer, nextSize: () => number = () => Infinity): JsonUnit[] {
  const bytes = Buffer.from(text as string);
  const units = new JsonUnits();
  const found: JsonUnit[] = [];
  for (let i = 0, size: number; i < bytes.length; i += size) {
    size = Math.min(nextSize(), bytes.length - i);
    found.push(...units.push(Buffer.from(bytes.subarray(i, i + size))));
  }
  return [...found, ...units.end()];
}

const valuesOf = (text: string): unknown[] => unitsOf(text).map(({ value, problem }) => problem ?? value);
const problemsOf = (units: readonly JsonUnit[]) =>
  units.filter(({ problem }) => problem !== null).map(({ problem }) => problem);
const recordsOf = (units: readonly JsonUnit[]) =>
  units.filter((u) => u.problem === null).flatMap((u) => [...recordsIn(u.value)]);

const layouts = Object.entries(LAYOUTS).map(([name, write]) => ({ name, write }));

describe('JsonUnits', () => {
  it.each(layouts)('cuts $name into the same records, however it is cut into chunks', ({ write }) => {
    const sizes = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 5000 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.array(sizes, { minLength: 1 }), (count, cuts) => {
        const records = kmsRecords(count);
        let next = 0;
        const units = unitsOf(write(records), () => cuts[next++ % cuts.length]);
        expect(problemsOf(units)).toEqual([]);
        expect(recordsOf(units)).toEqual(records);
      }),
      { numRuns: 12 },
    );
  });

  it('makes each element of a list a unit of its own, and anything else at the top a unit', () => {
    expect(valuesOf('{"Records":[{"a":1},[2],"3",4,null]}{"b":5} [{"c":6},[7]]\n"8"')).toEqual([
      { a: 1 },
      [2],
      '3',
      4,
      null,
      { b: 5 },
      { c: 6 },
      [7],
      '8',
    ]);
  });

  it('opens lists in objects of a top-level array, and no deeper', () => {
    expect(valuesOf('[{"Records":[1,2],"Events":[3]},4]')).toEqual([1, 2, 3, 4]);
    expect(valuesOf('{"Records":[{"Records":[1,2]}]}')).toEqual([{ Records: [1, 2] }]);
    expect(valuesOf('{"a":{"Records":[1,2]}}')).toEqual([{ a: { Records: [1, 2] } }]);
  });

  it('takes a list’s name for one only where an array follows', () => {
    expect(valuesOf('{"Records":{"a":[1]}}')).toEqual([{ Records: { a: [1] } }]);
    expect(valuesOf('{"a":"Records","b":[1]}')).toEqual([{ a: 'Records', b: [1] }]);
  });

  it('says where each unit begins', () => {
    const text = `{"Records":[{"a":1}, {"b":2},\n3]}`;
    expect(unitsOf(text).map(({ offset }) => text.slice(offset, offset + 1))).toEqual(['{', '{', '3']);
  });

  it('finds nothing in white space, and in lists without elements', () => {
    for (const text of ['', ' \r\n\t', '\ufeff', '[]', '{"Records":[]}', '{"Records": [ ] , "x": {}}\n']) {
      expect(unitsOf(text)).toEqual([]);
    }
  });

  describe('where JSON is bad', () => {
    const [a, b, c] = kmsRecords(3).map((record) => JSON.stringify(record));
    const damages: readonly [string, (json: string) => string][] = [
      ['a word that is none', (json) => json.replace('true', 'tru')],
      ['a quote too few', (json) => json.replace('"Decrypt"', '"Decrypt')],
      ['a quote too many', (json) => json.replace('"Decrypt"', '"De"crypt"')],
      ['a comma too few', (json) => json.replace(',"eventName"', '"eventName"')],
      ['a brace too few', (json) => json.replace('}', '')],
      ['a bracket of the other kind', (json) => json.replace('[]', '[}')],
      ['a bracket that never closes', (json) => json.replace('[]', '[')],
      ['its end cut off', (json) => json.slice(0, -40)],
      ['its end cut off inside a string', (json) => json.slice(0, json.indexOf('crypt'))],
      ['its end cut off behind a comma', (json) => json.slice(0, json.indexOf(',"eventName"') + 1)],
      ['its end cut off behind a backslash', (json) => json.slice(0, json.indexOf('\\') + 1)],
    ];

    it.each(damages)('loses one line of JSON lines to %s', (_, damage) => {
      for (const lines of [
        [a, damage(b), c],
        [damage(b), a, c],
        [a, damage(b), damage(b), c],
      ]) {
        const units = unitsOf(`${lines.join('\n')}\n`);
        expect(recordsOf(units)).toEqual([kmsRecord(0), kmsRecord(2)]);
        expect(problemsOf(units)).toEqual(lines.slice(2).map(() => 'not-json'));
      }
    });

    it.each(damages)('loses one element of a log file to %s', (_, damage) => {
      for (const text of [
        `{"Records":[${a},${damage(b)},${c}]}`,
        `{"Records":[\n${a},\n${damage(b)},\n${c}\n]}`,
        `[${a},${damage(b)},${c}]`,
        `${a}${damage(b)}${c}`,
      ]) {
        const units = unitsOf(text);
        expect(recordsOf(units)).toEqual([kmsRecord(0), kmsRecord(2)]);
        expect(problemsOf(units)).toEqual(['not-json']);
      }
    });

    it('finds out that a record was closed too early by what then follows', () => {
      const early = b.replace('}', '}}');
      for (const text of [`${a}\n${early}\n${c}\n`, `{"Records":[${a},${early},${c}]}`, `[${a},${early},${c}]`]) {
        const units = unitsOf(text);
        expect(recordsOf(units)).toEqual(expect.arrayContaining([kmsRecord(0), kmsRecord(2)]));
        expect(problemsOf(units)).toEqual(['not-json']);
      }
    });

    it('reads on behind a file that was cut off before another was joined to it', () => {
      const units = unitsOf(logText(kmsRecords(2)).slice(0, -300) + logText(kmsRecords(2, 2)));
      expect(problemsOf(units)).toEqual(['not-json']);
      expect(recordsOf(units)).toEqual([kmsRecord(0), kmsRecord(2), kmsRecord(3)]);
    });

    it('sets aside words between values, each line of them once', () => {
      expect(valuesOf('# exported by hand\n{"a":1}\nand "so" on\n{"b":2}\n')).toEqual([
        'not-json',
        { a: 1 },
        'not-json',
        { b: 2 },
      ]);
    });

    it('keeps what is before an unfinished end, and says that it is unfinished', () => {
      const text = logText(kmsRecords(3));
      const second = text.indexOf('{"eventVersion"', text.indexOf('{"eventVersion"') + 600);
      for (let end = 1; end < text.length; end += 7) {
        const units = unitsOf(text.slice(0, end));
        expect(problemsOf(units)).toEqual(['truncated']);
        if (end > second) expect(units[0].value).toEqual(kmsRecord(0));
      }
    });

    it('sets aside what nests deeper than any record', () => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      expect(valuesOf(`{"x":1}\n{"y":${deep}}\n{"z":2}\n`)).toEqual([{ x: 1 }, 'not-json', { z: 2 }]);
    });

    it('gives the same units of any bytes, however they are cut into chunks', () => {
      const words = fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '\n',
        ' ',
        'x',
        '1',
        '{"a":',
        '{"a":1}',
        '{"a":"b',
        '{"Records":[',
        '"Events":[',
        '{"eventVersion":"1"}',
        '{"eventVersion":',
        '\r\n{"a":',
        '2021-07-30T16:00:00Z ',
        '\ufeff',
        'é',
      );
      fc.assert(
        fc.property(
          fc.array(words, { maxLength: 40 }),
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
          (list, cuts) => {
            const text = list.join('');
            const whole = unitsOf(text);
            let next = 0;
            expect(unitsOf(text, () => 1)).toEqual(whole);
            expect(unitsOf(text, () => cuts[next++ % cuts.length])).toEqual(whole);
          },
        ),
        { numRuns: 1500 },
      );
    });
  });

  it('sets aside a unit above the limit and reads on behind it', () => {
    const big = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`;
    for (const [open, close] of [
      ['{"Records":[', ']}'],
      ['', ''],
      ['[', ']'],
    ]) {
      const units = unitsOf(`${open}${big(MAX_UNIT_BYTES)},${big(MAX_UNIT_BYTES + 1)},{"b":1}${close}`, () => 100_000);
      expect(units.map(({ problem }) => problem)).toEqual([null, 'too-large', null]);
      expect(units[2].value).toEqual({ b: 1 });
    }
  });

  it('finds a list behind any amount of other fields', () => {
    const units = unitsOf(`{"a":"${'x'.repeat(MAX_UNIT_BYTES)}","Records":[1]}`, () => 100_000);
    expect(units.map(({ value }) => value)).toEqual([1]);
  });
});
