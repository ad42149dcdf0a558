import { InputError, shown } from '../errors.js';

// The cells of CSV texts (RFC 4180), written and read.

/** A text as a cell; `null` is an empty one, empty text `""`. What a spreadsheet would run gets a `'` in front. */
export function cellOf(text: string | null): string {
  if (text === null) return '';
  const safe = /^[=+\-@\t\r\n']/.test(text) ? `'${text}` : text;
  return safe === '' || /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A number as a cell: empty where it is NaN. `String(-0)` is 0. */
export function numberCell(value: number): string {
  return Number.isNaN(value) ? '' : Object.is(value, -0) ? '-0' : String(value);
}

interface Cell {
  readonly text: string;
  readonly quoted: boolean;
}

/** One line that is not empty. */
export interface Line {
  /** Counted from 1. */
  readonly at: number;
  readonly cells: readonly Cell[];
}

/** A cell with the comma, line end or end of text after it: quoted, or without any quote. Linear in its length. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** The lines of a CSV text that are not empty; a quoted cell may hold line ends. */
export function* linesOf(text: string): Generator<Line, undefined> {
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
export function nameOf({ text, quoted }: Cell): string | null {
  if (text === '') return quoted ? '' : null;
  return /^'[=+\-@\t\r\n']/.test(text) ? text.slice(1) : text;
}

/** No digit can stand in two places of it: linear in the length of the text. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** A double is written exactly in fewer characters; what `String` writes has 24 at most. */
const MAX_NUMBER = 1100;

/** NaN of an empty cell. @throws InputError naming line and column */
export function numberOf(line: Line, column: number, measure: 'count' | 'level'): number {
  const { text } = line.cells[column];
  if (text === '') return Number.NaN;
  const value = text.length <= MAX_NUMBER && NUMBER.test(text) ? Number(text) : Number.NaN;
  const fits = measure === 'count' ? Number.isSafeInteger(value) && value >= 0 : Number.isFinite(value);
  if (fits) return value;
  const need = measure === 'count' ? 'a whole number of calls, 0 or more' : 'a finite number';
  throw new InputError(`line ${line.at}, column ${column + 1} must be ${need}, or empty, got ${shown(text)}`);
}
