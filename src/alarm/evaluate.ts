import type { AlarmState, MissingData } from './rule.js';

/** One period: it breached, it did not, or there is no data of it. */
export type Datapoint = 'breaching' | 'ok' | 'missing';

/** How the datapoints of an evaluation range are judged. */
export interface Evaluation {
  /** The state that they ask for; null where the alarm keeps the state it has. */
  readonly state: AlarmState | null;
  /** How many datapoints had to be filled in for missing ones. */
  readonly filled: number;
  /** Of the real datapoints that were used, how many breached, and how many there were. */
  readonly breaching: number;
  readonly used: number;
}

/**
 * What CloudWatch makes of the datapoints of an evaluation range, oldest first (User Guide, alarms-and-missing-data):
 *
 * 1. With N real datapoints or more, the newest N of them decide: ALARM when M breach, else OK.
 * 2. With fewer, all of them count, and the treatment of missing data fills up to N.
 * 3. `missing` and `ignore` fill with nothing. M breaches alarm; a datapoint that does not breach means OK. Where all that
 *    is there breaches, but less than M of them, `ignore` keeps the state, and `missing` alarms when the oldest one is at
 *    least M periods old, so that a metric which stopped while it breached is not forgotten. A younger one may yet turn
 *    out to be intermittent: then the state is kept (AWS says only that it does not become ALARM).
 * 4. Without any, `missing` means INSUFFICIENT_DATA and `ignore` keeps the state.
 */
export function evaluateDatapoints(
  points: readonly Datapoint[],
  rule: {
    readonly evaluationPeriods: number;
    readonly datapointsToAlarm: number;
    readonly treatMissingData: MissingData;
  },
): Evaluation {
  const { evaluationPeriods: n, datapointsToAlarm: m, treatMissingData: treat } = rule;
  let used = 0;
  let breaching = 0;
  // Periods since the oldest datapoint that was used, that one included.
  let age = 0;
  for (let i = points.length - 1; i >= 0 && used < n; i--) {
    if (points[i] === 'missing') continue;
    used++;
    age = points.length - i;
    if (points[i] === 'breaching') breaching++;
  }
  const filled = n - used;
  const found = (state: AlarmState | null): Evaluation => ({ state, filled, breaching, used });
  if (breaching >= m) return found('ALARM');
  if (filled === 0) return found('OK');
  if (treat === 'breaching') return found(breaching + filled >= m ? 'ALARM' : 'OK');
  if (treat === 'notBreaching' || breaching < used) return found('OK');
  if (used === 0) return found(treat === 'missing' ? 'INSUFFICIENT_DATA' : null);
  return found(treat === 'missing' && age >= m ? 'ALARM' : null);
}
