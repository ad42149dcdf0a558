import { type Notice, type NoticeJson, noticeJson } from '../plan/notice.js';

/** A notice as JSON, or as much of it as a message may hold. */
export interface FittedNotice extends NoticeJson {
  /** There where the message would have been too long for the whole of it: lists end early, texts end in `…`. */
  readonly shortened?: true;
}

/** How many entries of each list are kept, and how many characters of each text: the first that fits. */
const CUTS: readonly (readonly [entries: number, characters: number])[] = [
  [100, 4000],
  [20, 2000],
  [20, 400],
  [5, 400],
  [1, 200],
  [0, 100],
];

const encoder = new TextEncoder();

/** Length in bytes of UTF-8, in which services measure. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/**
 * What `written` makes of a notice, or of the longest form of it that has at most so many bytes: hostile names are long, and
 * take up to twelve bytes a character once they are escaped twice. Ids, times and figures are always whole.
 */
export function fitted<T extends { readonly bytes: number }>(
  notice: Notice,
  most: number,
  written: (notice: FittedNotice) => T,
): T {
  const json = noticeJson(notice);
  let made = written(json);
  for (const cut of CUTS) {
    if (made.bytes <= most) return made;
    made = written({ ...(shortened(json, cut) as NoticeJson), shortened: true });
  }
  return made;
}

/** Lists and texts at any depth, cut. */
function shortened(value: unknown, cut: readonly [entries: number, characters: number]): unknown {
  const [entries, characters] = cut;
  if (typeof value === 'string') return value.length <= characters ? value : `${value.slice(0, characters)}…`;
  if (Array.isArray(value)) return value.slice(0, entries).map((entry) => shortened(entry, cut));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shortened(field, cut)]));
}
