/** Eighths of a character's height. */
const LEVELS = '▁▂▃▄▅▆▇█';
const GAP = ' ';

/**
 * A series as a line of text, `▁▁▃█▂▁`: 0 is the lowest level, the greatest value the highest; several buckets become one
 * character by their greatest value, so that no peak is lost. A space stands where nothing was observed.
 * @param values counts; NaN where nothing was observed
 * @param width characters at most, 1 at least
 */
export function sparkline(values: ArrayLike<number>, width: number): string {
  const together = Math.max(1, Math.ceil(values.length / Math.max(1, width)));
  const columns: number[] = [];
  for (let i = 0; i < values.length; i += together) {
    let most = Number.NaN;
    for (let j = i; j < Math.min(values.length, i + together); j++) if (!(most >= values[j])) most = values[j];
    columns.push(most);
  }
  const top = columns.reduce((most, value) => (value > most ? value : most), 0);
  return columns.map((value) => (Number.isNaN(value) ? GAP : levelOf(value, top))).join('');
}

function levelOf(value: number, top: number): string {
  if (!(value > 0)) return LEVELS[0];
  // What is there at all is told from nothing.
  return LEVELS[Math.max(1, Math.min(7, Math.ceil((value / top) * 7)))];
}
