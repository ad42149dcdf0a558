/**
 * Columns of a page as short text, and back: both ends of the way from `renderHtml` into the browser. A column is written
 * as runs of equal values (difference to the run before, zigzag, then how often), each number in bytes of seven bits, all
 * in base 64. A quiet series of a day is a few characters, a busy one about 1.5 kB.
 */

/** Not observed, and no limit: values that are no counts. */
const GAP = -1;
const ENDLESS = -2;

/** Whole numbers of 0 or more; NaN and Infinity as themselves. */
export function packCounts(values: ArrayLike<number>): string {
  return pack(Float64Array.from(values, (value) => (Number.isNaN(value) ? GAP : value === Infinity ? ENDLESS : value)));
}

export function unpackCounts(text: string): Float64Array {
  return unpack(text).map((value) => (value === GAP ? Number.NaN : value === ENDLESS ? Infinity : value));
}

/** Steps of 2 %: finer than a pixel, coarse enough that what hardly moves is one run. */
const FINENESS = 35;
const LEAST = 64;

/** Means of 0 or more, to within 2 % (and 1/3,000); NaN as itself. */
export function packMeans(values: ArrayLike<number>): string {
  return pack(
    Float64Array.from(values, (value) =>
      Number.isNaN(value) ? GAP : Math.round(FINENESS * Math.log2(1 + value * LEAST)),
    ),
  );
}

export function unpackMeans(text: string): Float64Array {
  // 2 ** is a picture's precision here: nothing that is computed with.
  return unpack(text).map((value) => (value === GAP ? Number.NaN : (2 ** (value / FINENESS) - 1) / LEAST));
}

/** Whole numbers. */
function pack(values: Float64Array): string {
  const bytes: number[] = [];
  let before = 0;
  for (let i = 0; i < values.length; ) {
    const value = values[i];
    let end = i + 1;
    while (end < values.length && values[end] === value) end++;
    const change = value - before;
    // Whether the value comes once only is told in the number itself: most values of a busy series do.
    const zigzag = change < 0 ? -2 * change - 1 : 2 * change;
    pushNumber(bytes, zigzag * 2 + (end - i > 1 ? 1 : 0));
    if (end - i > 1) pushNumber(bytes, end - i - 2);
    before = value;
    i = end;
  }
  return toBase64(bytes);
}

function unpack(text: string): Float64Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const values: number[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  let before = 0;
  while (at < bytes.length) {
    const head = next();
    const zigzag = Math.floor(head / 2);
    before += zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
    const times = head % 2 === 1 ? next() + 2 : 1;
    for (let n = 0; n < times; n++) values.push(before);
  }
  return Float64Array.from(values);
}

function pushNumber(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function toBase64(bytes: readonly number[]): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.slice(i, i + 4096));
  return btoa(text);
}
