import { checkInteger, InputError, shown } from '../errors.js';
import { MAX_BUCKETS, MAX_STEP } from '../time/grid.js';
import { isoTime } from '../time/iso.js';
import { cellOf, type Line, nameOf, numberCell, numberOf } from './csv-cells.js';
import { KEY_FIELDS, keyId, type SeriesKey, seriesKey } from './key.js';
import { observedRow, readRow, type SeriesSet, seriesSet } from './series-set.js';

/** What a bucket without a line means: not known, or no call. */
export type AbsentLines = 'unobserved' | 'zero';

/** Column names of a time and of a value; the first is the one that is written. */
const TIMES = ['time', 'ds', 'timestamp'];
const VALUES = ['calls', 'value', 'y', 'count'];
/** Of the judgement, which the same text may have beside the counts. */
export const SCORE_FIELDS = ['expected', 'lower', 'upper', 'verdict', 'surprise', 'reason'] as const;
const NAMES: ReadonlyMap<string, keyof SeriesKey> = new Map([
  ...KEY_FIELDS.map((field) => [field, field] as const),
  ['key', 'keyArn'],
]);
/** The names behind `key` and `operation`, which come first. */
export const LATER_NAMES = KEY_FIELDS.filter((field) => field !== 'keyArn' && field !== 'operation');

/** Whether the cells of a head are those of the long form: one of them names the time. */
export function isLongHead({ cells }: Line): boolean {
  return cells.some(({ text }) => TIMES.includes(text));
}

/** One line for each series and bucket, an empty value where nothing was observed. */
export function longCsv(set: SeriesSet, form: 'long' | 'ds'): string {
  const { start, step, length } = set.grid;
  const value = set.measure === 'count' ? 'calls' : 'value';
  const lines = [form === 'ds' ? 'unique_id,ds,y' : ['time,key,operation', value, ...LATER_NAMES].join(',')];
  const times = Array.from({ length }, (_, i) => new Date(start + i * step).toISOString());
  const values = new Float64Array(length);
  for (const [row, key] of set.keys.entries()) {
    readRow(set, row, values);
    const observed = observedRow(set, row);
    const before = form === 'ds' ? `${cellOf(keyId(key))},` : '';
    const names = `,${cellOf(key.keyArn)},${cellOf(key.operation)},`;
    const later = LATER_NAMES.map((field) => `,${cellOf(key[field])}`).join('');
    for (let i = 0; i < length; i++) {
      const cell = observed[i] === 1 ? numberCell(finite(values[i], key, times[i])) : '';
      lines.push(form === 'ds' ? `${before}${times[i]},${cell}` : `${times[i]}${names}${cell}${later}`);
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** @throws InputError of an infinite level, which a text could not give back */
export function finite(value: number, key: SeriesKey, time: string): number {
  if (Number.isFinite(value) || Number.isNaN(value)) return value;
  throw new InputError(`set.values must be finite, got ${value} for ${keyId(key)} at ${time}`);
}

interface Columns {
  readonly time: number;
  readonly value: number;
  /** Of `unique_id`; -1 without it. */
  readonly id: number;
  readonly names: readonly (readonly [field: keyof SeriesKey, column: number])[];
}

/** Which column is what. @throws InputError naming a column that is unknown, missing or there twice */
function columnsOf({ cells }: Line, measure: 'count' | 'level'): Columns {
  const all = cells.map(({ text }) => text);
  const known = [...NAMES.keys(), 'unique_id', ...TIMES, ...VALUES, ...SCORE_FIELDS];
  for (const [i, text] of all.entries()) {
    if (!known.includes(text)) {
      throw new InputError(`line 1, column ${i + 1} must be one of ${known.join(', ')}, got ${shown(text)}`);
    }
    if (all.indexOf(text) < i) throw new InputError(`line 1, column ${i + 1} must be new, got ${text} a second time`);
  }
  const one = (names: readonly string[], what: string): number => {
    const found = all.flatMap((text, i) => (names.includes(text) ? [i] : []));
    if (found.length === 1) return found[0];
    const got = found.length === 0 ? 'none' : found.map((i) => all[i]).join(' and ');
    throw new InputError(`line 1 must have one column of ${what} (${names.join(', ')}), got ${got}`);
  };
  const names = all.flatMap((text, i) => {
    const field = NAMES.get(text);
    return field === undefined ? [] : [[field, i] as const];
  });
  const id = all.indexOf('unique_id');
  if (id >= 0 && names.length > 0) {
    throw new InputError(`line 1 must have unique_id or names of a series, got both: ${all[names[0][1]]}`);
  }
  if (all.includes('key') && all.includes('keyArn')) throw new InputError('line 1 must have key or keyArn, got both');
  return { time: one(TIMES, 'times'), value: one(VALUES, measure === 'count' ? 'calls' : 'values'), id, names };
}

/**
 * The series that a `unique_id` names: what {@link keyId} makes of a key is that key, any other text stands as its `metric`.
 */
function keyOfId(text: string): SeriesKey {
  if (text.startsWith('[')) {
    try {
      const names: unknown = JSON.parse(text);
      if (Array.isArray(names) && names.every((name) => name === null || typeof name === 'string')) {
        const key = seriesKey(Object.fromEntries(KEY_FIELDS.map((field, i) => [field, names[i]])));
        if (keyId(key) === text) return key;
      }
    } catch {
      // A name that begins with a bracket.
    }
  }
  return seriesKey({ metric: text });
}

interface Row {
  readonly key: SeriesKey;
  readonly times: number[];
  readonly values: number[];
  readonly lines: number[];
}

/** A set from lines of the long form, in any order. @throws InputError naming the line and the column */
export function readLong(
  head: Line,
  lines: Iterable<Line>,
  measure: 'count' | 'level',
  given: number | undefined,
  absent: AbsentLines,
): SeriesSet {
  const columns = columnsOf(head, measure);
  const rows = new Map<string, Row>();
  let count = 0;
  for (const line of lines) {
    if (line.cells.length !== head.cells.length) {
      throw new InputError(
        `line ${line.at} must have ${head.cells.length} cells as line 1 has, got ${line.cells.length}`,
      );
    }
    const text = line.cells[columns.time].text;
    const time = isoTime(text);
    if (Number.isNaN(time)) {
      throw new InputError(
        `line ${line.at}, column ${columns.time + 1} must be a time like 2026-01-05T00:00:00Z or 2026-01-05 00:00, got ${shown(text)}`,
      );
    }
    const key =
      columns.id >= 0
        ? keyOfId(line.cells[columns.id].text)
        : seriesKey(Object.fromEntries(columns.names.map(([field, i]) => [field, nameOf(line.cells[i])])));
    const id = keyId(key);
    const row = rows.get(id) ?? { key, times: [], values: [], lines: [] };
    rows.set(id, row);
    row.times.push(time);
    row.values.push(numberOf(line, columns.value, measure));
    row.lines.push(line.at);
    count++;
  }
  if (count === 0) throw new InputError('text must have at least one line below its head, got none');
  return onGrid([...rows.values()], count, measure, given, absent);
}

/** A text may name so many buckets besides a thousand for each line; more is a mistake in a time. */
const FREE_CELLS = 2 ** 24;

function onGrid(
  rows: readonly Row[],
  lines: number,
  measure: 'count' | 'level',
  given: number | undefined,
  absent: AbsentLines,
): SeriesSet {
  const { start, end, step } = stepOf(rows, given);
  const length = (end - start) / step + 1;
  if (length > MAX_BUCKETS || length * rows.length > FREE_CELLS + 1000 * lines) {
    throw new InputError(
      `times must lie closer together: from ${new Date(start).toISOString()} to ${new Date(end).toISOString()} ` +
        `by ${step} ms are ${length} buckets of ${rows.length} series, for ${lines} lines`,
    );
  }
  const series = rows.map(({ key, times, values, lines }) => {
    const cells = new Float64Array(length).fill(absent === 'zero' ? 0 : Number.NaN);
    const seen = new Map<number, number>();
    for (const [i, time] of times.entries()) {
      const bucket = (time - start) / step;
      const before = seen.get(bucket);
      if (before !== undefined) {
        throw new InputError(`line ${lines[i]} must be a new time of its series, got that of line ${before}`);
      }
      seen.set(bucket, lines[i]);
      cells[bucket] = values[i];
    }
    return { key, values: cells };
  });
  return seriesSet({ start, step, measure, series });
}

/** Where the times begin and end, and their step: the least distance of two, by which all others must lie. */
function stepOf(rows: readonly Row[], given: number | undefined): { start: number; end: number; step: number } {
  const times = Float64Array.from(new Set(rows.flatMap(({ times }) => times))).sort();
  const start = times[0];
  const end = times[times.length - 1];
  if (given === undefined && times.length < 2) {
    throw new InputError(`step must be given where there are fewer than two times, got ${times.length}`);
  }
  let least = given ?? Number.POSITIVE_INFINITY;
  if (given === undefined) {
    for (let i = 1; i < times.length; i++) least = Math.min(least, times[i] - times[i - 1]);
  }
  const step = checkInteger(least, 'step', 1, MAX_STEP);
  for (const row of rows) {
    for (const [i, time] of row.times.entries()) {
      if ((time - start) % step === 0) continue;
      throw new InputError(
        `line ${row.lines[i]} must be a whole number of steps of ${step} ms after ${new Date(start).toISOString()}, got ${new Date(time).toISOString()}`,
      );
    }
  }
  return { start, end, step };
}
