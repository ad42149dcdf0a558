import {
  ACCOUNT,
  ADDENDUM,
  CATEGORY,
  ERROR,
  ID,
  IDENTITY,
  IN_IDENTITY,
  IN_ISSUER,
  IN_RECORD,
  IN_RESOURCE,
  IN_SESSION,
  ISSUER,
  ISSUER_ARN,
  isWord,
  LIST,
  NAME,
  NONE,
  PRINCIPAL,
  REGION,
  RESOURCE_ARN,
  RESOURCE_ARN_TOO,
  RESOURCES,
  SESSION,
  SHARED,
  SOURCE,
  slotOf,
  TIME,
  TYPE,
  VERSION,
} from './fields';
import { clearEscaped, escaped, fail, hasAccents, MAX_DEPTH, skipSpace, skipString, valueEnd, wordEnd } from './json';
import { ARNS, FIELDS } from './layout';
import { back, cursor, goTo, seek, stretch } from './stops';
import { hashA, hashB, hashId, isText, numberOf } from './text';
import { secondsOf } from './time';

// Of the record at hand. A bit for each slot: seen at all; with null; with what is neither null nor a text without escapes.
let seen: u32 = 0;
let nulls: u32 = 0;
let odd: u32 = 0;
/** Something that only a full reading can judge: a key twice, an escaped key, a list of records, too many resources. */
let careful: bool = false;
/**
 * Where its list of resources and the object of its caller begin, if it was not looked at what stands in them: what calls of KMS
 * say there is read, at once behind a call of KMS, else once more.
 */
let resources: usize = 0;
let identity: usize = 0;
let identityStop: usize = 0;
let identityStretch: u32 = 0;
let afterCall: bool = false;
let afterCaller: bool = false;
let arns: u32 = 0;
let arnSeen: bool = false;
/** An object with a list of records is left at once: its end may lie many windows ahead. */
let leaveLists: bool = false;
/** Fields that nothing but a full reading can judge, whatever they are. */
const CAREFUL: u32 = (1 << LIST) | (1 << RESOURCE_ARN) | (1 << RESOURCE_ARN_TOO);

/**
 * Behind the record that begins at `p`, with what is known of its fields; 0 when it is no JSON, or its end is missing, or, when
 * `outer`, as soon as it turns out to hold a list of records.
 */
export function recordEnd(p: usize, outer: bool): usize {
  leaveLists = outer;
  seen = 0;
  nulls = 0;
  odd = 0;
  careful = false;
  resources = 0;
  identity = 0;
  arns = 0;
  return fieldsEnd(p, IN_RECORD, 1);
}

/** Behind the object at `p`, whose fields count as `place` says. */
function fieldsEnd(p: usize, place: u32, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  p = skipSpace(p + 1);
  if (load<u8>(p) === 0x7d) return p + 1;
  if (load<u8>(p) !== 0x22) return fail(p);
  let at = cursor;
  while (true) {
    const key = p + 1;
    if (load<u32>(at) < <u32>p) at += 4;
    let end: usize = load<u32>(at, 4);
    if (load<u32>(at) === <u32>p && load<u16>(end) === 0x3a22) {
      p = skipSpace(end + 2);
      at += 8;
    } else {
      goTo(at);
      clearEscaped();
      end = skipString(key);
      if (end === 0) return 0;
      if (escaped) careful = true;
      p = skipSpace(end + 1);
      if (load<u8>(p) !== 0x3a) return fail(p);
      p = skipSpace(p + 1);
      at = cursor;
    }
    const slot = slotOf(place, key, end - key);
    end = load<u32>(at, 4);
    if (load<u32>(at) === <u32>p && load<u8>(p) === 0x22 && load<u8>(end) === 0x22) {
      if (slot !== NONE) noteText(slot, p + 1, end);
      p = end + 1;
      at += 8;
    } else {
      goTo(at);
      p = slot === NONE ? valueEnd(p, depth) : fieldEnd(p, slot, depth);
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

/** Behind the array at `p`, the record's resources. */
function resourcesEnd(p: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  p = skipSpace(p + 1);
  if (load<u8>(p) === 0x5d) return p + 1;
  while (true) {
    arnSeen = false;
    p = load<u8>(p) === 0x7b ? fieldsEnd(p, IN_RESOURCE, depth + 1) : valueEnd(p, depth);
    if (p === 0) return 0;
    p = skipSpace(p);
    const c = load<u8>(p);
    if (c === 0x5d) return p + 1;
    if (c !== 0x2c) return fail(p);
    p = skipSpace(p + 1);
  }
}

/** Behind the value at `p` of a field that counts. */
function fieldEnd(p: usize, slot: u32, depth: u32): usize {
  if (slot === LIST && leaveLists) return 0;
  const c = load<u8>(p);
  if (c === 0x22) {
    clearEscaped();
    const end = skipString(p + 1);
    if (end === 0) return 0;
    noteText(slot, p + 1, end);
    if (escaped) {
      odd |= 1 << slot;
      careful = careful || slot === RESOURCE_ARN;
    }
    return end + 1;
  }
  note(slot);
  if (c === 0x6e) {
    nulls |= 1 << slot;
    return wordEnd(p);
  }
  odd |= 1 << slot;
  if (c === 0x5b && slot === RESOURCES) {
    if (afterCall) return resourcesEnd(p, depth + 1);
    resources = p;
  }
  if (c === 0x7b) {
    if (slot === IDENTITY) {
      if (afterCaller) return fieldsEnd(p, IN_IDENTITY, depth + 1);
      identity = p;
      identityStop = cursor;
      identityStretch = stretch;
    }
    if (slot === SESSION) return fieldsEnd(p, IN_SESSION, depth + 1);
    if (slot === ISSUER) return fieldsEnd(p, IN_ISSUER, depth + 1);
  }
  return valueEnd(p, depth);
}

/** Takes note of a field that was not yet seen. */
function note(slot: u32): void {
  const bit: u32 = 1 << slot;
  if (seen & bit || bit & CAREFUL) careful = true;
  seen |= bit;
}

/** Takes note of a field's text. */
function noteText(slot: u32, p: usize, end: usize): void {
  if (slot === RESOURCE_ARN) {
    noteArn(p, end);
    return;
  }
  note(slot);
  store<u32>(FIELDS + ((<usize>slot) << 3), <u32>p);
  store<u32>(FIELDS + ((<usize>slot) << 3), <u32>(end - p), 4);
}

function noteArn(p: usize, end: usize): void {
  const length = end - p;
  if (arnSeen || length > 256 || arns === 2 || hasAccents(p, end)) careful = true;
  else {
    store<u32>(ARNS + ((<usize>arns) << 3), <u32>p);
    store<u32>(ARNS + ((<usize>arns) << 3), <u32>length, 4);
    arns++;
  }
  arnSeen = true;
}

/** Has what only a record has, and no list: it holds no other records, wherever it stands. */
export function standsAlone(): bool {
  return (seen & ((1 << VERSION) | (1 << NAME))) !== 0 && (seen & (1 << LIST)) === 0;
}

// Kinds of records, as the kernel's reader knows them.
export const CALL: u32 = 0;
/** To be read by JSON.parse. */
export const SLOW: u32 = 1;
/** Of another service, and the first of its account, Region and five minutes since another one. */
export const COVER: u32 = 2;
/** Of another service, with nothing to tell. */
export const OTHER: u32 = 3;
/** Added to CALL when the call has a `sharedEventID`. */
const WITH_SHARED: u32 = 8;

const MAX_NAME: u32 = 128;
const MAX_CALLER: u32 = 2048;
const MAX_ERROR: u32 = 1024;
const ABSENT: u32 = 0xffffffff;

// The account, Region and tick that the reader heard of last.
let toldAccount: u32 = ABSENT;
let toldRegion: u32 = ABSENT;
let toldTick: u32 = 0;

export function forgetTold(): void {
  toldAccount = ABSENT;
}

/** Says in the entry at `out` what the record read last is, and returns its kind. */
export function describe(out: usize, withCaller: bool): u32 {
  if (careful || !standsAlone() || !isPlain(SOURCE, 1 << 20)) return SLOW;
  afterCall = isTheWord(SOURCE, 17, 'kms.amazonaws.com');
  afterCaller = afterCall && withCaller;
  return afterCall ? describeCall(out, withCaller) : describeOther(out);
}

function describeOther(out: usize): u32 {
  const needed: u32 = (1 << TIME) | (1 << ACCOUNT) | (1 << REGION);
  if (odd & needed) return SLOW;
  if ((seen & ~nulls & needed) !== needed || lengthOf(ACCOUNT) === 0 || lengthOf(REGION) === 0) return OTHER;
  if (!isPlain(ACCOUNT, MAX_NAME) || !isPlain(REGION, MAX_NAME)) return SLOW;
  const seconds = timeOf();
  if (seconds === 0) return SLOW;
  const tick = seconds / 300;
  if (tick === toldTick && toldAccount !== ABSENT && isOf(toldAccount, ACCOUNT) && isOf(toldRegion, REGION))
    return OTHER;
  const account = textOf(ACCOUNT);
  const region = textOf(REGION);
  toldAccount = account;
  toldRegion = region;
  toldTick = tick;
  store<u32>(out, seconds, 16);
  store<u32>(out, account, 20);
  store<u32>(out, region, 24);
  return COVER;
}

function describeCall(out: usize, withCaller: bool): u32 {
  if (!isPlain(NAME, MAX_NAME) || !isPlain(REGION, MAX_NAME) || !isPlain(ACCOUNT, MAX_NAME)) return SLOW;
  if (!isPlain(ID, 1 << 20) || !isOrdinary()) return SLOW;
  if (resources !== 0) {
    seek(resources);
    resourcesEnd(resources, 2);
  }
  if (withCaller && identity !== 0) {
    const at = cursor;
    const number = stretch;
    back(identityStop, identityStretch);
    seek(identity);
    fieldsEnd(identity, IN_IDENTITY, 2);
    back(at, number);
  }
  if (careful || arns === 0) return SLOW;
  if (isPresent(ERROR) && !isPlain(ERROR, MAX_ERROR)) return SLOW;
  if (isPresent(SHARED) && !isPlain(SHARED, 1 << 20)) return SLOW;
  const seconds = timeOf();
  if (seconds === 0) return SLOW;
  let caller = ABSENT;
  if (withCaller) {
    const slot = callerSlot();
    if (slot === NONE) return SLOW;
    caller = textOf(slot);
  }
  store<u32>(out, seconds, 16);
  store<u32>(out, textOf(ACCOUNT), 20);
  store<u32>(out, textOf(REGION), 24);
  store<u32>(out, textOf(NAME), 28);
  store<u32>(out, isPresent(ERROR) ? textOf(ERROR) : ABSENT, 32);
  store<u32>(out, caller, 36);
  store<u32>(out, numberOf(load<u32>(ARNS), load<u32>(ARNS, 4)), 40);
  store<u32>(out, arns === 2 ? numberOf(load<u32>(ARNS, 8), load<u32>(ARNS, 12)) : ABSENT, 44);
  hashId(startOf(ID), lengthOf(ID));
  store<u32>(out, hashA, 48);
  store<u32>(out, hashB, 52);
  if (!isPresent(SHARED)) return CALL;
  hashId(startOf(SHARED), lengthOf(SHARED));
  store<u32>(out, hashA, 56);
  store<u32>(out, hashB, 60);
  return CALL | WITH_SHARED;
}

/** Neither an addendum nor a summary nor network activity. */
function isOrdinary(): bool {
  if (isPresent(ADDENDUM)) return false;
  if (isPresent(CATEGORY) && !isTheWord(CATEGORY, 10, 'Management')) return false;
  return !isPresent(TYPE) || isTheWord(TYPE, 10, 'AwsApiCall') || isTheWord(TYPE, 15, 'AwsServiceEvent');
}

/** The slot that names the caller; NONE when none does, or it takes a full reading to tell. */
function callerSlot(): u32 {
  for (let slot = ISSUER_ARN; slot <= PRINCIPAL; slot++) {
    if (odd & (1 << slot)) return NONE;
    if (isPresent(slot) && lengthOf(slot) > 0) return isPlain(slot, MAX_CALLER) ? slot : NONE;
  }
  return NONE;
}

function isPresent(slot: u32): bool {
  return (seen & ~nulls & (1 << slot)) !== 0;
}

/** Text of plain characters, 1 to `most` of them. */
function isPlain(slot: u32, most: u32): bool {
  if ((seen & ~nulls & ~odd & (1 << slot)) === 0) return false;
  const length = lengthOf(slot);
  return length > 0 && length <= most && !hasAccents(startOf(slot), startOf(slot) + length);
}

function isTheWord(slot: u32, length: u32, word: string): bool {
  return (odd & (1 << slot)) === 0 && lengthOf(slot) === length && isWord(startOf(slot), length, word);
}

function timeOf(): u32 {
  return (odd & (1 << TIME)) === 0 && isPresent(TIME) && lengthOf(TIME) === 20 ? secondsOf(startOf(TIME)) : 0;
}

function startOf(slot: u32): usize {
  return load<u32>(FIELDS + ((<usize>slot) << 3));
}

function lengthOf(slot: u32): u32 {
  return load<u32>(FIELDS + ((<usize>slot) << 3), 4);
}

function isOf(text: u32, slot: u32): bool {
  return isText(text, startOf(slot), lengthOf(slot));
}

function textOf(slot: u32): u32 {
  return numberOf(startOf(slot), lengthOf(slot));
}
