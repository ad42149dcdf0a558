/** A page of Markdown that grows, printed line by line as it does. */
export class Page {
  readonly #lines: string[] = [];

  line(text = ''): void {
    this.#lines.push(text);
    console.log(text);
  }

  heading(text: string): void {
    this.line();
    this.line(`## ${text}`);
    this.line();
  }

  /** A table whose columns are as wide as what they hold, so that it reads well as plain text too. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = header.map((cell, i) => Math.max(cell.length, 3, ...rows.map((row) => row[i].length)));
    const write = (cells: readonly string[]) =>
      this.line(
        `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`,
      );
    write(header);
    this.line(
      `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
    );
    for (const row of rows) write(row);
    this.line();
  }

  toString(): string {
    return `${this.#lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()}\n`;
  }
}

/** A share with three digits after the point; a dash where there is none. */
export function share(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(3);
}
