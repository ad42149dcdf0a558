import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Anomaly, Incident, Severity } from '../../src/engine/types.js';
import { type Due, IncidentNotices } from '../../src/plan/incident-notices.js';
import { closingText, openingText, rowsOf, updateText } from '../../src/plan/incident-text.js';
import { type SeriesKey, seriesKey } from '../../src/series/key.js';
import { DAY, HOUR, MINUTE } from './support.js';

const STEP = 5 * MINUTE;
const T0 = Date.UTC(2026, 5, 2, 9);
const PLAN = { timeZone: 'UTC', step: STEP, learn: 'accept-shifts' } as const;
const arn = (n: number) => `arn:aws:kms:eu-central-1:111122223333:key/0000000${n}-12ab-34cd-56ef-1234567890ab`;
const keyOf = (n: number) => seriesKey({ operation: 'Decrypt', keyArn: arn(n) });

/** An anomaly from T0 on. */
function anomaly(key: SeriesKey, to: number, fields: Partial<Anomaly> = {}): Anomaly {
  const silence = { verdict: 'below', kind: 'silence', value: 0, expected: (10 * (to - T0)) / HOUR } as const;
  return { key, from: T0, to, lower: 1, upper: 30, surprise: -8, related: [], ...silence, ...fields } as Anomaly;
}

function incident(anomalies: readonly Anomaly[], fields: Partial<Incident> = {}): Incident {
  const opened = T0 + 4 * HOUR;
  return { id: 'i', state: 'open', opened, changed: opened, closed: null, severity: 'medium', anomalies, ...fields };
}

/** What is sent of an incident that is looked at after each bucket; `at` gives how it stands, hours after T0. */
function followed(at: (time: number) => Incident, from: number, hours: number) {
  const notices = new IncidentNotices(0);
  const sent: { at: number; due: Due }[] = [];
  for (let time = from; time <= T0 + hours * HOUR; time += STEP) {
    const due = notices.due(at(time), time);
    if (due === undefined) continue;
    sent.push({ at: time, due });
    notices.sent(due, time, [], `n-${sent.length}`);
  }
  return { sent, notices, changes: sent.map(({ due }) => due.change) };
}

describe('IncidentNotices', () => {
  it('reports an incident that goes on when it opens and when it is over, however long it lasts', () => {
    for (const burst of [false, true]) {
      const { changes } = followed(
        (time) => {
          const calls = (60 * (time - T0)) / HOUR;
          const above = { verdict: 'above', kind: 'excess', value: calls, expected: calls / 6, surprise: 9 } as const;
          const closed = time >= T0 + 5 * DAY ? time : null;
          return incident([anomaly(keyOf(1), time, burst ? above : {})], {
            state: closed === null ? 'open' : 'closed',
            closed,
          });
        },
        T0 + STEP,
        6 * 24,
      );
      expect(changes).toEqual(['opened', 'closed']);
    }
  });

  it('names six keys that stop together within two notices', () => {
    // Silences of 60 calls a day become significant after four hours or so, an hour and a half apart.
    const significant = [4, 4.3, 4.5, 4.9, 5.2, 5.6].map((hours) => T0 + hours * HOUR);
    const { sent } = followed(
      (time) => incident(significant.flatMap((from, n) => (time >= from ? [anomaly(keyOf(n), time)] : []))),
      significant[0],
      100,
    );
    expect(sent.map(({ due }) => due.change)).toEqual(['opened', 'updated']);
    const [, update] = sent;
    expect(update.at).toBe(T0 + 6 * HOUR);
    expect(rowsOf(update.due.incident).map(({ keyArn }) => keyArn)).toEqual([0, 1, 2, 3, 4, 5].map(arn));
  });

  it('reports a higher severity at once, and never a lower one', () => {
    const severities: readonly Severity[] = ['low', 'high', 'medium', 'critical', 'low', 'critical'];
    const { sent } = followed(
      (time) => incident([anomaly(keyOf(1), time)], { severity: severities[(time - T0) / STEP] ?? 'low' }),
      T0,
      1,
    );
    expect(sent.map(({ at, due }) => [due.change, (at - T0) / STEP])).toEqual([
      ['opened', 0],
      ['updated', 1],
      ['updated', 3],
    ]);
  });

  it('reports growth when calls have come twice as fast as before and doubled, not what goes on at its rate', () => {
    const rates = [40, 40, 40, 40, 200, 200, 200, 200, 40, 40];
    const { sent } = followed(
      (time) => {
        const value = rates.slice(0, (time - T0) / STEP).reduce((sum, calls) => sum + calls, 0);
        const expected = (time - T0) / STEP;
        return incident([anomaly(keyOf(1), time, { verdict: 'above', kind: 'spike', value, expected, surprise: 20 })]);
      },
      T0 + STEP,
      0.8,
    );
    expect(sent.map(({ due }) => due.change)).toEqual(['opened', 'updated']);
    expect(sent[1].at).toBe(T0 + 5 * STEP);
    expect(sent[1].due).toMatchObject({ why: { severity: null, joined: 0, grownFrom: 39 } });
  });

  it('takes a total, and an operation of a key that was named, for nothing that joins', () => {
    const total = seriesKey({ operation: 'Decrypt' });
    const whole = seriesKey({ keyArn: arn(1) });
    const { changes } = followed(
      (time) => {
        const hours = (time - T0) / HOUR;
        if (hours < 2) return incident([anomaly(keyOf(1), time, { related: [total] })]);
        if (hours < 9) return incident([anomaly(whole, time, { related: [keyOf(1), total] })]);
        return incident([anomaly(total, time, { related: [whole, keyOf(1)] })]);
      },
      T0,
      24,
    );
    expect(changes).toEqual(['opened']);
  });

  it('sends nothing twice when it is looked at again, in other order, or is written out in between', () => {
    const looks = fc.array(fc.record({ bucket: fc.nat(60), restore: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(looks, fc.integer({ min: 1, max: 50 }), (visits, end) => {
        let notices = new IncidentNotices(0);
        const changes: string[] = [];
        for (const { bucket, restore } of visits) {
          if (restore) notices = new IncidentNotices(0, JSON.parse(JSON.stringify(notices.data())));
          const time = T0 + bucket * STEP;
          const state = bucket >= end ? 'closed' : 'open';
          const due = notices.due(incident([anomaly(keyOf(1), time)], { state }), time);
          if (due === undefined) continue;
          changes.push(due.change);
          notices.sent(due, time, [], 'n');
        }
        // Late data may open what was over, or end it sooner; it was reported once, and stays over.
        expect(['', 'opened', 'opened closed']).toContain(changes.join(' '));
      }),
    );
  });

  it('waits until so many calls were made, or are missing, and says nothing of what never comes to as many', () => {
    const fields = { verdict: 'above', kind: 'spike', expected: 0 } as const;
    const looks = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(looks, fc.integer({ min: 0, max: 40 }), fc.boolean(), (calls, minCalls, missing) => {
        let notices = new IncidentNotices(minCalls);
        let value = 0;
        let opened: number | undefined;
        for (const [i, more] of [...calls, 0].entries()) {
          value += more;
          const time = T0 + (i + 1) * STEP;
          const state = i < calls.length ? 'open' : 'closed';
          const one = anomaly(keyOf(1), time, missing ? { value: 0, expected: value } : { ...fields, value });
          const due = notices.due(incident([one], { state }), time);
          // Looked at again in the next bucket where it was too small, after a restart too.
          expect(notices.isFollowed('i')).toBe(
            state === 'open' ? due === undefined || opened !== undefined : opened !== undefined,
          );
          if (due?.change === 'opened') opened ??= value;
          if (due !== undefined) notices.sent(due, time, [], 'n');
          notices = new IncidentNotices(minCalls, JSON.parse(JSON.stringify(notices.data())));
        }
        const sums = calls.map((_, i) => calls.slice(0, i + 1).reduce((a, b) => a + b, 0));
        expect(opened).toBe(sums.find((sum) => sum >= minCalls));
      }),
    );
  });

  it('knows the alarm of what it reported, and forgets it two days after its end', () => {
    const { notices } = followed(
      (time) => incident([anomaly(keyOf(1), time)], { state: time > T0 + HOUR ? 'closed' : 'open' }),
      T0,
      2,
    );
    expect(notices.alarmOf('i')).toBe('n-1');
    notices.forget(T0 + HOUR, []);
    expect(notices.alarmOf('i')).toBe('n-1');
    notices.forget(T0 + 2 * HOUR, []);
    expect(notices.alarmOf('i')).toBeUndefined();
  });
});

describe('texts of incidents', () => {
  const two = incident([anomaly(keyOf(1), T0 + 4 * HOUR), anomaly(keyOf(2), T0 + 4 * HOUR)]);

  it('open with the worst anomaly and name the other rows', () => {
    expect(openingText(two, [], PLAN, T0 + 4 * HOUR)).toMatch(
      /^Medium\. Decrypt on 00000001 \(eu-central-1\): no calls since 2026-06-02 09:00 UTC \(4 h so far, .*\)\. .*Also affected: Decrypt on 00000002 \(eu-central-1\)\.$/,
    );
  });

  it('say in an update what has changed', () => {
    const why = { severity: 'low', joined: 1, grownFrom: null } as const;
    expect(updateText(two, why, [keyOf(3)], PLAN, T0 + 4 * HOUR)).toMatch(
      /^Update after 4 h: medium instead of low; 1 more key\. Decrypt on 00000001 .* Fewer calls too, though not yet unusual alone: Decrypt on 00000003 \(eu-central-1\)\.$/,
    );
    const grown = incident([
      anomaly(keyOf(1), T0 + HOUR, { verdict: 'above', kind: 'spike', value: 90, expected: 10 }),
    ]);
    expect(updateText(grown, { severity: null, joined: 0, grownFrom: 39.6 }, [], PLAN, T0 + HOUR)).toMatch(
      /^Update after 1 h: 80 calls more than expected, 40 calls before\. /,
    );
  });

  it('close with how long it was and what it came to', () => {
    expect(closingText(two, 3, PLAN)).toBe(
      'Resolved after 4 h: Decrypt on 00000001 (eu-central-1) and Decrypt on 00000002 (eu-central-1) are back to normal. Decrypt on 00000001 (eu-central-1): No calls meanwhile (expected about 40).',
    );
    expect(closingText(two, 0, PLAN)).toBe(
      'Closed after 4 h: Decrypt on 00000001 (eu-central-1) and Decrypt on 00000002 (eu-central-1). Still no calls, and none are expected any more.',
    );
    const shift = incident([
      anomaly(keyOf(1), T0 + 2 * DAY, { verdict: 'above', kind: 'level-shift', value: 21_600, expected: 7_200 }),
    ]);
    expect(closingText(shift, 40, PLAN)).toBe(
      'Resolved after 2 days: Decrypt on 00000001 (eu-central-1) is as expected now that the baseline has followed. 21,600 calls in all (expected about 7,200).',
    );
    expect(closingText(shift, 40, { ...PLAN, learn: 'hold' })).toMatch(/is back to normal\. 21,600 calls/);
  });
});
