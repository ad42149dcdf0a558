import { describe, expect, it } from 'vitest';
// @ts-expect-error a script, without types
import { withConstants } from '../scripts/constants.mjs';

const made = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(withConstants(new Map(Object.entries(files))));

describe('what the build makes of the variables that a bundle declares', () => {
  it('is a constant of each that is written once, whatever it is made of', () => {
    const { '/a.js': text } = made({
      '/a.js':
        'var ONE = 1;\nvar TWO = -ONE, Tree = class {};\nvar { a: LEFT, b: [RIGHT] } = pair;\nif (!ONE) x = ONE;\n',
    });
    expect(text).toBe(
      'const ONE = 1;\nconst TWO = -ONE, Tree = class {};\nconst { a: LEFT, b: [RIGHT] } = pair;\nif (!ONE) x = ONE;\n',
    );
  });

  it.each([
    ['assigned to', 'function f() { known = 2; }'],
    ['added to', 'function f() { known += 2; }'],
    ['stepped', 'function f() { known++; }'],
    ['stepped back', 'function f() { --known; }'],
    ['set where it is missing', 'function f() { known ??= 2; }'],
    ['taken from a pattern', 'function f() { [known] = [2]; }'],
    ['taken from an object', 'function f() { ({ a: known } = { a: 2 }); }'],
    ['the variable of a loop', 'function f() { for (known of [2]); }'],
    ['declared twice', 'var known = 2;'],
  ])('leaves one that is %s', (_, code) => {
    const text = `var known = 1;\n${code}\n`;
    expect(made({ '/a.js': text })).toEqual({ '/a.js': text });
  });

  it('leaves those without a value, and those of functions', () => {
    const text = 'var late;\nfunction f() {\n  var own = 1;\n  return own;\n}\nlet other = 1;\n';
    expect(made({ '/a.js': text })).toEqual({ '/a.js': text });
  });

  it('makes constants of its own of those that a module imports from another, in the same lines', () => {
    const { '/out/in.js': text } = made({
      '/out/chunks/of.js':
        'var MOST = 3;\nvar LEAST2 = 1;\nvar make = () => 1;\nexport {\n  MOST,\n  LEAST2 as LEAST,\n  make\n};\n',
      '/out/in.js':
        'import {\n  LEAST as LEAST3,\n  MOST,\n  make\n} from "./chunks/of.js";\nimport fs from "node:fs";\nmake(MOST, LEAST3, fs);\n',
    });
    expect(text).toBe(
      'import {\n  LEAST as $LEAST3,\n  MOST as $MOST,\n  make\n} from "./chunks/of.js"; const LEAST3 = $LEAST3, MOST = $MOST;\nimport fs from "node:fs";\nmake(MOST, LEAST3, fs);\n',
    );
  });

  it('exports those of a module by other names, which it does not read itself', () => {
    const { '/a.js': text } = made({
      '/a.js':
        'var MOST = 3;\nvar LEAST2 = 1;\nvar make = () => MOST;\nexport {\n  MOST,\n  LEAST2 as LEAST,\n  make\n};\n',
    });
    expect(text).toBe(
      'const MOST = 3;\nconst LEAST2 = 1;\nconst make = () => MOST;\nconst $MOST = MOST, $LEAST2 = LEAST2; export {\n  $MOST as MOST,\n  $LEAST2 as LEAST,\n  make\n};\n',
    );
  });
});
