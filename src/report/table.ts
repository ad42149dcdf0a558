/** One column of a plain-text table. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right, so that their digits line up; left by default. */
  readonly align?: 'left' | 'right';
}

/**
 * A table in plain text: a line of titles, a line a row, two spaces between columns, nothing after the last one. Cells are
 * taken as they are: names from data go through `printable` first.
 * @param rows as many cells each as there are columns
 */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => widthOf(cells[i] ?? ''))));
  return lines.map((cells) =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? '';
        const room = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
        return align === 'right' ? room + cell : cell + room;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Characters, not code units: what stands in one place of a terminal, wide scripts apart. */
function widthOf(text: string): number {
  return [...text].length;
}
