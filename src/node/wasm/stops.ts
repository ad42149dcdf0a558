import { FAR, MAX_STOPS, STOPS } from './layout';

// Where strings may end: the addresses of all quotes, backslashes and control characters of a stretch of the window, in their
// order, found 64 bytes at a time. To look for the end of each string by itself takes some 25 cycles, as no look can begin before
// the one before it has ended; a record has 85 strings (48 MB of logs: 28 ms to 21 with the looks at fewer fields, Node 20.20.2).

/** The first stop that was not passed. */
export let cursor: usize = STOPS;
/** Counts the stretches. */
export let stretch: u32 = 0;
/** Bytes from `first` on and before `limit` were looked through. */
let first: usize = 0;
let limit: usize = 0;
/** Of the window's text; zeros are behind it. */
let textEnd: usize = 0;

/** The window holds another text, which ends at `end`. */
export function newText(end: usize): void {
  textEnd = end;
  limit = 0;
}

export function goTo(at: usize): void {
  cursor = at;
}

/** Goes to `p`, from which on strings will be read. */
export function seek(p: usize): void {
  if (p < first || p >= limit) {
    find(p);
    return;
  }
  while (cursor > STOPS && load<u32>(cursor - 4) >= <u32>p) cursor -= 4;
  while (load<u32>(cursor) < <u32>p) cursor += 4;
}

/** Goes back to where the cursor was in the stretch of that number, unless there is another one by now. */
export function back(at: usize, number: u32): void {
  if (number === stretch) cursor = at;
}

/** Finds the stops from `p` on, of as much text as there is room for. */
function find(p: usize): void {
  stretch++;
  first = p;
  let out = STOPS;
  do {
    let bits = stopsOf(p) | (stopsOf(p + 16) << 16) | (stopsOf(p + 32) << 32) | (stopsOf(p + 48) << 48);
    const behind = out + ((<usize>popcnt<u64>(bits)) << 2);
    // Most have up to eight: written unasked, as a guess at their number would often be wrong.
    bits = writeFour(out, p, bits);
    bits = writeFour(out + 16, p, bits);
    for (let i: usize = out + 32; i < behind; i += 16) bits = writeFour(i, p, bits);
    out = behind;
    p += 64;
  } while (p < textEnd && out < STOPS + 4 * MAX_STOPS);
  limit = p;
  store<u32>(out, <u32>FAR);
  cursor = STOPS;
}

/** Writes the next four of a step from `p` on, or what is left of them and something that will be written over. */
@inline
function writeFour(out: usize, p: usize, bits: u64): u64 {
  store<u32>(out, <u32>p + <u32>ctz<u64>(bits));
  bits &= bits - 1;
  store<u32>(out, <u32>p + <u32>ctz<u64>(bits), 4);
  bits &= bits - 1;
  store<u32>(out, <u32>p + <u32>ctz<u64>(bits), 8);
  bits &= bits - 1;
  store<u32>(out, <u32>p + <u32>ctz<u64>(bits), 12);
  return bits & (bits - 1);
}

/**
 * A bit for each of 16 bytes. A quote and the control characters are found by one comparison: with bit 1 turned over, they and
 * nothing else are at most 32.
 */
@inline
function stopsOf(p: usize): u64 {
  const bytes = v128.load(p);
  const ends = i8x16.le_u(v128.xor(bytes, i8x16.splat(2)), i8x16.splat(0x20));
  return <u64><u32>i8x16.bitmask(v128.or(ends, i8x16.eq(bytes, i8x16.splat(0x5c))));
}

/** The first stop at or behind `p`, which is passed with it. */
export function stopFrom(p: usize): usize {
  let at = cursor;
  let stop = load<u32>(at);
  if (stop < <u32>p) {
    at += 4;
    stop = load<u32>(at);
    while (stop < <u32>p) {
      at += 4;
      stop = load<u32>(at);
    }
  }
  cursor = at + 4;
  return stop === <u32>FAR ? furtherStop(p) : stop;
}

/** Where there is none up to the text's end, FAR, whose byte is a zero too. */
function furtherStop(p: usize): usize {
  find(max(p, limit));
  const stop = load<u32>(cursor);
  cursor += 4;
  return stop;
}
