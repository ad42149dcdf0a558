import { checkOptions, checkRange, type OptionNames } from '../errors.js';
import type { SeriesKey } from '../series/key.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import type { Calendar } from '../time/calendar.js';
import type { CivilDays } from '../time/civil-days.js';
import { slotsBy, weekSlots } from '../time/week.js';
import { checkZone } from '../time/zone.js';
import { Baseline } from './baseline.js';
import { daysChooser, outsideWindows } from './calendar-days.js';
import { type FittedRows, fitRows } from './counts/fit/fit-all.js';
import { poolModels } from './counts/pool-tails.js';
import { fitGauge, type GaugeModel } from './levels/model.js';
import { zoneKeeper } from './zone-candidates.js';
import { CANDIDATE_ZONES } from './zones.js';

export interface FitOptions {
  /**
   * The zone in whose civil time the week runs, an IANA name or an offset such as `+05:30`: one for all, or one per key.
   * Where none is given (or the function says `undefined`), each series' zone is found among {@link CANDIDATE_ZONES} by its
   * own history. Given or found, it is the first candidate: after a change of the clocks that the history could not
   * show, made or not made, all that is plausible counts as usual until the series shows which it keeps.
   */
  readonly timeZone?: string | ((key: SeriesKey) => string | undefined);
  /** Times that nothing is learned of: known incidents, load tests, holidays. Every bucket that touches one is left out. */
  readonly exclude?: readonly { readonly from: number | Date; readonly to: number | Date }[];
  /**
   * Days that are like another weekday (holidays, month ends), and recurring maintenance, in the civil time of each series:
   * one for all, or one per key. The baseline keeps it; `Baseline.withCalendar` adds what becomes known later. Keys that are
   * new to the baseline have the one for all.
   */
  readonly calendar?: Calendar | ((key: SeriesKey) => Calendar | undefined);
}

/**
 * Learns what is normal from a history: for every series a rate, a weekly profile in civil time, and how its counts
 * scatter (a gamma-Poisson model; see the README, How it judges). Robust: incidents in the history are clipped before
 * anything is learned. The history itself is not kept.
 *
 * @throws InputError when the set's columns do not fit one another, a zone is unknown, a range is none, or an entry of a
 *   calendar cannot be
 */
export function fitBaseline(history: SeriesSet, options: FitOptions = {}): Baseline {
  checkOptions(options, FIT_OPTIONS);
  const terms = fitTerms(history, options);
  if (history.measure === 'level') return levelBaseline(history, terms);
  return countBaseline(history, terms, fitRows(history, terms.given, terms.allowed, terms.days));
}

/** The names of {@link FitOptions}. */
export const FIT_OPTIONS: OptionNames<FitOptions> = { timeZone: true, exclude: true, calendar: true };

/** What a fit is asked for, checked and resolved: plain data, which a thread can be handed. */
export interface FitTerms {
  /** `[keys]`: the zone of each, `undefined` where it is to be found. */
  readonly given: readonly (string | undefined)[];
  /** `[grid.length]`: 1 where a bucket may be learned from. */
  readonly allowed: Uint8Array;
  readonly defaultZone: string | undefined;
  /** `[keys]`: the calendar of each; and that of keys that are new. Equal ones are the same object. */
  readonly days: readonly (CivilDays | undefined)[];
  readonly defaultDays: CivilDays | undefined;
}

export function fitTerms(history: SeriesSet, { timeZone, exclude = [], calendar }: FitOptions): FitTerms {
  checkSet(history, 'history');
  const zoneOf = zoneChooser(timeZone);
  const allowed = trainingBuckets(history, exclude);
  const given = history.keys.map((key) => zoneOf(key));
  const daysOf = daysChooser(calendar);
  return {
    given,
    allowed,
    defaultZone: typeof timeZone === 'string' ? timeZone : undefined,
    days: history.keys.map(daysOf),
    defaultDays: typeof calendar === 'function' ? undefined : daysOf(),
  };
}

/** The baseline of fitted rows of counts; young ones borrow their tails from their kind. */
export function countBaseline(
  { keys, grid }: SeriesSet,
  { defaultZone, days, defaultDays }: FitTerms,
  { zones, models, tails, support }: FittedRows,
): Baseline {
  const keep = zoneKeeper(grid);
  poolModels(keys, models, tails, grid.step);
  return new Baseline({
    measure: 'count',
    keys,
    grid,
    zones: zones.map((zone, row) => keep(zone, days[row])),
    support,
    models,
    gauges: [],
    defaultZone: defaultZone === undefined ? undefined : keep(defaultZone),
    defaultDays,
  });
}

/** A continuous metric learns its day and week as they come, by its zone's civil time or by UTC. */
function levelBaseline(history: SeriesSet, { given, allowed, defaultZone, days, defaultDays }: FitTerms): Baseline {
  const { grid, keys } = history;
  const slots = weekSlots(grid.step);
  const zones = given.map((zone) => zone ?? (CANDIDATE_ZONES[0] as string));
  const keep = zoneKeeper(grid);
  const tables = zones.map((zone, row) => keep(zone, days[row]));
  const gauges = tables.map((table, row) =>
    fitLevelRow(history, row, outsideWindows(grid, table, allowed), slotsBy(grid, table, slots)),
  );
  return new Baseline({
    measure: 'level',
    keys,
    grid,
    zones: tables,
    support: grid.length,
    models: [],
    gauges,
    defaultZone: defaultZone === undefined ? undefined : keep(defaultZone),
    defaultDays,
  });
}

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

/** 1 for every bucket that no excluded range touches. */
function trainingBuckets({ grid }: SeriesSet, exclude: NonNullable<FitOptions['exclude']>): Uint8Array {
  const allowed = new Uint8Array(grid.length).fill(1);
  for (const [i, range] of exclude.entries()) {
    const { from, to } = checkRange(range.from, range.to, `exclude[${i}].from/exclude[${i}].to`);
    const first = Math.max(0, Math.floor((from - grid.start) / grid.step));
    const end = Math.min(grid.length, Math.ceil((to - grid.start) / grid.step));
    if (end > first) allowed.fill(0, first, end);
  }
  return allowed;
}
