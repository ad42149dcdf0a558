import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byChance, counted, duration, grouped, mean } from '../../src/report/numbers.js';
import { printable } from '../../src/report/printable.js';
import { textTable } from '../../src/report/table.js';
import { wrap } from '../../src/report/wrap.js';

describe('printable', () => {
  it('writes out what could steer a terminal', () => {
    expect(printable('a\u001b[31mb\nc\u202e\u00a0')).toBe('a\\x1b[31mb\\x0ac\\u{202e}\\xa0');
  });

  it('leaves letters of all scripts, signs and spaces', () => {
    expect(printable('Zoë Ωmega 鍵 🔑 a+b=c,@d')).toBe('Zoë Ωmega 鍵 🔑 a+b=c,@d');
  });

  it('cuts what is long, by characters', () => {
    expect(printable('🔑'.repeat(6), 5)).toBe(`${'🔑'.repeat(5)}…`);
    expect(printable('🔑'.repeat(5), 5)).toBe('🔑'.repeat(5));
    expect(printable('a'.repeat(10_000), 5)).toBe('aaaaa…');
  });

  it('lets nothing through, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{C}\p{M}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u);
      }),
    );
  });
});

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [28_536, '28,536'],
    [1_234_567, '1,234,567'],
    [1e15, '1,000,000,000,000,000'],
  ])('groups %d', (value, text) => expect(grouped(value)).toBe(text));

  it('agrees with Intl on whole numbers', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        expect(grouped(n)).toBe(n.toLocaleString('en-US'));
      }),
    );
  });

  it.each([
    [1, '1 call'],
    [0, '0 calls'],
    [2073, '2,073 calls'],
  ])('counts %d', (value, text) => expect(counted(value, 'call')).toBe(text));

  it.each([
    [65.4, '65'],
    [9.96, '10'],
    [4.2, '4.2'],
    [4, '4'],
    [0.96, '1'],
    [0.31, '0.3'],
    [0.08, '0.08'],
    [0.096, '0.1'],
    [0.001, '0'],
  ])('rounds a mean of %d', (value, text) => expect(mean(value)).toBe(text));

  it.each([
    [86_400_000 * 29, '4 weeks 1 day'],
    [6_600_000, '1 h 50 min'],
    [300_000, '5 min'],
    [90_000, '1 min 30 s'],
    [3_599_999, '59 min 59 s'],
    [86_400_000 * 7 + 60_000, '1 week'],
    [250, '250 ms'],
  ])('words a duration of %d ms', (ms, text) => expect(duration(ms)).toBe(text));

  it('never calls anything rarer than it is', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.31, max: 9999, noNaN: true }), (surprise) => {
        const text = byChance(surprise) ?? '';
        const times = /about 1 in ([\d,]+) times$/.exec(text)?.[1];
        if (times === undefined) {
          expect(text).toBe('is practically impossible by chance');
          expect(surprise).toBeGreaterThan(6);
          return;
        }
        const digits = Math.log10(Number(times.replaceAll(',', '')));
        expect(digits).toBeLessThanOrEqual(surprise + 1e-6);
        expect(digits).toBeGreaterThan(surprise - 1);
      }),
    );
  });
});

describe('textTable', () => {
  it('lines up columns, numbers to the right, with nothing at the end of a line', () => {
    expect(
      textTable(
        [{ title: 'name' }, { title: 'n', align: 'right' }, { title: 'note' }],
        [
          ['Zoë 🔑', '5', ''],
          ['b', '1,000', 'x'],
        ],
      ),
    ).toEqual(['name       n  note', 'Zoë 🔑      5', 'b      1,000  x']);
  });

  it('is a line of titles without rows', () => {
    expect(textTable([{ title: 'a' }, { title: 'b' }], [])).toEqual(['a  b']);
  });
});

describe('wrap', () => {
  it('breaks at spaces, and leaves a word whole that is too long', () => {
    expect(wrap('one two three arn:aws:kms:somewhere:far:away four', 12, '1. ')).toEqual([
      '1. one two',
      '   three',
      '   arn:aws:kms:somewhere:far:away',
      '   four',
    ]);
  });

  it('keeps every word in its order, and every line within the width that its words allow', () => {
    const texts = fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 10, max: 60 }), (words, width) => {
        const lines = wrap(words.join(' '), width, '- ');
        expect(lines.map((line) => line.slice(2)).join(' ')).toBe(words.join(' '));
        for (const line of lines) if (line.slice(2).includes(' ')) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});
