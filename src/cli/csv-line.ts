import { cellOf } from '../series/csv-cells.js';

/** One line of CSV (RFC 4180), without its end; an empty cell is nothing. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => cellOf(cell === '' ? null : cell)).join(',');
}
