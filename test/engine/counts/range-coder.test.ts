import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROFILE_KINDS, ProfileCodec } from '../../../src/engine/counts/profile-codec.js';
import { codeTree, RangeDecoder, RangeEncoder } from '../../../src/engine/counts/range-coder.js';
import { seeded } from '../../support/random.js';

const fail = (what: string): never => {
  throw new Error(what);
};

describe('coded bits', () => {
  it('come back, and those that are likely take next to nothing', () => {
    const bits = fc.array(fc.tuple(fc.nat(3), fc.nat(1)), { maxLength: 3000 });
    fc.assert(
      fc.property(bits, (drawn) => {
        const encoder = new RangeEncoder(4);
        for (const [kind, bit] of drawn) encoder.bit(kind, bit);
        const decoder = new RangeDecoder(4, encoder.finish(), fail);
        for (const [kind, bit] of drawn) expect(decoder.bit(kind)).toBe(bit);
      }),
    );
    const encoder = new RangeEncoder(1);
    for (let i = 0; i < 10_000; i++) encoder.bit(0, i % 500 === 0 ? 1 : 0);
    expect(encoder.finish().length).toBeLessThan(80);
  });

  it('come back where carries run through many bytes, and as numbers of eight bits', () => {
    for (let seed = 1; seed < 60; seed++) {
      const random = seeded(seed);
      const share = random();
      const drawn = Array.from({ length: 400 }, () => (random() < share ? 1 : 0));
      const encoder = new RangeEncoder(257);
      for (const bit of drawn) {
        encoder.bit(256, bit);
        codeTree(encoder, 0, 8, bit * 255);
      }
      const decoder = new RangeDecoder(257, encoder.finish().slice(), fail);
      for (const bit of drawn) {
        expect(decoder.bit(256)).toBe(bit);
        expect(codeTree(decoder, 0, 8, 0)).toBe(bit * 255);
      }
    }
  });

  it('are not made up where the bytes are cut short', () => {
    const decoder = new RangeDecoder(1, new Uint8Array(2), fail);
    expect(() => {
      for (let i = 0; i < 100_000; i++) decoder.bit(0);
    }).toThrow('cut short');
  });
});

describe('the columns of profiles', () => {
  const step = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -32_768, max: 32_767 }));
  /** Pieces of few values, days that are alike, or whatever. */
  const column = (length: number) =>
    fc.tuple(fc.array(step, { minLength: 1, maxLength: 9 }), fc.nat(), fc.nat(3)).map(([values, seed, way]) => {
      const random = seeded(seed + 1);
      const perDay = length / 7;
      const day = Array.from({ length: perDay }, (_, k) =>
        way === 3
          ? Math.floor((random() - 0.5) * 65_000)
          : values[Math.floor((way === 0 ? k / 12 : k) + 3 * random()) % values.length],
      );
      const offset = Math.floor(random() * 5);
      const clamp = (value: number) => Math.max(-32_768, Math.min(32_767, value));
      return Int16Array.from({ length }, (_, k) =>
        clamp(day[k % perDay] + (way === 1 ? offset * Math.floor(k / perDay) : 0) + (random() < 0.02 ? 30 : 0)),
      );
    });
  const any = (perWeek: number) =>
    fc.oneof(
      column(perWeek),
      column(168),
      step.map((one) => Int16Array.of(one)),
    );

  it('come back, one profile after another, whatever they are', () => {
    const profile = fc.tuple(
      any(2016),
      any(2016),
      fc.oneof(
        column(168),
        step.map((one) => Int16Array.of(one)),
      ),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(profile, { maxLength: 4 }), (drawn) => {
        // Hours that are those of the variance, and a variance that follows from the shape.
        const all = drawn.map(([shape, variance, hours, isGiven]) => {
          const given = isGiven ? shape.map((value) => (value * 7919) % 200) : variance;
          return [shape, given, isGiven && given.length < 2016 ? given : hours];
        });
        const encoder = new RangeEncoder(PROFILE_KINDS);
        const writes = new ProfileCodec(2016, 168, 0);
        for (const columns of all) writes.code(encoder, columns, fail);
        const decoder = new RangeDecoder(PROFILE_KINDS, encoder.finish(), fail);
        const reads = new ProfileCodec(2016, 168, 0);
        for (const columns of all) expect(reads.code(decoder, undefined, fail)).toEqual(columns);
      }),
      { numRuns: 60 },
    );
  });
});
