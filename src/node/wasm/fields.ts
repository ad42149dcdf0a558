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
export const ELSEWHERE: u32 = 0;

/** The slot of the key of `length` bytes at `p`, in an object that is what `place` says. */
export function slotOf(place: u32, p: usize, length: usize): u32 {
  if (place === IN_RECORD) return recordSlot(p, length);
  if (place === IN_RESOURCE) {
    if (length !== 3) return NONE;
    return isWord(p, length, 'ARN') ? RESOURCE_ARN : isWord(p, length, 'arn') ? RESOURCE_ARN_TOO : NONE;
  }
  if (place === IN_IDENTITY) {
    if (length === 3) return isWord(p, length, 'arn') ? IDENTITY_ARN : NONE;
    if (length === 9) {
      return isWord(p, length, 'invokedBy') ? INVOKED_BY : isWord(p, length, 'accountId') ? IDENTITY_ACCOUNT : NONE;
    }
    if (length === 11) return isWord(p, length, 'principalId') ? PRINCIPAL : NONE;
    return length === 14 && isWord(p, length, 'sessionContext') ? SESSION : NONE;
  }
  if (place === IN_SESSION) return length === 13 && isWord(p, length, 'sessionIssuer') ? ISSUER : NONE;
  if (place === IN_ISSUER) return length === 3 && isWord(p, length, 'arn') ? ISSUER_ARN : NONE;
  return NONE;
}

function recordSlot(p: usize, length: usize): u32 {
  if (length === 9) {
    if (isWord(p, length, 'eventTime')) return TIME;
    if (isWord(p, length, 'eventName')) return NAME;
    if (isWord(p, length, 'awsRegion')) return REGION;
    if (isWord(p, length, 'resources')) return RESOURCES;
    if (isWord(p, length, 'eventType')) return TYPE;
    if (isWord(p, length, 'errorCode')) return ERROR;
    return isWord(p, length, 'logEvents') ? LIST : NONE;
  }
  if (length === 12) {
    return isWord(p, length, 'userIdentity') ? IDENTITY : isWord(p, length, 'eventVersion') ? VERSION : NONE;
  }
  if (length === 13) {
    return isWord(p, length, 'eventCategory') ? CATEGORY : isWord(p, length, 'sharedEventID') ? SHARED : NONE;
  }
  if (length === 7) {
    if (isWord(p, length, 'eventID')) return ID;
    if (isWord(p, length, 'Records') || isWord(p, length, 'records')) return LIST;
    return isWord(p, length, 'results') ? LIST : NONE;
  }
  if (length === 11) return isWord(p, length, 'eventSource') ? SOURCE : NONE;
  if (length === 18) return isWord(p, length, 'recipientAccountId') ? ACCOUNT : NONE;
  if (length === 8) return isWord(p, length, 'addendum') ? ADDENDUM : NONE;
  if (length === 6) return isWord(p, length, 'Events') || isWord(p, length, 'events') ? LIST : NONE;
  return NONE;
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
