import { compareKeys, type SeriesKey } from '../../series/key.js';
import { valueAt } from '../../series/series-set.js';
import { DAY, HOUR } from '../../time/grid.js';
import { ABOVE, BELOW, type DecidedWindows, type Scores } from '../types.js';

/** Breaches up to this far apart are one run: an incident that pauses for a while is still that incident. */
const BRIDGE = HOUR;

/**
 * Buckets beside a run that are surprising themselves belong to it, though alone they would not be reported: without its
 * shoulders, an incident that hovers about the threshold comes as its few highest buckets. How surprising: so that among
 * all the buckets within reach of a run's end, chance has one in 3 % of runs.
 */
const BY_CHANCE = 0.03;

/** A run of which nothing was observed for so long is over: nobody knows any more whether it goes on. */
const BLIND = 2 * DAY;

/** The figures of a time range, in calls; `lower` may be less than no calls. */
export interface Figures {
  value: number;
  expected: number;
  lower: number;
  upper: number;
}

/** A range that was judged, up to the end of a bucket. */
interface Judged extends Figures {
  from: number;
}

/**
 * A run of breaches of one row in one direction, with the shoulders that lead to it and from it: the state of the machine
 * that follows the row bucket by bucket, see {@link RunFinder.next}. Plain figures: it is written and read as they stand.
 */
export class Run implements Figures {
  readonly key: SeriesKey;
  readonly direction: typeof ABOVE | typeof BELOW;
  /** Whether the history holds a call of the row. */
  readonly known: boolean;
  readonly step: number;
  /** Whether it is of a level, which may be less than nothing, and not of counts. */
  readonly isLevel: boolean;
  /** The end of the bucket on which it became a finding, epoch ms; NaN while it is made of shoulders only. */
  reported = Number.NaN;
  /** Times of its latest breaches, until it is a finding. */
  breaches: number[] = [];
  /** From its first bucket, or the beginning of the window that decided it, to the end of its last. */
  from: number;
  to = Number.NaN;
  /** Over that time. */
  value = 0;
  expected = 0;
  lower = 0;
  upper = 0;
  /** The observed buckets since `to`, which are part of the run if it goes on. */
  readonly rest: Figures = { value: 0, expected: 0, lower: 0, upper: 0 };
  /** That of its most surprising breach, and the window which decided that. */
  surprise = 0;
  decidedFrom = Number.NaN;
  decidedTo = Number.NaN;
  /** Whether the row's incident was under way after the last observed bucket. */
  ongoing = false;
  /** The end of the last observed bucket. */
  seen = Number.NaN;

  constructor(
    key: SeriesKey,
    direction: typeof ABOVE | typeof BELOW,
    known: boolean,
    isLevel: boolean,
    step: number,
    from: number,
  ) {
    this.key = key;
    this.isLevel = isLevel;
    this.direction = direction;
    this.known = known;
    this.step = step;
    this.from = from;
  }

  get isReported(): boolean {
    return !Number.isNaN(this.reported);
  }

  get verdict(): 'above' | 'below' {
    return this.direction === ABOVE ? 'above' : 'below';
  }

  /** Calls too many or too few. */
  get departure(): number {
    return Math.abs(this.value - this.expected);
  }

  /** What it comes to as a range that was judged whole, up to `to`. */
  becomes(window: Judged): void {
    this.from = window.from;
    this.value = window.value;
    this.expected = window.expected;
    this.lower = window.lower;
    this.upper = window.upper;
    clear(this.rest);
  }

  /** Takes in the buckets since `to`. */
  commit(): void {
    add(this, this.rest);
    clear(this.rest);
  }
}

/**
 * Puts a range behind another. The limits of a sum are nearer than the sums of the limits: as those of independent counts,
 * their distances from what is expected add up in squares.
 */
export function add(sum: Figures, more: Figures): void {
  const up = root(sum.upper - sum.expected, more.upper - more.expected);
  const down = root(sum.expected - sum.lower, more.expected - more.lower);
  sum.value += more.value;
  sum.expected += more.expected;
  sum.lower = sum.expected - down;
  sum.upper = sum.expected + up;
}

function root(a: number, b: number): number {
  return Math.sqrt(a * a + b * b);
}

function clear(sum: Figures): void {
  sum.value = 0;
  sum.expected = 0;
  sum.lower = 0;
  sum.upper = 0;
}

/** Order of runs that does not depend on that of their rows; of those under way, no two are equal. */
export function byRow(a: Run, b: Run): number {
  return compareKeys(a.key, b.key) || b.direction - a.direction;
}

/** When a run becomes a finding: so many breaches among the last so many buckets. */
export interface AlarmRule {
  readonly datapointsToAlarm: number;
  readonly evaluationPeriods: number;
}

/** Finds where a window of `span` ms up to the end of a bucket begins, and its figures, from columns that are at hand. */
export type Reach = (scores: Scores, row: number, bucket: number, span: number, window: Judged) => void;

/** The one machine that makes runs of breaches of verdicts, a bucket of a row after another. */
export class RunFinder {
  readonly step: number;
  /** How long a finding may pause and still be one, in ms; and what leads up to one, which may ask for several breaches. */
  readonly bridge: number;
  readonly reach: number;
  /** |surprise| from which on a bucket beside a breach belongs to its run. */
  readonly shoulder: number;
  readonly #rule: AlarmRule;
  readonly #reach: Reach | undefined;
  /** Scratch: the bucket, and the window that decided it. */
  readonly #bucket: Figures = { value: 0, expected: 0, lower: 0, upper: 0 };
  readonly #window: Judged = { from: 0, value: 0, expected: 0, lower: 0, upper: 0 };

  /**
   * @param step width of a bucket in ms
   * @param reach for scores that do not name the windows that decided; without it, every bucket decided by itself
   */
  constructor(step: number, rule: AlarmRule = { datapointsToAlarm: 1, evaluationPeriods: 1 }, reach?: Reach) {
    const buckets = Math.floor(BRIDGE / step);
    this.step = step;
    this.bridge = buckets * step;
    this.reach = Math.max(buckets, rule.datapointsToAlarm === 1 ? 0 : rule.evaluationPeriods - 1) * step;
    this.shoulder = Math.log10((buckets + 1) / BY_CHANCE);
    this.#rule = rule;
    this.#reach = reach;
  }

  /**
   * Takes the next bucket of a row.
   * @param run the row's run in this direction that is under way, if any
   * @param over is handed a finding that is over before this bucket, or with it
   * @returns the run that is under way after the bucket
   */
  next(
    run: Run | undefined,
    scores: Scores,
    row: number,
    bucket: number,
    direction: typeof ABOVE | typeof BELOW,
    over: (run: Run) => void,
  ): Run | undefined {
    const { start, step, length } = scores.window.grid;
    const cell = row * length + bucket;
    const time = start + bucket * step;
    const isBreach = scores.verdicts[cell] === direction;
    // NaN, where nothing was observed, is not less than anything: such buckets neither breach nor carry on.
    if (isBreach || direction * scores.surprise[cell] >= this.shoulder) {
      const window = this.#windowOf(scores, row, bucket);
      let on = run;
      // A shoulder lies beside breaches: one that comes hours later, in an incident that goes on, does not make it longer.
      const isFar = on !== undefined && !isBreach && time - on.to > this.bridge;
      const goesOn = on !== undefined && this.#goesOn(on, time, isFar ? time : window.from);
      if (on !== undefined && isFar && goesOn) return this.#pass(on, scores, row, bucket, direction);
      if (on !== undefined && !goesOn) {
        if (on.isReported) over(on);
        on = undefined;
      }
      return this.#take(on, scores, row, bucket, direction, isBreach, window);
    }
    if (run === undefined) return undefined;
    if (!run.isReported && time + step - run.to > this.reach) return undefined;
    if (!isObserved(scores, row, bucket)) return this.isBlind(run, time + step, over) ? undefined : run;
    this.#pass(run, scores, row, bucket, direction);
    if (!run.isReported || run.ongoing || time + step - run.to <= this.bridge) return run;
    over(run);
    return undefined;
  }

  /** A bucket that is part of the run only if a later one is. */
  #pass(run: Run, scores: Scores, row: number, bucket: number, direction: typeof ABOVE | typeof BELOW): Run {
    const { start, step, length } = scores.window.grid;
    run.seen = start + (bucket + 1) * step;
    run.ongoing = scores.ongoing !== undefined && scores.ongoing[row * length + bucket] === direction;
    add(run.rest, this.#figuresOf(scores, row, bucket));
    return run;
  }

  /** Whether a run is over by `time` because nothing was observed of its row. */
  isBlind(run: Run, time: number, over: (run: Run) => void): boolean {
    if (time - run.seen <= BLIND) return false;
    if (run.isReported) over(run);
    return true;
  }

  /** Whether a bucket of which something is to be said goes on with a run. */
  #goesOn(run: Run, time: number, begin: number): boolean {
    if (time - run.to <= (run.isReported ? this.bridge : this.reach)) return true;
    // What was not observed ends no incident, and no silence: its span reaches back to before.
    return run.isReported && time - run.seen <= BLIND && (run.ongoing || begin < run.to);
  }

  #take(
    run: Run | undefined,
    scores: Scores,
    row: number,
    bucket: number,
    direction: typeof ABOVE | typeof BELOW,
    isBreach: boolean,
    window: Judged,
  ): Run {
    const { grid, keys, measure } = scores.window;
    const end = grid.start + (bucket + 1) * grid.step;
    const isKnown = scores.known[row] === 1;
    const on = run ?? new Run(keys[row], direction, isKnown, measure === 'level', grid.step, window.from);
    const figures = this.#figuresOf(scores, row, bucket);
    if (run === undefined || reachesBack(run, window, isBreach)) on.becomes(window);
    else {
      on.commit();
      add(on, figures);
    }
    const cell = row * grid.length + bucket;
    on.to = end;
    on.seen = end;
    on.ongoing = scores.ongoing !== undefined && scores.ongoing[cell] === direction;
    if (!isBreach) return on;
    if (!on.isReported) this.#report(on, end);
    if (Math.abs(scores.surprise[cell]) > Math.abs(on.surprise)) {
      on.surprise = scores.surprise[cell];
      on.decidedFrom = Math.min(window.from, end - scores.spans[cell]);
      on.decidedTo = end;
    }
    return on;
  }

  #report(run: Run, end: number): void {
    const { datapointsToAlarm, evaluationPeriods } = this.#rule;
    run.breaches.push(end);
    while (run.breaches[0] <= end - evaluationPeriods * run.step) run.breaches.shift();
    if (run.breaches.length < datapointsToAlarm) return;
    run.reported = end;
    run.breaches = [];
  }

  #figuresOf(scores: Scores, row: number, bucket: number): Figures {
    const cell = row * scores.window.grid.length + bucket;
    const found = this.#bucket;
    found.value = valueAt(scores.window, row, bucket);
    found.expected = scores.expected[cell];
    found.lower = scores.lower[cell];
    found.upper = scores.upper[cell];
    return bounded(found, scores);
  }

  /** The window that decided a bucket. */
  #windowOf(scores: Scores, row: number, bucket: number): Judged {
    const { start, step, length } = scores.window.grid;
    const window = this.#window;
    const { decided } = scores;
    const entry = decided === undefined ? -1 : entryOf(scores, row, bucket);
    // Where what came before on the other side makes up for it, it is seen in its bucket only.
    if (decided !== undefined && entry >= 0 && isSeenIn(decided, entry, scores.surprise[row * length + bucket])) {
      window.from = decided.from[entry];
      window.value = decided.calls[entry];
      window.expected = decided.expected[entry];
      window.lower = decided.lower[entry];
      window.upper = decided.upper[entry];
      bounded(window, scores);
      return window;
    }
    window.from = start + bucket * step;
    Object.assign(window, this.#figuresOf(scores, row, bucket));
    const span = scores.spans[row * length + bucket];
    if (decided === undefined && span > step) this.#reach?.(scores, row, bucket, span, window);
    return window;
  }
}

/**
 * Limits on either side of what is expected: what would have ended an incident is no limit of what is normal. Where no
 * count is too low, the lower limit is as far away as the upper one.
 */
export function bounded(figures: Figures, { window }: Scores): Figures {
  const { expected, lower, upper } = figures;
  figures.upper = upper > expected ? upper : expected;
  if (lower > 0 || window.measure === 'level') figures.lower = lower < expected ? lower : expected;
  else figures.lower = 2 * expected - figures.upper;
  return figures;
}

/**
 * Whether a run is rather the silence that decided a bucket of it, which began before. No other window dates a run back: it
 * began where something was first to be seen.
 */
function reachesBack(run: Run, window: Judged, isBreach: boolean): boolean {
  if (!isBreach || run.direction !== BELOW || window.from >= run.from) return false;
  return run.value + run.rest.value + window.value === 0;
}

export function isObserved({ window }: Scores, row: number, bucket: number): boolean {
  const { observed, grid } = window;
  return observed[observed.length === grid.length ? bucket : row * grid.length + bucket] !== 0;
}

/** Whether the calls of a window, with those of findings from before, are on the side that it was judged to be. */
function isSeenIn({ calls, expected }: DecidedWindows, entry: number, surprise: number): boolean {
  return (calls[entry] - expected[entry]) * surprise >= 0;
}

/** The place of a cell in {@link Scores.decided}; -1 without one. */
function entryOf({ decided, window }: Scores, row: number, bucket: number): number {
  if (decided === undefined) return -1;
  const { rows, buckets } = decided;
  const { length } = window.grid;
  const cell = row * length + bucket;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle] * length + buckets[middle] < cell) low = middle + 1;
    else high = middle;
  }
  return low < rows.length && rows[low] === row && buckets[low] === bucket ? low : -1;
}
