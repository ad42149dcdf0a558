import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RareKinds } from '../../src/plan/index.js';
import { seeded } from '../support/random.js';
import { DAY } from './support.js';

/** Notes an event, and says how rare it was until then. */
function add(kinds: RareKinds, group: string, kind: string, time: number) {
  const rarity = kinds.rarity(group, kind, time);
  kinds.note(group, kind, time);
  return rarity;
}

describe('RareKinds', () => {
  it('expects as many new kinds a week as Good and Turing do: those seen on one day only, and one more', () => {
    const kinds = new RareKinds();
    kinds.begin(0);
    for (let day = 0; day < 28; day++) {
      add(kinds, 'key', 'often', day * DAY);
      if (day === 3 || day === 10) add(kinds, 'key', `once-${day}`, day * DAY);
    }
    const { isNew, perWeek, surprise } = add(kinds, 'key', 'new', 28 * DAY);
    expect(isNew).toBe(true);
    expect(perWeek).toBeCloseTo(3 / 4, 10);
    // One day's chance of a Poisson process of that rate.
    expect(surprise).toBeCloseTo(-Math.log10(1 - Math.exp(-3 / 28)), 10);
    // On the next day it is known.
    expect(add(kinds, 'key', 'new', 29 * DAY).isNew).toBe(false);
  });

  it('counts days, not calls: an errand of a thousand calls is one sighting', () => {
    const kinds = new RareKinds();
    kinds.begin(0);
    for (let i = 0; i < 1000; i++) add(kinds, 'key', 'errand', i * 1000);
    expect(add(kinds, 'key', 'new', 14 * DAY).perWeek).toBeCloseTo(1, 10);
  });

  it('finds a new kind rarer in a quiet group than in a lively one, and shares the one more between groups', () => {
    const kinds = new RareKinds();
    kinds.begin(0);
    for (let key = 0; key < 1000; key++) add(kinds, `quiet-${key}`, 'app', 0);
    for (let key = 0; key < 1000; key++) add(kinds, `quiet-${key}`, 'app', DAY);
    for (let day = 0; day < 28; day++) add(kinds, 'lively', `visitor-${day}`, day * DAY);
    expect(add(kinds, 'quiet-7', 'stranger', 28 * DAY).perWeek).toBeCloseTo(0.25, 10);
    expect(add(kinds, 'lively', 'visitor', 28 * DAY).perWeek).toBeGreaterThan(7);
  });

  it('keeps to its budget: of events no rarer than told, as many come as it said', () => {
    // 40 groups, each with strangers at a rate of its own, for two years; told are those within one a week.
    const random = seeded(11);
    const kinds = new RareKinds();
    kinds.begin(0);
    let told = 0;
    let stranger = 0;
    for (let day = 0; day < 730; day++) {
      for (let group = 0; group < 40; group++) {
        add(kinds, `${group}`, 'regular', day * DAY);
        // From one in 2,000 days to one in 10.
        if (random() >= 0.0005 * 1.14 ** group) continue;
        const { perWeek } = add(kinds, `${group}`, `stranger-${stranger++}`, day * DAY);
        if (day >= 180 && perWeek <= 1) told++;
      }
    }
    const weeks = (730 - 180) / 7;
    expect(told / weeks).toBeLessThan(1.2);
    expect(told / weeks).toBeGreaterThan(0.3);
  });

  it('agrees with the sums over all groups and kinds, taken anew each time', () => {
    const events = fc.array(fc.tuple(fc.nat(4), fc.nat(6), fc.nat(40)), { maxLength: 60 });
    fc.assert(
      fc.property(events, (unordered) => {
        const order = [...unordered].sort((a, b) => a[2] - b[2]);
        const kinds = new RareKinds();
        kinds.begin(0);
        const days = new Map<string, Map<string, Set<number>>>();
        for (const [group, kind, day] of order) {
          const [g, k] = [`${group}`, `${kind}`];
          const counts = (name: string) => Array.from(days.get(name)?.values() ?? [], ({ size }) => size);
          const once = (name: string) => counts(name).filter((size) => size === 1).length;
          const seen = days.get(g)?.get(k)?.size ?? 0;
          let expected = 1;
          for (const other of days.keys()) {
            if (once(other) > once(g)) continue;
            expected += once(other);
            if (seen > 0) for (const size of counts(other)) if (size <= seen) expected += size;
          }
          const { isNew, perWeek } = add(kinds, g, k, day * DAY);
          expect(isNew).toBe(seen === 0);
          expect(perWeek).toBeCloseTo(expected / (Math.max(1, day) / 7), 9);
          const kindsOf = days.get(g) ?? new Map<string, Set<number>>();
          kindsOf.set(k, (kindsOf.get(k) ?? new Set()).add(day));
          days.set(g, kindsOf);
        }
      }),
    );
  });

  it('goes on from its data', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(5), fc.nat(60)), { maxLength: 40 }), (events) => {
        const order = [...events].sort((a, b) => a[2] - b[2]);
        const whole = new RareKinds();
        let parts = new RareKinds();
        for (const [group, kind, day] of order) {
          const expected = add(whole, `${group}`, `${kind}`, day * DAY);
          parts = new RareKinds(JSON.parse(JSON.stringify(parts.data())));
          expect(add(parts, `${group}`, `${kind}`, day * DAY)).toEqual(expected);
        }
      }),
    );
  });
});
