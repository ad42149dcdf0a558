import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Alarm, type Datapoint, evaluateDatapoints, type MissingData } from '../../src/alarm/index.js';
import { hasSharedData, sharedFacts } from '../support/shared-data.js';

/** CloudWatch User Guide, alarms-and-missing-data: 0 does not breach, X does, - is missing; newest on the right, range 5. */
const TABLES = [
  { m: 3, data: '0-X-X', filled: 0, missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' },
  { m: 3, data: '0----', filled: 2, missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' },
  {
    m: 3,
    data: '-----',
    filled: 3,
    missing: 'INSUFFICIENT_DATA',
    ignore: 'RETAIN',
    breaching: 'ALARM',
    notBreaching: 'OK',
  },
  { m: 3, data: '0XX-X', filled: 0, missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  { m: 3, data: '--X--', filled: 2, missing: 'ALARM', ignore: 'RETAIN', breaching: 'ALARM', notBreaching: 'OK' },
  { m: 2, data: '0-X-X', filled: 0, missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  { m: 2, data: '00X0X', filled: 0, missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' },
  { m: 2, data: '0-X--', filled: 1, missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' },
  { m: 2, data: '----0', filled: 2, missing: 'OK', ignore: 'OK', breaching: 'ALARM', notBreaching: 'OK' },
  { m: 2, data: '---X-', filled: 2, missing: 'ALARM', ignore: 'RETAIN', breaching: 'ALARM', notBreaching: 'OK' },
] as const;
const TREATMENTS: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
const CASES = TABLES.flatMap((row) => TREATMENTS.map((treat) => ({ ...row, treat, state: row[treat] })));
const MINUTE = 60_000;

const pointsIn = (data: string): Datapoint[] =>
  [...data].map((letter) => (letter === 'X' ? 'breaching' : letter === '0' ? 'ok' : 'missing'));

/** The state of an alarm in `before` after five buckets. */
function stateAfter(data: string, m: number, treat: MissingData, before: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') {
  const alarm = new Alarm(
    {
      name: 'table',
      condition: { on: 'value', statistic: 'Sum', comparison: 'GreaterThanThreshold', threshold: 0 },
      step: MINUTE,
      evaluationPeriods: 3,
      datapointsToAlarm: m,
      treatMissingData: treat,
    },
    {
      memory: {
        state: before,
        since: null,
        changes: 0,
        end: 5 * MINUTE,
        // The newest is observed last, below: the others are there already.
        values: Float64Array.from([...data.slice(0, 4)], (c) => (c === '-' ? Number.NaN : c === 'X' ? 1 : 0)),
      },
    },
  );
  const newest = data[4];
  alarm.observe(5 * MINUTE, newest === '-' ? Number.NaN : newest === 'X' ? 1 : 0);
  return alarm.state;
}

describe('the documented cases of missing data', () => {
  it.each(CASES)('$m of 3, $data, missing is $treat: $state', ({ m, data, treat, filled, state }) => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: m, treatMissingData: treat };
    const evaluation = evaluateDatapoints(pointsIn(data), rule);
    expect(evaluation.state ?? 'RETAIN').toBe(state);
    expect(evaluation.filled).toBe(filled);
    for (const before of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const) {
      expect(stateAfter(data, m, treat, before), before).toBe(state === 'RETAIN' ? before : state);
    }
  });

  it.each(['----X', '---X-'])('3 of 3, %s is no alarm yet: the next datapoint may not breach', (data) => {
    for (const before of ['OK', 'INSUFFICIENT_DATA'] as const)
      expect(stateAfter(data, 3, 'missing', before)).toBe(before);
  });

  it('3 of 3, --X-- is an alarm, with a single datapoint', () => {
    expect(stateAfter('--X--', 3, 'missing', 'OK')).toBe('ALARM');
  });

  it.skipIf(!hasSharedData)('are all here', () => {
    const { tables, prematureAlarmExamples } = JSON.parse(
      readFileSync(sharedFacts('alarm-missing-data-tables.json'), 'utf8'),
    );
    const rows = tables.flatMap(({ datapointsToAlarm, rows }: { datapointsToAlarm: number; rows: object[] }) =>
      rows.map((row) => ({ m: datapointsToAlarm, ...row })),
    );
    expect(rows).toEqual(TABLES);
    expect(prematureAlarmExamples).toMatchObject({ noAlarmYet: ['----X', '---X-'], alarm: ['--X--'] });
  });
});
