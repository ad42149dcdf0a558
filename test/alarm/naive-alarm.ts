import type { AlarmState, MissingData } from '../../src/alarm/index.js';

export interface SlowRule {
  readonly n: number;
  readonly m: number;
  readonly treat: MissingData;
  /** Buckets a period. */
  readonly width: number;
  /** Periods that a window may look back over. */
  readonly range: number;
  readonly threshold: number;
}

/**
 * The states of an alarm on the greatest value of a period being above a threshold, after every bucket of all: each time
 * anew from the whole history, by the words of the CloudWatch User Guide (alarm-evaluation, alarms-and-missing-data).
 */
export function slowStates(values: readonly number[], rule: SlowRule): AlarmState[] {
  const states: AlarmState[] = [];
  for (let end = 1; end <= values.length; end++) {
    const before = states.at(-1) ?? 'INSUFFICIENT_DATA';
    states.push(slowState(values.slice(0, end), rule) ?? before);
  }
  return states;
}

function slowState(values: readonly number[], { n, m, treat, width, range, threshold }: SlowRule): AlarmState | null {
  // Newest period first: true breaches, false does not, null is missing.
  const periods = Array.from({ length: range }, (_, age) => {
    const to = values.length - age * width;
    const there = values.slice(Math.max(0, to - width), Math.max(0, to)).filter((value) => !Number.isNaN(value));
    return there.length === 0 ? null : there.some((value) => value > threshold);
  });
  const real = periods.filter((period) => period !== null);
  if (real.length >= n) return real.slice(0, n).filter(Boolean).length >= m ? 'ALARM' : 'OK';
  // Fewer than N: what is there, and as many of the treatment as make N.
  const outcome = (fill: boolean): AlarmState =>
    [...real, ...Array<boolean>(n - real.length).fill(fill)].filter(Boolean).length >= m ? 'ALARM' : 'OK';
  if (treat === 'breaching') return outcome(true);
  if (treat === 'notBreaching') return outcome(false);
  if (real.length === 0) return treat === 'missing' ? 'INSUFFICIENT_DATA' : null;
  if (outcome(false) === 'ALARM') return 'ALARM';
  if (real.includes(false)) return 'OK';
  // All that is there breaches, too few to be M: the premature-alarm rule, for missing treated as missing only.
  const oldest = periods.lastIndexOf(true) + 1;
  return treat === 'missing' && oldest >= m ? 'ALARM' : null;
}
