import { KEYS } from './layout';

// The fields of a record that are looked at, by slot; a bit for each in the sets below.

export const VERSION: u32 = 0;
export const TIME: u32 = 1;
export const SOURCE: u32 = 2;
export const NAME: u32 = 3;
export const REGION: u32 = 4;
export const ACCOUNT: u32 = 5;
export const ERROR: u32 = 6;
export const ID: u32 = 7;
export const SHARED: u32 = 8;
export const CATEGORY: u32 = 9;
export const TYPE: u32 = 10;
export const ADDENDUM: u32 = 11;
export const IDENTITY: u32 = 12;
export const RESOURCES: u32 = 13;
export const SESSION: u32 = 14;
export const ISSUER: u32 = 15;
export const ISSUER_ARN: u32 = 16;
export const IDENTITY_ARN: u32 = 17;
export const INVOKED_BY: u32 = 18;
export const IDENTITY_ACCOUNT: u32 = 19;
export const PRINCIPAL: u32 = 20;
export const RESOURCE_ARN: u32 = 21;
/** `arn` in a resource, as exports write `ARN`. */
export const RESOURCE_ARN_TOO: u32 = 22;
/** Keys that name a list of records: Records, Events, events, logEvents, results, records. */
export const LIST: u32 = 23;
/** Every other key. */
export const NONE: u32 = 31;

// What an object or array is, and so which of its keys count.
export const IN_RECORD: u32 = 1;
export const IN_IDENTITY: u32 = 2;
export const IN_SESSION: u32 = 3;
export const IN_ISSUER: u32 = 4;
export const IN_RESOURCE: u32 = 6;

key(IN_RECORD, 'eventVersion', VERSION);
key(IN_RECORD, 'eventTime', TIME);
key(IN_RECORD, 'eventSource', SOURCE);
key(IN_RECORD, 'eventName', NAME);
key(IN_RECORD, 'awsRegion', REGION);
key(IN_RECORD, 'recipientAccountId', ACCOUNT);
key(IN_RECORD, 'errorCode', ERROR);
key(IN_RECORD, 'eventID', ID);
key(IN_RECORD, 'sharedEventID', SHARED);
key(IN_RECORD, 'eventCategory', CATEGORY);
key(IN_RECORD, 'eventType', TYPE);
key(IN_RECORD, 'addendum', ADDENDUM);
key(IN_RECORD, 'userIdentity', IDENTITY);
key(IN_RECORD, 'resources', RESOURCES);
key(IN_RECORD, 'Records', LIST);
key(IN_RECORD, 'records', LIST);
key(IN_RECORD, 'results', LIST);
key(IN_RECORD, 'Events', LIST);
key(IN_RECORD, 'events', LIST);
key(IN_RECORD, 'logEvents', LIST);
key(IN_IDENTITY, 'sessionContext', SESSION);
key(IN_IDENTITY, 'arn', IDENTITY_ARN);
key(IN_IDENTITY, 'invokedBy', INVOKED_BY);
key(IN_IDENTITY, 'accountId', IDENTITY_ACCOUNT);
key(IN_IDENTITY, 'principalId', PRINCIPAL);
key(IN_SESSION, 'sessionIssuer', ISSUER);
key(IN_ISSUER, 'arn', ISSUER_ARN);
key(IN_RESOURCE, 'ARN', RESOURCE_ARN);
key(IN_RESOURCE, 'arn', RESOURCE_ARN_TOO);

/** Makes a key known: its last and first eight characters, its length and place, its slot. */
function key(place: u32, word: string, slot: u32): void {
  const end = charsOf(word, max(0, word.length - 8), word.length);
  const entry = entryOf(end, place);
  // A new key may need another multiplier: no two may have one entry.
  if (load<u32>(entry, 16) !== 0) unreachable();
  store<u64>(entry, end);
  store<u64>(entry, charsOf(word, 0, 8), 8);
  store<u32>(entry, word.length | (place << 24), 16);
  store<u32>(entry, slot, 20);
}

/** Up to eight characters as a little-endian number; fewer stand behind zeros. */
function charsOf(word: string, from: i32, to: i32): u64 {
  let bits: u64 = 0;
  for (let i = from; i < min(to, word.length); i++) bits = (bits >> 8) | ((<u64>word.charCodeAt(i)) << 56);
  return bits;
}

function entryOf(end: u64, place: u32): usize {
  return KEYS + ((<usize>(((end ^ ((<u64>place) << 40)) * 0x10d0277f319b91) >> 58)) << 5);
}

/** The slot of the key of `length` bytes at `p`, in an object that is what `place` says. */
export function slotOf(place: u32, p: usize, length: usize): u32 {
  // There is always something before a key to be read with a short one, and masked.
  let end = load<u64>(p + length - 8);
  if (length < 8) end = length === 0 ? 0 : end & ((<u64>-1) << (<u64>(64 - 8 * length)));
  const entry = entryOf(end, place);
  if (load<u64>(entry) !== end || load<u32>(entry, 16) !== <u32>(length | (place << 24))) return NONE;
  if (length > 8 && load<u64>(p) !== load<u64>(entry, 8)) return NONE;
  // The tA of recipientAccountId.
  if (length > 16 && load<u16>(p, 8) !== 0x4174) return NONE;
  return load<u32>(entry, 20);
}

/** Whether the `length` bytes at `p` are `word`, a literal of as many ASCII characters, which lie in memory as UTF-16. */
export function isWord(p: usize, length: usize, word: string): bool {
  const w = changetype<usize>(word);
  if (length >= 8) {
    const last = length - 8;
    for (let i: usize = 0; i < last; i += 8) {
      if (v128.any_true(v128.xor(i16x8.extend_low_i8x16_u(v128.load(p + i)), v128.load(w + 2 * i)))) return false;
    }
    return !v128.any_true(v128.xor(i16x8.extend_low_i8x16_u(v128.load(p + last)), v128.load(w + 2 * last)));
  }
  for (let i: usize = 0; i < length; i++) {
    if (<u16>load<u8>(p + i) !== load<u16>(w + 2 * i)) return false;
  }
  return true;
}
