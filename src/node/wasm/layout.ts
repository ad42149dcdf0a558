// Where things lie in the kernel's memory, in bytes. src/node/kernel.ts knows OUT and IN by the kernel's own word.

/** Fields found in the record at hand: start and length of each slot's text, 8 bytes a slot. */
export const FIELDS: usize = 1024;
/** Start and length of the key ARNs in the record's resources, 8 bytes each. */
export const ARNS: usize = 1536;
/** Keys of fields: 64 entries of 32 bytes. What the compiler lays out begins behind them, at 4096. */
export const KEYS: usize = 2048;

/** Texts known by number: hash, address and length, 12 bytes each. */
export const MAX_TEXTS: u32 = 16384;
export const TEXTS: usize = 65536;
/** Open-addressing table of their numbers, plus 1; 0 marks a free place. */
export const PLACES: usize = TEXTS + 12 * <usize>MAX_TEXTS;
export const PLACE_MASK: u32 = 32767;
/** The bytes of those texts, each at a multiple of 8. */
export const ARENA: usize = PLACES + 4 * 32768;
export const ARENA_END: usize = ARENA + (1 << 21);

/** What was found, 64 bytes an entry. */
export const OUT: usize = ARENA_END;
export const MAX_ENTRIES: u32 = 1024;

/** The window of the log that is scanned, with zeros behind it. */
export const IN: usize = OUT + 64 * <usize>MAX_ENTRIES;
export const WINDOW: usize = 512 * 1024;
/** How far behind the window a read may reach. */
export const PADDING: usize = 128;

/** Stops of a stretch of the window: 4 bytes each, those of one step of 64 bytes more than the most, and eight written in vain. */
export const STOPS: usize = IN + WINDOW + PADDING;
export const MAX_STOPS: usize = 2048;
/** Stands behind the last of them: an address behind all text. */
export const FAR: usize = STOPS + 4 * (MAX_STOPS + 80);
