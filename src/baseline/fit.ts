import { checkRange, InputError, shown } from '../errors.js';
import type { SeriesKey } from '../series/key.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { DAY } from '../time/grid.js';
import { slotsOf, weekSlots } from '../time/week.js';
import { checkZone } from '../time/zone.js';
import { Baseline } from './baseline.js';
import { type FitPlan, fitPlan, fitRow, SPARSE } from './fit-row.js';
import type { RowModel } from './model.js';
import { Pool } from './pool.js';
import { weekCells } from './profile.js';
import { KNOWN_AFTER, type LeastTails } from './tail.js';

export interface FitOptions {
  /**
   * The IANA zone in whose civil time the week runs: one for all, or one per key (`undefined` falls back to UTC). People
   * follow their own clock through its changes, machines follow UTC. Default UTC.
   */
  readonly timeZone?: string | ((key: SeriesKey) => string | undefined);
  /** Times that must not teach: known incidents, load tests, holidays. Every bucket that touches one is left out. */
  readonly exclude?: readonly { readonly from: number | Date; readonly to: number | Date }[];
}

/**
 * Learns what is normal from a history: for every series a level, a weekly profile in civil time, and how its counts
 * scatter (a gamma-Poisson model; see the README, How it judges). Robust: incidents in the history are clipped before they
 * teach. The history itself is not kept.
 *
 * @throws InputError when the set's columns do not fit one another, a zone is unknown, or a range is none
 */
export function fitBaseline(history: SeriesSet, options: FitOptions = {}): Baseline {
  checkSet(history, 'history');
  if (history.measure !== 'count') {
    throw new InputError(`history.measure must be 'count', got ${shown(history.measure)}`);
  }
  const { grid, keys } = history;
  const zoneOf = zoneChooser(options.timeZone);
  const allowed = teachingBuckets(history, options.exclude ?? []);
  const cells = weekCells(weekSlots(grid.step));
  const plans = new Map<string, FitPlan>();
  const planFor = (zone: string): FitPlan => {
    let plan = plans.get(zone);
    if (plan === undefined) {
      plan = fitPlan(grid, cells, slotsOf(grid, zone, cells.slots));
      plans.set(zone, plan);
    }
    return plan;
  };
  const y = new Float64Array(grid.length);
  const use = new Uint8Array(grid.length);
  // Without any row, what listened still tells how long nothing called.
  let support =
    keys.length === 0 ? observedRow(history, 0).filter((seen, i) => seen !== 0 && allowed[i] !== 0).length : 0;
  const zones = keys.map((key) => zoneOf(key));
  const fit = (row: number, pooled?: LeastTails): RowModel => {
    readRow(history, row, y);
    const observed = observedRow(history, row);
    let seen = 0;
    for (let i = 0; i < grid.length; i++) {
      use[i] = observed[i] !== 0 && allowed[i] !== 0 ? 1 : 0;
      seen += use[i];
    }
    support = Math.max(support, seen);
    return fitRow(y, use, planFor(zones[row]), pooled);
  };
  const models = keys.map((_, row) => fit(row));
  const pool = new Pool(keys, models, grid.step);
  for (const [row, { calls, support: own }] of models.entries()) {
    if (calls < SPARSE || own * grid.step >= KNOWN_AFTER * DAY) continue;
    const pooled = pool.leastTails(keys[row]);
    if (pooled !== undefined) models[row] = fit(row, pooled);
  }
  return new Baseline({ keys, grid, support, models, zones, zoneOf });
}

function zoneChooser(timeZone: FitOptions['timeZone']): (key: SeriesKey) => string {
  if (typeof timeZone === 'function') {
    return (key) => {
      const zone = timeZone(key);
      return zone === undefined ? 'UTC' : checkZone(zone, 'timeZone(key)');
    };
  }
  const zone = timeZone === undefined ? 'UTC' : checkZone(timeZone);
  return () => zone;
}

/** 1 for every bucket that no excluded range touches. */
function teachingBuckets({ grid }: SeriesSet, exclude: NonNullable<FitOptions['exclude']>): Uint8Array {
  const allowed = new Uint8Array(grid.length).fill(1);
  for (const [i, range] of exclude.entries()) {
    const { from, to } = checkRange(range.from, range.to, `exclude[${i}].from/exclude[${i}].to`);
    const first = Math.max(0, Math.floor((from - grid.start) / grid.step));
    const end = Math.min(grid.length, Math.ceil((to - grid.start) / grid.step));
    if (end > first) allowed.fill(0, first, end);
  }
  return allowed;
}
