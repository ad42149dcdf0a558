import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { seriesFromCsv, seriesToCsv } from '../../src/series/csv.js';
import { rowOf, type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { seriesSets, told } from '../support/series-sets.js';

const start = Date.UTC(2026, 0, 5);
const HEAD = 'operation,keyArn,account,region,caller,outcome,metric';
const TIMES = '2026-01-05T00:00:00.000Z,2026-01-05T00:05:00.000Z,2026-01-05T00:10:00.000Z';

/** RFC 4180 by the letter: the cells of each line, quotes taken away; independent of the reader under test. */
function naiveCells(text: string): string[][] {
  const lines: string[][] = [];
  let cell = '';
  let cells: string[] = [];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === '"' && text[i + 1] === '"') cell += text[i++];
    else if (text[i] === '"') quoted = !quoted;
    else if (!quoted && text[i] === ',') {
      cells.push(cell);
      cell = '';
    } else if (!quoted && text[i] === '\r' && text[i + 1] === '\n') {
      lines.push([...cells, cell]);
      [cells, cell] = [[], ''];
      i++;
    } else cell += text[i];
  }
  return lines;
}

describe('seriesToCsv', () => {
  it('writes one line a series, empty where nothing was observed', () => {
    const set = seriesSet({
      start,
      step: 300_000,
      series: [
        { key: { operation: 'Decrypt', outcome: 'error' }, values: [1, Number.NaN, 0] },
        { key: { caller: 'a "b", c', account: '' }, values: [5, 6, 7_000_000_000] },
      ],
    });
    expect(seriesToCsv(set)).toBe(
      `${HEAD},${TIMES}\r\nDecrypt,,,,,error,,1,,0\r\n,,"",,"a ""b"", c",,,5,6,7000000000\r\n`,
    );
  });

  it('writes no cell that a spreadsheet would run', () => {
    const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\r=1', '\n=1', "'=1", '=HYPERLINK("x","y")'];
    const series = names.map((caller) => ({ key: { caller, operation: caller }, values: [-1.5] }));
    const set = seriesSet({ start, step: 1000, measure: 'level', series });
    const text = seriesToCsv(set);
    for (const line of naiveCells(text).slice(1)) {
      for (const cell of line.slice(0, 7)) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
      // A number below zero is a number, not a formula.
      expect(line[7]).toBe('-1.5');
    }
    expect(seriesFromCsv(text, { step: 1000, measure: 'level' }).keys).toEqual(set.keys);
  });

  it('is what RFC 4180 describes', () => {
    fc.assert(
      fc.property(seriesSets({ values: fc.double({ noDefaultInfinity: true }) }), (set) => {
        const lines = naiveCells(seriesToCsv(set));
        expect(lines.length).toBe(set.keys.length + 1);
        for (const line of lines) expect(line.length).toBe(7 + set.grid.length);
      }),
    );
  });

  it('refuses a level that it could not give back', () => {
    const set = { ...seriesSet({ start, step: 1, measure: 'level', series: [{ key: {}, values: [1] }] }) };
    expect(() => seriesToCsv({ ...set, values: Float64Array.of(Infinity) })).toThrow(
      'set.values must be finite, got Infinity for [null,null,null,null,null,null,null] at 2026-01-05T00:00:00.000Z',
    );
    expect(() => seriesToCsv({ ...set, values: Float64Array.of(1, 2) })).toThrow(InputError);
  });
});

describe('seriesFromCsv', () => {
  it('gives back what was observed of any set', () => {
    const known = (set: SeriesSet) =>
      new Map([...told(set)].map(([id, row]) => [id, row.map((value) => (Number.isNaN(value) ? undefined : value))]));
    fc.assert(
      fc.property(seriesSets({ values: fc.double({ noDefaultInfinity: true }) }), (set) => {
        const again = seriesFromCsv(seriesToCsv(set), { step: set.grid.step, measure: set.measure });
        // Without buckets there is no time to write down.
        if (set.grid.length > 0) expect(again.grid).toEqual(set.grid);
        expect(again.keys).toStrictEqual(set.keys);
        expect(again.measure).toBe(set.measure);
        expect(known(again)).toEqual(known(set));
      }),
    );
  });

  it('reads what a person or a spreadsheet made of it', () => {
    const text =
      '\ufeffmetric,operation,2026-01-05T00:00Z,2026-01-05T00:05:00Z\n"p99, ms","Decrypt",1e1,\n\n,"__proto__",.5,2.\n';
    const set = seriesFromCsv(text, { measure: 'level' });
    expect(set.grid).toEqual({ start, step: 300_000, length: 2 });
    expect([...told(set).values()]).toEqual([
      [10, undefined],
      [0.5, 2],
    ]);
    expect(rowOf(set, { operation: '__proto__' })).toBe(1);
    expect(rowOf(set, { metric: 'p99, ms', operation: 'Decrypt' })).toBe(0);
    expect(seriesFromCsv(text.trimEnd(), { measure: 'level' })).toStrictEqual(set);
  });

  it('reads a head without series as time of which nothing is known', () => {
    const set = seriesFromCsv(`${HEAD},${TIMES}\r\n`);
    expect([set.keys.length, set.grid.length, ...set.observed]).toEqual([0, 3, 0, 0, 0]);
  });

  it.each<[string, string, { step?: number; measure?: 'count' }, string]>([
    ['no text', '', {}, 'text must begin with a line of names and times, got an empty text'],
    ['a name that is none', `when,${TIMES}`, {}, 'line 1, column 1 must be one of operation, keyArn'],
    ['a name that is an enemy', `operation,__proto__,${TIMES}`, {}, 'line 1, column 2 must be one of'],
    ['a name twice', `metric,metric,${TIMES}`, {}, 'line 1, column 2 must be one of'],
    [
      'a name after a time',
      `${TIMES},metric`,
      {},
      'line 1, column 4 must be a time like 2026-01-05T00:00:00Z, got "metric"',
    ],
    ['a local time', 'metric,2026-01-05T00:00:00', {}, 'line 1, column 2 must be'],
    ['a day that is none', 'metric,2026-13-05T00:00:00Z', {}, 'got "2026-13-05T00:00:00Z"'],
    [
      'a gap between times',
      'metric,2026-01-05T00:00Z,2026-01-05T00:05Z,2026-01-05T00:15Z',
      {},
      'line 1, column 4 must be 2026-01-05T00:10:00.000Z, one step of 300000 ms on, got 2026-01-05T00:15:00.000Z',
    ],
    ['times that go back', 'metric,2026-01-05T00:05Z,2026-01-05T00:00Z', {}, 'line 1, column 3 must be later than'],
    [
      'another step than told',
      `metric,${TIMES}`,
      { step: 60_000 },
      'line 1, column 3 must be 2026-01-05T00:01:00.000Z',
    ],
    [
      'one time and no step',
      'metric,2026-01-05T00:00Z',
      {},
      'step must be given where line 1 has fewer than two times, got 1',
    ],
    ['a step of 0', 'metric', { step: 0 }, 'step must be an integer in [1, 31622400000], got 0'],
    ['a short line', `metric,${TIMES}\na,1,2,3\nb,1,2`, {}, 'line 3 must have 4 cells as line 1 has, got 3'],
    [
      'a word for a count',
      `metric,${TIMES}\na,1,many,3`,
      {},
      'line 2, column 3 must be a whole number of calls, 0 or more, or empty, got "many"',
    ],
    ['half a call', `metric,${TIMES}\na,1,2,0.5`, {}, 'line 2, column 4 must be a whole number of calls'],
    ['a number in hex', `metric,${TIMES}\na,1,2,0x10`, {}, 'line 2, column 4'],
    ['a blank for nothing', `metric,${TIMES}\na,1,2, `, {}, 'line 2, column 4'],
    [
      'a series twice',
      `metric,${TIMES}\n"a\nb",1,2,3\n"a\nb",1,2,3`,
      {},
      'line 4 must be a new series, got that of line 2',
    ],
    [
      'a quote inside a cell',
      `metric,${TIMES}\na"b,1,2,3`,
      {},
      'line 2, column 1 must be text without quotes or quoted as a whole, got "a\\"b,1,2,3"',
    ],
    ['a quote that never ends', `metric,${TIMES}\nx,1,2,3\n"ab,1,2,3\n`, {}, 'line 3, column 1 must be text'],
    ['letters after a quote', `metric,${TIMES}\n"a"b,1,2,3`, {}, 'line 2, column 1 must be text'],
    ['a semicolon for a comma', 'metric;2026-01-05T00:00Z', {}, 'line 1, column 1 must be one of'],
    ['another measure', '', { measure: 'rate' as 'count' }, "measure must be 'count' or 'level', got \"rate\""],
  ])('names the place of %s', (_, text, options, message) => {
    expect(() => seriesFromCsv(text, options)).toThrow(InputError);
    expect(() => seriesFromCsv(text, options)).toThrow(message);
  });

  it('takes a long cell without end in its stride', () => {
    // A pattern that backtracks would take more than the age of the universe.
    expect(() => seriesFromCsv(`metric,${TIMES}\n"${'a""'.repeat(50_000)}`)).toThrow('line 2, column 1');
    expect(() => seriesFromCsv(5 as unknown as string)).toThrow('text must be a string, got 5');
  });
});
