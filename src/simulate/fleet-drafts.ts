import { DAY, gridEnd, HOUR, type TimeGrid } from '../time/grid.js';
import { between, logBetween } from './fleet-draws.js';
import type { RowPlan } from './fleet-plan.js';
import { addRun, type CronTraffic, type Expectation, runBuckets, runsOf } from './fleet-traffic.js';
import type { Random } from './random.js';

export type FleetEventKind =
  | 'spike'
  | 'low-and-slow'
  | 'drop'
  | 'outage'
  | 'off-hours'
  | 'missed-run'
  | 'extra-run'
  | 'sparse-burst'
  | 'first-use'
  | 'control-burst'
  | 'level-shift';

/** A row of a fleet before its counts are drawn. */
export interface FleetRow {
  readonly plan: RowPlan;
  readonly expectation: Expectation;
  readonly grid: TimeGrid;
  /** Where the judged part begins, as a bucket. */
  readonly judged: number;
}

/** Something that may happen to a row, in buckets `[from, to)` of the whole grid. */
export interface Draft {
  readonly kind: FleetEventKind;
  readonly verdict: 'above' | 'below';
  readonly from: number;
  readonly to: number;
  /** The mean that the row has there, in place of its own: one entry a bucket. */
  readonly mean: Float64Array;
}

/** What an event of a kind may be on a row, at a random time; undefined where the row has no place for it there. */
export function drawDraft(row: FleetRow, kind: FleetEventKind, random: Random): Draft | undefined {
  const { grid, judged } = row;
  const at = judged + random.below(grid.length - judged);
  const hours = (low: number, high: number) =>
    Math.max(1, Math.round((logBetween(random, low, high) * HOUR) / grid.step));
  switch (kind) {
    case 'spike':
      return spike(row, at, 1 + random.below(3), random);
    case 'low-and-slow':
      return scaled(row, kind, at, hours(12, 36), between(random, 1.35, 2.25));
    case 'drop':
      return scaled(row, kind, at, hours(0.5, 24), between(random, 0.2, 0.6));
    case 'outage':
      return scaled(row, kind, at, hours(0.25, 12), 0);
    case 'level-shift':
      return scaled(
        row,
        kind,
        at,
        grid.length - at,
        random.uniform() < 0.5 ? between(random, 2, 3) : between(random, 0.33, 0.5),
      );
    case 'off-hours':
      return offHours(row, at, hours(0.75, 5), random);
    case 'missed-run':
    case 'extra-run':
      return jobEvent(row, kind, random);
    case 'sparse-burst':
    case 'control-burst':
      return calls(row, kind, at, hours(1 / 12, 2), logBetween(random, 10, 80), random);
    case 'first-use':
      return calls(row, kind, at, hours(1 / 12, 3), logBetween(random, 8, 300), random);
  }
}

function scaled(
  { expectation, grid }: FleetRow,
  kind: FleetEventKind,
  from: number,
  length: number,
  factor: number,
): Draft | undefined {
  const to = from + length;
  if (to > grid.length) return undefined;
  const mean = expectation.mean.slice(from, to).map((value) => value * factor);
  return { kind, verdict: factor > 1 ? 'above' : 'below', from, to, mean };
}

/** A multiple of the mean, at night of a quarter of the day's; above what the row's own bursts and runs reach. */
function spike(row: FleetRow, from: number, length: number, random: Random): Draft | undefined {
  const { plan, expectation, grid } = row;
  const to = from + length;
  if (to > grid.length) return undefined;
  const { traffic } = plan;
  const day = 0.25 * busiestNear(row, from, to);
  const factor = logBetween(random, 1.5, 12);
  const least = (traffic.nature === 'bursts' ? 2 * traffic.size : 24 * plan.noise.batch) / length;
  const mean = expectation.mean.slice(from, to).map((value) => value + Math.max(least, factor * Math.max(value, day)));
  return { kind: 'spike', verdict: 'above', from, to, mean };
}

/** The highest mean from two days before to two days after. */
function busiestNear({ expectation, grid }: FleetRow, from: number, to: number): number {
  const two = (2 * DAY) / grid.step;
  let busiest = 0;
  for (let i = Math.max(0, from - two); i < Math.min(grid.length, to + two); i++) {
    busiest = Math.max(busiest, expectation.mean[i]);
  }
  return busiest;
}

/** The volume of the working day where people are not at work. */
function offHours(row: FleetRow, from: number, length: number, random: Random): Draft | undefined {
  const { plan, expectation, grid } = row;
  const to = from + length;
  if (to > grid.length) return undefined;
  const busiest = busiestNear(row, from, to);
  for (let i = from; i < to; i++) if (expectation.mean[i] > 0.3 * busiest) return undefined;
  const volume = between(random, 0.7, 1) * busiest;
  // A handful of calls is no working day, however quiet the night.
  if (volume * length < 24 * plan.noise.batch) return undefined;
  const mean = new Float64Array(length).fill(volume);
  return { kind: 'off-hours', verdict: 'above', from, to, mean };
}

function jobEvent(
  { plan, expectation, grid, judged }: FleetRow,
  kind: 'missed-run' | 'extra-run',
  random: Random,
): Draft | undefined {
  const { traffic, zone } = plan;
  if (traffic.nature !== 'cron') return undefined;
  const runs = runsOf(traffic, zone, grid.start + judged * grid.step, gridEnd(grid));
  const run = random.below(runs.length);
  if (kind === 'extra-run') return extraRun(traffic, expectation, grid, runs[run], runs[run + 1], random);
  // At most the runs of two hours, or a single one.
  const missed = Math.min(runs.length - run, 1 + random.below(Math.max(1, Math.floor((2 * HOUR) / traffic.every))));
  const from = runBuckets(traffic, runs[run], grid).first;
  const to = runBuckets(traffic, runs[run + missed - 1], grid).end;
  if (to > grid.length) return undefined;
  return { kind, verdict: 'below', from, to, mean: new Float64Array(to - from) };
}

function extraRun(
  traffic: CronTraffic,
  expectation: Expectation,
  grid: TimeGrid,
  run: number,
  next: number | undefined,
  random: Random,
): Draft | undefined {
  if (next === undefined) return undefined;
  const { first, end } = runBuckets(traffic, run, grid);
  const free = runBuckets(traffic, next, grid).first - end;
  if (free < 1) return undefined;
  const later = end - first + random.below(free);
  const { first: from, end: to } = runBuckets(traffic, run + later * grid.step, grid);
  if (to > grid.length) return undefined;
  const part: TimeGrid = { start: grid.start + from * grid.step, step: grid.step, length: to - from };
  const mean = expectation.mean.slice(from, to);
  addRun(traffic, run + later * grid.step, part, random, mean);
  return { kind: 'extra-run', verdict: 'above', from, to, mean };
}

/** So many calls, evenly over the span, where there are usually none or few. */
function calls(
  { expectation, grid }: FleetRow,
  kind: FleetEventKind,
  from: number,
  length: number,
  total: number,
  random: Random,
): Draft | undefined {
  // Few calls do not spread over hours.
  const width = Math.min(length, 1 + random.below(Math.max(1, Math.floor(total / 2))));
  const to = from + width;
  if (to > grid.length) return undefined;
  return {
    kind,
    verdict: 'above',
    from,
    to,
    mean: expectation.mean.slice(from, to).map((value) => value + total / width),
  };
}
