import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../src/errors.js';
import { ByteWriter } from '../../src/series/bytes.js';
import { crc32c } from '../../src/series/codec-checksum.js';
import { openSnapshot, sealSnapshot } from '../../src/series/codec-snapshot.js';

const ascii = (text: string) => Uint8Array.from(Buffer.from(text, 'ascii'));

/** One bit after another, as the polynomial is defined. */
function naiveCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  it.each([
    // The check value of the catalogue of parametrised CRC algorithms (CRC-32/ISCSI).
    [ascii('123456789'), 0xe3069283],
    // RFC 3720, appendix B.4.
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    [new Uint8Array(0), 0],
  ])('is as published (%#)', (bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('agrees with the definition at every length, in one part or in two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(70), (bytes, cut) => {
        expect(crc32c(bytes)).toBe(naiveCrc(bytes));
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(naiveCrc(bytes));
      }),
    );
  });
});

describe('a snapshot', () => {
  const payload = new ByteWriter();
  payload.string('what was learned');
  const bytes = sealSnapshot('Baseline', 3, payload);
  const changed = (at: number, to: number) => bytes.map((byte, i) => (i === at ? to : byte));

  it('gives its payload back', () => {
    const reader = openSnapshot(bytes, 'Baseline', 3);
    expect(reader.string()).toBe('what was learned');
    reader.end();
  });

  it('says what it is to one who looks at the bytes', () => {
    expect(Buffer.from(bytes.subarray(0, 8)).toString()).toBe('KMSBBASE');
  });

  it.each<[Uint8Array, string]>([
    [new Uint8Array(0), 'bytes are not a snapshot of kms-baseline: there are none'],
    [ascii('{"keys":[]}'), 'bytes are not a snapshot of kms-baseline: they begin with 7b 22 6b 65, not with "KMSB"'],
    [Uint8Array.of(0x1f, 0x8b, 8, 0, 0), 'they begin with 1f 8b 08 00: gzip, to be unpacked first'],
    [ascii('KM'), 'bytes are cut off: the header of a snapshot is 24 bytes, got 2'],
    [ascii('KX'), 'they begin with 4b 58'],
    [bytes.subarray(0, 30), 'bytes are cut off: the snapshot is 41 bytes long, and ends at byte 30'],
    [Uint8Array.of(...bytes, 1, 2), 'bytes go on after the snapshot: it is 41 bytes long, got 43'],
    [changed(30, 0), 'bytes are damaged: the checksum does not match'],
    [
      changed(8, 9),
      'the checksum does not match (the header says they are of newer version 9, and this library reads version 3 of a Baseline)',
    ],
    [changed(7, 0x58), 'the checksum does not match (the header says they hold an unknown kind of snapshot)'],
    [changed(19, 1), 'bytes are cut off: the snapshot is 720575940379279'],
  ])('says what is wrong with its bytes (%#)', (given, message) => {
    expect(() => openSnapshot(given, 'Baseline', 3)).toThrow(FormatError);
    expect(() => openSnapshot(given, 'Baseline', 3)).toThrow(message);
  });

  it('says which version it is of, and which is read', () => {
    expect(() => openSnapshot(bytes, 'Baseline', 2)).toThrow(
      'bytes are a snapshot of another version; they are of newer version 3, and this library reads version 2 of a Baseline',
    );
    expect(() => openSnapshot(bytes, 'Baseline', 4)).toThrow('of older version 3, and this library reads version 4');
  });

  it('says what it holds where something else was expected', () => {
    expect(() => openSnapshot(bytes, 'SeriesSet', 3)).toThrow('bytes must hold a SeriesSet; they hold a Baseline');
    expect(() => openSnapshot(bytes, 'Detector', 3)).toThrow(FormatError);
  });

  it('wants bytes', () => {
    for (const wrong of ['KMSB', null, new ArrayBuffer(50), new Uint16Array(50), [75, 77, 83, 66]]) {
      expect(() => openSnapshot(wrong as unknown as Uint8Array, 'Baseline', 3)).toThrow(InputError);
    }
    expect(() => openSnapshot('KMSB' as unknown as Uint8Array, 'Baseline', 3)).toThrow(
      'bytes must be a Uint8Array, got "KMSB"',
    );
  });

  it('reads bytes of another realm', () => {
    const other = runInNewContext('Uint8Array.from(list)', { list: [...bytes] }) as Uint8Array;
    expect(other instanceof Uint8Array).toBe(false);
    expect(openSnapshot(other, 'Baseline', 3).string()).toBe('what was learned');
  });
});
