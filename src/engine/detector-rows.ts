import { keyId, type SeriesKey, sameKey, sameKeys } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { HOUR } from '../time/grid.js';
import { slotAt, slotsBy, weekSlots } from '../time/week.js';
import { offsetAt } from '../time/zone.js';
import type { Baseline, ModelOfKey } from './baseline.js';
import { silenceEnd } from './counts/silence-end.js';
import {
  addEvents,
  BLOCKS_KNOWN,
  eventsOf,
  hasEvents,
  type RowEvents,
  takeEvents,
} from './counts/track/event-blocks.js';
import { IdleLookahead } from './counts/track/idle-lookahead.js';
import type { Acknowledged } from './detector-bytes.js';
import { gaugeBand } from './levels/model.js';
import type { Recent } from './recent-counts.js';
import { RowsRun } from './rows-run.js';
import type { RoomForScores } from './score-window.js';
import { runRow, settledSlots, type WatchedRow, type WatchRules, watchRow, type ZoneSlots } from './series-tracker.js';
import { SlotsAhead } from './slots-ahead.js';
import { nextCheckpoint, StatesAt, StatesReader } from './states-at.js';
import type { Band, Exceptions, QuietKey } from './types.js';
import type { Offsets } from './zone-candidates.js';

/** How the rows of windows with the same keys, in the same order, are matched: looking up 100,000 keys takes 0.2 s. */
export interface Matching {
  readonly given: readonly SeriesKey[];
  /** The keys of the whole window: those given, then those of the rows that it lacks. */
  readonly keys: readonly SeriesKey[];
  readonly missing: readonly SeriesKey[];
  /** The detector's row of each. */
  readonly rowOf: Int32Array;
  /** Rows that the detector had when it was made: with more, others are missing. */
  readonly rows: number;
}

/** The rows of a detector: what each has become, and what it is run over. */
export class DetectorRows {
  #baseline: Baseline;
  readonly #rules: WatchRules;
  #slots: SlotsAhead;
  /** In the order in which they came: those of the baseline first. */
  readonly #rows: WatchedRow[] = [];
  /** The places of those that the baseline lacks, by {@link keyId}. */
  readonly #later = new Map<string, number>();
  #matching: Matching | undefined;
  /** What {@link known} found last: the rows of ticks are matched once. */
  #known: { readonly rowOf: Int32Array; readonly known: Uint8Array } | undefined;
  /** States that some rows still have to be written into, before they change. */
  #unwritten: StatesAt | undefined;
  /** Those of the midnight to come, of rows that are foreseen past it. */
  #coming: StatesAt | undefined;
  /** Only where buckets come one by one. */
  readonly #lookahead: IdleLookahead;
  /** Of a tick: what each row holds, and those that are to be run. Made for each they were a fifth of its memory (Node 20). */
  #calls = new Float64Array(0);
  #left = new Int32Array(0);
  /** While what was judged before is replayed. */
  #replayed: RowEvents | undefined;
  acknowledged: Acknowledged[] = [];
  /** Times from which on keys are retired, by {@link keyId}. */
  retired = new Map<string, number>();
  /** What both come to, by row; made anew when either changes. */
  #exceptions: Map<number, Exceptions> | undefined;

  /**
   * @param later keys of rows that the baseline lacks
   * @param states of the first rows, where they are not those of the end of the history
   */
  constructor(baseline: Baseline, rules: WatchRules, later: readonly SeriesKey[], states: StatesAt | undefined) {
    this.#baseline = baseline;
    this.#rules = rules;
    this.#slots = new SlotsAhead(baseline.zonePlans);
    const reader = states === undefined ? undefined : new StatesReader(states, baseline.grid.step);
    const count = states?.count ?? 0;
    for (const [place, key] of [...baseline.keys, ...later].entries()) {
      if (place >= baseline.keys.length) this.#later.set(keyId(key), place);
      this.#rows.push(this.#watch(place, key, place < count ? reader : undefined));
    }
    reader?.end();
    const isYoung = ({ count }: WatchedRow) => count !== undefined && count.shapePrior > 0;
    this.#lookahead = new IdleLookahead(rules.counts.windows, this.#rows.some(isYoung));
  }

  get length(): number {
    return this.#rows.length;
  }

  /** The place of a key that has a row. */
  placeOf(key: SeriesKey): number | undefined {
    return this.#placeById(keyId(key));
  }

  #placeById(id: string): number | undefined {
    return this.#baseline.rowOf(id) ?? this.#later.get(id);
  }

  /** The place of a key's row, which is made where it is new. */
  place(key: SeriesKey): number {
    const id = keyId(key);
    let place = this.#placeById(id);
    if (place === undefined) {
      place = this.#rows.length;
      this.#rows.push(watchRow(this.#baseline, key, this.#rules));
      this.#later.set(id, place);
      // What was said of it before it came.
      this.#exceptions = undefined;
    }
    return place;
  }

  /** 1 where the history held a call of the row. */
  known(rowOf: Int32Array): Uint8Array {
    if (this.#known?.rowOf !== rowOf) {
      this.#known = { rowOf, known: Uint8Array.from(rowOf, (place) => (this.#rows[place].known ? 1 : 0)) };
    }
    return this.#known.known;
  }

  keys(): SeriesKey[] {
    return this.#rows.map(({ key }) => key);
  }

  match(given: readonly SeriesKey[]): Matching {
    const last = this.#matching;
    if (last !== undefined && last.rows === this.#rows.length && sameKeys(last.given, given)) return last;
    const before = this.#rows.length;
    // Where all are given in their order, none has to be looked up.
    const places = given.map((key, i) => (i < before && sameKey(this.#rows[i].key, key) ? i : this.place(key)));
    const present = new Uint8Array(this.#rows.length);
    for (const place of places) present[place] = 1;
    const missing: SeriesKey[] = [];
    for (let place = 0; place < before; place++) {
      if (present[place] === 1) continue;
      missing.push(this.#rows[place].key);
      places.push(place);
    }
    this.#matching = {
      given,
      keys: missing.length === 0 ? given : [...given, ...missing],
      missing,
      rowOf: Int32Array.from(places),
      rows: this.#rows.length,
    };
    return this.#matching;
  }

  /** Runs all rows over buckets `[first, last)` of a window. */
  run(whole: SeriesSet, rowOf: Int32Array, first: number, last: number, scores: RoomForScores | undefined): void {
    const { start, step, length } = whole.grid;
    const run = new RowsRun(whole, { start: start + first * step, step, length: last - first }, first);
    const exceptions = this.#exceptionsByRow();
    const isTick = run.grid.length === 1 && whole.measure === 'count';
    if (isTick) this.#keepAt(nextCheckpoint(run.grid.start, step), run.grid.start);
    const left = isTick ? this.#take(run, rowOf, scores, exceptions, length, first) : undefined;
    // A tick is run by the slots that it is foreseen by: a second table for each zone was a sixth of one of 100 rows (Node 20).
    const tables = this.#slots.over(isTick ? { ...run.grid, length: this.#lookahead.length } : run.grid);
    const count = left?.length ?? rowOf.length;
    for (let i = 0; i < count; i++) {
      const row = left === undefined ? i : left[i];
      run.read(row);
      const place = rowOf[row];
      const at = row * length + first;
      const own = exceptions.size === 0 ? undefined : exceptions.get(place);
      this.settle(place);
      const isIdle = isTick && run.values[0] === 0 && run.observed[0] !== 0 && own === undefined;
      if (isIdle && this.#runIdle(place, tables, scores, at)) continue;
      this.#lookahead.drop(place);
      const { values, observed, grid } = run;
      const events = this.#replayed === undefined ? undefined : eventsOf(this.#replayed, place);
      runRow(this.#rows[place], values, observed, grid, tables, true, scores, at, own, events);
    }
    if (isTick) this.#lookahead.end();
  }

  /** Judges the rows of a tick that are as foreseen. @returns the others */
  #take(
    run: RowsRun,
    rowOf: Int32Array,
    scores: RoomForScores | undefined,
    exceptions: ReadonlyMap<number, Exceptions>,
    length: number,
    bucket: number,
  ): Int32Array {
    const lookahead = this.#lookahead;
    lookahead.reserve(this.#rows.length);
    for (const place of exceptions.keys()) {
      this.settle(place);
      lookahead.drop(place);
    }
    if (this.#calls.length < rowOf.length) {
      this.#calls = new Float64Array(rowOf.length);
      this.#left = new Int32Array(rowOf.length);
    }
    const { calls, observed } = run.column(this.#calls);
    const tick = { time: run.grid.start, calls, observed, rowOf, length, bucket };
    return this.#left.subarray(0, lookahead.take(tick, scores, this.#left));
  }

  /** Foresees the next buckets of a row that has no call in the present one, or runs it over that; false where it is to be run otherwise. */
  #runIdle(place: number, tables: ZoneSlots, scores: RoomForScores | undefined, at: number): boolean {
    const { count, zone, learning } = this.#rows[place];
    if (count === undefined || (zone.days?.windows.length ?? 0) > 0) return false;
    const slots = settledSlots(this.#rows[place], tables);
    if (slots === undefined) return false;
    const lookahead = this.#lookahead;
    if (!lookahead.foresee(place, count, slots, learning, scores, at))
      lookahead.run(count, slots, learning, scores, at);
    return true;
  }

  /** A row's state becomes that after all its buckets. */
  settle(place: number): void {
    if (this.#unwritten?.lacks(place)) this.#write(this.#unwritten, place);
    const { count } = this.#rows[place];
    if (count !== undefined) this.#lookahead.settle(place, count);
  }

  #write(states: StatesAt, place: number): void {
    const row = this.#rows[place];
    if (row.count !== undefined) this.#lookahead.settle(place, row.count, states.time);
    states.write(place, row);
  }

  /** Signs off what the row of this id did in whole buckets `from` … `to`, see {@link Detector.accept}. */
  accept(id: string, recent: Recent, from: number, to: number): void {
    const place = this.#placeById(id);
    const row = place === undefined ? undefined : this.#rows[place];
    if (place === undefined || row?.count === undefined) return;
    this.settle(place);
    this.#lookahead.drop(place);
    const { step } = this.#baseline.grid;
    const grid = { start: from, step, length: Math.round((to - from) / step) };
    const calls = recent.row(place, grid);
    const own = this.#exceptionsByRow().get(place);
    for (let i = 0; i < calls.length; i++) if (own?.expected(from + i * step)) calls[i] = Number.NaN;
    row.count.accept(calls, slotsBy(grid, this.#offsetsOf(row, from, to), weekSlots(step)), to);
  }

  /** What is expected of a row's bucket at `time`; `undefined` of a level that was never known. */
  band(place: number, time: number, nats: number): Band | undefined {
    this.settle(place);
    const row = this.#rows[place];
    const { key, count, tracker } = row;
    const { step } = this.#baseline.grid;
    const offsets = this.#offsetsOf(row, time, time);
    const slot = slotAt(time, offsetAt(offsets, time), weekSlots(step), offsets.days);
    if (count !== undefined) return count.band(slot, nats);
    const model = this.#baseline.gaugeOf(key)?.gauge;
    return model === undefined ? undefined : gaugeBand({ ...model, state: tracker.toState() }, slot, nats / Math.LN10);
  }

  /** The offsets that a row turned out to keep so far. */
  #offsetsOf({ zone, choice }: WatchedRow, from: number, to: number): Offsets {
    return this.#baseline.zonePlans.of(zone).offsets(choice?.best ?? 0, from, to);
  }

  /** See {@link Detector.quietKeys}. */
  quietKeys(end: number, until: number): QuietKey[] {
    const { step } = this.#baseline.grid;
    const found: QuietKey[] = [];
    for (const [place, { key, zone, count, learning }] of this.#rows.entries()) {
      if (key.keyArn === null || count === undefined || learning || this.retired.has(keyId(key))) continue;
      this.settle(place);
      const left = count.silenceLeft();
      if (left === null || end - left.since < Math.max(HOUR, step) || left.needed <= 0) continue;
      const reportedAt = silenceEnd(count.model, left.rate, zone, step, end, left.needed);
      if (reportedAt !== null && reportedAt <= until) found.push({ key, since: left.since, reportedAt });
    }
    return found.sort((a, b) => a.reportedAt - b.reportedAt);
  }

  /** What was acknowledged or retired has changed. */
  except(): void {
    this.#exceptions = undefined;
  }

  #exceptionsByRow(): Map<number, Exceptions> {
    if (this.#exceptions !== undefined) return this.#exceptions;
    const { step } = this.#baseline.grid;
    const found = new Map<number, Exceptions>();
    for (const id of new Set([...this.acknowledged.map((range) => range.id), ...this.retired.keys()])) {
      const own = this.acknowledged.filter((range) => range.id === id);
      const gone = this.retired.get(id) ?? Number.POSITIVE_INFINITY;
      const place = this.#placeById(id);
      // A key that has not been seen yet gets its own when it comes.
      if (place === undefined) continue;
      found.set(place, {
        expected: (time) => own.some(({ from, to }) => time < to && time + step > from),
        retired: (time) => time >= gone,
      });
    }
    this.#exceptions = found;
    return found;
  }

  /** The states of all rows after the buckets before `time`, which is that of the bucket to come. */
  statesAt(time: number): StatesAt {
    this.finish();
    const coming = this.#coming?.time === time && this.#lookahead.next === time ? this.#coming : undefined;
    this.#keepAt(Number.NaN);
    this.#unwritten = (coming ?? StatesAt.toWrite(time, 0, this.#baseline.grid.step)).of(this.#rows.length);
    return this.#unwritten;
  }

  /**
   * States that will be asked for at `time` are written as soon as rows are foreseen past it: to go back to it from where they stand by
   * then, and to run them again, was a third of what a midnight took (Node 20). NaN for none.
   */
  #keepAt(time: number, present = Number.NaN): void {
    if (this.#coming?.time === time) return;
    const { step } = this.#baseline.grid;
    const isNear = time - present <= this.#lookahead.length * step;
    const states = isNear ? StatesAt.toWrite(time, this.#rows.length, step) : undefined;
    this.#coming = states;
    this.#lookahead.keeper = states && {
      time,
      keep: (place) => states.write(place, this.#rows[place]),
      drop: (place) => states.drop(place),
    };
  }

  /** All states that were asked for are whole. */
  finish(): void {
    const states = this.#unwritten;
    if (states === undefined) return;
    for (let place = 0; place < states.count; place++) if (states.lacks(place)) this.#write(states, place);
    this.#unwritten = undefined;
  }

  /**
   * The blocks since `time` that held a bucket that was not plain; no rows where that is NaN.
   * @param end of what was observed
   */
  eventsSince(time: number, end: number): RowEvents {
    if (Number.isNaN(time)) return { first: 0, offsets: new Float64Array(1), blocks: new Uint32Array(0) };
    const { step } = this.#baseline.grid;
    const { block } = this.#rules.counts.windows;
    const last = Math.floor((end - step) / block);
    const first = Math.max(Math.floor(time / block), last - BLOCKS_KNOWN + 1);
    const offsets = new Float64Array(this.#rows.length + 1);
    const blocks: number[] = [];
    for (const [place, { count }] of this.#rows.entries()) {
      if (count !== undefined && !count.isAsleep) {
        // What came as foreseen may not be in the state yet, and what is foreseen may not come so.
        const stands = this.#lookahead.stands(place) ?? end;
        if (stands < end || (stands > end && hasEvents(count.s))) this.settle(place);
        addEvents(count.s, first, last, blocks);
      }
      offsets[place + 1] = blocks.length;
    }
    return { first, offsets, blocks: Uint32Array.from(blocks) };
  }

  /** Replays what was judged before. */
  replay(events: RowEvents, replay: () => void): void {
    this.#replayed = events;
    replay();
    this.#replayed = undefined;
  }

  /** The row at a place, as it was or at the end of the history. */
  #watch(place: number, key: SeriesKey, reader: StatesReader | undefined): WatchedRow {
    const row = place < this.#baseline.keys.length ? place : undefined;
    const statesOf = reader === undefined ? undefined : (of: ModelOfKey | undefined) => reader.next(of);
    return watchRow(this.#baseline, key, this.#rules, statesOf, row);
  }

  /** The same rows by a baseline that differs in its calendars; their states are to be restored. */
  useBaseline(baseline: Baseline): void {
    this.finish();
    this.#baseline = baseline;
    this.#slots = new SlotsAhead(baseline.zonePlans);
    for (const [place, { key }] of this.#rows.entries()) this.#rows[place] = this.#watch(place, key, undefined);
    this.#keepAt(Number.NaN);
    this.#lookahead.dropAll();
  }

  /** All rows become what they were at these states; later ones as if they had not come. */
  restore(states: StatesAt): void {
    this.finish();
    const reader = new StatesReader(states, this.#baseline.grid.step);
    for (const [place, { key, count }] of this.#rows.entries()) {
      const row = this.#watch(place, key, place < states.count ? reader : undefined);
      if (count !== undefined && row.count !== undefined) takeEvents(row.count.s, count.s);
      this.#rows[place] = row;
    }
    reader.end();
    this.#keepAt(Number.NaN);
    this.#lookahead.dropAll();
  }
}
