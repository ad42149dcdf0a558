import { describe, expect, it } from 'vitest';
import { incidentsFromBytes, incidentsToBytes } from '../../../src/engine/anomalies/incident-bytes.js';
import { findAnomalies, IncidentTracker } from '../../../src/engine/index.js';
import type { DecidedWindows, Scores } from '../../../src/engine/types.js';
import { FormatError, InputError } from '../../../src/errors.js';
import { seriesKey } from '../../../src/series/key.js';
import { type Cell, scoresOf } from '../../support/scores.js';
import { STEP } from '../../support/sets.js';

const START = Date.UTC(2026, 5, 1);
const at = (bucket: number) => START + bucket * STEP;
const arn = (n: number) => `arn:aws:kms:eu-central-1:111122223333:key/${n}`;
const decrypt = { operation: 'Decrypt', keyArn: arn(1) };
const spike = { value: 90, expected: 2, surprise: 9, verdict: 1 };
const gone = { value: 0, expected: 2, surprise: -5, verdict: -1 };
const usual = (length: number): number[] => Array.from({ length }, () => 2);

/** Scores of one row. */
function row(cells: readonly (number | Cell)[], key: { operation?: string; keyArn?: string } = decrypt): Scores {
  return scoresOf([{ key, cells }], START);
}

/** The windows that decided, one for each of these buckets of the first row. */
function decided(
  entries: readonly { bucket: number; from: number; value: number; expected: number }[],
): DecidedWindows {
  return {
    rows: entries.map(() => 0),
    buckets: entries.map(({ bucket }) => bucket),
    from: entries.map(({ from }) => from),
    values: entries.map(({ value }) => value),
    calls: entries.map(({ value }) => value),
    expected: entries.map(({ expected }) => expected),
    lower: entries.map(({ expected }) => Math.floor(expected / 2)),
    upper: entries.map(({ expected }) => Math.ceil(expected * 2)),
  };
}

describe('IncidentTracker', () => {
  it('opens an incident when a row breaches, and closes it an hour after its last breach', () => {
    const tracker = new IncidentTracker();
    const changes = tracker.take(row([2, 2, spike, spike, ...usual(20)]));
    expect(changes.map(({ change, at: time }) => [change, (time - START) / STEP])).toEqual([
      ['opened', 3],
      ['grown', 4],
      ['closed', 17],
    ]);
    const [incident] = tracker.incidents;
    expect(incident).toMatchObject({ state: 'closed', opened: at(3), changed: at(17), closed: at(17) });
    expect(incident.anomalies[0]).toMatchObject({ id: incident.id, from: at(2), to: at(4), value: 180, expected: 4 });
  });

  it('forgets what was closed two days ago', () => {
    const tracker = new IncidentTracker();
    tracker.take(row([2, spike, ...usual(20)]));
    const later = (bucket: number) => ({ ...row([2]), window: { ...row([2]).window, grid: gridAt(bucket) } });
    const gridAt = (bucket: number) => ({ start: at(bucket), step: STEP, length: 1 });
    tracker.take(later(13 + 2 * 288));
    expect(tracker.incidents.length).toBe(1);
    tracker.take(later(14 + 2 * 288));
    expect(tracker.incidents).toEqual([]);
  });

  it('names all keys that stop together in one incident, and their total among what is related', () => {
    const rows = Array.from({ length: 6 }, (_, n) => ({
      key: { operation: 'Decrypt', keyArn: arn(n) },
      cells: Array.from({ length: 30 }, (_, i) =>
        i < 10 ? 5 : { value: 0, expected: 5, surprise: i < 14 + n ? -2 : -5, verdict: i < 14 + n ? 0 : -1 },
      ),
    }));
    const total = {
      key: { operation: 'Decrypt' },
      cells: rows[0].cells.map((_, i) => (i < 14 ? 35 : { value: 5, expected: 35, surprise: -9, verdict: -1 })),
    };
    const tracker = new IncidentTracker();
    const changes = tracker.take(scoresOf([total, ...rows], START));
    expect(changes.filter(({ change }) => change === 'opened').length).toBe(1);
    expect(tracker.incidents.length).toBe(1);
    const [{ anomalies }] = tracker.incidents;
    expect(anomalies.map(({ key }) => key.keyArn).sort()).toEqual(rows.map(({ key }) => key.keyArn));
    expect(anomalies.flatMap(({ related }) => related)).toContainEqual(seriesKey({ operation: 'Decrypt' }));
    // Each key that joins is a change; its figures doubling are another.
    const named = changes.map(({ incident }) => incident.anomalies.length);
    expect(Math.max(...named)).toBe(6);
  });

  it('keeps apart what happens on another day, and calls of other operations', () => {
    const cells = (first: number) => [...usual(first), spike, ...usual(59 - first)];
    const rows = [
      { key: decrypt, cells: cells(5) },
      { key: { operation: 'Decrypt', keyArn: arn(2) }, cells: cells(30) },
      { key: { operation: 'Encrypt', keyArn: arn(3) }, cells: cells(5) },
    ];
    const tracker = new IncidentTracker();
    tracker.take(scoresOf(rows, START));
    expect(tracker.incidents.map(({ anomalies }) => anomalies.map(({ key }) => key.keyArn)).sort()).toEqual([
      [arn(1)],
      [arn(2)],
      [arn(3)],
    ]);
  });

  it('passes an incident on to the row that explains the total on which it opened', () => {
    const total = [...usual(3), spike, spike, ...usual(20)];
    const part = [...usual(4), { ...spike, value: 170 }, ...usual(20)];
    const tracker = new IncidentTracker();
    const changes = tracker.take(
      scoresOf(
        [
          { key: { operation: 'Decrypt' }, cells: total },
          { key: decrypt, cells: part },
        ],
        START,
      ),
    );
    expect(changes.map(({ change, incident }) => [change, incident.anomalies.map(({ key }) => key.keyArn)])).toEqual([
      ['opened', [null]],
      ['grown', [arn(1)]],
      ['closed', [arn(1)]],
    ]);
    expect(new Set(changes.map(({ incident }) => incident.id)).size).toBe(1);
  });

  it('opens on as many breaches as it is asked for', () => {
    const cells = [spike, 2, spike, 2, ...usual(4), spike, spike, spike, ...usual(20)];
    const tracker = new IncidentTracker({ alarm: { datapointsToAlarm: 3, evaluationPeriods: 4 } });
    expect(tracker.take(row(cells)).find(({ change }) => change === 'opened')?.at).toBe(at(11));
    const restored = IncidentTracker.fromBytes(tracker.toBytes());
    expect(restored.incidents).toEqual(tracker.incidents);
  });

  it('closes what nothing was heard of for two days', () => {
    const tracker = new IncidentTracker();
    tracker.take(row([2, spike]));
    const other = row(usual(1), { operation: 'Encrypt', keyArn: arn(2) });
    const later = (bucket: number) => ({
      ...other,
      window: { ...other.window, grid: { start: at(bucket), step: STEP, length: 1 } },
    });
    expect(tracker.take(later(2 + 575))).toEqual([]);
    expect(tracker.take(later(2 + 576)).map(({ change }) => change)).toEqual(['closed']);
  });

  it('refuses another step, buckets between those before, an impossible rule, and bytes of something else', () => {
    const tracker = new IncidentTracker();
    tracker.take(row([2]));
    const { window } = row([2]);
    const wrong = (grid: object) => ({ ...row([2]), window: { ...window, grid: { ...window.grid, ...grid } } });
    expect(() => tracker.take(wrong({ step: 2 * STEP }))).toThrow(InputError);
    expect(() => tracker.take(wrong({ start: at(1) + 1000 }))).toThrow(/must fall on the buckets taken before/);
    expect(() => new IncidentTracker({ alarm: { datapointsToAlarm: 3, evaluationPeriods: 2 } })).toThrow(InputError);
    expect(() => IncidentTracker.fromBytes(tracker.toBytes().slice(0, -1))).toThrow(FormatError);
  });

  it('refuses bytes whose checksum is right and that hold an open incident of no findings', () => {
    const tracker = new IncidentTracker();
    // The last bucket breaches: its incident is open.
    tracker.take(row([2, spike]));
    const state = incidentsFromBytes(tracker.toBytes());
    expect(state.open).toHaveLength(1);
    expect(IncidentTracker.fromBytes(incidentsToBytes(state)).incidents).toHaveLength(1);
    const hollow = incidentsToBytes({ ...state, followed: [] });
    expect(() => IncidentTracker.fromBytes(hollow)).toThrow(
      /^bytes are not what a snapshot holds: an open incident of no findings/,
    );
  });
});

describe('the figures of an anomaly', () => {
  it('of a silence are those of the window that decided, from the first bucket without a call', () => {
    const windows = decided([
      { bucket: 20, from: at(3), value: 0, expected: 30 },
      { bucket: 21, from: at(3), value: 0, expected: 32 },
    ]);
    const scores = { ...row([...usual(20), gone, gone, ...usual(20)]), decided: windows };
    const [anomaly, ...more] = findAnomalies(scores);
    expect(more).toEqual([]);
    expect(anomaly).toMatchObject({ kind: 'silence', from: at(3), to: at(22), value: 0, expected: 32, lower: 1 });
    expect(anomaly.decidedBy).toEqual({ from: at(3), to: at(21) });
  });

  it('begin with the window that decided, and go on bucket by bucket', () => {
    const more = { value: 9, expected: 2, surprise: 4.5, verdict: 1 };
    const windows = decided([{ bucket: 20, from: at(9), value: 50, expected: 24 }]);
    const scores = { ...row([...usual(20), more, { ...more, surprise: 5 }, ...usual(20)]), decided: windows };
    const [anomaly] = findAnomalies(scores);
    expect(anomaly).toMatchObject({ from: at(9), to: at(22), value: 59, expected: 26, surprise: 5 });
    expect(anomaly.decidedBy).toEqual({ from: at(21), to: at(22) });
    // 24 above what the window expected, 5 above what the bucket did.
    expect(anomaly.upper).toBeCloseTo(26 + Math.hypot(24, 5), 9);
    expect(anomaly.lower).toBeCloseTo(26 - Math.hypot(12, 5), 9);
  });

  it('take in stray breaches of an incident that goes on quietly', () => {
    const cells = [2, spike, ...usual(30), { ...spike, value: 60 }, ...usual(30)];
    const ongoing = Int8Array.from(cells, (_, i) => (i >= 1 && i < 40 ? 1 : 0));
    expect(findAnomalies(row(cells)).length).toBe(2);
    const [anomaly, ...more] = findAnomalies({ ...row(cells), ongoing });
    expect(more).toEqual([]);
    expect(anomaly).toMatchObject({ from: at(1), to: at(33), value: 210 });
    const tracker = new IncidentTracker();
    expect(tracker.take({ ...row(cells), ongoing }).map(({ change }) => change)).toEqual(['opened', 'closed']);
  });
});

describe('severity', () => {
  const severityOf = (cell: Cell, key: { operation: string; outcome?: 'error' }, known = 1) => {
    const scores = { ...row([2, cell, ...usual(3)], { ...decrypt, ...key }), known: Uint8Array.of(known) };
    return findAnomalies(scores)[0]?.severity;
  };

  it('is that of the table', () => {
    const above = (surprise: number, value = 40) => ({ value, expected: 2, surprise, verdict: 1 });
    expect(severityOf(above(4.5), { operation: 'DisableKey' })).toBe('critical');
    expect(severityOf({ ...gone, surprise: -7 }, { operation: 'Decrypt' })).toBe('critical');
    expect(severityOf(above(7), { operation: 'Decrypt', outcome: 'error' })).toBe('critical');
    expect(severityOf(above(7, 70), { operation: 'Decrypt' })).toBe('critical');
    expect(severityOf(above(7), { operation: 'Decrypt' })).toBe('high');
    expect(severityOf(above(5, 70), { operation: 'Decrypt' })).toBe('medium');
    expect(severityOf({ ...gone, surprise: -5 }, { operation: 'DisableKey' })).toBe('medium');
    expect(severityOf(above(3.5), { operation: 'Decrypt' })).toBe('low');
    expect(severityOf(above(5), { operation: 'Decrypt' }, 0)).toBe('low');
    expect(severityOf(above(9, 900), { operation: 'Decrypt' }, 0)).toBe('high');
  });

  it('takes those operations to be critical that it is given', () => {
    const critical = (operation: string) => operation === 'Decrypt';
    expect(findAnomalies(row([2, { ...spike, surprise: 4 }]), { critical })[0]?.severity).toBe('critical');
    const tracker = new IncidentTracker({ critical });
    expect(tracker.take(row([2, { ...spike, surprise: 4 }]))[0]?.incident.severity).toBe('critical');
  });
});
