import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentIds } from '../../src/aws/recent-ids.js';

describe('RecentIds', () => {
  it('knows every id from its last second on, in either direction, through any number of copies', () => {
    const seconds = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        seconds,
        fc.constantFrom(1 as const, -1 as const),
        fc.integer({ min: 1, max: 60 }),
        (jumps, direction, perSecond) => {
          let recent = new RecentIds(direction);
          let second = 1_000_000;
          const all: { second: number; id: string }[] = [];
          for (const [i, jump] of jumps.entries()) {
            second += direction * jump;
            for (let k = 0; k < perSecond; k++) {
              const entry = { second, id: `${i}-${k}` };
              expect(recent.add(second * 1000 + k, entry.id)).toBe(true);
              all.push(entry);
            }
            if (i % 7 === 0) recent = new RecentIds(direction, JSON.parse(JSON.stringify(recent.end())));
          }
          expect(recent.last).toBe(second);
          for (const entry of all.filter((other) => other.second === second)) {
            expect(recent.add(second * 1000, entry.id)).toBe(false);
          }
          const held = recent.end().ids.reduce((sum, [, ids]) => sum + ids.length, 0);
          expect(held).toBeLessThanOrEqual(Math.max(1000 + perSecond * jumps.length, perSecond));
        },
      ),
    );
  });

  it('holds a thousand ids, however many come', () => {
    const recent = new RecentIds(-1);
    for (let i = 0; i < 50_000; i++) recent.add((10_000_000 - i) * 1000, `id-${i}`);
    expect(recent.end().ids).toHaveLength(1000);
  });

  it('keeps nothing more of a second that it has forgotten: it would pass for whole', () => {
    const recent = new RecentIds(1);
    for (let i = 0; i < 3000; i++) recent.add(i * 1000, `id-${i}`);
    expect(recent.add(5000, 'late')).toBe(true);
    expect(recent.add(5000, 'late')).toBe(true);
    expect(recent.end().ids.some(([second]) => second === 5)).toBe(false);
    expect(recent.last).toBe(2999);
  });

  it('holds a second whole that has more than a thousand', () => {
    const recent = new RecentIds(-1);
    for (let i = 0; i < 3000; i++) recent.add(5000, `id-${i}`);
    for (let i = 0; i < 3000; i++) expect(recent.add(5000, `id-${i}`)).toBe(false);
  });

  it('takes what has no id or no time for new', () => {
    const recent = new RecentIds(1);
    expect([recent.add(0, ''), recent.add(0, ''), recent.add(NaN, 'a'), recent.add(NaN, 'a')]).toEqual(
      Array(4).fill(true),
    );
    expect(recent.last).toBeNull();
  });
});
