import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { KmsCall } from '../../src/kms/call.js';
import { keyId, seriesKey } from '../../src/series/key.js';
import {
  type SimulatedIncident as Incident,
  SHOP_CALLERS,
  SHOP_KEYS,
  shopCall,
  simulateCalls,
} from '../../src/simulate/index.js';

const WEEK = { seed: 9, start: Date.UTC(2026, 4, 4), weeks: 1 };
const HOUR = 3_600_000;
const at = (day: number, hour: number) => Date.UTC(2026, 4, day, hour);
const simulate = (...incidents: Incident[]) => simulateCalls({ ...WEEK, incidents });
const ordinary = [...simulateCalls(WEEK).calls()];
const note = 'something happened';

const spike: Incident = {
  kind: 'spike',
  from: at(6, 14) + 2_000,
  to: at(6, 14) + 7 * 60_000,
  call: shopCall('Decrypt', SHOP_CALLERS.support, SHOP_KEYS.orders),
  calls: 200,
  note,
};
const outage: Incident = {
  kind: 'outage',
  from: at(6, 7) + 1_000,
  to: at(6, 12) + 61_000,
  key: { keyArn: SHOP_KEYS.payments },
  note,
};

/** Calls of one and not of the other, by their ids. */
function added(some: readonly KmsCall[], others: readonly KmsCall[]): KmsCall[] {
  const known = new Set(others.map(({ eventId }) => eventId));
  return some.filter(({ eventId }) => !known.has(eventId));
}

describe('incidents', () => {
  it('add their calls and leave the ordinary ones as they were', () => {
    const { labels, calls } = simulate(spike);
    const all = [...calls()];
    expect(added(ordinary, all)).toEqual([]);
    const extra = added(all, ordinary);
    expect(extra).toHaveLength(200);
    expect(extra.every(({ time }) => time >= labels[0].from && time < labels[0].to)).toBe(true);
    expect(labels[0]).toMatchObject({
      kind: 'spike',
      verdict: 'above',
      key: { operation: 'Decrypt', keyArn: SHOP_KEYS.orders },
    });
    expect(labels[0].expected).toBeLessThan(5);
  });

  it('take away what falls silent, and nothing else', () => {
    const { labels, calls } = simulate(outage);
    const all = [...calls()];
    expect(labels[0]).toMatchObject({ verdict: 'below', calls: 0 });
    // 13 calls an hour for five hours.
    expect(Math.abs(labels[0].expected - 65)).toBeLessThan(1);
    const gone = added(ordinary, all).filter(({ time }) => time >= labels[0].from && time < labels[0].to);
    expect(gone.length).toBeGreaterThan(30);
    expect(gone.every(({ keyArns }) => keyArns.includes(SHOP_KEYS.payments))).toBe(true);
    // Cells that the outage cuts are drawn anew where they are left, in number as before or fewer.
    const elsewhere = (calls: KmsCall[]) => calls.filter(({ keyArns }) => !keyArns.includes(SHOP_KEYS.payments));
    expect(elsewhere(all)).toEqual(elsewhere(ordinary));
  });

  it('are labelled with the calls that are there', () => {
    const incidents: Incident[] = [
      spike,
      outage,
      { kind: 'low-and-slow', from: at(5, 6), to: at(6, 6), source: 'payments-read', factor: 2, note },
      { kind: 'off-hours', from: at(7, 0), to: at(7, 2), source: 'documents-write', like: at(7, 8), note },
      { kind: 'missed-run', from: at(8, 1), to: at(8, 2), source: 'backups-nightly', note },
      {
        kind: 'control-plane-burst',
        from: at(8, 20),
        to: at(8, 20) + 5 * 60_000,
        call: shopCall('ScheduleKeyDeletion', SHOP_CALLERS.admin, SHOP_KEYS.archive),
        calls: 6,
        note,
      },
      {
        kind: 'first-use',
        from: at(9, 3),
        to: at(9, 4),
        call: shopCall('Decrypt', SHOP_CALLERS.sandbox, SHOP_KEYS.logs),
        calls: 12,
        label: { keyArn: SHOP_KEYS.logs, caller: SHOP_CALLERS.sandbox },
        note,
      },
      {
        kind: 'error-burst',
        from: at(9, 12),
        to: at(9, 12) + 90_000,
        call: shopCall('Decrypt', SHOP_CALLERS.sandbox, SHOP_KEYS.secrets),
        calls: 40,
        note,
      },
    ];
    const { labels, calls } = simulate(...incidents);
    const all = [...calls()];
    expect(labels.map(({ kind }) => kind)).toEqual(incidents.map(({ kind }) => kind));
    for (const { key, from, to, calls: told } of labels) {
      const inside = all.filter(
        (call) =>
          call.time >= from &&
          call.time < to &&
          (key.operation === undefined || call.operation === key.operation) &&
          (key.keyArn == null || call.keyArns.includes(key.keyArn)) &&
          (key.caller === undefined || call.caller === key.caller) &&
          (key.outcome === undefined || (call.error === null ? 'ok' : 'error') === key.outcome),
      );
      expect(inside).toHaveLength(told);
    }
    const [, , slow, offHours, missed, control, first, errors] = labels;
    expect(Math.abs(slow.calls / slow.expected - 2)).toBeLessThan(0.3);
    expect(offHours.expected).toBeLessThan(2);
    expect(offHours.calls).toBeGreaterThan(20);
    expect(missed).toMatchObject({ verdict: 'below', calls: 0, expected: 12 });
    expect(control).toMatchObject({ calls: 6, expected: 0 });
    expect(first).toMatchObject({ calls: 12, expected: 0 });
    expect(errors).toMatchObject({ calls: 40, key: { operation: 'Decrypt', outcome: 'error' } });
  });

  it('expect what many seeds give on average', () => {
    const wide: Incident[] = [
      { ...outage, from: at(5, 0), to: at(6, 0), key: { keyArn: SHOP_KEYS.documents } },
      { ...outage, from: at(5, 7), to: at(5, 13), key: { operation: 'Decrypt', outcome: 'error' } },
      { ...outage, from: at(5, 6), to: at(5, 15), key: { keyArn: SHOP_KEYS.secrets } },
    ];
    const { labels } = simulate(...wide);
    const runs = 60;
    const sums = labels.map(() => ({ sum: 0, squares: 0 }));
    for (let seed = 1; seed <= runs; seed++) {
      const { set } = simulateCalls({ seed, start: at(5, 0), end: at(6, 0), step: HOUR });
      for (const [i, { key, from, to }] of labels.entries()) {
        const row = set.keys.findIndex((k) => keyId(k) === keyId(seriesKey(key)));
        let count = 0;
        for (let hour = (from - at(5, 0)) / HOUR; hour < (to - at(5, 0)) / HOUR; hour++) {
          if (row >= 0) count += (set.values as Uint32Array)[row * 24 + hour];
        }
        sums[i].sum += count;
        sums[i].squares += count * count;
      }
    }
    for (const [i, { expected }] of labels.entries()) {
      const mean = sums[i].sum / runs;
      const error = Math.sqrt((sums[i].squares / runs - mean * mean) / runs);
      expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
    }
  });

  it.each([
    ['incidents[0].kind', { ...spike, kind: 'flood' }],
    ['incidents[0].calls', { ...spike, calls: 0 }],
    ['incidents[0].call.operation', { ...spike, call: { ...shopCall('', SHOP_CALLERS.admin) } }],
    ['incidents[0].to', { ...spike, to: spike.from }],
    ['incidents[0].from', { ...spike, from: at(6, 14) + 1 }],
    ['incidents[0].key', { ...outage, key: {} }],
    ['incidents[0].source', { kind: 'missed-run', from: at(5, 0), to: at(5, 1), source: 'nobody', note }],
    [
      'incidents[0].factor',
      { kind: 'low-and-slow', from: at(5, 0), to: at(5, 1), source: 'tokens', factor: 0.5, note },
    ],
    ['incidents[0]', { ...spike, from: at(30, 0), to: at(30, 0) + HOUR }],
  ])('name %s when that is a mistake', (name, wrong) => {
    expect(() => simulate(wrong as Incident)).toThrow(InputError);
    expect(() => simulate(wrong as Incident)).toThrow(name);
  });
});
