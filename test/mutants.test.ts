import { describe, expect, it } from 'vitest';
// @ts-expect-error a script, without types
import { mutantsOf, withMutants } from '../scripts/mutants.mjs';

interface Mutant {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly line: number;
}

/** The program as each of its changes leaves it. */
const changed = (text: string): string[] =>
  (mutantsOf(text) as Mutant[]).map(({ from, to, text: put }) => text.slice(0, from) + put + text.slice(to));

describe('changes of a program, for its tests to find', () => {
  it.each([
    ['f(a < b);', [';', 'f(a <= b);', 'f(a >= b);']],
    ['x = a && b', [';', 'x = a || b']],
    ['x = a + 2', [';', 'x = a - 2', 'x = a + (2 + 1)']],
    ['n -= 0.5', [';', 'n += 0.5', 'n -= (0.5 * 1.5 + 0.1)']],
    ['const y = a === b ? 1 : 0', 'true false !== 2 1'.split(' ').length],
    ['if (!done) return;', ['if (true) return;', 'if (false) return;', 'if ((done)) return;']],
    ['const flag = true', ['const flag = false']],
  ])('%s', (text, expected) => {
    const found = changed(text);
    if (typeof expected === 'number') expect(found).toHaveLength(expected);
    else expect(found).toEqual(expected);
    expect(new Set([...found, text]).size).toBe(found.length + 1);
  });

  it('leave types, names, texts and the words of errors alone', () => {
    for (const text of [
      'type A = 1 | 2; interface B { c: true }',
      "import { a } from './a.js'; export { b } from './b.js';",
      'const names = { from: true, to: true };',
      "const text = 'a' + b;",
      "throw new Error('a' + (1 + 2));",
      'class A extends B { constructor() { super(); } }',
    ]) {
      expect(changed(text), text).toEqual([]);
    }
  });

  it('say in which line they are', () => {
    expect((mutantsOf('const a = 1;\n\nconst b = 2;') as Mutant[]).map(({ line }) => line)).toEqual([1, 3]);
  });

  it('are what a program that holds all of them at once does, one at a time, on the same lines', () => {
    const program = `
      let n = 2;
      const list: number[] = [];
      for (let i = 0; i < 5; i++) {
        if (i % 2 === 0 && i > 1) list.push(i * n - 1);
        else n += 1;
      }
      // A table of names.
      const of = { 1: list.length > 1 ? 'many' : 'few', last: !list.includes(3) };
      return JSON.stringify([n, list, of]);`;
    const mutants = (mutantsOf(program) as Mutant[]).map((mutant, id) => ({ ...mutant, id }));
    const all: string = withMutants(program, mutants, 'chosen');
    expect(all.split('\n')).toHaveLength(program.split('\n').length);
    const run = (text: string, at: number): unknown => {
      const js = text.replace(': number[]', '');
      return new Function('chosen', js)((id: number) => id === at);
    };
    for (const [id, text] of changed(program).entries()) expect(run(all, id), text).toBe(run(text, -1));
    expect(run(all, -1)).toBe(run(program, -1));
    expect(new Set(mutants.map(({ id }) => run(all, id))).size).toBeGreaterThan(10);
  });
});
