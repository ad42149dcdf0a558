import { checkRange } from '../errors.js';
import type { SeriesKey } from '../series/key.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { DAY } from '../time/grid.js';
import { slotsOf, weekSlots } from '../time/week.js';
import { checkZone } from '../time/zone.js';
import { Baseline } from './baseline.js';
import { events, type FitPlan, fitPlan, readEvents, type Taught, taughtBy } from './fit-plan.js';
import { fitRow, SPARSE } from './fit-row.js';
import { fitGauge, type GaugeModel } from './gauge.js';
import type { RowModel } from './model.js';
import { Pool } from './pool.js';
import { weekCells } from './profile.js';
import { KNOWN_AFTER, type LeastTails } from './tail.js';
import { CANDIDATE_ZONES, ZoneArbiter } from './zones.js';

export interface FitOptions {
  /**
   * The IANA zone in whose civil time the week runs: one for all, or one per key. Where none is given (or the function says
   * `undefined`), each series' clock is found among {@link CANDIDATE_ZONES} by its own history; and around a change of the
   * clocks that the history could not decide, every clock that it could be counts as plausible until the series tells.
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
  const given = keys.map((key) => zoneOf(key));
  const zones = given.map((zone) => zone ?? (CANDIDATE_ZONES[0] as string));
  const arbiter = given.includes(undefined) ? new ZoneArbiter(grid) : undefined;
  const dense = new Float64Array(grid.length);
  const row = events(grid.length);
  const alike = history.observed.length === grid.length;
  const shared = new Map<FitPlan, Taught>();
  const use = teachingOf(history, 0, allowed);
  // Without any row, what listened still tells how long nothing called.
  let support = use.reduce((sum, is) => sum + is, 0);
  const learn = (at: number, pooled?: LeastTails): RowModel => {
    const own = alike ? use : teachingOf(history, at, allowed);
    readEvents(history, at, own, dense, row);
    if (given[at] === undefined && arbiter !== undefined) zones[at] = arbiter.choose(row, own);
    const plan = planFor(zones[at]);
    let whole = alike ? shared.get(plan) : undefined;
    if (whole === undefined) {
      whole = taughtBy(plan, own);
      if (alike) shared.set(plan, whole);
    }
    support = Math.max(support, whole.n);
    return fitRow(row, whole, plan, pooled);
  };
  const parts = { measure: history.measure, keys, grid, zones, found: given.map((zone) => zone === undefined) };
  const defaultZone = typeof options.timeZone === 'string' ? options.timeZone : undefined;
  if (history.measure === 'level') {
    const gauges = keys.map((_, row) => fitLevelRow(history, row, allowed, slotsOf(grid, zones[row], cells.slots)));
    return new Baseline({ ...parts, support: grid.length, models: [], gauges, defaultZone });
  }
  const models = keys.map((_, row) => learn(row));
  const pool = new Pool(keys, models, grid.step);
  for (const [row, { calls, support: own }] of models.entries()) {
    if (calls < SPARSE || own * grid.step >= KNOWN_AFTER * DAY) continue;
    const pooled = pool.leastTails(keys[row]);
    if (pooled !== undefined) models[row] = learn(row, pooled);
  }
  return new Baseline({ ...parts, support, models, gauges: [], defaultZone });
}

/** A continuous metric learns its day and week as they come, by its zone's clock or by UTC. */
function fitLevelRow(history: SeriesSet, row: number, allowed: Uint8Array, slots: Int32Array): GaugeModel {
  const { grid } = history;
  const values = new Float64Array(grid.length);
  readRow(history, row, values);
  const use = observedRow(history, row).map((seen, i) => (seen !== 0 && allowed[i] !== 0 ? 1 : 0));
  return fitGauge(values, use, { grid, slots, perDay: weekSlots(grid.step).perDay });
}

function zoneChooser(timeZone: FitOptions['timeZone']): (key: SeriesKey) => string | undefined {
  if (typeof timeZone === 'function') {
    return (key) => {
      const zone = timeZone(key);
      return zone === undefined ? undefined : checkZone(zone, 'timeZone(key)');
    };
  }
  const zone = timeZone === undefined ? undefined : checkZone(timeZone);
  return () => zone;
}

/** 1 for every bucket of a row that was observed and may teach. */
function teachingOf(set: SeriesSet, row: number, allowed: Uint8Array): Uint8Array {
  const observed = observedRow(set, row);
  const use = new Uint8Array(allowed.length);
  for (let i = 0; i < use.length; i++) use[i] = observed[i] > 0 && allowed[i] !== 0 ? 1 : 0;
  return use;
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
