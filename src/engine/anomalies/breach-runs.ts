import { observedRow, valueAt } from '../../series/series-set.js';
import { HOUR } from '../../time/grid.js';
import type { Anomaly } from '../types.js';
import { ABOVE, BELOW, type Scores } from '../types.js';

/** A run of breaches of one row in one direction, with the shoulders that lead to it and from it. */
export interface Run
  extends Pick<Anomaly, 'verdict' | 'from' | 'to' | 'value' | 'expected' | 'lower' | 'upper' | 'surprise'> {
  readonly row: number;
}

/** Breaches up to this far apart are one run: an incident that pauses for a while is still that incident. */
const BRIDGE = HOUR;

/**
 * Buckets beside a run that are surprising themselves belong to it, though alone they would not be told: without its
 * shoulders, an incident that hovers about the threshold is told as its few highest buckets. How surprising: so that
 * among all the buckets within reach of a run's end, chance has one in 3 % of runs.
 */
const BY_CHANCE = 0.03;

/** All runs of breaches of a window's scores, row after row. */
export function runsOf(scores: Scores): Run[] {
  const { grid, keys } = scores.window;
  const bridge = Math.floor(BRIDGE / grid.step);
  const shoulder = Math.log10((bridge + 1) / BY_CHANCE);
  const runs: Run[] = [];
  for (let row = 0; row < keys.length; row++) {
    for (const direction of [ABOVE, BELOW]) {
      let first = -1;
      let last = -1;
      let breached = false;
      for (let i = 0; i < grid.length; i++) {
        const breach = scores.verdicts[row * grid.length + i] === direction;
        // NaN, where nothing was observed, is not less than anything: such buckets neither breach nor carry on.
        if (!breach && !(direction * scores.surprise[row * grid.length + i] >= shoulder)) continue;
        // A silence goes on over what was not observed: its clock, and so its span, reaches back to before.
        if (last >= 0 && i - last > bridge + 1 && beginOf(scores, row, i) > last) {
          if (breached) runs.push(measure(scores, row, direction, first, last));
          breached = false;
          first = i;
        }
        if (first < 0) first = i;
        last = i;
        breached ||= breach;
      }
      if (breached) runs.push(measure(scores, row, direction, first, last));
    }
  }
  return runs;
}

function measure(scores: Scores, row: number, direction: number, first: number, last: number): Run {
  const { grid } = scores.window;
  const at = row * grid.length;
  const observed = observedRow(scores.window, row);
  const begin = beginOf(scores, row, first);
  let value = 0;
  let expected = 0;
  let lower = 0;
  let upper = 0;
  let surprise = 0;
  for (let i = begin; i <= last; i++) {
    if (observed[i] === 0) continue;
    value += valueAt(scores.window, row, i);
    expected += scores.expected[at + i];
    lower += scores.lower[at + i];
    upper += scores.upper[at + i];
    if (scores.verdicts[at + i] === direction && Math.abs(scores.surprise[at + i]) > Math.abs(surprise)) {
      surprise = scores.surprise[at + i];
    }
  }
  return {
    row,
    verdict: direction === ABOVE ? 'above' : 'below',
    from: grid.start + begin * grid.step,
    to: grid.start + (last + 1) * grid.step,
    value,
    expected,
    // One call anywhere would have ended a silence, whatever each of its buckets asked for.
    lower: direction === BELOW && value === 0 ? 1 : lower,
    upper,
    surprise,
  };
}

/** Where the stretch begins that decided a bucket: a silence began its span before, which leaves out what was not observed. */
function beginOf({ spans, window }: Scores, row: number, bucket: number): number {
  const observed = observedRow(window, row);
  const span = Math.max(1, Math.round(spans[row * window.grid.length + bucket] / window.grid.step));
  let begin = bucket;
  for (let seen = 1; seen < span && begin > 0; ) {
    begin--;
    if (observed[begin] !== 0) seen++;
  }
  return begin;
}
