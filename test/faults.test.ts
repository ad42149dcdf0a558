import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const rows = read('FAULTS.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the tests that FAULTS.md names', () => {
  it.each(rows.map(([, fault, file, title]) => [file, title.replace(/^`|`$/g, ''), fault]))('%s: %s', (file, title) => {
    expect(read(`${file}.test.ts`)).toContain(title);
  });

  it('are there for every fault', () => {
    const faults = rows.map(([, fault]) => fault.split(' ')[0]);
    for (let i = 1; i <= 33; i++) expect(faults).toContain(i <= 13 ? `M${i}` : `F${i}`);
    for (let i = 1; i <= 7; i++) expect(faults).toContain(`H${i}`);
  });
});
