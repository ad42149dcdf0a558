import { describe, expect, it } from 'vitest';
import { iamPolicy } from '../src/aws/iam-policy.js';
import {
  backtest,
  countCalls,
  fitBaseline,
  InputError,
  readAthenaCounts,
  readAthenaCoverage,
  seriesFromCsv,
  seriesSet,
  simulateCalls,
} from './support/everything.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HEAD = 'operation,2026-01-05T00:00:00Z,2026-01-05T01:00:00Z';

describe('CSV', () => {
  it('is read in linear time, whatever a cell holds', () => {
    // Millions of digits: read in quadratic time they would take a day.
    const digits = '1'.repeat(2e6);
    for (const cell of [`${digits}x`, digits, `${digits}.${digits}e`, `.${digits}-`, `${digits}.${digits}.`]) {
      expect(() => seriesFromCsv(`${HEAD}\r\nDecrypt,${cell},2\r\n`)).toThrow(/^line 2, column 2 must be a whole/);
    }
    expect(() => seriesFromCsv(`${HEAD}\r\n"${'""'.repeat(1e6)}x,1,2`)).toThrow(InputError);
  });

  it('refuses a day that its month does not have', () => {
    for (const day of ['2026-02-30', '2025-02-29', '2026-04-31', '2026-02-31']) {
      const text = `operation,${day}T00:00:00Z,2026-03-03T00:00:00Z\r\nDecrypt,1,2\r\n`;
      expect(() => seriesFromCsv(text)).toThrow(/^line 1, column 2 must be .* a time like/);
    }
    const leap = 'operation,2024-02-29T00:00Z,2024-02-29T01:00:00.000Z\r\nDecrypt,1,2\r\n';
    expect(seriesFromCsv(leap).grid.start).toBe(Date.UTC(2024, 1, 29));
  });
});

describe('a mistake is named by its field, never a TypeError', () => {
  const call = {
    ...{ time: 1e12, operation: 'Decrypt', keyArns: [], account: '111122223333', region: 'x', caller: 'y' },
    ...{ error: null, eventId: 'z', sharedEventId: null },
  };

  it.each(Object.keys(call))('countCalls: %s', async (field) => {
    await countCalls([call]);
    for (const value of [undefined, {}, Symbol('x'), [7]]) {
      const error = await countCalls([{ ...call, [field]: value } as never]).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(new RegExp(`^calls must have .* as ${field}, got `));
    }
  });

  it('readAthenaCounts, readAthenaCoverage', async () => {
    for (const read of [readAthenaCounts, readAthenaCoverage]) {
      for (const rows of [null, undefined, 7, {}]) {
        await expect(read(rows as never)).rejects.toThrow(/^rows must be an iterable of rows, got /);
      }
      for (const row of [null, undefined, 'x', []]) {
        await expect(read([row] as never)).rejects.toThrow(/^rows\[0\] must be an object with the columns/);
      }
    }
  });

  it('iamPolicy', () => {
    for (const adapters of [['s3Log'], ['constructor'], [null], 's3Logs', { length: 1 }]) {
      expect(() => iamPolicy({ adapters } as never)).toThrow(InputError);
    }
    for (const name of ['bucket', 'results', 'partition']) {
      expect(() => iamPolicy({ [name]: 7 } as never)).toThrow(`${name} must be text, got 7`);
    }
    expect(iamPolicy({ adapters: ['s3Logs'], bucket: 'logs' }).Statement.length).toBeGreaterThan(0);
  });
});

describe('results', () => {
  it('backtest takes the labels of simulateCalls as they are', () => {
    const start = Date.UTC(2026, 0, 5);
    const key = { operation: 'Decrypt' };
    const outage = { kind: 'outage', key, from: start + 20 * DAY, to: start + 21 * DAY, note: 'nothing' } as const;
    const simulated = { seed: 3, start, end: start + 28 * DAY, step: HOUR, incidents: [outage] };
    const { set, labels } = simulateCalls(simulated);
    const found = backtest(set, labels);
    expect(labels.length).toBeGreaterThan(0);
    expect(found.events).toBe(labels.filter(({ to }) => to > start + 14 * DAY).length);
    expect(found.kinds.map(({ verdict }) => verdict)).toContain('below');
    const wrong = { ...labels[0], verdict: 'sideways' } as never;
    expect(() => backtest(set, [wrong], { from: start + DAY })).toThrow("labels[0].verdict must be 'above' or 'below'");
  });

  it('describe() of a level has no calls: absence is not 0', () => {
    const values = Array.from({ length: 24 * 21 }, (_, i) => i % 7);
    const level = seriesSet({ start: 0, step: HOUR, measure: 'level', series: [{ key: { metric: 'x' }, values }] });
    const { calls, callsPerHour, observed, learning } = fitBaseline(level).describe({ metric: 'x' });
    expect([calls, callsPerHour, observed, learning]).toEqual([Number.NaN, Number.NaN, 21 * DAY, false]);
    const gaps = Uint8Array.from(values, (_, i) => (i < 24 * 20 + 5 ? 0 : 1));
    const late = seriesSet({
      start: 0,
      step: HOUR,
      measure: 'level',
      series: [{ key: { metric: 'x' }, values }],
      observed: gaps,
    });
    expect(fitBaseline(late).describe({ metric: 'x' })).toMatchObject({ observed: 19 * HOUR, learning: true });
  });
});
