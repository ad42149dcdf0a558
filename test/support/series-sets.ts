import fc from 'fast-check';
import { keyId, type SeriesKey, seriesKey } from '../../src/series/key.js';
import { observedRow, readRow, type SeriesSet } from '../../src/series/series-set.js';

/** Names as logs and people make them, and some that only an enemy would. */
const NAMES = [
  'Decrypt',
  'Encrypt',
  'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  'arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321',
  '',
  '__proto__',
  'constructor',
  '=1+1',
  "'quoted",
  '-0',
  'a "b", c',
  'two\r\nlines',
  ' spaced ',
  '\ufeffmark',
  'Schlüssel 🔑',
  'Schlüssel 🔒',
];

export function seriesKeys(names: readonly string[] = NAMES): fc.Arbitrary<SeriesKey> {
  const name = fc.option(fc.constantFrom(...names));
  return fc
    .record({ operation: name, keyArn: name, metric: name, outcome: fc.constantFrom(null, 'ok' as const) })
    .map(seriesKey);
}

/** Sets of every representation: small, and with holes. What stands where nothing was observed is anything. */
export function seriesSets(
  options: { measure?: 'count' | 'level'; names?: readonly string[]; values?: fc.Arbitrary<number> } = {},
): fc.Arbitrary<SeriesSet> {
  const whole = fc.oneof(fc.nat(5), fc.nat(0xffffffff));
  return fc
    .record({
      start: fc.integer({ min: -1000, max: 1000 }).map((n) => n * 60_000),
      step: fc.constantFrom(1000, 60_000, 300_000),
      length: fc.nat(9),
      keys: fc.uniqueArray(seriesKeys(options.names), { maxLength: 5, selector: keyId }),
      measure: options.measure === undefined ? fc.constantFrom('count', 'level') : fc.constant(options.measure),
      shape: fc.constantFrom('Uint32Array', 'Float64Array', 'sparse'),
      each: fc.boolean(),
    })
    .chain(({ start, step, length, keys, measure, shape, each }) => {
      const cells = keys.length * length;
      const value = measure === 'level' ? (options.values ?? fc.double()) : whole;
      return fc
        .record({
          values: fc.array(value, { minLength: cells, maxLength: cells }),
          observed: fc.array(fc.constantFrom(1, 1, 0), { minLength: cells + length, maxLength: cells + length }),
        })
        .map(({ values, observed }) => ({
          grid: { start, step, length },
          keys,
          measure: measure as 'count' | 'level',
          values:
            measure === 'level' || shape === 'Float64Array'
              ? Float64Array.from(values)
              : shape === 'Uint32Array'
                ? Uint32Array.from(values)
                : sparseOf(values, keys.length, length),
          observed: Uint8Array.from(observed.slice(0, each ? cells : length)),
        }));
    });
}

/** The same counts in sparse rows. */
export function sparseOf(values: ArrayLike<number>, rows: number, length: number): SeriesSet['values'] {
  const offsets = [0];
  const buckets: number[] = [];
  const counts: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < length; i++) {
      if (values[row * length + i] === 0) continue;
      buckets.push(i);
      counts.push(values[row * length + i]);
    }
    offsets.push(buckets.length);
  }
  return {
    offsets: Float64Array.from(offsets),
    buckets: Uint32Array.from(buckets),
    counts: Float64Array.from(counts),
  };
}

/** All that a set says, by key and bucket: `undefined` where nothing was observed, so that representations compare. */
export function told(set: SeriesSet): Map<string, (number | undefined)[]> {
  const out = new Float64Array(set.grid.length);
  return new Map(
    set.keys.map((key, row) => {
      readRow(set, row, out);
      const observed = observedRow(set, row);
      return [keyId(key), Array.from(out, (value, i) => (observed[i] === 1 ? value : undefined))];
    }),
  );
}
