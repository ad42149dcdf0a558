import type { Anomaly } from '../../src/engine/types.js';
import { keyId, type SeriesKey } from '../../src/series/key.js';
import { rowsById, type SeriesSet, valueAt } from '../../src/series/series-set.js';
import { DAY, gridEnd, HOUR, MINUTE, WEEK } from '../../src/time/grid.js';

/** One call, for the figures by caller and by error code. */
export interface TrueCall {
  readonly time: number;
  readonly operation: string;
  readonly keyArns: readonly string[];
  readonly caller: string;
  readonly error: string | null;
}

/** What the sentences of a finding are held against: the counts themselves, and the calls where there are any. */
export interface Truth {
  readonly history: SeriesSet;
  readonly judged: SeriesSet;
  readonly calls?: readonly TrueCall[];
}

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;
const RANGE = new RegExp(`(${TIME})(?:–| – )(${TIME}|\\d\\d:\\d\\d) UTC`);
const SINCE = new RegExp(`since (${TIME}) UTC`);
const SEVERITY = { Critical: 'critical', High: 'high', Medium: 'medium', Low: 'low' } as const;

/** Checks the words of findings, sentence by sentence, against counts; times must be in UTC. */
export class SentenceCheck {
  readonly #truth: Truth;
  readonly #history: ReadonlyMap<string, number>;
  readonly #judged: ReadonlyMap<string, number>;

  constructor(truth: Truth) {
    this.#truth = truth;
    this.#history = rowsById(truth.history.keys);
    this.#judged = rowsById(truth.judged.keys);
  }

  /** What is untrue in a finding's words; nothing where they are true. */
  faults(text: string, anomaly: Anomaly): string[] {
    const faults: string[] = [];
    const say = (is: boolean, fault: string): void => void (is || faults.push(fault));
    const [, severity = ''] = /^(Critical|High|Medium|Low)\. /.exec(text) ?? [];
    say(SEVERITY[severity as keyof typeof SEVERITY] === anomaly.severity, 'severity');
    const range = this.#rangeIn(text);
    if (range === undefined) return ['no time range'];
    const [from, to] = range;
    const { key } = anomaly;
    const calls = this.#calls(key, from, to);
    const [, number] = / ([\d,]+|no) calls?\b/.exec(text) ?? [];
    say(number !== undefined && numberOf(number) === calls, `${number} calls said, ${calls} made`);
    const expected = expectedIn(text);
    if (expected !== undefined) {
      say(near(expected, anomaly.expected), `expected ${expected} said, ${anomaly.expected} is`);
      const isPart = text.includes('for part of it');
      if (anomaly.verdict === 'above') say(isPart === calls <= anomaly.expected, 'not above what was expected');
      else say(isPart === calls >= anomaly.expected, 'not below what was expected');
    }
    const upper = /normal up to ([\d,]+)|for a new use: up to ([\d,]+)/.exec(text);
    if (upper !== null) {
      const limit = numberOf(upper[1] ?? upper[2]);
      say(calls > limit && limit >= Math.floor(anomaly.expected), `${calls} within ${limit}`);
    }
    const lower = /normal at least ([\d,]+)/.exec(text);
    if (lower !== null) say(calls < numberOf(lower[1]) && numberOf(lower[1]) <= Math.ceil(anomaly.expected), 'within');
    if (/none in the history/.test(headlineOf(text))) say(this.#ever(key) === 0, 'in the history after all');
    if (text.includes('at a time with almost none')) {
      const before = this.#sameHours(key, from, to);
      const typical = before.reduce((sum, value) => sum + value, 0) / Math.max(1, before.length);
      say(typical < Math.max(0.5, 0.25 * calls), `${typical} calls at that time of the weeks before`);
    }
    if (/ has been (?:higher|lower) since /.test(text)) say(to === gridEnd(this.#truth.judged.grid), 'not open');
    this.#checkChance(text, anomaly, say);
    if (this.#truth.calls !== undefined) this.#checkCallers(text, key, [from, to], calls, say);
    return faults;
  }

  #checkChance(text: string, anomaly: Anomaly, say: (is: boolean, fault: string) => void): void {
    const weeks = /In (\d+) of the (\d+) weeks before, the same hours had as (many|few) calls\./.exec(text);
    if (weeks !== null) {
      const { from, to } = anomaly.decidedBy;
      const calls = this.#calls(anomaly.key, from, to);
      const counts = this.#sameHours(anomaly.key, from, to);
      const alike = counts.filter((value) => (anomaly.verdict === 'above' ? value >= calls : value <= calls)).length;
      say(counts.length === Number(weeks[2]) && alike === Number(weeks[1]), `${alike} of ${counts.length} weeks`);
      return;
    }
    const found =
      /(?:(?:An?) (\d+)-(day|hour|minute|second) count this (high|low)|A count this (high|low) over ([\w ]+?)|(This long|[\w ]+?) without calls)(, without the calls of findings before it,)? (?:happens by chance about 1 in ([\d,]+) times|is (practically impossible) by chance)\./.exec(
        text,
      );
    if (found === null) {
      say(!/chance/.test(text) && Math.abs(anomaly.surprise) < 0.31, 'no probability');
      return;
    }
    const [, times, unit, side1, side2, , quiet, without, odds, impossible] = found;
    const { from, to } = anomaly.decidedBy;
    if (times !== undefined) say(Number(times) * UNITS[unit as keyof typeof UNITS] === to - from, 'window');
    const side = side1 ?? side2;
    if (side !== undefined) say((side === 'high') === (anomaly.verdict === 'above'), 'side');
    const digits = Math.abs(anomaly.surprise);
    if (impossible !== undefined) say(digits > 6, 'not that unlikely');
    else say(Math.log10(numberOf(odds)) <= digits + 1e-9 && Math.log10(numberOf(odds)) > digits - 0.31, 'odds');
    if (quiet !== undefined) say(this.#calls(anomaly.key, from, to) === 0, 'calls in the silence');
    // What is said to be this rare cannot be what the same hours of most weeks before were like.
    const before = this.#sameHours(anomaly.key, from, to);
    if (digits < 3 || before.length < 3 || without !== undefined) return;
    const calls = this.#calls(anomaly.key, from, to);
    const as = before.filter((value) => (anomaly.verdict === 'above' ? value >= calls : value <= calls)).length;
    say(
      as <= 0.5 * before.length,
      `as ${anomaly.verdict === 'above' ? 'many' : 'few'} in ${as} of ${before.length} weeks before`,
    );
  }

  #checkCallers(
    text: string,
    key: SeriesKey,
    [from, to]: readonly [number, number],
    total: number,
    say: (is: boolean, fault: string) => void,
  ): void {
    const all = (this.#truth.calls ?? []).filter((call) => isOf(call, key));
    const within = all.filter(({ time }) => time >= from && time < to);
    const begin = this.#truth.history.grid.start;
    const past = all.filter(({ time }) => time >= begin && time < this.#truth.judged.grid.start);
    let sum = 0;
    for (const part of text.matchAll(
      /(role\/[\w+=,.@-]+|user\/[\w+=,.@-]+|account \d{12}|[a-z0-9-]+\.amazonaws\.com)((?: made (?:all ([\d,]+)|([\d,]+)|(it))| (stopped)| ([\d,]+)(?= \()))/gi,
    )) {
      const [whole, name] = part;
      const own = within.filter(({ caller }) => isCalled(caller, name));
      const said = part[5] !== undefined ? 1 : part[6] !== undefined ? 0 : numberOf(part[3] ?? part[4] ?? part[7]);
      say(own.length === said, `${whole}: ${own.length} made`);
      sum += said;
      const before = past.filter(({ caller }) => isCalled(caller, name));
      const rest = text.slice(part.index + whole.length).split(/\. |(?<=\)), |$/)[0];
      if (rest.includes('none in the history')) say(before.length === 0, `${name} in the history`);
      const usual = /usually (?:makes )?([\d.,]+|none|almost none)|instead of about ([\d.,]+)/.exec(rest);
      if (usual !== null) {
        const counts = weeksBefore(from, to, begin, this.#truth.judged.grid.start).map(
          ([a, b]) => before.filter(({ time }) => time >= a && time < b).length,
        );
        const mean = counts.reduce((total, value) => total + value, 0) / counts.length;
        const figure = usual[1] ?? usual[2];
        const value = figure === 'none' || figure === 'almost none' ? 0 : numberOf(figure.replace(/[.,]$/, ''));
        say(counts.length >= 2 && near(value, mean), `${name} usually ${value} said, ${mean} made`);
      }
    }
    say(sum <= total, `callers ${sum} of ${total}`);
    const failed = /(?:All )?([\d,]+) failed: ([^.]*)\./.exec(text);
    const codes = failed?.[2] ?? /By error code: ([^.]*)\./.exec(text)?.[1];
    if (failed !== null) say(numberOf(failed[1]) === within.filter(({ error }) => isFailure(error)).length, 'failed');
    for (const [, calls, code] of (codes ?? '').matchAll(/([\d,]+) ([A-Z]\w+)/g)) {
      say(numberOf(calls) === within.filter(({ error }) => error === code).length, code);
    }
  }

  #rangeIn(text: string): [number, number] | undefined {
    const range = RANGE.exec(text);
    if (range === null) {
      const since = SINCE.exec(text);
      return since === null ? undefined : [timeOf(since[1]), gridEnd(this.#truth.judged.grid)];
    }
    const [, from, to] = range;
    if (to.length > 5) return [timeOf(from), timeOf(to)];
    return [
      timeOf(from),
      to === '24:00' ? timeOf(`${from.slice(0, 10)} 00:00`) + DAY : timeOf(`${from.slice(0, 10)} ${to}`),
    ];
  }

  /** Calls of a row, in history and judged time together. */
  #calls(key: SeriesKey, from: number, to: number): number {
    const { history, judged } = this.#truth;
    return (
      sumOf(history, this.#history.get(keyId(key)), from, to) + sumOf(judged, this.#judged.get(keyId(key)), from, to)
    );
  }

  #ever(key: SeriesKey): number {
    const { history } = this.#truth;
    return sumOf(history, this.#history.get(keyId(key)), history.grid.start, gridEnd(history.grid));
  }

  /** Calls in the same hours of the weeks before, in the history. */
  #sameHours(key: SeriesKey, from: number, to: number): number[] {
    const { history } = this.#truth;
    return weeksBefore(from, to, history.grid.start, gridEnd(history.grid)).map(([a, b]) =>
      sumOf(history, this.#history.get(keyId(key)), a, b),
    );
  }
}

const UNITS = { day: DAY, hour: HOUR, minute: MINUTE, second: 1000 } as const;

function weeksBefore(from: number, to: number, begin: number, end: number): [number, number][] {
  const found: [number, number][] = [];
  for (let k = 1; from - k * WEEK >= begin && found.length < 8; k++) {
    if (to - k * WEEK <= Math.min(end, from)) found.push([from - k * WEEK, to - k * WEEK]);
  }
  return found;
}

function sumOf(set: SeriesSet, row: number | undefined, from: number, to: number): number {
  if (row === undefined) return 0;
  const { start, step, length } = set.grid;
  let sum = 0;
  for (let i = Math.max(0, (from - start) / step); i < Math.min(length, (to - start) / step); i++) {
    sum += valueAt(set, row, i);
  }
  return sum;
}

function headlineOf(text: string): string {
  return text.slice(0, text.search(/\. (?:An? |This long|\d)/) + 1);
}

function expectedIn(text: string): number | undefined {
  if (text.includes('almost none expected')) return 0;
  const [, figure] = /expected (?:about )?([\d,.]*\d)/.exec(text) ?? [];
  return figure === undefined ? undefined : numberOf(figure);
}

function numberOf(text: string): number {
  return text === 'no' ? 0 : Number(text.replaceAll(',', ''));
}

/** Whether a figure is another, rounded as words round it. */
function near(said: number, is: number): boolean {
  return Math.abs(said - is) <= (is >= 9.95 ? 0.5001 : is >= 0.095 ? 0.0501 : 0.00501);
}

function timeOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}:00Z`);
}

function isFailure(error: string | null): boolean {
  return error !== null && error !== 'DryRunOperationException';
}

function isOf({ operation, keyArns, error }: TrueCall, key: SeriesKey): boolean {
  if (key.operation !== null && key.operation !== operation) return false;
  if (key.keyArn !== null && !keyArns.includes(key.keyArn)) return false;
  if (key.outcome === 'ok') return error === null;
  return key.outcome === 'error' ? isFailure(error) : true;
}

/** Whether a caller goes by a name of the words. */
function isCalled(caller: string, name: string): boolean {
  return caller === name || caller.endsWith(`:${name}`) || `account ${caller}` === name.toLowerCase();
}
