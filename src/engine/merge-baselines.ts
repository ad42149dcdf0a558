import { InputError } from '../errors.js';
import { keyId } from '../series/key.js';
import { rowsById } from '../series/series-set.js';
import { gridEnd } from '../time/grid.js';
import type { BaselineParts } from './baseline-parts.js';
import { daysJoiner } from './calendar-days.js';
import { Arena } from './counts/arena.js';
import { mergedModel, modelColumns } from './counts/model.js';
import { windowsOf } from './windows.js';
import { withDays, zoneJoiner } from './zone-candidates.js';

/**
 * Two baselines as one. Rows of one only are taken as they are, so that baselines of disjoint series (shards) make exactly
 * the one that a single fit would have made of each row. A row of both was fitted on two ranges of time: profile,
 * scatter and tails are averaged by how long each watched, the level is the later one's. That agrees with one fit over
 * both as far as the series stood still; a level that moved between the two is in neither's scatter.
 * @throws InputError unless both have the same step and measure
 */
export function mergeParts(a: BaselineParts, b: BaselineParts): BaselineParts {
  if (a.grid.step !== b.grid.step) {
    throw new InputError(`other.grid.step must be ${a.grid.step} ms as this one's, got ${b.grid.step} ms`);
  }
  if (a.measure !== b.measure) throw new InputError(`other.measure must be '${a.measure}', got '${b.measure}'`);
  const [first, second] = gridEnd(a.grid) <= gridEnd(b.grid) ? [a, b] : [b, a];
  const start = Math.min(a.grid.start, b.grid.start);
  const { step } = a.grid;
  const columns = modelColumns(windowsOf(step).spans.length);
  const length = Math.max(0, Math.round((gridEnd(second.grid) - start) / step));
  const rowOf = rowsById(a.keys);
  const keys = [...a.keys];
  const table = new Arena();
  const models = [...a.models];
  const gauges = [...a.gauges];
  const zones = [...a.zones];
  const join = daysJoiner();
  for (const [row, key] of b.keys.entries()) {
    const known = rowOf.get(keyId(key));
    if (known === undefined) {
      keys.push(key);
      zones.push(b.zones[row]);
      if (a.measure === 'count') models.push(b.models[row]);
      else gauges.push(b.gauges[row]);
      continue;
    }
    const later = second === b;
    const zone = later ? b.zones[row] : zones[known];
    zones[known] = withDays(zone, join(a.zones[known].days, b.zones[row].days));
    if (a.measure === 'level') {
      if (later) gauges[known] = b.gauges[row];
      continue;
    }
    const [early, late] = later ? [a.models[known], b.models[row]] : [b.models[row], a.models[known]];
    models[known] = columns.keep(mergedModel(early, late, columns), table);
  }
  const defaultZone = a.defaultZone ?? b.defaultZone;
  const whole = zoneJoiner([...a.zones, ...b.zones], start, gridEnd(second.grid));
  // Two shards were observed at one time, two ranges of one series one after the other.
  const apart = gridEnd(first.grid) <= second.grid.start;
  return {
    measure: a.measure,
    grid: { start, step, length },
    keys,
    models,
    gauges,
    zones: zones.map(whole),
    support: apart ? a.support + b.support : Math.max(a.support, b.support),
    defaultZone: defaultZone === undefined ? undefined : whole(defaultZone),
    defaultDays: join(a.defaultDays, b.defaultDays),
  };
}
