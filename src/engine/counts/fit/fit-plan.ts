import { DAY, type TimeGrid } from '../../../time/grid.js';
import { weekSlots } from '../../../time/week.js';
import { windowsOf } from '../../windows.js';
import { Residuals } from '../dispersion.js';
import { type ModelColumns, modelColumns } from '../model.js';
import { flatProfile, type KeptProfile } from '../quantized-profile.js';
import { ProfileFit } from '../seasonal-profile.js';
import { type WeekCells, weekCells } from '../week-cells.js';
import { emptyProfile, type Profile } from '../week-profile.js';
import { DailyMaxima } from './daily-maxima.js';
import { DailyRates } from './daily-rate.js';
import { HourCounts } from './hour-counts.js';
import { HourlyCalls } from './hourly-calls.js';
import { type LevelScratch, levelScratch } from './learn-levels.js';
import { Clips } from './outlier-clipping.js';
import { SlotCounts } from './slot-counts.js';
import { SlotStructure } from './slot-structure.js';
import type { Calendar } from './training-layout.js';

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
  /** What silences are judged by: the rate known at the last call before each block, and its relative variance. */
  readonly silenceRate: Float64Array;
  readonly silenceVariance: Float64Array;
  /** Shapes of the first and the last bucket of each block. */
  readonly firstShape: Float64Array;
  readonly lastShape: Float64Array;
}

/** Working space of a fit, made once for all rows: nothing but a row's own model is left behind for the collector. */
export interface Scratch {
  /** Calls of the buckets in use, packed. */
  readonly calls: Float64Array;
  /** `[grid.length + 1]`: the sum of those before each. */
  readonly before: Float64Array;
  /** The same slot by slot. */
  readonly bySlot: SlotCounts;
  readonly clips: Clips;
  /** Of windows, and of the sums of hours; `[blocks]` each. */
  readonly residuals: Residuals;
  readonly hours: Residuals;
  /** Sums of the calls as they were, by day. */
  readonly rawDays: Float64Array;
  /** `[days]`: sums of the clipped calls, and of the shape. */
  readonly dayCalls: Float64Array;
  readonly dayExposure: Float64Array;
  readonly dailyRates: DailyRates;
  /** `[perWeek]` each: sums by slot. */
  readonly slotCalls: Float64Array;
  readonly slotExposure: Float64Array;
  readonly slotSquares: Float64Array;
  /** `[perWeek]` each: sums over the window of an hour that ends with each slot, see one-step-residuals.ts. */
  readonly hourShape: Float64Array;
  readonly hourDoubt: Float64Array;
  readonly hourEdge: Float64Array;
  readonly hourSpread: Float64Array;
  /** The profile of the row under way. */
  readonly profile: Profile;
  readonly profileFit: ProfileFit;
  readonly blocks: Blocks;
  /** `[blocks]` sums of the fitted means. */
  readonly means: Float64Array;
  /** Beside the residuals of windows: the last block of each, and the relative variance of its profile. */
  readonly lastBlock: Int32Array;
  readonly doubt: Float64Array;
  /** The squares of the shapes of a window's first and last bucket over that of its sum. */
  readonly edge: Float64Array;
  /** `[pieces]`, and for those that are whole hours `[hours of the week]`: sums of the shape. */
  readonly pieceSums: Float64Array;
  readonly hourSums: Float64Array;
  readonly levels: LevelScratch;
  readonly hourly: HourlyCalls;
  readonly hourCounts: HourCounts;
  readonly slotStructure: SlotStructure;
  readonly maxima: DailyMaxima;
  /** `[dates]`: nats of the longest silence of each. */
  readonly silence: Float64Array;
}

/** What all rows of a fit share. */
export interface GridPlan extends Omit<Calendar, 'slots'> {
  /** How models of these windows lie in rows of numbers, and the profile of all sparse rows. */
  readonly columns: ModelColumns;
  readonly flat: KeptProfile;
  readonly blocks: number;
  /** `[blocks]`: the date that each begins on. */
  readonly dateOf: Int32Array;
  /** Days of the history (of a bucket each where that is longer), and dates: UTC days from its start. */
  readonly days: number;
  readonly dates: number;
  readonly scratch: Scratch;
}

/** What all rows of one zone share. */
export type FitPlan = GridPlan & Calendar;

export function gridPlan(grid: TimeGrid): GridPlan {
  const { length, start, step } = grid;
  const cells = weekCells(weekSlots(step));
  const windows = windowsOf(step);
  const first = Math.floor(start / windows.block);
  const blockOf = new Int32Array(length);
  for (let i = 0; i < length; i++) blockOf[i] = Math.floor((start + i * step) / windows.block) - first;
  const blocks = length === 0 ? 0 : blockOf[length - 1] + 1;
  const dateOf = new Int32Array(blocks);
  for (let b = 0; b < blocks; b++) dateOf[b] = Math.floor((b * windows.block) / DAY);
  const days = Math.max(1, Math.ceil((length * step) / Math.max(DAY, step)));
  const dates = Math.ceil((length * step) / DAY) + 1;
  const { perWeek } = cells.slots;
  const scratch = scratchFor(length, blocks, days, dates, cells);
  const columns = modelColumns(windows.spans.length);
  return { grid, cells, windows, columns, flat: flatProfile(perWeek), blockOf, blocks, dateOf, days, dates, scratch };
}

function scratchFor(length: number, blocks: number, days: number, dates: number, cells: WeekCells): Scratch {
  const { perWeek } = cells.slots;
  const column = () => new Float64Array(length);
  const block = () => new Float64Array(blocks);
  const week = () => new Float64Array(perWeek);
  const day = () => new Float64Array(days);
  const hourly = new HourlyCalls(length, perWeek);
  return {
    calls: column(),
    before: new Float64Array(length + 1),
    bySlot: new SlotCounts(length, perWeek),
    clips: new Clips(length),
    residuals: new Residuals(blocks),
    hours: new Residuals(blocks),
    rawDays: day(),
    dayCalls: day(),
    dayExposure: day(),
    dailyRates: new DailyRates(days),
    slotCalls: week(),
    slotExposure: week(),
    slotSquares: week(),
    hourShape: week(),
    hourDoubt: week(),
    hourEdge: week(),
    hourSpread: week(),
    profile: emptyProfile(perWeek),
    profileFit: new ProfileFit(cells),
    blocks: {
      calls: block(),
      clipped: block(),
      exposure: block(),
      doubt: block(),
      level: block(),
      levelVariance: block(),
      silenceRate: block(),
      silenceVariance: block(),
      firstShape: block(),
      lastShape: block(),
    },
    means: block(),
    lastBlock: new Int32Array(blocks),
    doubt: block(),
    edge: block(),
    pieceSums: column(),
    hourSums: week(),
    levels: levelScratch(blocks),
    hourly,
    hourCounts: new HourCounts(hourly, length),
    slotStructure: new SlotStructure(cells.slots.perDay),
    maxima: new DailyMaxima(dates),
    silence: new Float64Array(dates),
  };
}
