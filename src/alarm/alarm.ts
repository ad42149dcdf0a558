import type { Scores } from '../engine/types.js';
import { checkOptions, checkTime, decoded, InputError, type OptionNames, shown } from '../errors.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY, HOUR } from '../time/grid.js';
import { INSPECT, timeText } from '../time/inspect.js';
import { type AlarmMemory, alarmFromBytes, alarmToBytes } from './alarm-bytes.js';
import { wholePeriods } from './clock-periods.js';
import { breaches, pointInScores, pointInSet, valueOfPeriod } from './condition.js';
import { type Datapoint, type Evaluation, evaluateDatapoints } from './evaluate.js';
import { type AlarmRule, type AlarmState, type CompleteRule, checkRule } from './rule.js';

/** A change of state: the only thing on which anybody acts. */
export interface AlarmChange {
  /** The same for the same change, decided again after a restart from the same state. */
  readonly id: string;
  readonly alarm: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  /** The end of the newest bucket that was evaluated, epoch ms. */
  readonly at: number;
  /** Why, in words. */
  readonly reason: string;
}

/**
 * One alarm as CloudWatch runs it: evaluated at the end of every bucket (when period × N is longer than a day, at full
 * hours only; in a wall clock window, when a period is over), telling changes of state and nothing else.
 *
 * A bucket observed again, because late records have corrected it, is judged with what it holds now, in the window that
 * ends with the newest bucket; what was told before is not taken back but by a change of state.
 *
 * @example
 * import { Alarm } from 'kms-baseline/alarm';
 *
 * const minute = 60_000;
 * const condition = { on: 'value', statistic: 'Sum', comparison: 'GreaterThanThreshold', threshold: 100 } as const;
 * const alarm = new Alarm({ name: 'many-decrypts', condition, step: minute, evaluationPeriods: 2 });
 * for (const [i, calls] of [20, 130, 150, 30].entries()) {
 *   for (const { from, to } of alarm.observe(i * minute, calls)) console.log(`${from} → ${to}`);
 * }
 */
export class Alarm {
  readonly rule: CompleteRule;
  #state: AlarmState = 'INSUFFICIENT_DATA';
  #since: number | null = null;
  #changes = 0;
  #end: number | null = null;
  /** Of the bucket that begins at time t, at (t / step) mod its length. */
  readonly #ring: Float64Array;

  /** @param options.state what it begins with; INSUFFICIENT_DATA by default */
  constructor(rule: AlarmRule, options: { readonly state?: AlarmState; readonly memory?: AlarmMemory } = {}) {
    checkOptions(options, ALARM_OPTIONS);
    this.rule = checkRule(rule);
    const { period, step, evaluationRange, window } = this.rule;
    // On a wall clock the period under way comes on top, and a clock change makes two of them longer.
    const extra = window === 'sliding' ? 0 : period + (period >= DAY ? 4 * HOUR : 0);
    this.#ring = new Float64Array(Math.ceil((evaluationRange * period + extra) / step)).fill(Number.NaN);
    this.#state = options.state ?? 'INSUFFICIENT_DATA';
    if (options.memory !== undefined) this.#remember(options.memory);
  }

  /** What is printed of it. @internal */
  [INSPECT](): string {
    const since = this.#since === null ? '' : ` since ${timeText(this.#since)}`;
    return `Alarm <${this.rule.name}: ${this.#state}${since}>`;
  }

  get state(): AlarmState {
    return this.#state;
  }

  /** When it came into its state, epoch ms; null before the first change. */
  get since(): number | null {
    return this.#since;
  }

  /** How many buckets back from the newest a correction can still reach. */
  get reach(): number {
    return this.#ring.length;
  }

  /**
   * The value of the bucket that begins at `time`: a verdict (1, 0, −1), a surprise or a count, as the condition asks; NaN
   * where there is none. Buckets left out since the last are missing. One before the newest corrects it; one too old to
   * matter is passed over.
   * @returns the changes of state, in order: several only where buckets were left out
   * @throws InputError when `time` does not lie on the grid of the buckets before
   */
  observe(time: number | Date, value: number): AlarmChange[] {
    const start = checkTime(time, 'time');
    const { step } = this.rule;
    if (typeof value !== 'number' || Math.abs(value) === Infinity) {
      throw new InputError(`value must be a finite number or NaN, got ${shown(value)}`);
    }
    const end = this.#end ?? start;
    if ((start - end) % step !== 0) {
      throw new InputError(
        `time must be a whole number of steps of ${step} ms from ${new Date(end).toISOString()}, got ${shown(new Date(start))}`,
      );
    }
    if (start < end) {
      if ((end - start) / step > this.#ring.length) return [];
      this.#ring[this.#at(start)] = value;
      return this.#decide(end, true);
    }
    const changes: AlarmChange[] = [];
    // Once every bucket of the window is missing, and that was evaluated, further ones change nothing.
    const gaps = Math.min((start - end) / step, this.#ring.length + Math.ceil(HOUR / step));
    for (let gap = 0; gap < gaps; gap++) changes.push(...this.#advance(end + gap * step, Number.NaN));
    changes.push(...this.#advance(start, value));
    return changes;
  }

  /** All buckets of a row, in order. */
  observeScores(scores: Scores, row: number): AlarmChange[] {
    return this.#observeAll(scores.window.grid, (bucket) => pointInScores(this.rule.condition, scores, row, bucket));
  }

  /** The same of counts or levels, for a condition on values. */
  observeSeries(set: SeriesSet, row: number): AlarmChange[] {
    if (this.rule.condition.on !== 'value') {
      throw new InputError(`condition.on must be 'value' to observe counts or levels, got '${this.rule.condition.on}'`);
    }
    return this.#observeAll(set.grid, (bucket) => pointInSet(set, row, bucket));
  }

  #observeAll(grid: SeriesSet['grid'], point: (bucket: number) => number): AlarmChange[] {
    if (grid.step !== this.rule.step) {
      throw new InputError(`grid.step must be the rule's ${this.rule.step} ms, got ${grid.step}`);
    }
    const changes: AlarmChange[] = [];
    for (let b = 0; b < grid.length; b++) changes.push(...this.observe(grid.start + b * grid.step, point(b)));
    return changes;
  }

  /** All that it is to remember, its rule included. */
  toBytes(): Uint8Array {
    return alarmToBytes(this.rule, this.memory);
  }

  /** @throws FormatError unless `bytes` are those of an alarm of this version */
  static fromBytes(bytes: Uint8Array): Alarm {
    return decoded(bytes, 'an alarm', () => {
      const { rule, memory } = alarmFromBytes(bytes);
      return new Alarm(rule, { memory });
    });
  }

  get memory(): AlarmMemory {
    const end = this.#end;
    const { step } = this.rule;
    const values = new Float64Array(end === null ? 0 : this.#ring.length);
    for (let i = 0; i < values.length; i++) values[i] = this.#ring[this.#at((end ?? 0) - (values.length - i) * step)];
    return { state: this.#state, since: this.#since, changes: this.#changes, end, values };
  }

  #remember({ state, since, changes, end, values }: AlarmMemory): void {
    this.#state = state;
    this.#since = since;
    this.#changes = changes;
    this.#end = end;
    const { step } = this.rule;
    // From the newest back: a rule that has become shorter keeps what it can.
    for (let i = 1; end !== null && i <= Math.min(values.length, this.#ring.length); i++) {
      this.#ring[this.#at(end - i * step)] = values[values.length - i];
    }
  }

  #at(start: number): number {
    const { length } = this.#ring;
    const at = Math.floor(start / this.rule.step) % length;
    return at < 0 ? at + length : at;
  }

  #advance(start: number, value: number): AlarmChange[] {
    this.#ring[this.#at(start)] = value;
    this.#end = start + this.rule.step;
    return this.#decide(this.#end, false);
  }

  #decide(end: number, again: boolean): AlarmChange[] {
    const { period, evaluationPeriods, window, step } = this.rule;
    if (window === 'sliding') {
      // Past a day, CloudWatch evaluates once an hour, with data up to the full hour.
      if (period * evaluationPeriods > DAY) {
        const hour = Math.floor(end / HOUR) * HOUR;
        if (!again && end - step >= hour) return [];
        return this.#evaluate(this.#slidingEdges(hour), end);
      }
      return this.#evaluate(this.#slidingEdges(end), end);
    }
    const edges = wholePeriods(end, period, window.timeZone, evaluationPeriods);
    return again || edges[edges.length - 1] > end - step ? this.#evaluate(edges, end) : [];
  }

  #slidingEdges(end: number): number[] {
    const { period, evaluationRange } = this.rule;
    return Array.from({ length: evaluationRange + 1 }, (_, i) => end - (evaluationRange - i) * period);
  }

  /** @param edges where the periods begin, oldest first, and where the newest ends */
  #evaluate(edges: readonly number[], end: number): AlarmChange[] {
    const points: Datapoint[] = [];
    for (let i = 1; i < edges.length; i++) points.push(this.#datapoint(edges[i - 1], edges[i]));
    const evaluation = evaluateDatapoints(points, this.rule);
    const to = evaluation.state ?? this.#state;
    if (to === this.#state || (this.#state === 'ALARM' && to === 'OK' && !this.#cleared(points))) return [];
    const from = this.#state;
    this.#state = to;
    this.#since = end;
    this.#changes++;
    const id = `${this.rule.name}#${this.#changes}`;
    return [{ id, alarm: this.rule.name, from, to, at: end, reason: reasonFor(evaluation, this.rule) }];
  }

  #datapoint(from: number, to: number): Datapoint {
    const { condition, step } = this.rule;
    const values: number[] = [];
    const oldest = (this.#end ?? 0) - this.#ring.length * step;
    // A bucket belongs to the period in which it begins.
    const first = (this.#end ?? 0) - Math.floor(((this.#end ?? 0) - from) / step) * step;
    for (let t = Math.max(first, oldest); t < Math.min(to, this.#end ?? 0); t += step)
      values.push(this.#ring[this.#at(t)]);
    const value = valueOfPeriod(condition, values);
    if (Number.isNaN(value)) return 'missing';
    return breaches(condition, value, this.#state === 'ALARM') ? 'breaching' : 'ok';
  }

  /** Whether enough of the newest datapoints do not breach; missing ones only where they count as not breaching. */
  #cleared(points: readonly Datapoint[]): boolean {
    const { datapointsToClear, treatMissingData } = this.rule;
    let clear = 0;
    for (let i = points.length - 1; i >= 0 && clear < datapointsToClear; i--) {
      if (points[i] === 'breaching') return false;
      if (points[i] === 'ok' || treatMissingData === 'notBreaching') clear++;
    }
    // Enough of them, or fewer in the whole range, none of which breaches.
    return true;
  }
}

const ALARM_OPTIONS: OptionNames<NonNullable<ConstructorParameters<typeof Alarm>[1]>> = { state: true, memory: true };

function reasonFor({ state, breaching, used, filled }: Evaluation, rule: CompleteRule): string {
  const { datapointsToAlarm: m, treatMissingData } = rule;
  const data = `${breaching} of ${used} datapoints breached`;
  if (state === 'INSUFFICIENT_DATA') return 'no datapoint is there';
  const rest = filled === 0 ? '' : `, ${filled} missing (${treatMissingData})`;
  return `${data}${rest}; ${m} of ${rule.evaluationPeriods} make an alarm`;
}
