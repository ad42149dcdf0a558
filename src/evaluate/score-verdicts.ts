import { ABOVE, BELOW, UNKNOWN } from '../engine/types.js';
import type { SeriesSet } from '../series/series-set.js';
import { HOUR, WEEK } from '../time/grid.js';
import { type EventLabel, type PlacedLabel, placeLabels } from './label.js';

/** What any detector says of a window: `Scores` will do, and so will two columns of one's own. */
export interface VerdictColumns {
  readonly window: SeriesSet;
  /** Row-major: `ABOVE`, `BELOW`, `NORMAL` or `UNKNOWN`. */
  readonly verdicts: Int8Array;
}

/** What became of one labelled event. */
export interface EventOutcome {
  readonly label: EventLabel;
  readonly kind: string;
  readonly row: number;
  /** A verdict of its side fell inside it (in the first day of a level shift). */
  readonly found: boolean;
  /** Buckets from the event's start to that verdict; NaN where it was not found. */
  readonly delay: number;
}

export interface VerdictScore {
  readonly events: readonly EventOutcome[];
  /** `[rows]`: runs of verdicts that are neither normal nor unknown, where no event excuses them. */
  readonly falseEpisodes: Uint32Array;
  /** `[rows]`: buckets that were observed, and those of them whose verdict was unknown. */
  readonly observed: Uint32Array;
  readonly unknown: Uint32Array;
  /** The length of the window. */
  readonly weeks: number;
}

/** Breaches no further apart than this are one episode. */
const BRIDGED = HOUR;

/**
 * Counts what verdicts found and what they invented. A false episode is a run of breaches, gaps of up to an hour bridged,
 * outside events; a day after an event is free, and two days from the start of a level shift. Where free time begins the
 * run is cut, and what goes on after it counts as a new one.
 *
 * @throws InputError when a label's key is no row of the window
 */
export function scoreVerdicts(judgement: VerdictColumns, labels: readonly EventLabel[]): VerdictScore {
  const { window, verdicts } = judgement;
  const { grid, keys } = window;
  const placed = placeLabels(labels, keys);
  const byRow = keys.map((): PlacedLabel[] => []);
  for (const label of placed) byRow[label.row].push(label);
  const falseEpisodes = new Uint32Array(keys.length);
  const observed = new Uint32Array(keys.length);
  const unknown = new Uint32Array(keys.length);
  const free = new Uint8Array(grid.length);
  for (let row = 0; row < keys.length; row++) {
    free.fill(0);
    for (const { from, freeBefore } of byRow[row]) {
      const { first, end } = bucketsOf(grid, from, freeBefore);
      free.fill(1, first, end);
    }
    const own = verdicts.subarray(row * grid.length, (row + 1) * grid.length);
    falseEpisodes[row] = countEpisodes(own, free, grid.step);
    const perRow = window.observed.length !== grid.length;
    for (let i = 0; i < grid.length; i++) {
      if (window.observed[perRow ? row * grid.length + i : i] === 0) continue;
      observed[row]++;
      if (own[i] === UNKNOWN) unknown[row]++;
    }
  }
  return {
    events: placed.map((label) => outcomeOf(label, judgement)),
    falseEpisodes,
    observed,
    unknown,
    weeks: (grid.length * grid.step) / WEEK,
  };
}

/** The buckets that touch `[from, to)`. */
function bucketsOf(grid: SeriesSet['grid'], from: number, to: number): { first: number; end: number } {
  return {
    first: Math.max(0, Math.floor((from - grid.start) / grid.step)),
    end: Math.min(grid.length, Math.ceil((to - grid.start) / grid.step)),
  };
}

function outcomeOf(placed: PlacedLabel, { window, verdicts }: VerdictColumns): EventOutcome {
  const { label, kind, row, sign, from, foundBefore } = placed;
  const { first, end } = bucketsOf(window.grid, from, foundBefore);
  const wanted = sign === 1 ? ABOVE : BELOW;
  for (let i = first; i < end; i++) {
    if (verdicts[row * window.grid.length + i] === wanted) return { label, kind, row, found: true, delay: i - first };
  }
  return { label, kind, row, found: false, delay: Number.NaN };
}

function countEpisodes(verdicts: Int8Array, free: Uint8Array, step: number): number {
  let episodes = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < verdicts.length; i++) {
    if (free[i] === 1) last = Number.NEGATIVE_INFINITY;
    else if (verdicts[i] === ABOVE || verdicts[i] === BELOW) {
      // The gap between two breaches is what lies between them.
      if ((i - last - 1) * step > BRIDGED) episodes++;
      last = i;
    }
  }
  return episodes;
}
