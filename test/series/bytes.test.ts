import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../src/errors.js';
import { ByteReader, ByteWriter, signedSize, varintSize } from '../../src/series/bytes.js';

const HUGE = Number.MAX_SAFE_INTEGER;

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.toBytes();
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const reader = (text: string) => new ByteReader(Uint8Array.from(Buffer.from(text, 'hex')));

describe('ByteWriter', () => {
  it.each([
    // The last three are examples of the DWARF standard (version 4, section 7.6, figure 22).
    ['varint', 0, '00'],
    ['varint', 127, '7f'],
    ['varint', 128, '8001'],
    ['varint', 12_857, 'b964'],
    ['varint', HUGE, 'ffffffffffffff0f'],
    ['signed', 0, '00'],
    ['signed', -1, '03'],
    ['signed', 63, '7e'],
    ['signed', -64, '8101'],
    ['uint32', 0x01020304, '04030201'],
    ['float32', 1, '0000803f'],
    ['float24', 1, '3f8000'],
    ['float24', -0.3333282470703125, 'beaaaa'],
    ['float24', Number.NaN, '7fc000'],
    ['float24', Number.POSITIVE_INFINITY, '7f8000'],
    ['float64', 1, '000000000000f03f'],
    ['float64', -0, '0000000000000080'],
    ['float64', Number.NaN, '000000000000f87f'],
    ['float32', Number.NaN, '0000c07f'],
  ] as const)('writes %s %s', (kind, value, expected) => {
    expect(hex(written((writer) => writer[kind](value)))).toBe(expected);
    expect(reader(expected)[kind]()).toBe(value);
  });

  it('writes one NaN for all, whatever bits a processor gave it', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8000000000123n]).buffer)[0];
    expect(hex(written((writer) => writer.float64(odd)))).toBe('000000000000f87f');
  });

  it('writes bytes one after another, few or many, and however much came before', () => {
    // Of more than a piece of what it holds, and more than what it takes as a piece.
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.integer({ min: 60_000, max: 1_300_000 }), fc.nat(255))
        .map(([n, byte]) => new Uint8Array(n).fill(byte)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(part, fc.nat(300)), { maxLength: 8 }), fc.nat(9), (parts, at) => {
        const writer = new ByteWriter(16);
        const expected: Uint8Array[] = [];
        for (const [bytes, more] of parts) {
          writer.bytes(bytes);
          for (let k = 0; k < more; k++) writer.uint8(k % 256);
          expected.push(
            bytes,
            Uint8Array.from({ length: more }, (_, k) => k % 256),
          );
        }
        const whole = Buffer.concat(expected);
        expect(writer.length).toBe(whole.length);
        expect(Buffer.compare(writer.toBytes(), whole)).toBe(0);
        const out = new Uint8Array(at + whole.length);
        writer.copyTo(out, at);
        expect(Buffer.compare(out.subarray(at), whole)).toBe(0);
      }),
      { numRuns: 40 },
    );
    const writer = new ByteWriter();
    for (let k = 0; k < 3e5; k++) writer.float64(k);
    const back = new Float64Array(writer.toBytes().buffer);
    expect(back.length).toBe(3e5);
    expect(back.every((value, k) => value === k)).toBe(true);
  });

  it('refuses what it could not give back', () => {
    const writer = new ByteWriter();
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => writer.varint(value)).toThrow(InputError);
    expect(() => writer.uint8(256)).toThrow('uint8 must be an integer in [0, 255], got 256');
    expect(() => writer.signed(-(2 ** 53))).toThrow(InputError);
    expect(writer.length).toBe(0);
  });
});

describe('ByteReader', () => {
  it('gives back every kind of value, in order', () => {
    const value = fc.oneof(
      fc.tuple(fc.constant('varint' as const), fc.oneof(fc.nat(), fc.maxSafeNat())),
      fc.tuple(fc.constant('signed' as const), fc.oneof(fc.integer(), fc.maxSafeInteger())),
      fc.tuple(fc.constant('float64' as const), fc.double()),
      fc.tuple(fc.constant('float32' as const), fc.float()),
      fc.tuple(fc.constant('uint32' as const), fc.nat(0xffffffff)),
      fc.tuple(fc.constant('string' as const), fc.oneof(fc.string({ unit: 'binary' }), halfPairs())),
    );
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const bytes = written((writer) => {
          for (const [kind, it] of values) (writer[kind] as (value: number | string) => void).call(writer, it);
        });
        const again = new ByteReader(bytes);
        for (const [kind, it] of values) expect(again[kind]()).toBe(it);
        again.end();
      }),
    );
  });

  it('knows beforehand how long a number will be', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.maxSafeInteger()), (value) => {
        expect(written((writer) => writer.signed(value)).length).toBe(signedSize(value));
        expect(written((writer) => writer.varint(Math.abs(value))).length).toBe(varintSize(Math.abs(value)));
      }),
    );
  });

  it('keeps a byte order mark and half a pair, which decoders drop or replace', () => {
    for (const text of ['\ufeffkey', '\ud800', 'a\udfff\ud800b', '🔑']) {
      const bytes = written((writer) => writer.string(text));
      expect(new ByteReader(bytes).string()).toBe(text);
    }
    expect(written((writer) => writer.string('🔑')).length).toBe(5);
  });

  it('reads a part of a larger buffer', () => {
    const bytes = Uint8Array.from([9, 9, 1, 0, 0, 0, 9]).subarray(1);
    const part = new ByteReader(bytes, 1, 5);
    expect([part.remaining, part.uint32(), part.remaining]).toEqual([4, 1, 0]);
    expect(() => part.uint8()).toThrow('1 bytes needed, 0 left, at byte 5');
  });

  it.each([
    ['varint', 'ffffffffffffff10', 'a whole number beyond 2^53, at byte 8'],
    ['varint', 'ffff', '1 bytes needed, 0 left, at byte 2'],
    ['signed', 'ffffffffffffffff0f', 'a whole number beyond 2^53'],
    ['float64', '00000000000000', '8 bytes needed, 7 left, at byte 0'],
    ['string', '04c328', 'a text that is not UTF-8'],
    ['string', 'feffffffffffff0f', 'bytes needed, 0 left'],
    ['string', '0500', '4 bytes needed, 1 left'],
    ['end', '0001', '2 bytes more than the snapshot should have'],
  ] as const)('refuses a wrong %s (%s)', (kind, text, message) => {
    expect(() => reader(text)[kind]()).toThrow(FormatError);
    expect(() => reader(text)[kind]()).toThrow(message);
  });
});

/** Text of any UTF-16 units: JSON may bring half a surrogate pair. */
function halfPairs(): fc.Arbitrary<string> {
  return fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
}
