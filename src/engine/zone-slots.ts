import { HOUR, type TimeGrid } from '../time/grid.js';
import { slotAt, slotsBy, type WeekSlots, weekSlots } from '../time/week.js';
import { offsetAt, type ZoneOffsets } from '../time/zone.js';
import { CANDIDATES, type Offsets, ZoneCandidates } from './zone-candidates.js';

/** A bucket beside a change of the clocks, as one candidate has it. */
export interface OddHour {
  readonly candidate: number;
  /** When the clocks change, epoch ms. */
  readonly change: number;
  /** The first or the second pass of an hour that comes twice; 0 in the hour after one that is missing. */
  readonly pass: 0 | 1 | 2;
  /** Which slot of the hour it is, from 0. */
  readonly place: number;
  /** Slots by which it may be judged instead: of what is due beside it, or not at all. */
  readonly instead: readonly number[];
}

/** The week slots of one window's buckets, by each way in which a row may turn out to go on. */
export interface RowSlots {
  /** `[candidates]`, the zone's own first; `undefined` of one that the history rules out, or that agrees with the first. */
  readonly each: readonly (Int32Array | undefined)[];
  readonly own: Int32Array;
  /** `[length]`: 1 where candidates differ, or where clocks change; `undefined` where nothing is in doubt all over the window. */
  readonly doubtful: Uint8Array | undefined;
  /** By bucket. */
  readonly odd: ReadonlyMap<number, readonly OddHour[]>;
  /** Who agrees with whom on a bucket in doubt: which of the ways that there are, `[length]`. */
  readonly ways: readonly Agreement[];
  readonly wayOf: Uint16Array;
  /** What is left of that where only these candidates are, one bit each; kept for all rows of a kind. */
  among(candidates: number): SlotsLeft;
}

/** Which candidates have a bucket in the same slot: those of one group. */
export interface Agreement {
  /** `[groups]`: the first candidate of each, in their order, and all of it, one bit each. */
  readonly firsts: Uint8Array;
  readonly members: Int32Array;
  /** `[candidates]`: the first of its group. */
  readonly groupOf: Uint8Array;
}

/** The slots that all of some candidates agree on. */
export interface SlotsLeft {
  /** `[length]`: those of the first of them. */
  readonly slots: Int32Array;
  /** `[length]`: 1 where they differ, or where the clocks of one of them change. */
  readonly open: Uint8Array;
  readonly anyOpen: boolean;
}

/** A candidate's part in a window. */
interface Part {
  readonly slots: Int32Array | undefined;
  readonly odd: readonly (readonly [bucket: number, hour: OddHour])[];
}

/** How far beyond a window a change of clocks may lie and still matter to a bucket within. */
const REACH = 3 * HOUR;

/** What a baseline knows of its zones, for all the windows that are judged by it. */
export class ZonePlans {
  readonly #history: TimeGrid;
  readonly #known = new Map<ZoneOffsets, ZoneCandidates>();

  constructor(history: TimeGrid) {
    this.#history = history;
  }

  get history(): TimeGrid {
    return this.#history;
  }

  of(zone: ZoneOffsets): ZoneCandidates {
    let candidates = this.#known.get(zone);
    if (candidates === undefined) {
      candidates = new ZoneCandidates(zone, this.#history);
      this.#known.set(zone, candidates);
    }
    return candidates;
  }
}

/** The week slots of one window's buckets by zone, and by what each zone may turn out to be. */
export class SlotTables {
  readonly #plans: ZonePlans;
  readonly #grid: TimeGrid;
  readonly #slots: WeekSlots;
  readonly #parts = new Map<ZoneOffsets, (Part | undefined)[]>();
  readonly #own = new Map<ZoneOffsets, Int32Array>();
  /** By zone, and by when a row's history begins. */
  readonly #byStart = new Map<ZoneOffsets, Map<number, RowSlots>>();
  /** By zone, and by which of the candidates are open, one bit each. */
  readonly #rows = new Map<ZoneOffsets, Map<number, RowSlots>>();

  constructor(plans: ZonePlans, grid: TimeGrid) {
    this.#plans = plans;
    this.#grid = grid;
    this.#slots = weekSlots(grid.step);
  }

  /** @param begins of a series that began within the history: the time before says nothing of its zone */
  of(zone: ZoneOffsets, begins: number): RowSlots {
    const { start } = this.#plans.history;
    const from = begins > start ? begins : start;
    // Nearly all rows of a zone are of one beginning: what is open is found once for all (a fifteenth of a quiet tick).
    let byStart = this.#byStart.get(zone);
    if (byStart === undefined) {
      byStart = new Map();
      this.#byStart.set(zone, byStart);
    }
    let slots = byStart.get(from);
    if (slots === undefined) {
      slots = this.#openSince(zone, from);
      byStart.set(from, slots);
    }
    return slots;
  }

  #openSince(zone: ZoneOffsets, from: number): RowSlots {
    const candidates = this.#plans.of(zone);
    const open = candidates.openSince(from);
    let byOpen = this.#rows.get(zone);
    if (byOpen === undefined) {
      byOpen = new Map();
      this.#rows.set(zone, byOpen);
    }
    let slots = byOpen.get(open);
    if (slots === undefined) {
      const own = this.own(zone);
      const { start, step, length } = this.#grid;
      if (candidates.isPlain(open, start - REACH, start + length * step + REACH)) slots = plainSlots(own);
      else slots = this.#slotsOf(zone, open, own);
      byOpen.set(open, slots);
    }
    return slots;
  }

  #slotsOf(zone: ZoneOffsets, open: number, own: Int32Array): RowSlots {
    const parts = Array.from({ length: CANDIDATES }, (_, c) =>
      (open & (1 << c)) === 0 ? undefined : this.#partOf(zone, c),
    );
    return rowSlots(parts, own, this.#grid.length);
  }

  /** Slots by the zone as it was known when the baseline was fitted. */
  own(zone: ZoneOffsets): Int32Array {
    let own = this.#own.get(zone);
    if (own === undefined) {
      own = slotsBy(this.#grid, this.#tableOf(zone, 0), this.#slots);
      this.#own.set(zone, own);
    }
    return own;
  }

  #tableOf(zone: ZoneOffsets, candidate: number): Offsets {
    const { start, step, length } = this.#grid;
    return this.#plans.of(zone).offsets(candidate, start - REACH, start + length * step + REACH);
  }

  #partOf(zone: ZoneOffsets, candidate: number): Part {
    let parts = this.#parts.get(zone);
    if (parts === undefined) {
      parts = [];
      this.#parts.set(zone, parts);
    }
    let part = parts[candidate];
    if (part === undefined) {
      const table = this.#tableOf(zone, candidate);
      const odd = oddHours(candidate, table, this.#grid, this.#slots);
      part = { slots: candidate === 0 ? this.own(zone) : this.#slotsBeside(zone, table), odd };
      parts[candidate] = part;
    }
    return part;
  }

  /** The slots of a candidate; `undefined` where they are the zone's own. Most agree with it all over a window, and its buckets need no look. */
  #slotsBeside(zone: ZoneOffsets, table: Offsets): Int32Array | undefined {
    const { start, step, length } = this.#grid;
    if (agree(table, this.#tableOf(zone, 0), start, start + length * step)) return undefined;
    const slots = slotsBy(this.#grid, table, this.#slots);
    return differ(slots, this.own(zone)) ? slots : undefined;
  }
}

/** Whether two tables have the same offset at each moment from `from` to `to`. */
function agree(a: Offsets, b: Offsets, from: number, to: number): boolean {
  if (a.days !== b.days || offsetAt(a, from) !== offsetAt(b, from)) return false;
  for (const { times } of [a, b]) {
    for (let k = 0; k < times.length; k++) {
      if (times[k] > from && times[k] <= to && offsetAt(a, times[k]) !== offsetAt(b, times[k])) return false;
    }
  }
  return true;
}

/** A loop, not `some`: a call for each bucket of each candidate took as long as to find the slots (Node 20). */
function differ(slots: Int32Array, own: Int32Array): boolean {
  for (let i = 0; i < own.length; i++) if (slots[i] !== own[i]) return true;
  return false;
}

/** Those of a window in which nothing is in doubt. */
export function plainSlots(own: Int32Array): RowSlots {
  const left = { slots: own, open: new Uint8Array(own.length), anyOpen: false };
  return {
    each: [own],
    own,
    doubtful: undefined,
    odd: new Map(),
    ways: [],
    wayOf: new Uint16Array(0),
    among: () => left,
  };
}

/** @param parts of the candidates that are open */
function rowSlots(parts: readonly (Part | undefined)[], own: Int32Array, length: number): RowSlots {
  const each = parts.map((part) => part?.slots);
  const odd = new Map<number, OddHour[]>();
  for (const part of parts) {
    for (const [bucket, hour] of part?.odd ?? []) odd.set(bucket, [...(odd.get(bucket) ?? []), hour]);
  }
  const doubtful = new Uint8Array(length);
  let isInDoubt = odd.size > 0;
  for (const bucket of odd.keys()) doubtful[bucket] = 1;
  for (const slots of each) {
    if (slots === undefined || slots === own) continue;
    for (let i = 0; i < length; i++) if (slots[i] !== own[i]) doubtful[i] = 1;
    isInDoubt = true;
  }
  const known = new Map<number, SlotsLeft>();
  const among = (candidates: number): SlotsLeft => {
    let left = known.get(candidates);
    if (left === undefined) {
      left = slotsLeft({ each, own, odd }, candidates, length);
      known.set(candidates, left);
    }
    return left;
  };
  const { ways, wayOf } = agreements(each, own, doubtful);
  return { each, own, doubtful: isInDoubt ? doubtful : undefined, odd, ways, wayOf, among };
}

/** Who agrees with whom on the buckets in doubt. Between two changes of any candidate's clocks that is the same all along. */
function agreements(each: RowSlots['each'], own: Int32Array, doubtful: Uint8Array): Pick<RowSlots, 'ways' | 'wayOf'> {
  const ways: Agreement[] = [];
  const wayOf = new Uint16Array(doubtful.length);
  const others: number[] = [];
  for (let c = 1; c < CANDIDATES; c++) if (each[c] !== undefined) others.push(c);
  const groupOf = new Uint8Array(CANDIDATES);
  const isLikeThis = (way: Agreement) => others.every((c) => way.groupOf[c] === groupOf[c]);
  let last = 0;
  for (let i = 0; i < doubtful.length; i++) {
    if (doubtful[i] === 0) continue;
    for (const c of others) {
      const slot = each[c]?.[i];
      let first = 0;
      while (first < c && (each[first] ?? own)[i] !== slot) first++;
      groupOf[c] = first;
    }
    if (ways.length === 0 || !isLikeThis(ways[last])) {
      last = ways.findIndex(isLikeThis);
      if (last < 0) last = ways.push(agreement(groupOf)) - 1;
    }
    wayOf[i] = last;
  }
  return { ways, wayOf };
}

function agreement(groupOf: Uint8Array): Agreement {
  const firsts = Uint8Array.from(new Set(groupOf));
  const members = new Int32Array(firsts.length);
  for (let c = 0; c < CANDIDATES; c++) members[firsts.indexOf(groupOf[c])] |= 1 << c;
  return { firsts, members, groupOf: groupOf.slice() };
}

function slotsLeft(
  { each, own, odd }: Pick<RowSlots, 'each' | 'own' | 'odd'>,
  candidates: number,
  length: number,
): SlotsLeft {
  const open = new Uint8Array(length);
  let slots: Int32Array | undefined;
  for (let c = 0; c < CANDIDATES; c++) {
    if ((candidates & (1 << c)) === 0) continue;
    const its = each[c] ?? own;
    slots ??= its;
    if (its !== slots) for (let i = 0; i < length; i++) if (its[i] !== slots[i]) open[i] = 1;
  }
  for (const [bucket, hours] of odd) {
    if (hours.some(({ candidate }) => (candidates & (1 << candidate)) !== 0)) open[bucket] = 1;
  }
  return { slots: slots ?? own, open, anyOpen: open.includes(1) };
}

/** More than this no clocks change: what does is a place that moved to the other side of the date line. */
const MOST_CHANGE = 3 * HOUR;

/** The buckets of a window beside the changes of a candidate. */
function oddHours(
  candidate: number,
  { times, offsets, days }: Offsets,
  grid: TimeGrid,
  slots: WeekSlots,
): [bucket: number, hour: OddHour][] {
  const { start, step, length } = grid;
  const found: [bucket: number, hour: OddHour][] = [];
  const around = (slot: number) => ((slot % slots.perWeek) + slots.perWeek) % slots.perWeek;
  for (let t = 1; t < times.length; t++) {
    const change = times[t];
    const by = offsets[t] - offsets[t - 1];
    const size = Math.abs(by);
    if (size === 0 || size > MOST_CHANGE || slots.width > size) continue;
    const count = Math.round(size / slots.width);
    const begin = by < 0 ? change - size : change;
    const end = by < 0 ? change + size : change + Math.max(size, HOUR);
    if (end <= start || begin >= start + length * step) continue;
    const missing = slotAt(change, offsets[t - 1], slots, days);
    const first = Math.max(0, Math.ceil((begin - start) / step));
    for (let i = first; i < length && start + i * step < end; i++) {
      const time = start + i * step;
      const slot = slotAt(time, offsetAt({ times, offsets }, time), slots, days);
      const pass = by > 0 ? 0 : time < change ? 1 : 2;
      const place = Math.floor((time - (pass === 1 ? begin : change)) / slots.width);
      // Due in the hour that comes twice: here, or in the other pass, with what is usual in the hours beside it.
      const instead =
        by < 0
          ? [around(slot - count), around(slot + count)]
          : Array.from({ length: count }, (_, k) => around(missing + k));
      found.push([i, { candidate, change, pass, place, instead }]);
    }
  }
  return found;
}
