import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashId, hashWith, type IdHash, IdSet } from '../../src/kms/id-set.js';
import { OldIds, SeenIds } from '../../src/kms/seen-ids.js';

const HOUR = 3_600_000;
const NOON = Date.UTC(2024, 6, 1, 12);

function hashOf(id: string): IdHash {
  const hash = { a: 0, b: 0 };
  hashId(id, hash);
  return hash;
}

describe('hashId', () => {
  it('has two halves that each collide as often as chance has it, and never both', () => {
    const n = 200_000;
    const a = new Set<number>();
    const b = new Set<number>();
    const ids = new IdSet();
    for (let i = 0; i < n; i++) {
      const hash = hashOf(`5f1f7a3c-0000-4000-8000-${i.toString(16).padStart(12, '0')}`);
      a.add(hash.a);
      b.add(hash.b);
      ids.add(hash);
    }
    expect(ids.size).toBe(n);
    // n²/2³³ = 4.7 pairs are expected; more than 20 come by chance once in ten million times.
    expect(n - a.size).toBeLessThan(20);
    expect(n - b.size).toBeLessThan(20);
  });

  it('tells apart what differs at the very end, and by length alone', () => {
    const ids = ['', '\0', '\0\0', 'a', 'a\0', 'ab', 'ba', 'é', 'e', '\u{1f511}'];
    expect(new Set(ids.map((id) => JSON.stringify(hashOf(id)))).size).toBe(ids.length);
  });

  it('makes another hash with every number', () => {
    const out = { a: 0, b: 0 };
    const all = Array.from({ length: 1000 }, (_, number) => {
      hashWith(hashOf('id'), number, out);
      return JSON.stringify(out);
    });
    expect(new Set([JSON.stringify(hashOf('id')), ...all]).size).toBe(1001);
  });
});

describe('IdSet', () => {
  it('holds what a Set of the same ids holds, however much it grows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 600 }), (numbers) => {
        const ids = new IdSet();
        const naive = new Set<number>();
        for (const number of numbers) {
          const before = naive.size;
          naive.add(number);
          expect(ids.add(hashOf(`${number}`))).toBe(naive.size > before);
        }
        expect(ids.size).toBe(naive.size);
      }),
      { numRuns: 50 },
    );
  });

  it('has a place for hashes of zeros, and for many that start in one place', () => {
    const ids = new IdSet();
    expect(ids.add({ a: 0, b: 0 })).toBe(true);
    expect(ids.add({ a: 0, b: 0 })).toBe(false);
    for (let b = 2; b < 100; b++) expect(ids.add({ a: 0, b })).toBe(true);
    for (let b = 2; b < 100; b++) expect(ids.add({ a: 0, b })).toBe(false);
    expect(ids.add({ a: 5, b: 0 })).toBe(true);
    expect(ids.size).toBe(100);
  });
});

describe('SeenIds', () => {
  it('knows every id of the last 48 hours, whatever the limit', () => {
    const seen = new SeenIds(new OldIds(0));
    for (let hour = 0; hour <= 48; hour++) expect(seen.add(NOON + hour * HOUR, hashOf(`${hour}`))).toBe('new');
    for (let hour = 0; hour <= 48; hour++) expect(seen.add(NOON + hour * HOUR, hashOf(`${hour}`))).toBe('seen');
  });

  it('knows ids of years before, up to the limit', () => {
    const seen = new SeenIds();
    for (let hour = 0; hour <= 9000; hour++) expect(seen.add(NOON + hour * HOUR, hashOf(`${hour}`))).toBe('new');
    for (let hour = 0; hour <= 9000; hour++) expect(seen.add(NOON + hour * HOUR, hashOf(`${hour}`))).toBe('seen');
  });

  it('says that it cannot know about hours that it has dropped, and from which log they were', () => {
    const seen = new SeenIds(new OldIds(4));
    for (let hour = 0; hour <= 60; hour++) seen.add(NOON + hour * HOUR, hashOf(`${hour}`), hour === 0 ? 'a' : 'b');
    expect(seen.add(NOON, hashOf('0'), 'c')).toEqual({ log: 'a' });
    // From here on the hour has a place again.
    expect(seen.add(NOON, hashOf('0'), 'c')).toBe('seen');
    expect(seen.add(NOON, hashOf('another'), 'c')).toEqual({ log: 'a' });
    expect(seen.add(NOON + 12 * HOUR, hashOf('12'))).toBe('seen');
  });

  it('is not unsure about hours that it never had', () => {
    const seen = new SeenIds(new OldIds(0));
    for (let hour = 0; hour <= 60; hour++) seen.add(NOON + hour * HOUR, hashOf(`${hour}`));
    expect(seen.add(NOON - HOUR, hashOf('before'))).toBe('new');
    // Between hours that were dropped: a log of other weeks, say.
    const weeks = new SeenIds(new OldIds(0));
    for (let week = 0; week < 5; week++) weeks.add(NOON + week * 168 * HOUR, hashOf(`${week}`));
    expect(weeks.add(NOON + 100 * HOUR, hashOf('between'))).toBe('new');
  });

  it('lets go the hours that were used longest ago, whatever account and Region they are of', () => {
    const old = new OldIds(3);
    const [here, there] = [new SeenIds(old), new SeenIds(old)];
    for (const seen of [here, there]) seen.add(NOON, hashOf('first'));
    for (const seen of [here, there]) seen.add(NOON + 1000 * HOUR, hashOf('later'));
    expect(there.add(NOON, hashOf('second'))).toBe('new');
    expect(here.add(NOON, hashOf('second'))).toBe('new');
    // Four ids now: those of the other one were used before.
    expect(there.add(NOON, hashOf('second'))).toEqual({ log: '' });
  });

  it('checks a log that is read from the newest to the oldest', () => {
    const seen = new SeenIds();
    for (let hour = 500; hour >= 0; hour--) {
      expect(seen.add(NOON + hour * HOUR, hashOf(`${hour}`))).toBe('new');
      expect(seen.add(NOON + hour * HOUR, hashOf(`${hour}`))).toBe('seen');
      if (hour < 480) expect(seen.add(NOON + (hour + 20) * HOUR, hashOf(`${hour + 20}`))).toBe('seen');
    }
  });

  it('goes on after one record from a clock gone wrong', () => {
    const seen = new SeenIds();
    seen.add(NOON, hashOf('before'));
    expect(seen.add(Date.UTC(2099, 0, 1), hashOf('wrong'))).toBe('new');
    expect(seen.add(NOON, hashOf('before'))).toBe('seen');
    for (let hour = 1; hour < 200; hour++) {
      expect(seen.add(NOON + hour * HOUR, hashOf(`${hour}`))).toBe('new');
      expect(seen.add(NOON + (hour - 1) * HOUR, hashOf(hour === 1 ? 'before' : `${hour - 1}`))).toBe('seen');
    }
  });
});
