import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { type CsvOptions, seriesFromCsv, seriesToCsv } from '../../src/series/csv.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { seriesSets, told } from '../support/series-sets.js';

const start = Date.UTC(2026, 0, 5);
const HEAD = 'time,key,operation,calls,account,region,caller,outcome,metric';

/** What of a set is known, NaN as not known. */
const known = (set: SeriesSet) =>
  new Map([...told(set)].map(([id, row]) => [id, row.map((value) => (Number.isNaN(value) ? undefined : value))]));

describe('the long form of CSV', () => {
  it('is one line for each series and bucket, empty where nothing was observed', () => {
    const set = seriesSet({
      start,
      step: 300_000,
      series: [{ key: { operation: 'Decrypt', keyArn: 'arn:aws:kms:x', outcome: 'error' }, values: [1, Number.NaN] }],
    });
    expect(seriesToCsv(set, { form: 'long' })).toBe(
      `${HEAD}\r\n2026-01-05T00:00:00.000Z,arn:aws:kms:x,Decrypt,1,,,,error,\r\n2026-01-05T00:05:00.000Z,arn:aws:kms:x,Decrypt,,,,,error,\r\n`,
    );
    expect(seriesToCsv(set, { form: 'ds' }).split('\r\n').slice(0, 2)).toEqual([
      'unique_id,ds,y',
      '"[""Decrypt"",""arn:aws:kms:x"",null,null,null,""error"",null]",2026-01-05T00:00:00.000Z,1',
    ]);
  });

  it('gives back what was observed of any set, whatever order its lines come in', () => {
    const forms = fc.constantFrom('long' as const, 'ds' as const);
    fc.assert(
      fc.property(
        seriesSets({ values: fc.double({ noDefaultInfinity: true }) }),
        forms,
        fc.boolean(),
        (set, form, back) => {
          fc.pre(set.keys.length > 0 && set.grid.length > 0);
          const text = seriesToCsv(set, { form });
          const [head, ...lines] = linesOf(text);
          const turned = [head, ...(back ? lines.reverse() : lines)].join('\n');
          const again = seriesFromCsv(turned, { step: set.grid.step, measure: set.measure });
          expect(again.grid).toEqual(set.grid);
          expect(known(again)).toEqual(known(set));
        },
      ),
    );
  });

  it.each<[string, string, CsvOptions, [string | null, string | null, (number | undefined)[]][]]>([
    ["Prophet's ds and y", 'ds,y\n2026-01-05,4\n2026-01-06,\n2026-01-07,6\n', {}, [[null, null, [4, undefined, 6]]]],
    [
      'unique_id, in local time without a zone, as UTC',
      'unique_id,ds,y\npayments,2026-01-05 01:00:00,4\npayments,2026-01-05 02:00,5\norders,2026-01-05T01:00,1\n',
      {},
      [
        ['payments', null, [4, 5]],
        ['orders', null, [1, undefined]],
      ],
    ],
    [
      'what a query has counted: no line, no call',
      'timestamp,operation,count\n2026-01-05T01:00:00+01:00,Decrypt,4\n2026-01-05T02:00:00Z,Decrypt,5\n2026-01-05T01:00:00.000000Z,Sign,1\n',
      { absent: 'zero' },
      [
        [null, 'Decrypt', [4, 0, 5]],
        [null, 'Sign', [0, 1, 0]],
      ],
    ],
    [
      'scores, of which the counts are taken',
      'time,key,operation,calls,expected,lower,upper,verdict\n2026-01-05T00:00Z,,Sign,7,1.5,0,6,above\n2026-01-05T00:05Z,,Sign,1,1.5,0,6,normal\n',
      {},
      [[null, 'Sign', [7, 1]]],
    ],
  ])('is read as %s', (_, text, options, rows) => {
    const set = seriesFromCsv(text, options);
    expect(set.keys.map(({ metric, operation }, i) => [metric, operation, [...known(set).values()][i]])).toEqual(rows);
    expect(set.grid.start).toBe(
      Date.parse(
        text
          .match(/2026-[^,\n]*/)?.[0]
          .replace(' ', 'T')
          .replace(/(T[\d:]+)$/, '$1Z') ?? '',
      ),
    );
  });

  it.each<[string, string, CsvOptions, string]>([
    ['a column that is unknown', 'ds,y,holiday\n2026-01-05,1,0\n', {}, 'line 1, column 3 must be one of operation'],
    ['a column twice', 'ds,y,y\n', {}, 'line 1, column 3 must be new, got y a second time'],
    ['two times', 'ds,time,y\n', {}, 'line 1 must have one column of times (time, ds, timestamp), got ds and time'],
    ['no value', 'ds,operation\n', {}, 'line 1 must have one column of calls (calls, value, y, count), got none'],
    ['an id beside names', 'unique_id,ds,y,operation\n', {}, 'got both: operation'],
    ['a key twice', 'ds,y,key,keyArn\n', {}, 'must have key or keyArn, got both'],
    ['no line', 'ds,y\n', {}, 'text must have at least one line below its head, got none'],
    [
      'one time and no step',
      'ds,y\n2026-01-05,1\n',
      {},
      'step must be given where there are fewer than two times, got 1',
    ],
    ['a time that is none', 'ds,y\n2026-02-30,1\n', {}, 'line 2, column 1 must be a time like'],
    ['epoch seconds', 'ds,y\n1767571200,1\n', {}, 'line 2, column 1 must be a time like'],
    ['a time of a fraction of a ms', 'ds,y\n2026-01-05T00:00:00.0001Z,1\n', {}, 'line 2, column 1 must be a time'],
    ['half a call', 'ds,y\n2026-01-05,0.5\n2026-01-06,1\n', {}, 'line 2, column 2 must be a whole number of calls'],
    ['a cell too few', 'ds,y\n2026-01-05\n', {}, 'line 2 must have 2 cells as line 1 has, got 1'],
    [
      'a time twice',
      'ds,y\n2026-01-05,1\n2026-01-06,1\n2026-01-05,2\n',
      {},
      'line 4 must be a new time of its series, got that of line 2',
    ],
    [
      'times off the grid',
      'ds,y\n2026-01-05T00:00Z,1\n2026-01-05T00:02Z,1\n2026-01-05T00:05Z,1\n',
      {},
      'line 4 must be a whole number of steps of 120000 ms after 2026-01-05T00:00:00.000Z',
    ],
    [
      'a time centuries away',
      'ds,y\n1026-01-05T00:00Z,1\n2026-01-05T00:01Z,1\n2026-01-05T00:02Z,1\n',
      {},
      'times must lie closer together: from 1026-01-05',
    ],
    ['another form', 'ds,y\n2026-01-05,1\n', { absent: 'none' as never }, "absent must be 'unobserved' or 'zero'"],
  ])('refuses %s', (_, text, options, message) => {
    expect(() => seriesFromCsv(text, options)).toThrow(InputError);
    expect(() => seriesFromCsv(text, options)).toThrow(message);
  });

  it('refuses a form that there is not, and a level that it could not give back', () => {
    const set = seriesSet({ start, step: 1000, measure: 'level', series: [{ key: {}, values: [1] }] });
    expect(() => seriesToCsv(set, { form: 'tall' as never })).toThrow(
      "form must be 'wide', 'long' or 'ds', got \"tall\"",
    );
    const infinite = { ...set, values: Float64Array.of(Number.POSITIVE_INFINITY) };
    expect(() => seriesToCsv(infinite, { form: 'long' })).toThrow('set.values must be finite, got Infinity');
  });
});

/** Lines of a CSV text, a quoted cell's line ends kept: by counting quotes, independent of the reader. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of text.split('\r\n')) {
    line = line === '' ? part : `${line}\r\n${part}`;
    if ((line.split('"').length - 1) % 2 === 0) {
      if (line !== '') lines.push(line);
      line = '';
    }
  }
  return lines;
}
