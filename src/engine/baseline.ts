import { checkNumber, checkOptions, checkTime, decoded, InputError, type OptionNames } from '../errors.js';
import { checkKey, KEY_FIELDS, keyId, type SeriesKey } from '../series/key.js';
import { rowsById, type SeriesSet } from '../series/series-set.js';
import { logUpperTail } from '../stats/negative-binomial.js';
import { DAY, gridEnd, HOUR, type TimeGrid, WEEK } from '../time/grid.js';
import { countText, gridText, INSPECT } from '../time/inspect.js';
import { slotAt, weekSlots } from '../time/week.js';
import { offsetAt, type ZoneOffsets, zoneOffsets } from '../time/zone.js';
import { checkBudget } from './alert-budget.js';
import { baselineFromBytes, baselineToBytes } from './baseline-bytes.js';
import type { BaselineParts } from './baseline-parts.js';
import {
  type BaselineSummary,
  DETECT_NATS,
  detectableInADay,
  growthPerWeek,
  summaryOfLevel,
} from './baseline-summary.js';
import { type Calendars, daysChooser, daysJoiner } from './calendar-days.js';
import { AttainableBudget } from './counts/attainable.js';
import { bandOf, bucketOf, type KnownRate } from './counts/band.js';
import { burstShift } from './counts/burst-hours.js';
import { firstSeenModel } from './counts/first-seen.js';
import { ahead } from './counts/growth.js';
import { type KeptModel, modelColumns, type RowModel } from './counts/model.js';
import { RATE, RATE_VARIANCE } from './counts/rate-filter.js';
import { evidenceFor, LOG_SILENCE_WEIGHT, rateBy, silenceFilterOf } from './counts/silence.js';
import { silenceEnd } from './counts/silence-end.js';
import { calibrateIn } from './counts/tail-calibration.js';
import { LEAST_NATS, MIN_EFFECT, natsFor } from './counts/track/rules.js';
import { shapeDoubtIn } from './counts/track/young-hours.js';
import { type GaugeModel, gaugeBand } from './levels/model.js';
import { mergeParts } from './merge-baselines.js';
import type { Band } from './types.js';
import { windowsOf } from './windows.js';
import { offsetsOver, withDays } from './zone-candidates.js';
import { SlotTables, ZonePlans } from './zone-slots.js';
import type { KeptZone } from './zone-variants.js';

/** A time zone of a baseline. */
export interface BaselineZone {
  readonly timeZone: string;
  /** So many series were read by it. */
  readonly series: number;
  /**
   * Where the offsets that the baseline keeps first differ from those of this platform's tz data, be it that their series did
   * not go by the zone's rules or that the baseline was fitted with another release: from when on (epoch ms), and both
   * offsets (ms ahead of UTC); `null` where they agree, as far as they are kept.
   */
  readonly conflict: { readonly from: number; readonly fitted: number; readonly today: number } | null;
}

/** How a key is judged. */
export interface ModelOfKey {
  readonly model: KeptModel;
  readonly timeZone: string;
  /** The same with its offsets, as they were known when the baseline was fitted. */
  readonly zone: ZoneOffsets;
  /** False without a call in the history. */
  readonly known: boolean;
  /** True when the history of this key is too short for a verdict. */
  readonly learning: boolean;
  /** True when the first call of this key is reported, however few come with it. */
  readonly isNew: boolean;
}

/** So many time zones are named when it is printed. */
const MOST_ZONES = 5;

/** A history shorter than this (and than 12 buckets) gives nothing to judge by. */
const LEAST_HISTORY = 6 * HOUR;
const LEAST_BUCKETS = 12;

/** What was learned of a history: one model a series. Made by {@link fitBaseline}; never changes. */
export class Baseline {
  readonly measure: SeriesSet['measure'];
  readonly keys: readonly SeriesKey[];
  /** The grid of the history; windows to be scored have the same step. */
  readonly grid: TimeGrid;
  /** Observed buckets of the history, of the row that had most. */
  readonly support: number;
  /** How its zones may turn out to go on. @internal */
  readonly zonePlans: ZonePlans;
  /** The slots of the history's last week. @internal */
  readonly lastWeek: SlotTables;
  readonly #parts: BaselineParts;
  readonly #models: readonly KeptModel[];
  readonly #zones: readonly KeptZone[];
  readonly #newZone: ZoneOffsets;
  /** By {@link keyId}, once a row is looked up. */
  #rows: Map<string, number> | undefined;
  /** By budget and least departure: what {@link natsFor} gave. */
  readonly #nats = new Map<string, number>();
  #bytes: Uint8Array | undefined;
  readonly #firstSeen = new Map<string, { readonly model: KeptModel; readonly isNew: boolean }>();

  /** @internal */
  constructor(parts: BaselineParts) {
    this.measure = parts.measure;
    this.keys = parts.keys;
    this.grid = parts.grid;
    this.support = parts.support;
    this.#parts = parts;
    this.#models = parts.models;
    this.#zones = parts.zones;
    this.zonePlans = new ZonePlans(parts.grid);
    this.lastWeek = new SlotTables(this.zonePlans, lastWeekOf(parts.grid));
    this.#newZone = withDays(parts.defaultZone ?? zoneOffsets('UTC', 0, 0), parts.defaultDays);
  }

  /**
   * The baseline as bytes: versioned, with a checksum, the same for the same baseline on every machine and Node version.
   */
  toBytes(): Uint8Array {
    return this.#bytes?.slice() ?? baselineToBytes(this.#parts);
  }

  /** The same, not a copy, and kept: a detector that is written at every tick has them in its own. @internal */
  keptBytes(): Uint8Array {
    this.#bytes ??= baselineToBytes(this.#parts);
    return this.#bytes;
  }

  /** @throws FormatError when the bytes are no baseline, of another version, or damaged; it says which */
  static fromBytes(bytes: Uint8Array): Baseline {
    const baseline = decoded(bytes, 'a Baseline', () => new Baseline(baselineFromBytes(bytes)));
    // A tenth of what it takes in memory, and to make them again is most of what a detector takes to write itself first.
    baseline.#bytes = new Uint8Array(bytes);
    return baseline;
  }

  /**
   * This baseline and another as one: exact for disjoint series (shards); for the same series over disjoint times, what
   * each learned is averaged by how long it watched, and the level is the later one's.
   * @throws InputError unless both have the same step and measure
   */
  merge(other: Baseline): Baseline {
    return new Baseline(mergeParts(this.#parts, other.#parts));
  }

  /**
   * This baseline with days that have become known since it was fitted: next year's holidays. What was learned stays; of two
   * entries for one day the later counts. This one itself where nothing is new.
   * @param calendar one for all keys, new ones too, or one per key
   * @throws InputError for an entry that cannot be
   */
  withCalendar(calendar: Calendars): Baseline {
    const daysOf = daysChooser(calendar);
    const join = daysJoiner();
    const tables = new Map<KeptZone, Map<KeptZone['days'], KeptZone>>();
    const zones = this.#zones.map((zone, row) => {
      const days = join(zone.days, daysOf(this.keys[row]));
      if (days === zone.days) return zone;
      const byDays = tables.get(zone) ?? new Map<KeptZone['days'], KeptZone>();
      tables.set(zone, byDays);
      const table = byDays.get(days) ?? withDays(zone, days);
      byDays.set(days, table);
      return table;
    });
    const defaultDays = join(this.#parts.defaultDays, typeof calendar === 'function' ? undefined : daysOf());
    const isSame = defaultDays === this.#parts.defaultDays && zones.every((zone, row) => zone === this.#zones[row]);
    return isSame ? this : new Baseline({ ...this.#parts, zones, defaultDays });
  }

  /** True while the history is too short for any verdict: under 6 hours, or under 12 buckets, observed. */
  get learning(): boolean {
    return this.#tooShort(this.support);
  }

  #tooShort(buckets: number): boolean {
    return buckets * this.grid.step < LEAST_HISTORY || buckets < LEAST_BUCKETS;
  }

  /**
   * The model of a key, and the zone in whose civil time its week runs. A key without a call in the history, be it in the
   * baseline's rows or not, gets that of a first-seen one; `known` says which it is.
   */
  modelOf(key: SeriesKey): ModelOfKey {
    return this.modelAt(this.rowOf(keyId(key)), key);
  }

  /** The row of a key by its {@link keyId}. @internal */
  rowOf(id: string): number | undefined {
    this.#rows ??= rowsById(this.keys);
    return this.#rows.get(id);
  }

  /** {@link modelOf} of a key that is known to have this row, or none. @internal */
  modelAt(row: number | undefined, key: SeriesKey): ModelOfKey {
    // A row that was hardly listened to has not been silent: nothing is known of it.
    const learning = this.#tooShort(row === undefined ? this.support : this.#models[row].listened);
    const known = row !== undefined && this.#models[row].calls > 0;
    if (known)
      return {
        model: this.#models[row],
        timeZone: this.#zones[row].zone,
        zone: this.#zones[row],
        known,
        learning,
        isNew: false,
      };
    // The same for all new keys of one level: a scan of all rows each would be quadratic.
    const kind = KEY_FIELDS.map((field) => Number(key[field] !== null)).join('');
    let first = this.#firstSeen.get(kind);
    if (first === undefined) {
      const { model, isNew } = firstSeenModel(key, this.keys, this.#models, this.grid, this.support);
      first = { model: modelColumns(model.phi.length).alone(model), isNew };
      this.#firstSeen.set(kind, first);
    }
    // A key that was listened to all along without a call has a rate of its own: next to none.
    const model = row === undefined ? first.model : this.#models[row];
    const zone = row === undefined ? this.#newZone : this.#zones[row];
    return { model, timeZone: zone.zone, zone, known, learning, isNew: first.isNew };
  }

  /**
   * −ln of what a budget of false reports a week leaves to one test of these rows, by what they can spend of it.
   * @internal
   * @param minEffect least relative departure that is reported
   */
  natsFor(perWeek: number, minEffect = MIN_EFFECT): number {
    let nats = this.#nats.get(budgetId(perWeek, minEffect));
    if (nats === undefined) {
      const windows = windowsOf(this.grid.step);
      const nominal = natsFor(perWeek, this.keys.length, windows);
      nats = new AttainableBudget(this.#models, windows, nominal).nats(perWeek, nominal, minEffect);
      nats = Math.max(LEAST_NATS, nats);
      this.#nats.set(budgetId(perWeek, minEffect), nats);
    }
    return nats;
  }

  /** What {@link natsFor} found before: of 500 rows it takes 0.1 s. @internal */
  knowNats(perWeek: number, minEffect: number, nats: number): void {
    this.#nats.set(budgetId(perWeek, minEffect), nats);
  }

  /** The gauge of a key of a baseline of levels; `undefined` for a key that it does not hold. */
  gaugeOf(key: SeriesKey): { readonly gauge: GaugeModel; readonly zone: ZoneOffsets } | undefined {
    const row = this.rowOf(keyId(key));
    return row === undefined ? undefined : { gauge: this.#parts.gauges[row], zone: this.#zones[row] };
  }

  /**
   * The time zones in use, those of most series first: what they were given or found to be, and from when on the tz data of
   * this platform says otherwise than that which the baseline was fitted with.
   */
  get timeZones(): BaselineZone[] {
    const series = new Map<ZoneOffsets, number>();
    for (const zone of this.#zones) series.set(zone, (series.get(zone) ?? 0) + 1);
    return [...series]
      .map(([zone, count]) => ({ timeZone: zone.zone, series: count, conflict: this.zonePlans.of(zone).conflict() }))
      .sort((a, b) => b.series - a.series);
  }

  /** What is printed of it: series, history, observed share, time zones. @internal */
  [INSPECT](): string {
    const zones = new Map<string, number>();
    for (const { zone } of this.#zones) zones.set(zone, (zones.get(zone) ?? 0) + 1);
    const named = [...zones].sort(([, a], [, b]) => b - a).map(([zone, series]) => `${zone} (${series})`);
    if (named.length > MOST_ZONES) named.splice(MOST_ZONES, Infinity, '…');
    const share = this.grid.length === 0 ? 0 : Math.floor((this.support / this.grid.length) * 1000) / 10;
    const what = `${countText(this.keys.length, 'series', 'series')} of ${this.measure}s`;
    return `Baseline <${what}, ${gridText(this.grid)}, ${share} % observed; ${named.join(', ') || 'no time zone'}>`;
  }

  /** Whole days from the end of the history to `time`; 0 for times before it. */
  daysAfter(time: number): number {
    return Math.max(0, Math.floor((time - gridEnd(this.grid)) / DAY));
  }

  /** The rate of the history's end grown on, with what is not known of it days later. */
  #rateAt(model: RowModel, time: number): KnownRate {
    const { level } = model;
    const { ratio, variance } = ahead(model, this.daysAfter(time));
    return { rate: level[RATE] * ratio, variance: level[RATE_VARIANCE] + variance };
  }

  /**
   * What the rate of a key is at `time` to that of the end of the history, if it grows on as it did: a ratio, and the variance of its
   * logarithm, that of the end included.
   * @internal
   */
  growthAt(key: SeriesKey, time: number): { readonly ratio: number; readonly variance: number } {
    const { model } = this.modelOf(key);
    const { ratio, variance } = ahead(model, this.daysAfter(time));
    return { ratio, variance: Math.log1p(variance + model.level[RATE_VARIANCE]) };
  }

  /**
   * The band of the bucket that begins at `time`: counts outside it have a calibrated tail probability below
   * (1 − probability)/2 on their side.
   * @param probability in (0, 1); 0.999 by default
   */
  band(key: Partial<SeriesKey>, time: number | Date, probability = 0.999): Band {
    const at = checkTime(time, 'time');
    checkNumber(probability, 'probability', Number.MIN_VALUE, 1 - Number.EPSILON / 2);
    if (this.measure === 'level') return this.#gaugeBand(checkKey(key), at, probability);
    const { model, zone } = this.modelOf(checkKey(key));
    const slot = this.#slotAt(zone, at);
    return bandOf(model, slot, -Math.log((1 - probability) / 2), this.#rateAt(model, at));
  }

  /**
   * The calibrated probability that the bucket which begins at `time` holds `count` calls or more: far out, where the
   * history shows none, an extrapolation of its tail, and beyond one in 10^20 an upper bound. 1 for a count of 0; NaN where
   * the key's history is too short, or of levels.
   */
  chanceOf(key: Partial<SeriesKey>, time: number | Date, count: number): number {
    const at = checkTime(time, 'time');
    checkNumber(count, 'count', 0, Number.MAX_SAFE_INTEGER);
    if (this.measure === 'level') return NaN;
    const { model, zone, learning } = this.modelOf(checkKey(key));
    if (learning) return NaN;
    if (count === 0) return 1;
    const slot = this.#slotAt(zone, at);
    const { expected, size } = bucketOf(model, slot, this.#rateAt(model, at));
    const shift = burstShift(model.bursts, slot, model.profile.perWeek / 7);
    const bound = calibrateIn(leastNats(count, expected, size), model.above[0], shift);
    // The tail itself takes on the order of the root of the size: too long to find that there is no chance.
    if (bound > NO_CHANCE) return Math.exp(-bound);
    return Math.exp(-calibrateIn(-logUpperTail(count, expected, size), model.above[0], shift));
  }

  #slotAt(zone: ZoneOffsets, time: number): number {
    return slotAt(time, offsetAt(offsetsOver(zone, time, time), time), weekSlots(this.grid.step), zone.days);
  }

  #gaugeBand(key: SeriesKey, at: number, probability: number): Band {
    const known = this.gaugeOf(key);
    if (known === undefined) return { expected: Number.NaN, lower: -Infinity, upper: Infinity };
    return gaugeBand(known.gauge, this.#slotAt(known.zone, at), -Math.log10((1 - probability) / 2));
  }

  /** What is known of one key. @throws InputError when the baseline does not hold it */
  describe(
    key: Partial<SeriesKey>,
    options: { readonly alertBudget?: { readonly perWeek: number } } = {},
  ): BaselineSummary {
    checkOptions(options, DESCRIBE_OPTIONS);
    const whole = checkKey(key);
    const perWeek = checkBudget(options.alertBudget);
    const row = this.rowOf(keyId(whole));
    if (row === undefined)
      throw new InputError(`key must be one of the baseline's ${this.keys.length}, got ${keyId(whole)}`);
    if (this.measure === 'level') {
      return { ...summaryOfLevel(this.#parts.gauges[row]), key: whole, timeZone: this.#zones[row].zone };
    }
    const model = this.#models[row];
    const reportedAt = this.#silenceReportedAt(model, this.#zones[row], 0, DETECT_NATS);
    const budgetNats = this.natsFor(perWeek);
    return {
      key: whole,
      timeZone: this.#zones[row].zone,
      calls: model.calls,
      callsPerHour: (model.level[RATE] * HOUR) / this.grid.step,
      growthPerWeek: model.calls === 0 ? null : growthPerWeek(model),
      observed: model.support * this.grid.step,
      firstCall: Number.isNaN(model.firstCall) ? null : model.firstCall,
      lastCall: Number.isNaN(model.lastCall) ? null : model.lastCall,
      learning: this.#tooShort(model.listened),
      weekKnown: model.support * this.grid.step >= 2 * WEEK,
      timeToDetectSilence: reportedAt === null ? null : reportedAt - gridEnd(this.grid),
      silenceReportedAt: this.#silenceReportedAt(model, this.#zones[row], model.clock, budgetNats - LOG_SILENCE_WEIGHT),
      detectableInADay: detectableInADay(model, this.grid.step),
    };
  }

  /** When a silence that has `evidence` at the end of the history is beyond `nats`, if no call comes; epoch ms. */
  #silenceReportedAt(model: RowModel, zone: ZoneOffsets, evidence: number, nats: number): number | null {
    if (model.calls === 0) return null;
    const { rate, variance } = rateBy(model.level, silenceFilterOf(model), model.anchor);
    // As a tracker's clock has it: of a young series, what its days are is not known either.
    const doubt = shapeDoubtIn(model, this.grid.step);
    const needed = evidenceFor(nats, variance + doubt, model.silenceShift, model.silence);
    return silenceEnd(model, rate, zone, this.grid.step, gridEnd(this.grid), needed - evidence);
  }
}

function lastWeekOf(grid: TimeGrid): TimeGrid {
  const length = Math.max(1, Math.round(WEEK / grid.step));
  return { start: gridEnd(grid) - length * grid.step, step: grid.step, length };
}

function budgetId(perWeek: number, minEffect: number): string {
  return `${perWeek} ${minEffect}`;
}

const DESCRIBE_OPTIONS: OptionNames<NonNullable<Parameters<Baseline['describe']>[1]>> = { alertBudget: true };

/** −ln of 1e-20. */
const NO_CHANCE = 20 * Math.LN10;

/** Chernoff's bound: −ln P(Y ≥ y) of the negative binomial is at least this. 0 up to the mean. */
function leastNats(y: number, mean: number, size: number): number {
  return y <= mean ? 0 : y * Math.log(y / mean) - (y + size) * Math.log1p((y - mean) / (mean + size));
}
