/** Lines of text with the colour codes of a terminal (ANSI), or as they are. */
export interface Painter {
  readonly bold: (line: string) => string;
  readonly faint: (line: string) => string;
  readonly above: (line: string) => string;
  readonly below: (line: string) => string;
}

/** The eight colours that every terminal has, which its owner chose to be readable. */
export function painter(color: boolean): Painter {
  const paint = (code: number) => (line: string) => (color && line !== '' ? `\u001b[${code}m${line}\u001b[0m` : line);
  return { bold: paint(1), faint: paint(2), above: paint(31), below: paint(34) };
}
