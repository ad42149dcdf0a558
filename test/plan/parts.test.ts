import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { DeferredCalls } from '../../src/plan/deferred-calls.js';
import { LedgerCells } from '../../src/plan/ledger-cells.js';
import type { Notice } from '../../src/plan/notice.js';
import { noticeId, randomId } from '../../src/plan/notice-id.js';
import { RecentIds } from '../../src/plan/recent-ids.js';
import { LimitError, withinLimit } from '../../src/plan/within-limit.js';
import { ByteReader, ByteWriter } from '../../src/series/bytes.js';
import { DAY, HOUR, MINUTE } from '../../src/time/grid.js';
import { KEY, OTHER_KEY } from '../support/sets.js';
import { VirtualClock } from './virtual-clock.js';

const START = Date.UTC(2026, 0, 5);
const callOf = (fields: Partial<KmsCall>): KmsCall => ({
  time: START,
  operation: 'Decrypt',
  keyArns: [KEY],
  account: '1',
  region: 'r',
  caller: 'role/App',
  error: null,
  eventId: 'x',
  sharedEventId: null,
  ...fields,
});

describe('the ids of the last two days', () => {
  const call = fc.record({
    time: fc.nat(70 * 60).map((minute) => START + minute * MINUTE),
    account: fc.constantFrom('1', '2'),
    eventId: fc.constantFrom('', 'a', 'b'),
    sharedEventId: fc.constantFrom(null, null, 's'),
  });
  const act = fc.oneof(
    { weight: 8, arbitrary: call.map((fields) => ({ call: callOf(fields) })) },
    fc.nat(120).map((hour) => ({ forget: START + hour * HOUR + 1 })),
    fc.constant({ restart: true as const }),
  );

  it('are those that a list of all would hold, through restarts and forgetting', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        let ids = new RecentIds();
        let known: { hour: number; id: string }[] = [];
        for (const one of acts) {
          if ('call' in one) {
            const { eventId, sharedEventId, account, region, time } = one.call;
            const id = sharedEventId === null ? JSON.stringify([account, region, eventId]) : `shared ${sharedEventId}`;
            const hour = Math.floor(time / HOUR);
            const hasNone = sharedEventId === null && eventId === '';
            const isNew = hasNone || !known.some((own) => own.hour === hour && own.id === id);
            expect(ids.add(one.call)).toBe(isNew);
            if (isNew && !hasNone) known.push({ hour, id });
          } else if ('forget' in one) {
            ids.forgetBefore(one.forget);
            const oldest = Math.floor(one.forget / HOUR) - 48;
            known = known.filter(({ hour }) => hour >= oldest);
          } else {
            const out = new ByteWriter();
            ids.write(out);
            const from = new ByteReader(out.toBytes(), 0);
            ids = RecentIds.read(from);
            expect(from.remaining).toBe(0);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('refuse bytes that promise more ids than there are', () => {
    const out = new ByteWriter();
    out.varint(1);
    out.signed(5);
    out.varint(3);
    out.float64(1);
    out.float64(2);
    expect(() => RecentIds.read(new ByteReader(out.toBytes(), 0))).toThrow('3 ids do not fit');
  });
});

describe('calls that wait for the history before them', () => {
  it('are the first of each kind in a day, and the first and last of critical operations in an hour; failed ones none', () => {
    const call = fc
      .record({
        minute: fc.nat(3 * 24 * 60),
        operation: fc.constantFrom('Decrypt', 'DisableKey'),
        keyArns: fc.constantFrom([KEY], [OTHER_KEY]),
        caller: fc.constantFrom('a', 'b'),
        error: fc.constantFrom(null, null, 'AccessDenied'),
      })
      .map(({ minute, ...fields }) => callOf({ ...fields, time: START + minute * MINUTE }));
    fc.assert(
      fc.property(fc.array(call, { maxLength: 30 }), fc.nat(30), (calls, stop) => {
        let deferred = new DeferredCalls();
        for (const [i, own] of calls.entries()) {
          if (i === stop) deferred = new DeferredCalls(JSON.parse(JSON.stringify(deferred.data())));
          deferred.add(own);
        }
        const kinds = new Map<string, number[]>();
        for (const { time, operation, keyArns, caller, error } of calls) {
          if (error !== null) continue;
          const length = operation === 'DisableKey' ? HOUR : DAY;
          const kind = JSON.stringify([operation, keyArns, caller, Math.floor(time / length)]);
          kinds.set(kind, [...(kinds.get(kind) ?? []), time]);
        }
        const expected = [...kinds.values()].flatMap((times) => [...new Set([Math.min(...times), Math.max(...times)])]);
        const drained = deferred.drain();
        expect(drained.map(({ time }) => time)).toEqual(expected.sort((a, b) => a - b));
        for (const own of drained) expect(own).toMatchObject({ error: null, eventId: '', sharedEventId: null });
        expect(deferred.drain()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the calls of a bucket', () => {
  it('are what a map would hold, packed or not, and without the rows that are left out', () => {
    const act = fc.oneof(
      { weight: 6, arbitrary: fc.nat(300).map((row) => ({ row })) },
      fc.constant({ pack: true as const }),
      fc.nat(3).map((retain) => ({ retain })),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let cells = new LedgerCells();
        const counts = new Map<number, number>();
        for (const one of acts) {
          if ('row' in one) {
            expect(cells.add(one.row)).toBe(!counts.has(one.row));
            counts.set(one.row, (counts.get(one.row) ?? 0) + 1);
          } else if ('pack' in one) cells = new LedgerCells(cells.packed());
          else {
            cells.retain((row) => row % 4 !== one.retain);
            for (const row of counts.keys()) if (row % 4 === one.retain) counts.delete(row);
          }
          const found: [number, number][] = [];
          cells.forEach((row, count) => void found.push([row, count]));
          expect(found).toEqual([...counts]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('work within a limit', () => {
  const limited = (
    ms: number,
    work: (signal: AbortSignal, getsOn: () => void, clock: VirtualClock) => unknown,
    stopAt?: number,
    grace?: number,
  ) => {
    const clock = new VirtualClock(0);
    const stop = new AbortController();
    if (stopAt === 0) stop.abort(new Error('stopped'));
    else if (stopAt !== undefined) clock.after(stopAt, () => stop.abort(new Error('stopped')));
    const limit = { ms, clock, signal: stop.signal, ...(grace === undefined ? {} : { grace }) };
    return withinLimit(limit, (signal, getsOn) => work(signal, getsOn, clock)).then(
      (value) => ({ value, at: clock.time }),
      (error: Error) => ({ error: error.message, at: clock.time }),
    );
  };
  const never = () => new Promise(() => undefined);

  it('gives what it gives, fails as it fails, and has failed at its limit', async () => {
    expect(await limited(100, (_, __, clock) => clock.sleep(99).then(() => 7))).toEqual({ value: 7, at: 99 });
    expect(await limited(100, () => Promise.reject(new Error('no')))).toEqual({ error: 'no', at: 0 });
    const late = await limited(60_000, never);
    expect(late).toEqual({ error: new LimitError(60_000).message, at: 60_000 });
    expect(new LimitError(60_000).message).toBe('no answer for 1 min');
  });

  it('has its limit anew whenever it gets on, and is handed a signal that aborts at the end', async () => {
    let signal: AbortSignal | undefined;
    const steps = (n: number) =>
      limited(100, async (own, getsOn, clock) => {
        signal = own;
        for (let i = 0; i < n; i++) {
          await clock.sleep(80);
          getsOn();
        }
        await never();
      });
    expect(await steps(5)).toEqual({ error: new LimitError(100).message, at: 500 });
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBeInstanceOf(LimitError);
  });

  it('ends with the run, at once or after its grace', async () => {
    expect(await limited(100, never, 30)).toEqual({ error: 'stopped', at: 30 });
    expect(await limited(100, never, 0)).toEqual({ error: 'stopped', at: 0 });
    expect(await limited(100, never, 30, 20)).toEqual({ error: 'stopped', at: 50 });
    const ends = (_: AbortSignal, __: () => void, clock: VirtualClock) => clock.sleep(40).then(() => 'done');
    expect(await limited(100, ends, 30, 20)).toEqual({ value: 'done', at: 40 });
    expect(await limited(100, ends, 0, 50)).toEqual({ value: 'done', at: 40 });
  });
});

describe('ids of notices', () => {
  const notice = (fields: Partial<Notice>) =>
    ({ plan: 'shop', at: START, kind: 'health', state: 'OK', text: 'x', key: null, ...fields }) as Notice;

  it('follow from the state and from all that a notice says', () => {
    const id = noticeId('state', 3, notice({}));
    expect(id).toMatch(/^shop-3-[0-9a-z]{8}$/);
    expect(noticeId('state', 3, notice({}))).toBe(id);
    const others = [
      noticeId('other', 3, notice({})),
      noticeId('state', 4, notice({})),
      ...[{ at: START + 1 }, { kind: 'anomaly' as const }, { state: 'ALARM' as const }, { text: 'y' }].map((own) =>
        noticeId('state', 3, notice(own)),
      ),
    ];
    expect(new Set([id, ...others].map((own) => own.slice(-8))).size).toBe(7);
  });

  it('are never the same for two states', () => {
    const ids = Array.from({ length: 2000 }, randomId);
    expect(new Set(ids).size).toBe(2000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{8}$/);
  });
});
