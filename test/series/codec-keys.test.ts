import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { ByteReader, ByteWriter } from '../../src/series/bytes.js';
import { readKeys, writeKeys } from '../../src/series/codec-keys.js';
import { keyId, type SeriesKey, seriesKey } from '../../src/series/key.js';

function written(keys: readonly SeriesKey[]): Uint8Array {
  const writer = new ByteWriter();
  writeKeys(writer, keys);
  return writer.toBytes();
}

const readBack = (bytes: Uint8Array) => readKeys(new ByteReader(bytes));

describe('keys in bytes', () => {
  it('come back whatever their letters, half surrogate pairs and shared beginnings included', () => {
    const unit = fc.constantFrom('a', 'b', '\0', '\ud83d', '\udd11', '\udd12', '\ufeff', '"');
    const text = fc.option(fc.array(unit, { maxLength: 4 }).map((units) => units.join('')));
    const key = fc.record({ operation: text, keyArn: text, account: text, region: text, caller: text, metric: text });
    fc.assert(
      fc.property(fc.uniqueArray(key.map(seriesKey), { selector: keyId }), (keys) => {
        expect(readBack(written(keys))).toStrictEqual(keys);
      }),
    );
  });

  it('come back when they share more than a text may share with the one before', () => {
    const keys = ['a', 'b'].map((end) => seriesKey({ metric: `${'m'.repeat(10_000)}${end}` }));
    expect(readBack(written(keys))).toStrictEqual(keys);
  });

  it('take some 40 bytes for a further ARN, of which 36 are its id, and 2 for a text met before', () => {
    const arn = (i: number) =>
      `arn:aws:kms:eu-central-1:111122223333:key/${String(i).padStart(8, '9')}-12ab-34cd-56ef-1234567890ab`;
    const some = (n: number) =>
      written(
        Array.from({ length: n }, (_, i) =>
          seriesKey({ operation: 'Sign', keyArn: arn(((i * 7919) % 1000) + i * 1000) }),
        ),
      );
    expect((some(1000).length - some(500).length) / 500).toBeLessThan(42);
    const again = written([seriesKey({ caller: 'someone' }), seriesKey({ caller: 'someone', account: 'someone' })]);
    expect(again.length - written([seriesKey({ caller: 'someone' }), seriesKey({})]).length).toBeLessThan(4);
  });

  it('leave no trace of __proto__ but the text', () => {
    const [key] = readBack(written([seriesKey({ operation: '__proto__', metric: 'constructor' })]));
    expect(Object.keys(key)).toContain('operation');
    expect([key.operation, Object.getPrototypeOf(key)]).toEqual(['__proto__', Object.prototype]);
  });

  it.each([
    ['more texts than bytes', '64', '100 texts, more than the 0 bytes left can hold'],
    ['a text that shares too much', '01010000', 'a text that shares 1 letters with the one before, at most 0'],
    ['a text that is not there', `00${'010201'}${'010000'.repeat(6)}`, 'operation that is text 1 of 0'],
    ['a key twice', `00${'020000'.repeat(7)}`, 'the key [null,null,null,null,null,null,null] twice'],
    [
      'columns of two lengths',
      `00${'010000'}${'020000'.repeat(6)}`,
      'the column keyArn with 2 entries where 1 are needed',
    ],
  ])('are refused for %s', (_, hex, message) => {
    const read = () => readBack(Uint8Array.from(Buffer.from(hex, 'hex')));
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });
});
