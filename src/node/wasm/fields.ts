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

// The ends of keys, as a log has them: one comparison passes over what is no such key.
const TIME_END = endOf('eventTime');
const NAME_END = endOf('eventName');
const REGION_END = endOf('awsRegion');
const RESOURCES_END = endOf('resources');
const TYPE_END = endOf('eventType');
const ERROR_END = endOf('errorCode');
const LOG_EVENTS_END = endOf('logEvents');
const USER_IDENTITY_END = endOf('userIdentity');
const VERSION_END = endOf('eventVersion');
const CATEGORY_END = endOf('eventCategory');
const SHARED_END = endOf('sharedEventID');
const SOURCE_END = endOf('eventSource');
const ACCOUNT_END = endOf('recipientAccountId');
const INVOKED_BY_END = endOf('invokedBy');
const ACCOUNT_ID_END = endOf('accountId');
const PRINCIPAL_END = endOf('principalId');
const CONTEXT_END = endOf('sessionContext');
const ISSUER_END = endOf('sessionIssuer');
// Of up to eight characters: the whole key.
const ADDENDUM_KEY = endOf('addendum');
const ID_KEY = endOf('eventID');
const ARN_KEY = endOf('arn');
const UPPER_ARN_KEY = endOf('ARN');
const RECORDS_KEY = endOf('Records');
const LOWER_RECORDS_KEY = endOf('records');
const RESULTS_KEY = endOf('results');
const EVENTS_KEY = endOf('Events');
const LOWER_EVENTS_KEY = endOf('events');

/** The last eight characters of a word, or all of a shorter one behind zeros, as a little-endian number. */
function endOf(word: string): u64 {
  let bits: u64 = 0;
  for (let i = max(0, word.length - 8); i < word.length; i++) bits = (bits >> 8) | ((<u64>word.charCodeAt(i)) << 56);
  return bits;
}

/** The slot of the key of `length` bytes at `p`, in an object that is what `place` says. */
export function slotOf(place: u32, p: usize, length: usize): u32 {
  // There is always something before a key to be read with a short one, and masked.
  let end = load<u64>(p + length - 8);
  if (length < 8) end = length === 0 ? 0 : end & ((<u64>-1) << (<u64>(64 - 8 * length)));
  if (place === IN_RECORD) return length < 8 ? shortSlot(end) : recordSlot(p, length, end);
  if (place === IN_IDENTITY) {
    if (length === 3) return end === ARN_KEY ? IDENTITY_ARN : NONE;
    if (length === 9) {
      if (end === ACCOUNT_ID_END) return isWord(p, length, 'accountId') ? IDENTITY_ACCOUNT : NONE;
      return end === INVOKED_BY_END && isWord(p, length, 'invokedBy') ? INVOKED_BY : NONE;
    }
    if (length === 11) return end === PRINCIPAL_END && isWord(p, length, 'principalId') ? PRINCIPAL : NONE;
    return length === 14 && end === CONTEXT_END && isWord(p, length, 'sessionContext') ? SESSION : NONE;
  }
  if (place === IN_SESSION) {
    return length === 13 && end === ISSUER_END && isWord(p, length, 'sessionIssuer') ? ISSUER : NONE;
  }
  if (length !== 3) return NONE;
  if (place === IN_ISSUER) return end === ARN_KEY ? ISSUER_ARN : NONE;
  return end === UPPER_ARN_KEY ? RESOURCE_ARN : end === ARN_KEY ? RESOURCE_ARN_TOO : NONE;
}

/** Of a key of eight bytes or more, whose last ones are `end`. */
function recordSlot(p: usize, length: usize, end: u64): u32 {
  if (length === 9) {
    if (end === TIME_END) return isWord(p, length, 'eventTime') ? TIME : NONE;
    if (end === NAME_END) return isWord(p, length, 'eventName') ? NAME : NONE;
    if (end === REGION_END) return isWord(p, length, 'awsRegion') ? REGION : NONE;
    if (end === RESOURCES_END) return isWord(p, length, 'resources') ? RESOURCES : NONE;
    if (end === TYPE_END) return isWord(p, length, 'eventType') ? TYPE : NONE;
    if (end === ERROR_END) return isWord(p, length, 'errorCode') ? ERROR : NONE;
    return end === LOG_EVENTS_END && isWord(p, length, 'logEvents') ? LIST : NONE;
  }
  if (length === 12) {
    if (end === USER_IDENTITY_END) return isWord(p, length, 'userIdentity') ? IDENTITY : NONE;
    return end === VERSION_END && isWord(p, length, 'eventVersion') ? VERSION : NONE;
  }
  if (length === 13) {
    if (end === CATEGORY_END) return isWord(p, length, 'eventCategory') ? CATEGORY : NONE;
    return end === SHARED_END && isWord(p, length, 'sharedEventID') ? SHARED : NONE;
  }
  if (length === 11) return end === SOURCE_END && isWord(p, length, 'eventSource') ? SOURCE : NONE;
  if (length === 18) return end === ACCOUNT_END && isWord(p, length, 'recipientAccountId') ? ACCOUNT : NONE;
  return length === 8 && end === ADDENDUM_KEY ? ADDENDUM : NONE;
}

function shortSlot(key: u64): u32 {
  if (key === ID_KEY) return ID;
  if (key === RECORDS_KEY || key === LOWER_RECORDS_KEY || key === RESULTS_KEY) return LIST;
  return key === EVENTS_KEY || key === LOWER_EVENTS_KEY ? LIST : NONE;
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
