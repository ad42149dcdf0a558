import { describe, expect, it } from 'vitest';
import { IncidentTracker } from '../../../src/engine/index.js';
import { scoresOf } from '../../support/scores.js';
import { STEP } from '../../support/sets.js';

const START = Date.UTC(2026, 5, 1);

const arn = (n: number) => `arn:aws:kms:eu-central-1:111122223333:key/${n}`;

describe('IncidentTracker', () => {
  it('opens an incident when a row breaches, and closes it an hour after its last breach', () => {
    const spike = { value: 90, expected: 2, surprise: 9, verdict: 1 };
    const cells = [2, 2, spike, spike, ...Array.from({ length: 20 }, () => 2)];
    const tracker = new IncidentTracker();
    const changes = tracker.take(scoresOf([{ key: { operation: 'Decrypt', keyArn: arn(1) }, cells }], START));
    expect(changes.map(({ change, at }) => [change, (at - START) / STEP])).toEqual([
      ['opened', 3],
      ['grown', 4],
      ['closed', 17],
    ]);
    const [incident] = tracker.incidents;
    expect(incident.state).toBe('closed');
    expect(incident.anomalies[0]).toMatchObject({
      from: START + 2 * STEP,
      to: START + 4 * STEP,
      value: 180,
      expected: 4,
    });
  });

  it('names all keys that stop together in one incident', () => {
    const rows = Array.from({ length: 6 }, (_, n) => ({
      key: { operation: 'Decrypt', keyArn: arn(n) },
      cells: Array.from({ length: 30 }, (_, i) =>
        i < 10 ? 5 : { value: 0, expected: 5, surprise: i < 14 + n ? -2 : -5, verdict: i < 14 + n ? 0 : -1 },
      ),
    }));
    const tracker = new IncidentTracker();
    const changes = tracker.take(scoresOf(rows, START));
    expect(changes.filter(({ change }) => change === 'opened').length).toBe(1);
    expect(tracker.incidents.length).toBe(1);
    const keys = tracker.incidents[0].anomalies.map(({ key }) => key.keyArn);
    expect([...keys].sort()).toEqual(rows.map(({ key }) => key.keyArn));
    const restored = IncidentTracker.fromBytes(tracker.toBytes());
    expect(restored.incidents).toEqual(tracker.incidents);
    expect(restored.toBytes()).toEqual(tracker.toBytes());
  });
});
