import { DAY, type TimeGrid } from '../time/grid.js';
import { firstClip, type Season } from './clip.js';
import { fitDispersion, PRIOR } from './dispersion.js';
import { clipAll, gatherBuckets, sumLevels, sumSquares, sumUp } from './fit-kernels.js';
import { type Events, type FitPlan, type Taught, taughtSince } from './fit-plan.js';
import { fitSparseRow } from './fit-sparse-row.js';
import { fitLevel } from './level.js';
import { type Past, type RowModel, straddles } from './model.js';
import { type Dispersion, fitProfile, type WeekCells } from './profile.js';
import { rounded } from './quantise.js';
import { mostPull, replay, STRADDLING_CAP, WINDOW_CAP } from './replay.js';
import { settled } from './settle.js';
import type { LeastTails } from './tail.js';

/** Fewer calls than this have no shape of a week to show: shrunk, they come out flat, after all the work. */
export const SPARSE = 12;
/** A series expected to have called more often than this before its first call has no past before it. */
const BORN = 7;
/** Clip, profile, level and dispersion depend on one another: the first round stands on rough clips, the last on fitted ones. */
const ROUNDS = 3;

/**
 * Fits one series.
 * @param row its calls
 * @param whole the buckets that may teach
 * @param pooled how long the tails of its kind are, for a series too young to have shown its own
 */
export function fitRow(row: Events, whole: Taught, plan: FitPlan, pooled?: LeastTails): RowModel {
  const { grid, cells, blocks, windows, scratch } = plan;
  const { past, born } = pastOf(row, whole, grid);
  if (past.calls < SPARSE) return settled(fitSparseRow(row, whole, born, plan, past));

  const taught = taughtSince(whole, born);
  const { n, slot, day, days, repeats, rank, from } = taught;
  const { calls, clipped, residuals: found, hours, means } = scratch;
  calls.fill(0, 0, n);
  for (let e = 0; e < row.n; e++) calls[rank[row.bucket[e]] - from] = row.calls[e];
  firstClip(calls, slot, n, seasonFor(taught, plan), clipped);

  const dayCalls = new Float64Array(days);
  const dayExposure = new Float64Array(days);
  const { slotCalls, slotExposure, slotSquares, profile } = scratch;
  const most = mostPull(past, grid.step);
  let dispersion: Dispersion = PRIOR;
  let hourly: Dispersion = PRIOR;
  let late = false;
  profile.shape.fill(1);

  for (let round = 0; ; round++) {
    sumUp(taught, plan, dayCalls, dayExposure);
    if (late) sumSquares(taught, clipped, slotSquares);
    const { daily } = fitLevel(dayCalls, dayExposure, dispersion.phi);
    sumLevels(taught, daily, slotExposure);
    fitProfile(slotCalls, slotExposure, repeats, cells, dispersion, hourly, late ? slotSquares : undefined, profile);
    gatherBuckets(taught, plan, day, daily, undefined, dispersion, most, 0);
    dispersion = fitDispersion(found);
    if (windows.hourBuckets === 0) hourly = dispersion;
    else {
      hours.n = 0;
      for (let b = 0; b < blocks; b++) {
        const m = means[b];
        if (m <= 0) continue;
        hours.mu[hours.n] = m;
        hours.square[hours.n++] = (scratch.blocks.calls[b] - m) * (scratch.blocks.calls[b] - m);
      }
      hours.known.fill(0, 0, hours.n);
      hourly = fitDispersion(hours, { phi: dispersion.phi, alpha: dispersion.alpha / 2 }, 1, WINDOW_CAP);
    }
    late = straddles(dispersion.alpha, hourly.alpha);
    if (late) dispersion = fitDispersion(found, PRIOR, 1, STRADDLING_CAP);
    if (round === ROUNDS - 1) {
      return settled(replay(taught, plan, rounded(profile), dispersion, hourly, daily[0], past, pooled));
    }
    clipAll(taught, plan, dispersion);
  }
}

/** What is plain to see of a series, and the bucket that it began with: those since may teach. */
function pastOf(
  { n, bucket, calls: counts }: Events,
  { rank, n: observed }: Taught,
  { start, step }: TimeGrid,
): { past: Past; born: number } {
  let calls = 0;
  for (let e = 0; e < n; e++) calls += counts[e];
  const before = n === 0 ? 0 : rank[bucket[0]];
  // Quiet before the first call is a part of the history, unless at the rate since then it could hardly have been one:
  // then the key (or its use) began there.
  const isYoung = n > 0 && (calls / Math.max(1, observed - before)) * before > BORN;
  return {
    born: isYoung ? bucket[0] : 0,
    past: {
      calls,
      support: isYoung ? observed - before : observed,
      listened: observed,
      firstCall: n === 0 ? Number.NaN : start + bucket[0] * step,
      lastCall: n === 0 ? Number.NaN : start + bucket[n - 1] * step,
      firstCount: n === 0 ? 0 : counts[0],
    },
  };
}

/** The finest season of which the history holds three rounds: week, day or hour; less, and everything is one cell. */
function seasonFor({ n }: Taught, { grid, cells }: FitPlan): Season {
  const days = (n * grid.step) / DAY;
  const view = days >= 21 ? cells.slotOfWeek : days >= 3 ? cells.slotOfDay : cells.minuteOfHour;
  let season = seasons.get(view);
  if (season === undefined) {
    const hourView = days >= 21 ? cells.hourOfWeek : days >= 3 ? cells.hourOfDay : undefined;
    const hourOf = new Int32Array(view.count);
    if (hourView !== undefined) for (let k = 0; k < cells.slots.perWeek; k++) hourOf[view.of[k]] = hourView.of[k];
    season = { cells: view.count, cellOf: view.of, hours: hourView?.count ?? 1, hourOf };
    seasons.set(view, season);
  }
  return season;
}

const seasons = new WeakMap<WeekCells['slotOfWeek'], Season>();
