import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import { observedRow, readRow, type SeriesSet, seriesSet } from '../series/series-set.js';

const LEVELS = ['operation', 'keyArn'] as const;

/**
 * Counts by key and operation, with their totals by operation and by key, of the same outcome. A bucket of a total is observed
 * where it is in all of its parts.
 */
export function withTotals(set: SeriesSet): SeriesSet {
  const { grid, keys } = set;
  const y = new Float64Array(grid.length);
  const series: { key: SeriesKey; values: Float64Array }[] = [];
  const totals = new Map<string, { key: SeriesKey; values: Float64Array }>();
  for (const [row, key] of keys.entries()) {
    readRow(set, row, y);
    const observed = observedRow(set, row);
    const values = Float64Array.from(y, (calls, i) => (observed[i] === 0 ? Number.NaN : calls));
    series.push({ key, values });
    for (const level of LEVELS) {
      if (key[level] === null) continue;
      const whole = seriesKey({ [level]: key[level], outcome: key.outcome });
      const id = keyId(whole);
      if (id === keyId(key)) continue;
      const total = totals.get(id);
      if (total === undefined) totals.set(id, { key: whole, values: values.slice() });
      else for (let i = 0; i < values.length; i++) total.values[i] += values[i];
    }
  }
  return seriesSet({ start: grid.start, step: grid.step, series: [...series, ...totals.values()] });
}
