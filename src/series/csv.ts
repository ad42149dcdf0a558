import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { MAX_STEP } from '../time/grid.js';
import { KEY_FIELDS, keyId, type SeriesKey, seriesKey } from './key.js';
import { checkSet, observedRow, readRow, type SeriesInput, type SeriesSet, seriesSet } from './series-set.js';

export interface CsvOptions {
  /** Width of a bucket in ms; needed only where the text has fewer than two times to tell it. */
  readonly step?: number;
  /** What the values are; `count` when left out. */
  readonly measure?: 'count' | 'level';
}

/**
 * A set as CSV (RFC 4180, lines end in CR LF): one line a series, under a head of `operation`, `keyArn`, `account`,
 * `region`, `caller`, `outcome`, `metric` and the ISO time of each bucket. An empty cell is `null` for a name and "not
 * observed" for a value; a name that is empty text is `""`.
 *
 * Names come from logs, and a spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a
 * formula: those get a `'` in front, which {@link seriesFromCsv} takes away (one that a name began with is doubled).
 * @throws InputError when an observed level is infinite, which the text could not give back
 */
export function seriesToCsv(set: SeriesSet): string {
  checkSet(set, 'set');
  const { start, step, length } = set.grid;
  const times = Array.from({ length }, (_, i) => new Date(start + i * step).toISOString());
  const lines = [[...KEY_FIELDS, ...times].map(cellOf).join(',')];
  const values = new Float64Array(length);
  for (const [row, key] of set.keys.entries()) {
    readRow(set, row, values);
    const observed = observedRow(set, row);
    const cells: string[] = KEY_FIELDS.map((field) => cellOf(key[field]));
    for (let i = 0; i < length; i++) {
      const known = observed[i] === 1 && !Number.isNaN(values[i]);
      if (known && !Number.isFinite(values[i])) {
        throw new InputError(`set.values must be finite, got ${values[i]} for ${keyId(key)} at ${times[i]}`);
      }
      // String(-0) is 0.
      cells.push(known ? (Object.is(values[i], -0) ? '-0' : String(values[i])) : '');
    }
    lines.push(cells.join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

function cellOf(text: string | null): string {
  if (text === null) return '';
  const safe = /^[=+\-@\t\r\n']/.test(text) ? `'${text}` : text;
  return safe === '' || /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * A set from the text that {@link seriesToCsv} writes, or from one like it: the names may be some of the seven, in any
 * order, before times that follow one another by one step; lines may end in LF. Values are dense.
 * @throws InputError naming the line and the column (both from 1; a column is a cell, not a letter)
 */
export function seriesFromCsv(text: string, options: CsvOptions = {}): SeriesSet {
  checkOptions(options, CSV_OPTIONS);
  if (typeof text !== 'string') throw new InputError(`text must be a string, got ${shown(text)}`);
  const measure = options.measure ?? 'count';
  if (measure !== 'count' && measure !== 'level') {
    throw new InputError(`measure must be 'count' or 'level', got ${shown(measure)}`);
  }
  const lines = linesOf(text);
  const head = lines.next();
  if (head.done) throw new InputError('text must begin with a line of names and times, got an empty text');
  const { fields, times } = readHead(head.value);
  const step = readStep(times, fields.length, options.step);
  const rows = new Map<string, number>();
  const series: SeriesInput[] = [];
  for (const line of lines) {
    if (line.cells.length !== head.value.cells.length) {
      throw new InputError(
        `line ${line.at} must have ${head.value.cells.length} cells as line 1 has, got ${line.cells.length}`,
      );
    }
    const names: Partial<Record<keyof SeriesKey, string | null>> = {};
    for (const [i, field] of fields.entries()) names[field] = nameOf(line.cells[i]);
    const key = seriesKey(names as Partial<SeriesKey>);
    const id = keyId(key);
    if (rows.has(id)) throw new InputError(`line ${line.at} must be a new series, got that of line ${rows.get(id)}`);
    rows.set(id, line.at);
    const values = Float64Array.from(times, (_, i) => numberOf(line, fields.length + i, measure));
    series.push({ key, values });
  }
  // Without a series nothing says that anything listened.
  const observed = series.length > 0 ? {} : { observed: new Uint8Array(times.length) };
  return seriesSet({ start: times[0] ?? 0, step, measure, series, ...observed });
}

const CSV_OPTIONS: OptionNames<CsvOptions> = { step: true, measure: true };

interface Cell {
  readonly text: string;
  readonly quoted: boolean;
}

interface Line {
  /** Counted from 1. */
  readonly at: number;
  readonly cells: readonly Cell[];
}

/** A cell with the comma, line end or end of text after it: quoted, or without any quote. Linear in its length. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** The lines of a CSV text that are not empty; a quoted cell may hold line ends. */
function* linesOf(text: string): Generator<Line, undefined> {
  let cells: Cell[] = [];
  let at = 1;
  let begun = at;
  // Spreadsheets put a byte order mark in front.
  let from = text.startsWith('\ufeff') ? 1 : 0;
  while (from < text.length || cells.length > 0) {
    CELL.lastIndex = from;
    const found = CELL.exec(text);
    if (found === null) {
      throw new InputError(
        `line ${at}, column ${cells.length + 1} must be text without quotes or quoted as a whole, got ${shown(text.slice(from, from + 40))}`,
      );
    }
    from = CELL.lastIndex;
    cells.push({ text: found[1]?.replaceAll('""', '"') ?? found[2], quoted: found[1] !== undefined });
    if (found[0].includes('\n')) at += found[0].split('\n').length - 1;
    if (found[3] === ',') continue;
    if (cells.length > 1 || cells[0].quoted || cells[0].text !== '') yield { at: begun, cells };
    cells = [];
    begun = at;
  }
}

/** The text of a cell before {@link cellOf}. */
function nameOf({ text, quoted }: Cell): string | null {
  if (text === '') return quoted ? '' : null;
  return /^'[=+\-@\t\r\n']/.test(text) ? text.slice(1) : text;
}

/** UTC, as `toISOString` writes it; minutes, seconds and their fractions may be left out from the right. */
const ISO_TIME = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/;

/** Epoch ms; NaN for a day that its month does not have, which `Date.parse` takes for one of the next month. */
function timeOf(text: string): number {
  const time = Date.parse(text);
  const day = text.slice(0, text.indexOf('T'));
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(`${day}T`) ? time : Number.NaN;
}

function readHead({ cells }: Line): { fields: (keyof SeriesKey)[]; times: number[] } {
  const fields: (keyof SeriesKey)[] = [];
  const times: number[] = [];
  for (const [i, cell] of cells.entries()) {
    const text = nameOf(cell) ?? '';
    const field = KEY_FIELDS.find((name) => name === text);
    if (field !== undefined && times.length === 0 && !fields.includes(field)) {
      fields.push(field);
      continue;
    }
    const time = ISO_TIME.test(text) ? timeOf(text) : Number.NaN;
    if (Number.isNaN(time)) {
      const need = times.length === 0 ? `one of ${KEY_FIELDS.join(', ')} that is new, or a time` : 'a time';
      throw new InputError(`line 1, column ${i + 1} must be ${need} like 2026-01-05T00:00:00Z, got ${shown(text)}`);
    }
    times.push(time);
  }
  return { fields, times };
}

/** The step between the times, which must all be alike. */
function readStep(times: readonly number[], names: number, given: number | undefined): number {
  if (times.length < 2 && given === undefined) {
    throw new InputError(`step must be given where line 1 has fewer than two times, got ${times.length}`);
  }
  if (given === undefined && times[1] <= times[0]) {
    throw new InputError(
      `line 1, column ${names + 2} must be later than ${new Date(times[0]).toISOString()}, got ${new Date(times[1]).toISOString()}`,
    );
  }
  const step = checkInteger(given ?? times[1] - times[0], 'step', 1, MAX_STEP);
  for (let i = 1; i < times.length; i++) {
    if (times[i] - times[i - 1] === step) continue;
    const need = new Date(times[i - 1] + step).toISOString();
    throw new InputError(
      `line 1, column ${names + i + 1} must be ${need}, one step of ${step} ms on, got ${new Date(times[i]).toISOString()}`,
    );
  }
  return step;
}

/** No digit can stand in two places of it: linear in the length of the text. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** A double is written exactly in fewer characters; what `String` writes has 24 at most. */
const MAX_NUMBER = 1100;

function numberOf(line: Line, column: number, measure: 'count' | 'level'): number {
  const { text } = line.cells[column];
  if (text === '') return Number.NaN;
  const value = text.length <= MAX_NUMBER && NUMBER.test(text) ? Number(text) : Number.NaN;
  const fits = measure === 'count' ? Number.isSafeInteger(value) && value >= 0 : Number.isFinite(value);
  if (fits) return value;
  const need = measure === 'count' ? 'a whole number of calls, 0 or more' : 'a finite number';
  throw new InputError(`line ${line.at}, column ${column + 1} must be ${need}, or empty, got ${shown(text)}`);
}
