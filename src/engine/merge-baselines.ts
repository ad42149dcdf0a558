import { InputError } from '../errors.js';
import { keyId } from '../series/key.js';
import { rowsById } from '../series/series-set.js';
import { gridEnd } from '../time/grid.js';
import type { BaselineParts } from './baseline.js';
import { mergeBurstHours } from './counts/burst-hours.js';
import type { RowModel } from './counts/model.js';
import { rounded } from './counts/quantized-profile.js';
import type { Tail } from './counts/tail-calibration.js';

/**
 * Two baselines as one. Rows of one only are taken as they are, so that baselines of disjoint series (shards) make exactly
 * the one that a single fit would have made of each row. A row of both was fitted on two stretches of time: profile,
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
  const length = Math.max(0, Math.round((gridEnd(second.grid) - start) / step));
  const rowOf = rowsById(a.keys);
  const keys = [...a.keys];
  const models = [...a.models];
  const gauges = [...a.gauges];
  const zones = [...a.zones];
  const found = [...a.found];
  for (const [row, key] of b.keys.entries()) {
    const known = rowOf.get(keyId(key));
    if (known === undefined) {
      keys.push(key);
      zones.push(b.zones[row]);
      found.push(b.found[row]);
      if (a.measure === 'count') models.push(b.models[row]);
      else gauges.push(b.gauges[row]);
      continue;
    }
    const later = second === b;
    if (later) {
      zones[known] = b.zones[row];
      found[known] = b.found[row];
    }
    if (a.measure === 'level') {
      if (later) gauges[known] = b.gauges[row];
      continue;
    }
    models[known] = later ? mergeModels(a.models[known], b.models[row]) : mergeModels(b.models[row], a.models[known]);
  }
  // Two shards of one time listened together, two stretches of one series one after the other.
  const apart = gridEnd(first.grid) <= second.grid.start;
  return {
    measure: a.measure,
    grid: { start, step, length },
    keys,
    models,
    gauges,
    zones,
    found,
    support: apart ? a.support + b.support : Math.max(a.support, b.support),
    defaultZone: a.defaultZone ?? b.defaultZone,
  };
}

function mergeModels(early: RowModel, late: RowModel): RowModel {
  if (late.calls === 0 && early.calls === 0) return { ...late, listened: early.listened + late.listened };
  const total = early.support + late.support;
  const w = total === 0 ? 0.5 : late.support / total;
  const mean = (x: number, y: number) => x + w * (y - x);
  const columns = (x: Float64Array, y: Float64Array) => x.map((value, i) => mean(value, y[i]));
  const both = (x: number, y: number) => (x > 0 && y > 0 ? 1 / (1 / x + 1 / y) : Math.max(x, y));
  const tail = (x: Tail, y: Tail): Tail => ({
    stretch: mean(x.stretch, y.stretch),
    knee: mean(x.knee, y.knee),
    far: mean(x.far, y.far),
  });
  return {
    ...late,
    profile: rounded({
      shape: columns(early.profile.shape, late.profile.shape),
      variance: early.profile.variance.map((v, i) => both(v, late.profile.variance[i])),
      hourVariance: early.profile.hourVariance.map((v, i) => both(v, late.profile.hourVariance[i])),
    }),
    anchor: mean(early.anchor, late.anchor),
    walk: mean(early.walk, late.walk),
    phi: columns(early.phi, late.phi),
    alpha: columns(early.alpha, late.alpha),
    above: late.above.map((t, i) => tail(early.above[i], t)),
    below: late.below.map((t, i) => tail(early.below[i], t)),
    bursts: mergeBurstHours(early.bursts, late.bursts),
    silence: tail(early.silence, late.silence),
    silenceShift: mean(early.silenceShift, late.silenceShift),
    // Only a silence that began before the later stretch goes on from the earlier.
    clock: late.calls === 0 ? early.clock + late.clock : late.clock,
    silent: late.calls === 0 ? early.silent + late.silent : late.silent,
    calls: early.calls + late.calls,
    support: total,
    listened: early.listened + late.listened,
    firstCall: Number.isNaN(early.firstCall) ? late.firstCall : early.firstCall,
    lastCall: Number.isNaN(late.lastCall) ? early.lastCall : late.lastCall,
    firstCount: Number.isNaN(early.firstCall) ? late.firstCount : early.firstCount,
  };
}
