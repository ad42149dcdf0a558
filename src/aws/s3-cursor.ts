import { FormatError, shown } from '../errors.js';
import { at, isObject } from '../kms/raw-record.js';
import { DAY } from '../time/grid.js';
import { dayPath, publishedAt } from './log-layout.js';

/** What was read of a bucket, as plain data: kept between runs, so that each reads only new files. */
export interface S3Cursor {
  readonly version: 1;
  /** By folder, the key that its objects begin with. */
  readonly folders: readonly { readonly prefix: string; readonly cursor: FolderCursor }[];
}

/** Names are keys without the folder's prefix: `2026/01/19/…json.gz`. */
export interface FolderCursor {
  /** Every file published before this, epoch ms, that was there a day later has been listed; null for none. */
  readonly until: number | null;
  /** Files read that were published not long before `until`, or after it. */
  readonly read: readonly string[];
  /** Files that could not be read to their end: the next run tries them again. */
  readonly failed: readonly string[];
}

/** Files may turn up in a listing so much later than their names say. */
const OVERLAP = DAY;

/** What has become of the files of one folder. */
export class FolderProgress {
  readonly #read: Set<string>;
  readonly #failed: Set<string>;
  /** Listed, and not yet read. */
  readonly #open = new Set<string>();
  #until: number | null;

  constructor(cursor: FolderCursor = { until: null, read: [], failed: [] }) {
    this.#until = cursor.until;
    this.#read = new Set(cursor.read);
    this.#failed = new Set(cursor.failed);
  }

  /** Files of earlier runs to try again. */
  get failed(): readonly string[] {
    return [...this.#failed];
  }

  /** The name from which on the folder has to be listed: the day's, or that of `from` where nothing was read yet. */
  startAfter(from: number): string {
    return dayPath(this.#until === null ? from : this.#until - OVERLAP);
  }

  /** Notes a file of the listing; false when it was read, or waits to be tried again. */
  open(name: string): boolean {
    if (this.#read.has(name) || this.#failed.has(name)) return false;
    this.#open.add(name);
    return true;
  }

  /** Notes what became of a file. */
  close(name: string, complete: boolean): void {
    this.#open.delete(name);
    if (complete) {
      this.#failed.delete(name);
      this.#read.add(name);
    } else {
      this.#read.delete(name);
      this.#failed.add(name);
    }
  }

  cursor(): FolderCursor {
    let until = this.#until ?? -Infinity;
    for (const name of this.#read) until = Math.max(until, publishedAt(name) || -Infinity);
    for (const name of this.#open) until = Math.min(until, publishedAt(name) || Infinity);
    const first = until === -Infinity ? '' : dayPath(until - OVERLAP);
    return {
      until: until === -Infinity ? null : until,
      read: [...this.#read].filter((name) => name >= first).sort(),
      failed: [...this.#failed].sort(),
    };
  }
}

/** Checks a cursor that came from outside. */
export function checkCursor(cursor: unknown): S3Cursor {
  const folders = at(cursor, 'folders');
  if (at(cursor, 'version') !== 1 || !Array.isArray(folders)) {
    throw new FormatError(`cursor must be what an earlier run gave, version 1, got ${shown(at(cursor, 'version'))}`);
  }
  for (const [i, folder] of folders.entries()) {
    const inner = at(folder, 'cursor');
    const until = at(inner, 'until');
    const names = [at(inner, 'read'), at(inner, 'failed')];
    const fits =
      typeof at(folder, 'prefix') === 'string' &&
      isObject(inner) &&
      (until === null || typeof until === 'number') &&
      names.every((list) => Array.isArray(list) && list.every((name) => typeof name === 'string'));
    if (!fits) throw new FormatError(`cursor.folders[${i}] is damaged`);
  }
  return cursor as S3Cursor;
}
