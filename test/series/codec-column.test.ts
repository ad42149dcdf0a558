import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { ByteReader, ByteWriter } from '../../src/series/bytes.js';
import { type Column, readColumn, writeColumn } from '../../src/series/codec-column.js';

const KINDS = [Int8Array, Uint8Array, Int32Array, Uint32Array, Float32Array, Float64Array] as const;
/** Where the forms stand, in the order of their tags. */
const TAGS = ['sparse', 'runs', 'varints', 'deltas', 'packed', 'float sparse', 'float runs', 'float32', 'float64'];

function written(column: Column): Uint8Array {
  const writer = new ByteWriter();
  writeColumn(writer, column);
  return writer.toBytes();
}

function readBack(bytes: Uint8Array, kind: new (length: number) => Column = Float64Array, length?: number): Column {
  const reader = new ByteReader(bytes);
  const column = readColumn(reader, kind, 'the column', length);
  reader.end();
  return column;
}

const range = (length: number, of: (i: number) => number) => Float64Array.from({ length }, (_, i) => of(i));

describe('a column', () => {
  it('comes back as it was, of every kind and length', () => {
    const value = fc.oneof(
      fc.constantFrom(
        0,
        0,
        1,
        -0,
        Number.NaN,
        -Infinity,
        2 ** 31,
        2 ** 32,
        -(2 ** 53) + 1,
        2 ** 53 - 1,
        2 ** 53,
        1e300,
      ),
      fc.nat(9),
      fc.integer(),
      fc.double(),
      fc.float(),
    );
    // Values repeated, so that runs and gaps of all lengths occur, and chunk and block edges fall anywhere.
    const column = fc
      .array(fc.tuple(value, fc.oneof(fc.nat(3), fc.nat(300), fc.nat(5000))), { maxLength: 12 })
      .map((runs) => runs.flatMap(([value, times]) => Array<number>(times).fill(value)));
    fc.assert(
      fc.property(column, fc.constantFrom(...KINDS), (values, Kind) => {
        const given = Kind.from(values);
        const bytes = written(given);
        expect(readBack(bytes, Kind, given.length)).toStrictEqual(given);
      }),
    );
  });

  it('comes back with the sign of its zeros', () => {
    const given = Float64Array.of(1, -0, 0, 2);
    expect(readBack(written(given))).toStrictEqual(given);
  });

  it('comes back from bits of every width, in full and in broken blocks', () => {
    for (let width = 1; width <= 32; width++) {
      for (const length of [1, 3, 127, 128, 131]) {
        const most = 2 ** width - 1;
        const given = range(length, (i) => 1e15 + (i === 0 ? most : i === 1 ? 0 : (i * 0x9e3779b1) % (most + 1)));
        expect(readBack(written(given)), `${width} bits, ${length} entries`).toStrictEqual(given);
      }
    }
  });

  it.each<[string, Float64Array, number]>([
    ['sparse', range(4096, (i) => (i === 70 || i === 4000 ? 300 : 0)), 12],
    ['runs', range(4096, (i) => (i < 2000 ? 1 : 7)), 8],
    ['varints', range(4096, (i) => (i % 128 === 5 ? 1e6 : (i * 7) % 100)), 4250],
    ['deltas', range(4096, (i) => i * i), 8200],
    ['packed', range(4096, (i) => (i * 5) % 13), 2120],
    ['float sparse', range(4096, (i) => (i === 9 ? 0.1 : 0)), 14],
    ['float runs', range(4096, () => Number.NaN), 13],
    ['float32', range(4096, (i) => i / 8), 16_400],
    ['float64', range(4096, (i) => Math.sqrt(i)), 32_780],
  ])('takes the form that suits it: %s', (form, given, most) => {
    const bytes = written(given);
    expect(bytes.length).toBeLessThanOrEqual(most);
    // Two bytes of length, then the tag.
    expect(TAGS[bytes[2]]).toBe(form);
    expect(readBack(bytes)).toStrictEqual(given);
  });

  it('chooses anew for each 4,096 entries', () => {
    const busy = range(4096, (i) => (i * 37) % 256);
    const both = range(3 * 4096, (i) => (i < 4096 ? busy[i] : 0));
    expect(written(both).length).toBeLessThanOrEqual(written(busy).length + 2 * 2 + 1);
  });

  it.each<[string, string, new (length: number) => Column, string]>([
    ['a tag that is unknown', '010900', Float64Array, 'the column in a form 9 that is unknown, at byte 2'],
    ['an entry of a chunk that is shorter', '04000104', Float64Array, 'entry 4 of a chunk of 4'],
    ['a run that is too long', '04010205', Float64Array, 'a run of 5 entries where 4 are left'],
    ['a width that is too wide', '04040021', Float64Array, 'a width of 33 bits'],
    ['an entry that wraps', '0102ac02', Uint8Array, 'the column with an entry that no Uint8Array holds'],
    ['a fraction among counts', '0108000000000000e03f', Uint32Array, 'no Uint32Array holds'],
    ['a length beyond the bytes', `808080808040${'00'.repeat(9)}`, Uint8Array, 'more than the 9 bytes left can hold'],
    ['bytes that end', '04020101', Float64Array, '1 bytes needed, 0 left'],
    ['differences that add up to more than 2^53', `0203${'feffffffffffff1f'.repeat(2)}`, Float64Array, 'beyond 2^53'],
  ])('is refused for %s', (_, text, kind, message) => {
    const read = () => readBack(Uint8Array.from(Buffer.from(text, 'hex')), kind);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  it('is refused for another length than the caller needs', () => {
    expect(() => readBack(written(Uint8Array.of(1, 2)), Uint8Array, 3)).toThrow(
      'the column with 2 entries where 3 are needed',
    );
  });

  it('is refused where no machine has the memory', () => {
    class Refused extends Float64Array {
      constructor() {
        super(0);
        throw new RangeError('Array buffer allocation failed');
      }
    }
    const bytes = written(Float64Array.of(1, 2));
    expect(() => readBack(bytes, Refused)).toThrow(FormatError);
    expect(() => readBack(bytes, Refused)).toThrow('the column with 2 entries, more than this machine has memory for');
  });
});
