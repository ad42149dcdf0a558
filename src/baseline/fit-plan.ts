import { isSparse, readRow, type SeriesSet } from '../series/series-set.js';
import { DAY, type TimeGrid } from '../time/grid.js';
import { type Residuals, residuals } from './dispersion.js';
import type { Profile, WeekCells } from './profile.js';
import { type Windows, windowsOf } from './windows.js';

/** The history by blocks of the long windows; `[blocks]` each. */
export interface Blocks {
  /** Calls as they were, and with outliers clipped. */
  readonly calls: Float64Array;
  readonly clipped: Float64Array;
  /** Sums of the shape, and of the shape times its variance, over the observed buckets. */
  readonly exposure: Float64Array;
  readonly doubt: Float64Array;
  /** The level as it was known before each block, and its relative variance. */
  readonly level: Float64Array;
  readonly levelVariance: Float64Array;
  /** Shapes of the first and the last bucket of each block. */
  readonly firstShape: Float64Array;
  readonly lastShape: Float64Array;
}

/** What all rows of one zone share: where each bucket of the history falls in the week, and working space. */
export interface FitPlan {
  readonly grid: TimeGrid;
  readonly cells: WeekCells;
  readonly windows: Windows;
  /** `[grid.length]` */
  readonly slots: Int32Array;
  /** `[grid.length]`: the block of the long windows that each bucket falls into, from 0. */
  readonly blockOf: Int32Array;
  readonly blocks: number;
  readonly scratch: {
    /** Calls of the buckets in use, packed, and the same with outliers clipped. */
    readonly calls: Float64Array;
    readonly clipped: Float64Array;
    readonly residuals: Residuals;
    /** The same by blocks. */
    readonly hours: Residuals;
    /** `[perWeek]` each: sums by slot. */
    readonly slotCalls: Float64Array;
    readonly slotExposure: Float64Array;
    readonly slotSquares: Float64Array;
    /** The profile of the row under way. */
    readonly profile: Profile;
    readonly blocks: Blocks;
    /** `[blocks]` sums of the fitted means. */
    readonly means: Float64Array;
    /** Beside the residuals of windows: the last block of each, and the relative variance of its profile. */
    readonly lastBlock: Int32Array;
    readonly doubt: Float64Array;
    /** The squares of the shapes of a window's first and last bucket over that of its sum. */
    readonly edge: Float64Array;
  };
}

/**
 * The buckets that may teach a row, packed: every pass over a history is then a loop without a branch, over columns that
 * hundreds of rows share. Of entry k:
 */
export interface Taught {
  /** `[grid.length + 1]`: buckets of the history in use before each, those left out at the front included. */
  readonly rank: Int32Array;
  /** How many of them were left out at the front. */
  readonly from: number;
  /** Buckets in use; the columns below have so many entries. */
  readonly n: number;
  /** Its bucket, its slot of the week, the block of the long windows, the day of the history, and the date (UTC days from its start). */
  readonly bucket: Int32Array;
  readonly slot: Int32Array;
  readonly block: Int32Array;
  readonly day: Int32Array;
  readonly date: Int32Array;
  readonly days: number;
  /** `[days + 1]`: the entries of day d are [dayFrom[d], dayFrom[d + 1]); the same of blocks. */
  readonly dayFrom: Int32Array;
  readonly blockFrom: Int32Array;
  readonly dates: number;
  /** `[perWeek]` how often each slot is among them. */
  readonly repeats: Float64Array;
}

export function fitPlan(grid: TimeGrid, cells: WeekCells, slots: Int32Array): FitPlan {
  const { length, start, step } = grid;
  const windows = windowsOf(step);
  const first = Math.floor(start / windows.block);
  const blockOf = new Int32Array(length);
  for (let i = 0; i < length; i++) blockOf[i] = Math.floor((start + i * step) / windows.block) - first;
  const blocks = length === 0 ? 0 : blockOf[length - 1] + 1;
  const block = () => new Float64Array(blocks);
  const week = () => new Float64Array(cells.slots.perWeek);
  return {
    grid,
    cells,
    windows,
    slots,
    blockOf,
    blocks,
    scratch: {
      calls: new Float64Array(length),
      clipped: new Float64Array(length),
      residuals: residuals(length),
      hours: residuals(length),
      slotCalls: week(),
      slotExposure: week(),
      slotSquares: week(),
      profile: { shape: week(), variance: week(), hourVariance: week() },
      blocks: {
        calls: block(),
        clipped: block(),
        exposure: block(),
        doubt: block(),
        level: block(),
        levelVariance: block(),
        firstShape: block(),
        lastShape: block(),
      },
      means: block(),
      lastBlock: new Int32Array(length),
      doubt: new Float64Array(length),
      edge: new Float64Array(length),
    },
  };
}

/** The buckets of a row that teach and hold a call, in the order of time: a series of few calls is no more than these. */
export interface Events {
  n: number;
  readonly bucket: Int32Array;
  readonly calls: Float64Array;
}

export function events(length: number): Events {
  return { n: 0, bucket: new Int32Array(length), calls: new Float64Array(length) };
}

/** Reads those of one row into `out`. @param use `[grid.length]` 1 where a bucket may teach */
export function readEvents(set: SeriesSet, row: number, use: Uint8Array, dense: Float64Array, out: Events): void {
  const { bucket, calls } = out;
  let n = 0;
  if (isSparse(set.values)) {
    const { offsets, buckets, counts } = set.values;
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      if (use[buckets[i]] === 0 || !(counts[i] > 0)) continue;
      bucket[n] = buckets[i];
      calls[n++] = counts[i];
    }
  } else {
    readRow(set, row, dense);
    for (let i = 0; i < dense.length; i++) {
      if (use[i] === 0 || !(dense[i] > 0)) continue;
      bucket[n] = i;
      calls[n++] = dense[i];
    }
  }
  out.n = n;
}

/** The buckets of `use`, packed. */
export function taughtBy({ grid, cells, slots, blockOf, blocks }: FitPlan, use: Uint8Array): Taught {
  const { length, step } = grid;
  const rank = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) rank[i + 1] = rank[i] + use[i];
  const n = rank[length];
  const column = () => new Int32Array(n);
  const [bucket, slot, block, day, date] = [column(), column(), column(), column(), column()];
  const dayLength = Math.max(DAY, step);
  let k = 0;
  for (let i = 0; i < length; i++) {
    if (use[i] === 0) continue;
    bucket[k] = i;
    slot[k] = slots[i];
    block[k] = blockOf[i];
    day[k] = Math.floor((i * step) / dayLength);
    date[k] = Math.floor((i * step) / DAY);
    k++;
  }
  const days = Math.max(1, Math.ceil((length * step) / dayLength));
  return {
    rank,
    from: 0,
    n,
    bucket,
    slot,
    block,
    day,
    date,
    days,
    dayFrom: runsOf(day, days),
    blockFrom: runsOf(block, blocks),
    dates: Math.ceil((length * step) / DAY) + 1,
    repeats: repeatsOf(slot, cells.slots.perWeek),
  };
}

/** The same without the buckets before `born`: a row that began later is taught by these. */
export function taughtSince(whole: Taught, born: number): Taught {
  const from = whole.rank[born];
  if (from === 0) return whole;
  const { days, blockFrom, repeats } = whole;
  const slot = whole.slot.subarray(from);
  const day = whole.day.subarray(from);
  const block = whole.block.subarray(from);
  return {
    ...whole,
    from,
    n: whole.n - from,
    bucket: whole.bucket.subarray(from),
    slot,
    block,
    day,
    date: whole.date.subarray(from),
    dayFrom: runsOf(day, days),
    blockFrom: runsOf(block, blockFrom.length - 1),
    repeats: repeatsOf(slot, repeats.length),
  };
}

function repeatsOf(slot: Int32Array, perWeek: number): Float64Array {
  const repeats = new Float64Array(perWeek);
  for (let k = 0; k < slot.length; k++) repeats[slot[k]]++;
  return repeats;
}

/** Where the run of each number begins in ascending ones, and where the last ends. */
function runsOf(numbers: Int32Array, count: number): Int32Array {
  const from = new Int32Array(count + 1);
  for (let k = 0; k < numbers.length; k++) from[numbers[k] + 1] = k + 1;
  for (let i = 0; i < count; i++) from[i + 1] = Math.max(from[i], from[i + 1]);
  return from;
}
