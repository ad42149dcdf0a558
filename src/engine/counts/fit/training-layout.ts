import { DAY, type TimeGrid } from '../../../time/grid.js';
import type { Windows } from '../../windows.js';
import { slotsPerHour } from '../quantized-profile.js';
import type { WeekCells } from '../week-cells.js';
import { type HourLayout, hourLayout } from './hour-layout.js';

/** How a history's buckets lie in time, in the civil time of one zone. */
export interface Calendar {
  readonly grid: TimeGrid;
  readonly cells: WeekCells;
  readonly windows: Windows;
  /** `[grid.length]`: the block of the long windows that each bucket falls into, from 0. */
  readonly blockOf: Int32Array;
  /** `[grid.length]`: where each bucket falls in the week. */
  readonly slots: Int32Array;
}

/** A season: which cell each week slot falls into, and which hour each cell belongs to, as consecutive numbers. */
export interface Season {
  readonly cells: number;
  /** `[perWeek]` */
  readonly cellOf: Int32Array;
  readonly hours: number;
  /** `[cells]` */
  readonly hourOf: Int32Array;
}

/**
 * The buckets that a row is fitted to, packed, and how they lie in time: columns that hundreds of rows share. They are cut
 * into pieces, an hour long where nothing is missing: buckets of one day, one date, one hour of the week and one block of the
 * long windows, that follow one another in the week. Within a piece a level is one number and the profile is read in its order, so the loops
 * over all buckets look nothing up.
 */
export interface Training {
  /** `[grid.length + 1]`: buckets of the history in use before each, those left out at the front included. */
  readonly rank: Int32Array;
  /** How many of them were left out at the front. */
  readonly from: number;
  /** Buckets in use. */
  readonly n: number;
  /** `[n]`: the bucket of each, and its slot of the week. */
  readonly bucket: Int32Array;
  readonly slot: Int32Array;
  readonly pieces: number;
  /** `[pieces + 1]`: entries of piece p are [pieceFrom[p], pieceFrom[p + 1]). */
  readonly pieceFrom: Int32Array;
  /** `[pieces]`: slot of the week of its first entry, its day, date and block. */
  readonly pieceSlot: Int32Array;
  readonly pieceDay: Int32Array;
  readonly pieceDate: Int32Array;
  readonly pieceBlock: Int32Array;
  /**
   * `[pieces]`: 1 where the buckets of an hour before each of its entries are in use as well and follow one another in the week.
   */
  readonly wholeHour: Uint8Array;
  /** `[n]`: the piece of each entry, the pieces left out at the front counted. */
  readonly pieceOf: Int32Array;
  readonly piecesBefore: number;
  /** `[perWeek]` how often each slot is among them. */
  readonly repeats: Float64Array;
  /**
   * Slot by slot, and of each in the order of time: those of slot s are [slotFrom[s], slotTo[s]) of the columns below, which hold
   * those left out at the front as well.
   */
  readonly slotFrom: Int32Array;
  readonly slotTo: Int32Array;
  /** The entry of each, those left out at the front counted; its day and block. */
  readonly bySlot: Int32Array;
  readonly dayBySlot: Int32Array;
  readonly blockBySlot: Int32Array;
  readonly season: Season;
  /** `[cells of the season]`: entries of each. */
  readonly cellCount: Int32Array;
  readonly hours: HourLayout;
  /** False where the season is none of weeks, or hours are no more than slots: such rows are fitted slot by slot. */
  readonly isByHour: boolean;
}

/** The buckets of `use`, packed. */
export function trainingBy(plan: Calendar, use: Uint8Array): Training {
  const { length } = plan.grid;
  const rank = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) rank[i + 1] = rank[i] + use[i];
  const bucket = new Int32Array(rank[length]);
  for (let i = 0, k = 0; i < length; i++) if (use[i] !== 0) bucket[k++] = i;
  const slot = bucket.map((i) => plan.slots[i]);
  const pieces = cut(plan, bucket, slot);
  const { perWeek } = plan.cells.slots;
  const repeats = new Float64Array(perWeek);
  for (let k = 0; k < slot.length; k++) repeats[slot[k]]++;
  const slotFrom = new Int32Array(perWeek);
  for (let s = 1; s < perWeek; s++) slotFrom[s] = slotFrom[s - 1] + repeats[s - 1];
  const slotTo = slotFrom.slice();
  const column = () => new Int32Array(slot.length);
  const bySlot = column();
  const dayBySlot = column();
  const blockBySlot = column();
  for (let k = 0; k < slot.length; k++) {
    const j = slotTo[slot[k]]++;
    bySlot[j] = k;
    dayBySlot[j] = pieces.pieceDay[pieces.pieceOf[k]];
    blockBySlot[j] = pieces.pieceBlock[pieces.pieceOf[k]];
  }
  const inSlots = { repeats, slotFrom, slotTo, bySlot, dayBySlot, blockBySlot };
  return { rank, from: 0, n: bucket.length, bucket, slot, ...pieces, ...inSlots, ...seasonOf(plan, pieces, repeats) };
}

/**
 * The same without the buckets before `born`: those that a row which began later is fitted to. Its pieces are those of the whole,
 * but for the first, and of each slot it has the last entries: to cut and sort them anew was a twentieth of a fit where one row in
 * eight is young.
 */
export function trainingSince(whole: Training, born: number, plan: Calendar): Training {
  const { rank, bucket, slot, pieceOf, bySlot, slotTo } = whole;
  const from = rank[born];
  if (from === 0) return whole;
  const first = pieceOf[from];
  const pieceFrom = whole.pieceFrom.slice(first);
  for (let p = 0; p < pieceFrom.length; p++) pieceFrom[p] = pieceFrom[p] > from ? pieceFrom[p] - from : 0;
  const pieceSlot = whole.pieceSlot.slice(first);
  pieceSlot[0] = slot[from];
  const wholeHour = whole.wholeHour.slice(first);
  // Of its first hour no bucket has an hour before it.
  for (let p = 0; p < wholeHour.length && pieceFrom[p] < plan.windows.hourBuckets - 1; p++) wholeHour[p] = 0;
  const pieces = {
    pieces: whole.pieces - first,
    pieceFrom,
    pieceSlot,
    pieceDay: whole.pieceDay.subarray(first),
    pieceDate: whole.pieceDate.subarray(first),
    pieceBlock: whole.pieceBlock.subarray(first),
    wholeHour,
    pieceOf: pieceOf.subarray(from),
    piecesBefore: first,
  };
  const slotFrom = whole.slotFrom.slice();
  const repeats = whole.repeats.slice();
  for (let s = 0; s < repeats.length; s++) {
    let j = slotFrom[s];
    while (j < slotTo[s] && bySlot[j] < from) j++;
    repeats[s] -= j - slotFrom[s];
    slotFrom[s] = j;
  }
  return {
    ...whole,
    ...pieces,
    from,
    n: whole.n - from,
    bucket: bucket.subarray(from),
    slot: slot.subarray(from),
    repeats,
    slotFrom,
    ...seasonOf(plan, pieces, repeats),
  };
}

type Pieces = Pick<
  Training,
  | 'pieces'
  | 'pieceFrom'
  | 'pieceSlot'
  | 'pieceDay'
  | 'pieceDate'
  | 'pieceBlock'
  | 'wholeHour'
  | 'pieceOf'
  | 'piecesBefore'
>;

function cut({ grid: { step }, cells, blockOf, windows }: Calendar, bucket: Int32Array, slotOf: Int32Array): Pieces {
  const { perWeek } = cells.slots;
  const n = bucket.length;
  const dayLength = Math.max(DAY, step);
  const each = slotsPerHour(perWeek);
  const pieceOf = new Int32Array(n);
  const starts: number[] = [];
  const pieceSlot: number[] = [];
  const pieceDay: number[] = [];
  const pieceDate: number[] = [];
  const pieceBlock: number[] = [];
  const wholeHour: number[] = [];
  let next = -1;
  // Entries up to this one that follow one another without a break.
  let run = 0;
  for (let k = 0, p = -1; k < n; k++) {
    const i = bucket[k];
    const slot = slotOf[k];
    const day = Math.floor((i * step) / dayLength);
    const date = Math.floor((i * step) / DAY);
    run = slot === next % perWeek && i === bucket[k - 1] + 1 ? run + 1 : 1;
    const isNew = slot !== next || slot % each === 0;
    if (isNew || day !== pieceDay[p] || date !== pieceDate[p] || blockOf[i] !== pieceBlock[p]) {
      p++;
      starts.push(k);
      pieceSlot.push(slot);
      pieceDay.push(day);
      pieceDate.push(date);
      pieceBlock.push(blockOf[i]);
      wholeHour.push(run >= windows.hourBuckets ? 1 : 0);
    }
    pieceOf[k] = p;
    next = slot + 1;
  }
  return {
    pieces: starts.length,
    pieceFrom: Int32Array.from([...starts, n]),
    pieceSlot: Int32Array.from(pieceSlot),
    pieceDay: Int32Array.from(pieceDay),
    pieceDate: Int32Array.from(pieceDate),
    pieceBlock: Int32Array.from(pieceBlock),
    wholeHour: Uint8Array.from(wholeHour),
    pieceOf,
    piecesBefore: 0,
  };
}

/** What a row has of seasons: by how many buckets it is fitted to, and where they are in the week. */
function seasonOf(
  { grid, cells, windows }: Calendar,
  pieces: Pieces,
  repeats: Float64Array,
): Pick<Training, 'season' | 'cellCount' | 'hours' | 'isByHour'> {
  const { perWeek } = cells.slots;
  const each = slotsPerHour(perWeek);
  const season = seasonFor(pieces.pieceFrom[pieces.pieces], grid, cells);
  const cellCount = new Int32Array(season.cells);
  for (let s = 0; s < perWeek; s++) cellCount[season.cellOf[s]] += repeats[s];
  return {
    season,
    cellCount,
    hours: hourLayout({ ...pieces, repeats }, each),
    isByHour: each > 1 && season.cells === perWeek && windows.hourBuckets > 0,
  };
}

/** The finest season of which the history holds three rounds: week, day or hour; less, and everything is one cell. */
function seasonFor(n: number, { step }: TimeGrid, cells: WeekCells): Season {
  const days = (n * step) / DAY;
  const view = days >= 21 ? cells.slotOfWeek : days >= 3 ? cells.slotOfDay : cells.minuteOfHour;
  const hourView = days >= 21 ? cells.hourOfWeek : days >= 3 ? cells.hourOfDay : undefined;
  const hourOf = new Int32Array(view.count);
  if (hourView !== undefined) for (let k = 0; k < cells.slots.perWeek; k++) hourOf[view.of[k]] = hourView.of[k];
  return { cells: view.count, cellOf: view.of, hours: hourView?.count ?? 1, hourOf };
}
