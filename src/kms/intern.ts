/** Strings longer than this are not kept; key ARNs and role ARNs are shorter. */
const MAX_LENGTH = 512;
/** With strings of the greatest length this is 16 MB; real ones come to a tenth of it. */
const MAX_STRINGS = 1 << 14;

const known = new Map<string, string>();

/**
 * The same text as one shared string, for the few operations, keys and callers that repeat in millions of records.
 *
 * What is first seen is copied: V8 represents a substring of 13 or more characters as a view of its parent, so a key ARN
 * cut out of a log text could keep all of that text in memory for as long as its row lives.
 */
export function intern(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const copy = JSON.parse(JSON.stringify(text)) as string;
  if (text.length <= MAX_LENGTH) {
    // Starting over costs one copy of each string that is still in use: simpler than to know which of them are.
    if (known.size >= MAX_STRINGS) known.clear();
    known.set(copy, copy);
  }
  return copy;
}
