import { DAY, type TimeGrid } from '../time/grid.js';
import type { ZoneOffsets } from '../time/zone.js';
import type { ZoneSlots } from './series-tracker.js';
import { type OddHour, plainSlots, type RowSlots, type SlotsLeft, SlotTables, type ZonePlans } from './zone-slots.js';

/**
 * The week slots of windows that come one after another. Those of a day are found at once, and each window has a part of them: found
 * for each hour anew they were 7 % of what it takes to observe it (100 busy rows, Node 20).
 */
export class SlotsAhead {
  readonly #plans: ZonePlans;
  #grid: TimeGrid | undefined;
  #tables: SlotTables | undefined;

  constructor(plans: ZonePlans) {
    this.#plans = plans;
  }

  /** Those of the buckets of a grid. */
  over(grid: TimeGrid): ZoneSlots {
    const { start, step, length } = grid;
    const first = this.#grid === undefined ? Number.NaN : (start - this.#grid.start) / step;
    if (this.#grid !== undefined && this.#tables !== undefined && Number.isInteger(first) && first >= 0) {
      if (first === 0 && length === this.#grid.length) return this.#tables;
      if (first + length <= this.#grid.length) return new PartOfTables(this.#tables, first, length);
    }
    this.#grid = { start, step, length: Math.max(length, Math.floor(DAY / step)) };
    this.#tables = new SlotTables(this.#plans, this.#grid);
    return this.over(grid);
  }
}

/** The entries of some buckets of tables. */
class PartOfTables implements ZoneSlots {
  readonly #whole: SlotTables;
  readonly #first: number;
  readonly #end: number;
  readonly #own = new Map<ZoneOffsets, Int32Array>();
  readonly #parts = new Map<RowSlots, RowSlots>();

  constructor(whole: SlotTables, first: number, length: number) {
    this.#whole = whole;
    this.#first = first;
    this.#end = first + length;
  }

  own(zone: ZoneOffsets): Int32Array {
    let own = this.#own.get(zone);
    if (own === undefined) {
      own = this.#whole.own(zone).subarray(this.#first, this.#end);
      this.#own.set(zone, own);
    }
    return own;
  }

  of(zone: ZoneOffsets, begins: number): RowSlots {
    const whole = this.#whole.of(zone, begins);
    let part = this.#parts.get(whole);
    if (part === undefined) {
      part = partOf(whole, this.own(zone), this.#first, this.#end);
      this.#parts.set(whole, part);
    }
    return part;
  }
}

/** @param own slots of the part */
function partOf(whole: RowSlots, own: Int32Array, first: number, end: number): RowSlots {
  const doubtful = whole.doubtful?.subarray(first, end);
  if (doubtful === undefined || !doubtful.includes(1)) return plainSlots(own);
  const odd = new Map<number, readonly OddHour[]>();
  for (const [bucket, hours] of whole.odd) if (bucket >= first && bucket < end) odd.set(bucket - first, hours);
  const known = new Map<number, SlotsLeft>();
  return {
    each: whole.each.map((slots) => slots?.subarray(first, end)),
    own,
    doubtful,
    odd,
    ways: whole.ways,
    wayOf: whole.wayOf.subarray(first, end),
    among: (candidates) => {
      let left = known.get(candidates);
      if (left === undefined) {
        const all = whole.among(candidates);
        const open = all.open.subarray(first, end);
        left = { slots: all.slots.subarray(first, end), open, anyOpen: open.includes(1) };
        known.set(candidates, left);
      }
      return left;
    },
  };
}
