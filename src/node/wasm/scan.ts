// Reads records of a log's window in WebAssembly: src/node/kernel.ts runs it and says what for.
import { reached, resetReached, setBreaks } from './json';
import { IN, MAX_ENTRIES, OUT, PADDING } from './layout';
import { describe, forgetTold, OTHER, recordEnd, standsAlone } from './record';
import { newText, seek } from './stops';
import { forgetTexts, textsFull } from './text';

export { IN, OUT, TEXTS, WINDOW } from './layout';

/** Entries of what the last scan found. */
export let entries: u32 = 0;
/** Records of other services behind the last entry. */
export let others: u32 = 0;
/** The record at which the last scan ended lacks its end: it may lie behind the window. */
export let cutOff: bool = false;

/** Ends the window's text after `length` bytes. */
export function close(length: usize): void {
  memory.fill(IN + length, 0, PADDING);
  newText(IN + length);
}

/**
 * Reads the records from `from` on, an offset in the window that ends at `end`: those that follow one another with a comma
 * when `listed`, else one. `outer`: where they stand, an object may hold a list of records; such are not read here.
 * `lines`: line breaks may stand inside of them. Returns the offset behind the last one read.
 */
export function scan(from: usize, end: usize, listed: bool, outer: bool, lines: bool, withCaller: bool): usize {
  entries = 0;
  others = 0;
  cutOff = false;
  setBreaks(lines);
  let done = from;
  let p = from;
  while (true) {
    if (entries === MAX_ENTRIES || textsFull()) return done;
    resetReached();
    seek(IN + p);
    const behind = recordEnd(IN + p, outer);
    if (behind === 0) {
      cutOff = reached >= IN + end;
      return done;
    }
    if (outer && !standsAlone()) return done;
    const out = OUT + 64 * <usize>entries;
    const kind = describe(out, withCaller);
    if (kind === OTHER) others++;
    else {
      store<u32>(out, kind);
      store<u32>(out, others, 4);
      store<u32>(out, <u32>p, 8);
      store<u32>(out, <u32>(behind - IN), 12);
      others = 0;
      entries++;
    }
    done = behind - IN;
    if (!listed || load<u8>(behind) !== 0x2c || load<u8>(behind, 1) !== 0x7b) return done;
    p = done + 1;
  }
}

/** Forgets all texts and what was told before: their numbers begin anew. */
export function forget(): void {
  forgetTexts();
  forgetTold();
}

/** Whether `forget` must come before the next scan. */
export function full(): bool {
  return textsFull();
}
