import { observedRow, type SeriesSet } from '../../../series/series-set.js';
import { slotsOf } from '../../../time/week.js';
import { CANDIDATE_ZONES, ZoneArbiter } from '../../zones.js';
import { type FitPlan, gridPlan } from './fit-plan.js';
import { fitRow, SPARSE } from './fit-series.js';
import type { FittedRow } from './one-step-residuals.js';
import { readCalls, rowCalls } from './read-calls.js';
import { type Taught, taughtBy } from './training-layout.js';

/** What a fit makes of rows of counts, before young ones borrow from others. */
export interface FittedRows {
  /** `[rows]` each: the zone given or found, and the fit. */
  readonly zones: string[];
  readonly rows: FittedRow[];
  /** Buckets in use of the row that had most. */
  readonly support: number;
}

/**
 * Fits rows of counts, one by one.
 * @param history whose keys are not looked at
 * @param given `[rows]` the zone of each; `undefined` where it is to be found
 * @param allowed `[grid.length]` 1 where a bucket may teach
 */
export function fitRows(history: SeriesSet, given: readonly (string | undefined)[], allowed: Uint8Array): FittedRows {
  const { grid } = history;
  const shared = gridPlan(grid);
  const plans = new Map<string, FitPlan>();
  const planFor = (zone: string): FitPlan => {
    let plan = plans.get(zone);
    if (plan === undefined) {
      plan = { ...shared, slots: slotsOf(grid, zone, shared.cells.slots) };
      plans.set(zone, plan);
    }
    return plan;
  };
  const alike = history.observed.length === grid.length;
  let use = teachingOf(history, 0, allowed);
  // Rows observed alike, as nearly all are, are taught by the same columns; of those that differ, by the last row's at best.
  const laidOut = new Map<FitPlan, Taught>();
  const taughtFor = (plan: FitPlan): Taught => {
    let taught = laidOut.get(plan);
    if (taught === undefined) {
      taught = taughtBy(plan, use);
      laidOut.set(plan, taught);
    }
    return taught;
  };
  const arbiter = given.includes(undefined) ? new ZoneArbiter(grid) : undefined;
  const row = rowCalls(grid.length);
  const { calls } = shared.scratch;
  const zones = given.map((zone) => zone ?? (CANDIDATE_ZONES[0] as string));
  const rows: FittedRow[] = [];
  // Without any row, what listened still tells how long nothing called.
  let support = use.reduce((sum, is) => sum + is, 0);
  for (let at = 0; at < given.length; at++) {
    if (!alike) {
      const own = teachingOf(history, at, allowed);
      if (!sameBytes(own, use)) laidOut.clear();
      use = own;
    }
    let plan = planFor(zones[at]);
    let taught = taughtFor(plan);
    support = Math.max(support, taught.n);
    readCalls(history, at, taught, SPARSE, calls, row);
    if (given[at] === undefined && arbiter !== undefined && row.total >= SPARSE) {
      zones[at] = arbiter.choose(calls, taught);
      plan = planFor(zones[at]);
      taught = taughtFor(plan);
    }
    rows.push(fitRow(row, taught, plan));
  }
  return { zones, rows, support };
}

/** 1 for every bucket of a row that was observed and may teach. */
function teachingOf(set: SeriesSet, row: number, allowed: Uint8Array): Uint8Array {
  const observed = observedRow(set, row);
  const use = new Uint8Array(allowed.length);
  for (let i = 0; i < use.length; i++) use[i] = observed[i] > 0 && allowed[i] !== 0 ? 1 : 0;
  return use;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
