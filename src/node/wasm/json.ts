/** The furthest place at which reading failed: at or behind the window's end, the record is only cut off there. */
export let reached: usize = 0;
/** The string read last had a backslash; a byte above 127. */
export let escaped: bool = false;
export let accented: bool = false;
/** A line break may stand between tokens. */
export let breaks: bool = false;

export function setBreaks(value: bool): void {
  breaks = value;
}

export function fail(p: usize): usize {
  if (p > reached) reached = p;
  return 0;
}

export function resetReached(): void {
  reached = 0;
}

/** The first byte at or behind `p` that is no white space. */
export function skipSpace(p: usize): usize {
  while (true) {
    const c = load<u8>(p);
    if (c > 32 || !(c === 32 || c === 9 || c === 13 || (c === 10 && breaks))) return p;
    p++;
  }
}

/**
 * The closing quote of the string whose characters begin at `p`; 0 when it is none by JSON's rules. Sets `escaped` and
 * `accented`. Sixteen bytes at a time; the zeros behind the window end every string.
 */
export function stringEnd(p: usize): usize {
  escaped = false;
  let high: i32 = 0;
  while (true) {
    const bytes = v128.load(p);
    const quotes = i8x16.eq(bytes, i8x16.splat(0x22));
    const slashes = i8x16.eq(bytes, i8x16.splat(0x5c));
    const controls = i8x16.lt_u(bytes, i8x16.splat(0x20));
    const stops = i8x16.bitmask(v128.or(v128.or(quotes, slashes), controls));
    const highs = i8x16.bitmask(bytes);
    if (stops === 0) {
      high |= highs;
      p += 16;
      continue;
    }
    const at = ctz<i32>(stops);
    high |= highs & ((1 << at) - 1);
    p += at;
    const c = load<u8>(p);
    if (c === 0x22) {
      accented = high !== 0;
      return p;
    }
    if (c !== 0x5c) return fail(p);
    escaped = true;
    p = escapeEnd(p + 1);
    if (p === 0) return 0;
  }
}

/**
 * As {@link stringEnd}, for strings of which nobody wants to know more than `escaped`, which it sets and does not clear. A quote and
 * the control characters are told by one comparison: with bit 1 turned over, they and nothing else are at most 32. Inlined, as a
 * call for each string takes a sixth of all time. Only AssemblyScript reads this folder: tsc does not, and biome.json
 * leaves this file out, as Biome knows no decorator of a function.
 */
@inline
export function skipString(p: usize): usize {
  while (true) {
    const bytes = v128.load(p);
    const ends = i8x16.le_u(v128.xor(bytes, i8x16.splat(2)), i8x16.splat(0x20));
    const stops = i8x16.bitmask(v128.or(ends, i8x16.eq(bytes, i8x16.splat(0x5c))));
    if (stops === 0) {
      p += 16;
      continue;
    }
    p += ctz<i32>(stops);
    const c = load<u8>(p);
    if (c === 0x22) return p;
    if (c !== 0x5c) return fail(p);
    escaped = true;
    p = escapeEnd(p + 1);
    if (p === 0) return 0;
  }
}

export function clearEscaped(): void {
  escaped = false;
}

/** Brackets inside one another; a record that has more is left to the slow way. */
export const MAX_DEPTH: u32 = 60;

/** Behind the value at `p`, whatever it is, inside of so many brackets; 0 when it is none by JSON's rules. */
export function valueEnd(p: usize, depth: u32): usize {
  const c = load<u8>(p);
  if (c === 0x22) {
    const end = skipString(p + 1);
    return end === 0 ? 0 : end + 1;
  }
  if (c === 0x7b) return objectEnd(p, depth + 1);
  if (c === 0x5b) return arrayEnd(p, depth + 1);
  return wordEnd(p);
}

function objectEnd(p: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  p = skipSpace(p + 1);
  if (load<u8>(p) === 0x7d) return p + 1;
  while (true) {
    if (load<u8>(p) !== 0x22) return fail(p);
    p = skipString(p + 1);
    if (p === 0) return 0;
    if ((load<u32>(p) & 0xffffff) === 0x223a22) {
      // ":" as between most keys and their texts.
      p = skipString(p + 3);
      if (p === 0) return 0;
      p++;
    } else {
      p = skipSpace(p + 1);
      if (load<u8>(p) !== 0x3a) return fail(p);
      p = valueEnd(skipSpace(p + 1), depth);
      if (p === 0) return 0;
    }
    p = skipSpace(p);
    const c = load<u8>(p);
    if (c === 0x7d) return p + 1;
    if (c !== 0x2c) return fail(p);
    p = skipSpace(p + 1);
  }
}

function arrayEnd(p: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  p = skipSpace(p + 1);
  if (load<u8>(p) === 0x5d) return p + 1;
  while (true) {
    p = valueEnd(p, depth);
    if (p === 0) return 0;
    p = skipSpace(p);
    const c = load<u8>(p);
    if (c === 0x5d) return p + 1;
    if (c !== 0x2c) return fail(p);
    p = skipSpace(p + 1);
  }
}

/** Behind the escape whose letter is at `p`. */
function escapeEnd(p: usize): usize {
  const c = load<u8>(p);
  if (c === 0x75) {
    for (let i: usize = 1; i <= 4; i++) {
      const digit = <u32>load<u8>(p + i);
      if (digit - 48 > 9 && (digit | 32) - 97 > 5) return fail(p + i);
    }
    return p + 5;
  }
  // " / \ b f n r t
  if (c === 0x22 || c === 0x2f || c === 0x5c || c === 0x62 || c === 0x66 || c === 0x6e || c === 0x72 || c === 0x74)
    return p + 1;
  return fail(p);
}

/** Behind the number, true, false or null at `p`. */
export function wordEnd(p: usize): usize {
  const c = load<u8>(p);
  if (c === 0x74) return load<u32>(p) === 0x65757274 ? p + 4 : fail(p + 3);
  if (c === 0x6e) return load<u32>(p) === 0x6c6c756e ? p + 4 : fail(p + 3);
  if (c === 0x66) return load<u32>(p, 1) === 0x65736c61 ? p + 5 : fail(p + 4);
  return numberEnd(p);
}

function numberEnd(p: usize): usize {
  if (load<u8>(p) === 0x2d) p++;
  if (load<u8>(p) === 0x30) p++;
  else {
    p = digitsEnd(p);
    if (p === 0) return 0;
  }
  if (load<u8>(p) === 0x2e) {
    p = digitsEnd(p + 1);
    if (p === 0) return 0;
  }
  if ((load<u8>(p) | 32) === 0x65) {
    p++;
    const sign = load<u8>(p);
    p = digitsEnd(sign === 0x2b || sign === 0x2d ? p + 1 : p);
  }
  return p;
}

/** Behind one digit or more. */
function digitsEnd(p: usize): usize {
  if (<u32>load<u8>(p) - 48 > 9) return fail(p);
  while (<u32>load<u8>(p) - 48 <= 9) p++;
  return p;
}
