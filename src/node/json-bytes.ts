/** What a byte is to the structure of JSON. From WORD to CLOSED: what came last inside brackets completes a value. */
export const OPENED = 0;
export const COMMA = 1;
export const COLON = 2;
/** Of a number, true, false or null, or nothing of JSON's. */
export const WORD = 3;
export const STRING_END = 4;
export const CLOSED = 5;
export const SPACE = 6;
export const QUOTE = 7;
export const OBJECT = 8;
/** One more than the kind that it closes. */
export const OBJECT_END = 9;
export const ARRAY = 10;
export const ARRAY_END = 11;

/** `[256]`: the kind of each byte outside strings. */
export const KINDS = new Uint8Array(256).fill(WORD);
for (const [characters, kind] of [
  [' \t\r\n', SPACE],
  ['"', QUOTE],
  [',', COMMA],
  [':', COLON],
  ['{', OBJECT],
  ['}', OBJECT_END],
  ['[', ARRAY],
  [']', ARRAY_END],
] as const) {
  for (const character of characters) KINDS[character.charCodeAt(0)] = kind;
}

export const LINE_FEED = 10;
export const CARRIAGE_RETURN = 13;
export const BACKSLASH = 92;
export const OPENING_BRACE = 123;

/** `[256]`: 1 for the bytes at which a string may end or go wrong. */
export const STRING_STOPS = new Uint8Array(256);
for (const stop of [34, BACKSLASH, LINE_FEED]) STRING_STOPS[stop] = 1;
