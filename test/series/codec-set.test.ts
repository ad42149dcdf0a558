import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../src/errors.js';
import { ByteWriter } from '../../src/series/bytes.js';
import { seriesFromBytes, seriesToBytes } from '../../src/series/codec-set.js';
import { sealSnapshot } from '../../src/series/codec-snapshot.js';
import { seriesKey } from '../../src/series/key.js';
import { checkSet, isSparse, type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { seeded } from '../support/random.js';
import { seriesSets, sparseOf } from '../support/series-sets.js';
import { KEY, MONDAY, OTHER_KEY, officeMean, oneRow, poissonRow, STEP } from '../support/sets.js';

/** Put together by make.py beside it, which knows nothing of this library but the description of the format. */
const GOLDEN: Record<string, string> = JSON.parse(
  readFileSync(fileURLToPath(new URL('../fixtures/series/expected.json', import.meta.url)), 'utf8'),
);

/** The sets that make.py describes. */
const SETS: Record<string, SeriesSet> = {
  dense: {
    grid: { start: MONDAY, step: STEP, length: 8 },
    keys: [KEY, OTHER_KEY].map((keyArn) => seriesKey({ operation: 'Decrypt', keyArn })),
    measure: 'count',
    values: Uint32Array.of(20, 21, 18, 23, 19, 22, 17, 20, 0, 0, 0, 0, 0, 0, 0, 70_000),
    observed: Uint8Array.of(1, 1, 1, 1, 1, 0, 1, 1),
  },
  levels: {
    grid: { start: -60_000, step: 60_000, length: 4 },
    keys: [seriesKey({ metric: 'Schlüssel 🔑' })],
    measure: 'level',
    values: Float64Array.of(0.1, -0, Number.NaN, 1e300),
    observed: Uint8Array.of(1, 1, 0, 1),
  },
  sparse: {
    grid: { start: 0, step: 1000, length: 2000 },
    keys: [
      seriesKey({ operation: 'ScheduleKeyDeletion' }),
      seriesKey({ operation: 'ScheduleKeyDeletion', outcome: 'error' }),
    ],
    measure: 'count',
    values: {
      offsets: Float64Array.of(0, 2, 2),
      buckets: Uint32Array.of(3, 1000),
      counts: Float64Array.of(1, 5_000_000_000),
    },
    observed: new Uint8Array(4000).fill(1, 0, 2000),
  },
};

const NAMES = Object.keys(SETS);

describe('seriesToBytes', () => {
  it.each(NAMES)('writes the bytes that an independent program writes (%s)', (name) => {
    expect(Buffer.from(seriesToBytes(SETS[name])).toString('hex')).toBe(GOLDEN[name]);
  });

  it('leaves the set as it was, and says the same of it twice', () => {
    for (const set of Object.values(SETS)) {
      const before = structuredClone(set);
      expect(seriesToBytes(set)).toEqual(seriesToBytes(set));
      expect(set).toEqual(before);
    }
  });

  it('takes less than a byte a bucket for counts, and next to nothing for silence', () => {
    const bytesOf = (values: ArrayLike<number>) => seriesToBytes(oneRow(values)).length;
    const silent = bytesOf(new Uint32Array(8064));
    expect(silent).toBeLessThan(200);
    const row = (mean: number) => bytesOf(poissonRow(1, 4, (time) => (mean * officeMean(time)) / 6.7)) - silent;
    expect(row(0.05) / 8064).toBeLessThan(0.12);
    expect(row(5) / 8064).toBeLessThan(0.6);
    expect(row(100) / 8064).toBeLessThan(1);
  });

  it('takes two bytes a cell of a key that is seldom used, and writes what ARNs share once', () => {
    const rows = 500;
    const random = seeded(2);
    const values = new Uint32Array(rows * 8064);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < 20; i++) values[row * 8064 + Math.floor(random() * 8064)]++;
    }
    const set: SeriesSet = {
      grid: { start: MONDAY, step: STEP, length: 8064 },
      keys: Array.from({ length: rows }, (_, row) => seriesKey({ keyArn: `${KEY.slice(0, -4)}${1000 + row}` })),
      measure: 'count',
      values: sparseOf(values, rows, 8064),
      observed: new Uint8Array(8064).fill(1),
    };
    expect(seriesToBytes(set).length / rows).toBeLessThan(20 * 2 + 8);
  });

  it.each<[string, Partial<SeriesSet>, string]>([
    ['values', { values: new Uint32Array(15) }, 'set.values must have 16 entries, got 15'],
    ['observed', { observed: new Uint8Array(7) }, 'set.observed must have 8 or 16 entries, got 7'],
    ['keys', { keys: [seriesKey({}), seriesKey({})] }, 'keys[1] must be new, got [null,null'],
    [
      'names',
      { keys: [seriesKey({}), seriesKey({ account: 111122223333 as unknown as string })] },
      'keys[1].account must be a string or null, got 111122223333',
    ],
    ['measure', { measure: 'rate' as 'level' }, "set.measure must be 'count' or 'level', got \"rate\""],
    ['offsets', { values: cells([0, 1, 3], [1, 2]) }, 'set.values.offsets must go from 0 to at most 2, got 0 to 3'],
    ['offsets', { values: cells([0, 2, 1], [1, 2]) }, 'set.values.offsets[2] must be whole and not below'],
    ['buckets', { values: cells([0, 2, 2], [2, 1]) }, 'set.values.buckets[1] must be in [3, 8), got 1'],
    ['buckets', { values: cells([0, 1, 2], [2, 8]) }, 'set.values.buckets[1] must be in [0, 8), got 8'],
  ])('refuses a set whose %s are wrong (%#)', (_, part, message) => {
    const write = () => seriesToBytes({ ...SETS['dense'], ...part });
    expect(write).toThrow(InputError);
    expect(write).toThrow(message);
  });
});

function cells(offsets: number[], buckets: number[]): SeriesSet['values'] {
  return {
    offsets: Float64Array.from(offsets),
    buckets: Uint32Array.from(buckets),
    counts: Float64Array.from(buckets, () => 1),
  };
}

describe('seriesFromBytes', () => {
  it('gives every set back as it was, the kinds of its arrays included', () => {
    fc.assert(
      fc.property(seriesSets(), (set) => {
        const bytes = seriesToBytes(set);
        const again = seriesFromBytes(bytes);
        expect(again).toStrictEqual(set);
        expect(seriesToBytes(again)).toEqual(bytes);
      }),
    );
  });

  it('reads a view at any offset, and keeps nothing of it', () => {
    const { dense } = SETS;
    const bytes = seriesToBytes(dense);
    for (const offset of [1, 3, 8]) {
      const buffer = Buffer.alloc(bytes.length + 20, 0xaa);
      buffer.set(bytes, offset);
      const view = buffer.subarray(offset, offset + bytes.length);
      const set = seriesFromBytes(view);
      buffer.fill(0);
      expect(set).toStrictEqual(dense);
    }
  });

  it('tells NaNs of different bits by the same bytes', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8000000000123n, 0n, 0n, 1n]).buffer);
    const plain = Float64Array.of(Number.NaN, odd[1], odd[2], odd[3]);
    const { levels } = SETS;
    expect(seriesToBytes({ ...levels, values: odd })).toEqual(seriesToBytes({ ...levels, values: plain }));
  });

  it.each(NAMES)('finds every change of a single byte, every cut and every addition (%s)', (name) => {
    const bytes = seriesToBytes(SETS[name]);
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x80, 0xff, bytes[at] || 0x55]) {
        const damaged = bytes.slice();
        damaged[at] ^= flip;
        expect(() => seriesFromBytes(damaged), `byte ${at} ^ ${flip}`).toThrow(FormatError);
      }
      expect(() => seriesFromBytes(bytes.subarray(0, at)), `${at} bytes`).toThrow(FormatError);
    }
    expect(() => seriesFromBytes(Uint8Array.of(...bytes, 0))).toThrow(FormatError);
  });

  it('finds the same in sets of all kinds', () => {
    fc.assert(
      fc.property(seriesSets(), fc.nat(), fc.integer({ min: 1, max: 255 }), (set, place, flip) => {
        const bytes = seriesToBytes(set);
        const damaged = bytes.slice();
        damaged[place % bytes.length] ^= flip;
        expect(() => seriesFromBytes(damaged)).toThrow(FormatError);
      }),
    );
  });

  it('makes a set or a FormatError of whatever a right checksum covers', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255))), {
      minLength: 1,
      maxLength: 3,
    });
    let made = 0;
    let refused = 0;
    fc.assert(
      fc.property(seriesSets(), edits, (set, changes) => {
        const payload = seriesToBytes(set).slice(24);
        for (const [place, byte] of changes) payload[place % payload.length] = byte;
        try {
          const again = seriesFromBytes(sealed(payload));
          checkSet(again, 'set');
          // What is read can be written: keys differ, buckets ascend.
          expect(seriesFromBytes(seriesToBytes(again))).toEqual(again);
          made++;
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          refused++;
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(Math.min(made, refused)).toBeGreaterThan(100);
  });

  it.each<[string, (payload: number[]) => number[], string]>([
    ['a measure', ([, ...rest]) => [2, ...rest], 'a measure that is unknown'],
    ['a step of 0', ([measure, start, , , ...rest]) => [measure, start, 0, ...rest], 'a grid with a step of 0 ms'],
    // Measure, start and step take four bytes; the length of 2,000 becomes 1,000.
    ['a bucket after the last', (all) => all.with(4, 0xe8).with(5, 0x07), 'bucket 1000 of a grid of 1000'],
    ['a grid too long', (all) => all.toSpliced(4, 2, 0xff, 0xff, 0xff, 0xff, 0x7f), 'a grid of 34359738367 buckets'],
    ['a mask too short', (all) => all.with(-8, 0xa1), 'observed with 4001 entries where 2000 or 4000 are needed'],
    ['bytes after the end', (all) => [...all, 0], '1 bytes more than the snapshot should have'],
  ])('refuses %s that a right checksum covers', (_, change, message) => {
    const payload = [...seriesToBytes(SETS['sparse']).subarray(24)];
    const read = () => seriesFromBytes(sealed(Uint8Array.from(change(payload))));
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  it('does not take the memory that a wrong length asks for', () => {
    const huge = new ByteWriter();
    for (const byte of [0, 0]) huge.uint8(byte);
    huge.varint(1000);
    huge.varint(2 ** 26);
    huge.varint(0);
    huge.varint(2 ** 40);
    huge.uint8(0);
    expect(() => seriesFromBytes(sealSnapshot('SeriesSet', 1, huge))).toThrow(
      'the column operation with 1099511627776 entries, more than the 1 bytes left can hold',
    );
  });

  it('is empty for an empty set', () => {
    const set = seriesSet({ start: 5, step: 1000, series: [] });
    expect(seriesFromBytes(seriesToBytes(set))).toStrictEqual(set);
    expect(isSparse(set.values)).toBe(false);
  });
});

function sealed(payload: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.bytes(payload);
  return sealSnapshot('SeriesSet', 1, writer);
}
