import { ARENA, ARENA_END, MAX_TEXTS, PLACE_MASK, PLACES, TEXTS } from './layout';

/** Texts known so far. */
export let textCount: u32 = 0;
let arenaTop: usize = ARENA;

/** Longest text that is ever given a number: IAM's longest ARN. */
const MAX_TEXT: usize = 2048;

/** Whether the texts of one more record may not find room. */
export function textsFull(): bool {
  return textCount + 16 > MAX_TEXTS || arenaTop + 16 * MAX_TEXT > ARENA_END;
}

/** Forgets all texts. */
export function forgetTexts(): void {
  memory.fill(PLACES, 0, 4 * (PLACE_MASK + 1));
  textCount = 0;
  arenaTop = ARENA;
}

/** The number of the text at `p`: the same for the same bytes, the next one for new ones. */
export function numberOf(p: usize, length: u32): u32 {
  const hash = hashOf(p, length);
  let place = hash & PLACE_MASK;
  while (true) {
    const known = load<u32>(PLACES + ((<usize>place) << 2));
    if (known === 0) break;
    const text = TEXTS + 12 * <usize>(known - 1);
    if (load<u32>(text) === hash && load<u32>(text, 8) === length && sameBytes(p, load<u32>(text, 4), length)) {
      return known - 1;
    }
    place = (place + 1) & PLACE_MASK;
  }
  const number = textCount++;
  store<u32>(PLACES + ((<usize>place) << 2), number + 1);
  const text = TEXTS + 12 * <usize>number;
  store<u32>(text, hash);
  store<u32>(text, <u32>arenaTop, 4);
  store<u32>(text, length, 8);
  memory.copy(arenaTop, p, length);
  arenaTop = (arenaTop + length + 7) & ~(<usize>7);
  return number;
}

/** Whether the text at `p` is the one with that number. */
export function isText(number: u32, p: usize, length: u32): bool {
  const text = TEXTS + 12 * <usize>number;
  return load<u32>(text, 8) === length && sameBytes(p, load<u32>(text, 4), length);
}

/** Whether two texts of one length are the same; both may be read up to 7 bytes behind their ends. */
export function sameBytes(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) {
    if (load<u64>(a + i) !== load<u64>(b + i)) return false;
  }
  const rest = length - i;
  return rest === 0 || (load<u64>(a + i) ^ load<u64>(b + i)) << ((<u64>(8 - rest)) << 3) === 0;
}

/** Eight bytes at a time by a multiplication and a shift; its upper half, to which all bits come. */
function hashOf(p: usize, length: u32): u32 {
  let h: u64 = length;
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) {
    h = (h ^ load<u64>(p + i)) * 0x9e3779b97f4a7;
    h ^= h >> 29;
  }
  const rest = length - i;
  if (rest > 0) {
    h = (h ^ (load<u64>(p + i) << ((<u64>(8 - rest)) << 3))) * 0x9e3779b97f4a7;
    h ^= h >> 29;
  }
  h *= 0x94d049bb13311;
  return <u32>(h >> 32);
}

/** Halves of the hash of an id, as `hashId` in src/kms/id-set.ts makes them of a string of ASCII characters. */
export let hashA: u32 = 0;
export let hashB: u32 = 0;

export function hashId(p: usize, length: u32): void {
  let a: u32 = 0;
  let b: u32 = 0x6a09e667;
  for (let i: u32 = 0; i < length; i += 2) {
    const second: u32 = i + 1 < length ? load<u8>(p + i, 1) : 0;
    const pair: u32 = load<u8>(p + i) | (second << 16);
    a ^= rotl<u32>(pair * 0xcc9e2d51, 15) * 0x1b873593;
    a = rotl<u32>(a, 13) * 5 + 0xe6546b64;
    b ^= rotl<u32>(pair * 0x239b961b, 16) * 0x38b34ae5;
    b = rotl<u32>(b, 17) * 5 + 0x0bcaa747;
  }
  hashA = finish(a ^ length);
  hashB = finish(b ^ length);
}

function finish(hash: u32): u32 {
  let h = (hash ^ (hash >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}
