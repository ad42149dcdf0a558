import { describe, expect, it } from 'vitest';
import {
  importCycles,
  linesOf,
  longFunctions,
  moduleState,
  parsed,
  sourceFiles,
  unsurePowers,
} from '../support/house.js';

const MOST_LINES_OF_A_FILE = 400;
const MOST_LINES_OF_A_FUNCTION = 80;

/** Constant tables, made where they are declared and written by nobody. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  'engine/anomalies/anomaly-of-runs.ts': ['CRITICAL_OPERATIONS'],
  'engine/counts/fields.ts': ['WHOLE', 'TIME', 'FLOAT'],
  'engine/counts/fit/daily-rate.ts': ['KEEPS'],
  'engine/counts/model.ts': ['MODEL_FIELDS', 'COLUMNS'],
  'engine/counts/quantized-profile.ts': ['SHAPES', 'VARIANCES'],
  'engine/counts/rate-filter.ts': ['KEPT_AN_HOUR', 'KEPT_A_DAY'],
  'engine/levels/tail.ts': ['EDGES', 'SHARES'],
};

const engine = sourceFiles('engine');

function faultsOf(file: (typeof engine)[number]): string[] {
  const faults = [
    ...longFunctions(file, MOST_LINES_OF_A_FUNCTION),
    ...moduleState(file, Object.hasOwn(TABLES, file.name) ? TABLES[file.name] : []),
  ];
  const lines = linesOf(file);
  return lines > MOST_LINES_OF_A_FILE ? [...faults, `${file.name}: ${lines} lines`] : faults;
}

describe('the engine', () => {
  it.each(engine.map((file) => [file.name, file] as const))(
    '%s is short, of short functions, and keeps nothing that changes in the module',
    (_, file) => {
      expect(faultsOf(file)).toEqual([]);
    },
  );

  it('has all tables that are listed', () => {
    const made = engine.flatMap((file) => moduleState(file));
    for (const [name, tables] of Object.entries(TABLES)) {
      for (const table of tables) expect(made).toContain(`${name} ${table} is made of objects`);
    }
  });
});

it('no file of src imports itself, by way of others or types either', () => {
  expect(importCycles(sourceFiles()).map((group) => group.join(' ↔ '))).toEqual([]);
});

it('no figure hangs on a power that differs from one Node to another', () => {
  expect(['engine', 'stats', 'series', 'time'].flatMap((room) => sourceFiles(room).flatMap(unsurePowers))).toEqual([]);
});

describe('the checks', () => {
  const stateOf = (text: string) => moduleState(parsed('x.ts', text)).map((fault) => fault.slice('x.ts '.length));

  it('find what a module keeps and changes', () => {
    expect(stateOf('let a = 1; export var b = 2;')).toEqual(['let a', 'let b']);
    expect(stateOf('const a = {}; function f() { a.b.c = 1; }')).toEqual(['a is written to']);
    expect(stateOf('const a = [0]; const { b } = x; function f() { a[0]++; b.n += 1; }')).toHaveLength(2);
    expect(stateOf('const a = []; export const f = () => a.push(1);')).toEqual(['a is written to']);
    expect(stateOf('const a = new Map(); const b = { c: Float64Array.of(1) }; const d = f();')).toHaveLength(3);
  });

  it('leave alone what is constant, or declared anew within', () => {
    expect(stateOf('const a = 1; const b = [1, 2] as const; const c = Math.log(2) * -b[0];')).toEqual([]);
    expect(stateOf('const f = () => new Map(); const o = { make: (n) => new Float64Array(n) };')).toEqual([]);
    expect(stateOf('const a = 1; function f(a) { a.b = 1; } function g() { const a = []; a.push(1); }')).toEqual([]);
    expect(stateOf('const a = 1; for (let a = 0; a < 1; a++) f(a); function f({ a }) { a.x = 1; }')).toEqual([]);
  });

  it('measure functions of every kind, and name them', () => {
    const long = (head: string) => parsed('x.ts', `${head} {\n${'  f();\n'.repeat(9)}}`);
    expect(longFunctions(long('function f()'), 10)).toEqual(['x.ts f: 11 lines']);
    expect(longFunctions(long('const g = () =>'), 10)).toEqual(['x.ts g: 11 lines']);
    expect(longFunctions(parsed('x.ts', `class A {\n  #m() {\n${'f();\n'.repeat(9)}  }\n}`), 10)).toEqual([
      'x.ts #m: 11 lines',
    ]);
    expect(longFunctions(long('function f()'), 11)).toEqual([]);
  });

  it('find powers of anything but two, and of two those that are not whole', () => {
    const of = (text: string) => unsurePowers(parsed('x.ts', text));
    expect(of('const a = 2 ** 32; const b = 2 ** -k; const c = x * x;')).toEqual([]);
    expect(of('const a = x ** 2;')).toEqual(['x.ts:1 x ** 2']);
    expect(of('const a = 10 ** k; let b = 2; b **= 3; const c = 2 ** 0.5; const d = 2 ** (k / 3);')).toHaveLength(4);
    expect(of('const a = Math.pow(2, 3);')).toHaveLength(1);
  });

  it('find cycles, of types as well, and only cycles', () => {
    const files = [
      parsed('a.ts', "import type { B } from './b.js';"),
      parsed('b.ts', "import { c } from './d/c.js';"),
      parsed('d/c.ts', "export { a } from '../a.js';"),
      parsed('e.ts', "import './a.js';"),
    ];
    expect(importCycles(files)).toEqual([['a.ts', 'b.ts', 'd/c.ts']]);
  });
});
