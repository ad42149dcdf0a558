import { cursor, goTo, stopFrom } from './stops';

/** The furthest place at which reading failed: at or behind the window's end, the record is only cut off there. */
export let reached: usize = 0;
/** A string that was read had a backslash. */
export let escaped: bool = false;
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
@inline
export function skipSpace(p: usize): usize {
  return load<u8>(p) > 32 ? p : spaceEnd(p);
}

function spaceEnd(p: usize): usize {
  while (true) {
    const c = load<u8>(p);
    if (c > 32 || !(c === 32 || c === 9 || c === 13 || (c === 10 && breaks))) return p;
    p++;
  }
}

/**
 * The closing quote of the string whose characters begin at `p`; 0 when it is none by JSON's rules. Sets `escaped` when it has a
 * backslash, and does not clear it. Only AssemblyScript reads this folder: tsc does not, and biome.json leaves this file out,
 * as Biome knows no decorator of a function.
 */
@inline
export function skipString(p: usize): usize {
  const stop = stopFrom(p);
  return load<u8>(stop) === 0x22 ? stop : unusualEnd(stop);
}

/** As {@link skipString}, of a string whose first stop is no quote. */
function unusualEnd(stop: usize): usize {
  do {
    if (load<u8>(stop) !== 0x5c) return fail(stop);
    escaped = true;
    const behind = escapeEnd(stop + 1);
    if (behind === 0) return 0;
    stop = stopFrom(behind);
  } while (load<u8>(stop) !== 0x22);
  return stop;
}

/** Whether a byte above 127 is among those from `p` to `end`. */
export function hasAccents(p: usize, end: usize): bool {
  for (; p + 16 <= end; p += 16) if (i8x16.bitmask(v128.load(p)) !== 0) return true;
  return (i8x16.bitmask(v128.load(p)) & ((1 << (<i32>(end - p))) - 1)) !== 0;
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

/** As `fieldsEnd` in record.ts, of fields of which none counts: one loop for both would take a twentieth longer. */
function objectEnd(p: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  p = skipSpace(p + 1);
  if (load<u8>(p) === 0x7d) return p + 1;
  if (load<u8>(p) !== 0x22) return fail(p);
  let at = cursor;
  while (true) {
    // At p is a key's opening quote, as a rule the stop at hand: else the next one, behind a line break, which is one too.
    if (load<u32>(at) < <u32>p) at += 4;
    let stop: usize = load<u32>(at, 4);
    if (load<u32>(at) === <u32>p && load<u16>(stop) === 0x3a22) {
      p = skipSpace(stop + 2);
      at += 8;
    } else {
      goTo(at);
      p = skipString(p + 1);
      if (p === 0) return 0;
      p = skipSpace(p + 1);
      if (load<u8>(p) !== 0x3a) return fail(p);
      p = skipSpace(p + 1);
      at = cursor;
    }
    stop = load<u32>(at, 4);
    if (load<u32>(at) === <u32>p && load<u8>(p) === 0x22 && load<u8>(stop) === 0x22) {
      p = stop + 1;
      at += 8;
    } else {
      goTo(at);
      p = valueEnd(p, depth);
      if (p === 0) return 0;
      at = cursor;
    }
    if (load<u16>(p) === 0x222c) {
      p++;
      continue;
    }
    p = skipSpace(p);
    const c = load<u8>(p);
    if (c === 0x7d) {
      goTo(at);
      return p + 1;
    }
    if (c !== 0x2c) return fail(p);
    p = skipSpace(p + 1);
    if (load<u8>(p) !== 0x22) return fail(p);
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
