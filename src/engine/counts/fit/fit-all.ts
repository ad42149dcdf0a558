import { observedRow, type SeriesSet } from '../../../series/series-set.js';
import type { CivilDays } from '../../../time/civil-days.js';
import { DAY, type TimeGrid } from '../../../time/grid.js';
import { slotsBy } from '../../../time/week.js';
import type { ZoneOffsets } from '../../../time/zone.js';
import { outsideWindows } from '../../calendar-days.js';
import { zoneKeeper } from '../../zone-candidates.js';
import { CANDIDATE_ZONES, ENOUGH_CALLS, ZoneArbiter } from '../../zones.js';
import { Arena } from '../arena.js';
import type { KeptModel } from '../model.js';
import { KNOWN_AFTER, type TailsShown } from '../tail-calibration.js';
import { type FitPlan, gridPlan } from './fit-plan.js';
import { fitRow } from './fit-series.js';
import { FEW_CALLS } from './hourly-calls.js';
import { packCalls, readCalls, rowCalls } from './read-calls.js';
import { type Training, trainingBy } from './training-layout.js';

/** What a fit makes of rows of counts, before young ones borrow from others. */
export interface FittedRows {
  /** `[rows]` each: the zone given or found, or a variant of it (see variantId), and the model. */
  readonly zones: string[];
  readonly models: KeptModel[];
  /** By row: what the histories of young ones show of their tails, which may yet be longer. */
  readonly tails: ReadonlyMap<number, TailsShown>;
  /** Buckets in use of the row that had most. */
  readonly support: number;
}

/**
 * Fits rows of counts, one by one.
 * @param history whose keys are not looked at
 * @param given `[rows]` the zone of each; `undefined` where it is to be found
 * @param allowed `[grid.length]` 1 where a bucket may be learned from
 * @param days `[rows]` the calendar of each; equal ones are the same object
 */
export function fitRows(
  history: SeriesSet,
  given: readonly (string | undefined)[],
  allowed: Uint8Array,
  days: readonly (CivilDays | undefined)[] = [],
): FittedRows {
  const { grid } = history;
  const shared = gridPlan(grid);
  const keep = zoneKeeper(grid);
  const plans = new Map<ZoneOffsets, FitPlan>();
  const planFor = (zone: ZoneOffsets): FitPlan => {
    let plan = plans.get(zone);
    if (plan === undefined) {
      plan = { ...shared, slots: slotsBy(grid, zone, shared.cells.slots) };
      plans.set(zone, plan);
    }
    return plan;
  };
  const outside = new Map<ZoneOffsets, Uint8Array>();
  const allowedIn = (zone: ZoneOffsets): Uint8Array => {
    const known = outside.get(zone);
    if (known !== undefined) return known;
    const found = outsideWindows(grid, zone, allowed);
    outside.set(zone, found);
    return found;
  };
  const alike =
    history.observed.length === grid.length && days.every((one) => one === undefined || one.windows.length === 0);
  let use = usableOf(history, 0, allowed);
  // Rows observed alike, as nearly all are, are fitted to the same columns; those that differ, to the last row's at best.
  const laidOut = new Map<FitPlan, Training>();
  const trainingFor = (plan: FitPlan): Training => {
    let training = laidOut.get(plan);
    if (training === undefined) {
      training = trainingBy(plan, use);
      laidOut.set(plan, training);
    }
    return training;
  };
  const useIn = (at: number, zone: ZoneOffsets): void => {
    const own = usableOf(history, at, allowedIn(zone));
    if (!sameBytes(own, use)) laidOut.clear();
    use = own;
  };
  const arbiterFor = zoneArbiters(grid);
  const row = rowCalls(grid.length);
  const { calls } = shared.scratch;
  const zones = given.map((zone) => zone ?? (CANDIDATE_ZONES[0] as string));
  const models: KeptModel[] = [];
  const tails = new Map<number, TailsShown>();
  const table = new Arena();
  // Without any row, coverage still says how long nothing called.
  let support = use.reduce((sum, is) => sum + is, 0);
  for (let at = 0; at < given.length; at++) {
    let zone = keep(zones[at], days[at]);
    if (!alike) useIn(at, zone);
    let training = trainingFor(planFor(zone));
    support = Math.max(support, training.n);
    readCalls(history, at, training, FEW_CALLS, calls, row);
    if (row.total >= ENOUGH_CALLS) {
      packCalls(row, training, calls);
      const found = arbiterFor(given[at]).choose(calls, training);
      if (found !== zones[at]) {
        zones[at] = found;
        zone = keep(found, days[at]);
        // Maintenance is at other times by this zone.
        const isMoved = zone.days !== undefined && zone.days.windows.length > 0;
        if (isMoved) useIn(at, zone);
        training = trainingFor(planFor(zone));
        if (isMoved) readCalls(history, at, training, FEW_CALLS, calls, row);
      }
    }
    const fitted = fitRow(row, training, planFor(zone));
    models.push(shared.columns.keep(fitted.model, table));
    const isYoung = fitted.model.support * grid.step < KNOWN_AFTER * DAY;
    if (fitted.tails !== undefined && isYoung) tails.set(at, fitted.tails);
  }
  return { zones, models, tails, support };
}

/** The arbiter of a zone that was given, or of none: one for each. */
function zoneArbiters(grid: TimeGrid): (zone: string | undefined) => ZoneArbiter {
  const arbiters = new Map<string | undefined, ZoneArbiter>();
  return (zone) => {
    const arbiter = arbiters.get(zone) ?? new ZoneArbiter(grid, zone);
    arbiters.set(zone, arbiter);
    return arbiter;
  };
}

/** 1 for every bucket of a row that was observed and may be learned from. */
function usableOf(set: SeriesSet, row: number, allowed: Uint8Array): Uint8Array {
  const observed = observedRow(set, row);
  const use = new Uint8Array(allowed.length);
  for (let i = 0; i < use.length; i++) use[i] = observed[i] > 0 && allowed[i] !== 0 ? 1 : 0;
  return use;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
