import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { MAX_STEP } from '../time/grid.js';
import { isoTime } from '../time/iso.js';
import { cellOf, type Line, linesOf, nameOf, numberCell, numberOf } from './csv-cells.js';
import { type AbsentLines, finite, isLongHead, longCsv, readLong } from './csv-long.js';
import { KEY_FIELDS, keyId, type SeriesKey, seriesKey } from './key.js';
import { checkSet, observedRow, readRow, type SeriesInput, type SeriesSet, seriesSet } from './series-set.js';

export interface CsvOptions {
  /** Width of a bucket in ms; needed only where the text has fewer than two times. */
  readonly step?: number;
  /** What the values are; `count` when left out. */
  readonly measure?: 'count' | 'level';
  /**
   * In the long form, what a bucket without a line means: nothing is known of it (`unobserved`, the default), or nothing
   * happened (`zero`), as where lines are groups of calls that a query counted.
   */
  readonly absent?: AbsentLines;
}

export interface CsvFormOptions {
  /**
   * - `wide` (the default): one line a series, one column a bucket
   * - `long`: one line for each series and bucket: `time,key,operation,calls,account,region,caller,outcome,metric`
   *   (`value` in place of `calls` for levels), as data frames and plots take it
   * - `ds`: `unique_id,ds,y`, as Prophet and the Nixtla libraries take it
   */
  readonly form?: 'wide' | 'long' | 'ds';
}

/**
 * A set as CSV (RFC 4180, lines end in CR LF): one line a series, under a head of `operation`, `keyArn`, `account`,
 * `region`, `caller`, `outcome`, `metric` and the ISO time of each bucket; or in one of the other forms. An empty cell is
 * `null` for a name and "not observed" for a value; a name that is empty text is `""`.
 *
 * Names come from logs, and a spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a
 * formula: those get a `'` in front, which {@link seriesFromCsv} takes away (one that a name began with is doubled).
 * @example
 * ```ts
 * import { seriesFromCsv, seriesToCsv } from 'kms-baseline';
 *
 * const set = seriesFromCsv('ds,y\n2026-01-05 00:00,4\n2026-01-05 01:00,6\n');
 * console.log(seriesToCsv(set, { form: 'long' }));
 * ```
 * @throws InputError when an observed level is infinite, which the text could not give back
 */
export function seriesToCsv(set: SeriesSet, options: CsvFormOptions = {}): string {
  checkSet(set, 'set');
  checkOptions(options, FORM_OPTIONS);
  const form = options.form ?? 'wide';
  if (form === 'long' || form === 'ds') return longCsv(set, form);
  if (form !== 'wide') throw new InputError(`form must be 'wide', 'long' or 'ds', got ${shown(form)}`);
  const { start, step, length } = set.grid;
  const times = Array.from({ length }, (_, i) => new Date(start + i * step).toISOString());
  const lines = [[...KEY_FIELDS, ...times].map(cellOf).join(',')];
  const values = new Float64Array(length);
  for (const [row, key] of set.keys.entries()) {
    readRow(set, row, values);
    const observed = observedRow(set, row);
    const cells: string[] = KEY_FIELDS.map((field) => cellOf(key[field]));
    for (let i = 0; i < length; i++) {
      cells.push(observed[i] === 1 ? numberCell(finite(values[i], key, times[i])) : '');
    }
    lines.push(cells.join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * A set from the text that {@link seriesToCsv} writes, in any of its forms, or from one like it. Values are dense.
 *
 * Wide: the names may be some of the seven, in any order, before times that follow one another by one step. Long: the head
 * has one column for the time (`time`, `ds`, `timestamp`; without a zone it is UTC), one for the value (`calls`, `value`,
 * `y`, `count`), any names of a key (`key` stands for `keyArn`) or a `unique_id`, which becomes the series' `metric`; columns
 * of a judgement (`expected`, `lower`, `upper`, `verdict`, `surprise`, `reason`) are left aside. Lines come in any order and
 * may end in LF; the step is the least distance of two times.
 * @example
 * ```ts
 * import { fitBaseline, seriesFromCsv } from 'kms-baseline';
 *
 * const hours = Array.from({ length: 24 * 28 }, (_, hour) => new Date(Date.UTC(2026, 0, 5) + hour * 3_600_000));
 * const text = ['ds,y', ...hours.map((ds) => `${ds.toISOString()},${ds.getUTCHours()}`)].join('\n');
 * console.log(fitBaseline(seriesFromCsv(text)).keys.length); // 1
 * ```
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
  const absent = options.absent ?? 'unobserved';
  if (absent !== 'unobserved' && absent !== 'zero') {
    throw new InputError(`absent must be 'unobserved' or 'zero', got ${shown(absent)}`);
  }
  if (isLongHead(head.value)) return readLong(head.value, lines, measure, options.step, absent);
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

const CSV_OPTIONS: OptionNames<CsvOptions> = { step: true, measure: true, absent: true };
const FORM_OPTIONS: OptionNames<CsvFormOptions> = { form: true };

/** UTC, as `toISOString` writes it; minutes, seconds and their fractions may be left out from the right. */
const UTC_TIME = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/;

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
    const time = UTC_TIME.test(text) ? isoTime(text) : Number.NaN;
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
