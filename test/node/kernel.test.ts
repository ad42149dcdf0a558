import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../src/node/kernel.js';

const LISTED = { listed: true, outer: false, lines: true };

/** Where the kernel stops reading records of a list that follow one another, and whether it says that the next is cut off. */
function readBy(kernel: Kernel, text: string | Uint8Array): { end: number; cutOff: boolean } {
  kernel.load(Buffer.from(text));
  if (kernel.full) kernel.forget();
  return { end: kernel.scan(0, LISTED, true), cutOff: kernel.cutOff };
}

/** Behind the objects in `bytes` from `at` on that JSON.parse takes, with a comma between them. */
function endByParse(bytes: Buffer, at: number): number {
  for (let end = bytes.indexOf('}', at) + 1; bytes[at] === 0x7b && end > 0; end = bytes.indexOf('}', end) + 1) {
    if (!isJson(bytes.toString('utf8', at, end))) continue;
    return bytes[end] === 0x2c && bytes[end + 1] === 0x7b ? endByParse(bytes, end + 1) || end : end;
  }
  return 0;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'b', '"', '\\', 'é', '\u0001', '{', '}', ',', ':', '🔑', '/'),
    maxLength: 40,
  }),
  fc.nat(200).map((length) => 'x'.repeat(length)),
);
const { record } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom<unknown>(null, true, false, 0, -1.5e-7, 12_345, '', {}, []),
    tie('record'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  record: fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom('eventSource', 'userIdentity', 'arn', 'resources', 'ARN', 'eventID'), text),
        tie('value'),
      ),
      { maxLength: 6 },
    )
    .map((entries) => Object.fromEntries(entries)),
}));
/** The kernel finds the ends of 2,048 strings at a time: what follows so many texts stands around such a place. */
const before = fc.integer({ min: 900, max: 1023 }).map((strings) => JSON.stringify({ list: Array(strings).fill('x') }));
const records = fc.array(record, { minLength: 1, maxLength: 6 });
/** Line breaks, tabs or spaces between tokens, as Python writes them, or nothing. */
const writer = fc.constantFrom<(value: unknown) => string>(
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, '\t'),
  (value) => JSON.stringify(value, null, 1).replaceAll(/\n */g, ' '),
);

describe('the kernel reads', () => {
  const kernel = Kernel.create() as Kernel;

  it('whatever JSON.stringify writes, to the last record', () => {
    fc.assert(
      fc.property(before, records, writer, (first, list, write) => {
        const log = [first, ...list.map(write)].join();
        expect(readBy(kernel, log).end).toBe(Buffer.byteLength(log));
      }),
      { numRuns: 500 },
    );
  });

  it('what JSON.parse reads, and stops where it stops', () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      remove: fc.constantFrom(0, 1, 1, 2, 7),
      insert: fc.constantFrom(
        ...['', '"', '\\', '{', '}', '[', ']', ',', ':', '\n', '\u0000', ' ', '0', '.', '-', 'e1', 'u00e9', 'null'],
        ...['"a":', ',"a":1', '":"', '","', '}}', ',{', '[]', '\\u00', 'é'],
      ),
    });
    fc.assert(
      fc.property(before, records, writer, edit, (first, list, write, { at, remove, insert }) => {
        const whole = Buffer.from(`${list.map(write).join()},{"last":[1]}`);
        const from = Math.floor(at * whole.length);
        const log = Buffer.concat([
          Buffer.from(`${first},`),
          whole.subarray(0, from),
          Buffer.from(insert),
          whole.subarray(from + remove),
        ]);
        const end = endByParse(log, first.length + 1);
        expect(readBy(kernel, log).end).toBe(end === 0 ? first.length : end);
      }),
      { numRuns: 1500 },
    );
  });

  it.each([
    ...[
      String.raw`\x","b":"`,
      '\t","b":"',
      String.raw`\","b":"`,
      '"x" "b":"',
      '"x":"b":"',
      '1,"b","',
      '01,"b":"',
      '[,"b":"',
    ],
    ...['{"b"},"c":"', '"x",:"', '"x","b"::"', '"x",,"b":"', 'nul,"b":"', '-,"b":"', '"x","b":,"'],
  ])('nothing like {"a":%sx"}, at any depth', (wrong) => {
    for (const text of [`{"a":${wrong}x"}`, `{"a":{"a":${wrong}x"}}`, `{"userIdentity":{"a":[{"a":${wrong}x"}]}}`]) {
      expect(isJson(`[${text}]`), text).toBe(false);
      expect(readBy(kernel, `{},${text},{}`).end, text).toBe(2);
    }
  });

  it('up to the record that is cut off at the end, and says so', () => {
    fc.assert(
      fc.property(before, records, writer, fc.nat(), (first, list, write, cut) => {
        const texts = [first, ...list.map(write)];
        const last = Buffer.from(texts.pop() as string);
        const whole = texts.join();
        const part = last.subarray(0, 1 + (cut % (last.length - 1)));
        expect(readBy(kernel, Buffer.concat([Buffer.from(`${whole},`), part]))).toEqual({
          end: Buffer.byteLength(whole),
          cutOff: true,
        });
      }),
      { numRuns: 500 },
    );
  });
});
