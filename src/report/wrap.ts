/**
 * `text` in lines of at most `width` characters, broken at spaces; a word that is longer has a line of its own, since an
 * ARN in two pieces cannot be copied.
 * @param first what the first line begins with
 * @param rest what the others begin with; spaces as wide as `first` by default
 */
export function wrap(text: string, width: number, first = '', rest = ' '.repeat(first.length)): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(line);
  return lines;
}
