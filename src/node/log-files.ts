import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { problemOf } from './file-bytes.js';
import type { FileReason } from './ingest-stats.js';
import { fileSkipReason, folderSkipReason, type SkipReason, timeInName } from './log-names.js';

export interface LogFile {
  /** As the caller's path leads to it. */
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  /** {@link timeInName}. */
  readonly time: number;
  /** A pipe or a device: it can be read once, has no size, and may have no end. */
  readonly streamed?: true;
}

/** Hears of what is not among the files found. */
export interface LogFilesListener {
  skip(reason: SkipReason): void;
  rejectFile(path: string, reason: FileReason): void;
}

/**
 * The files that `roots` name, and the logs in the folders they name, at any depth; each once, however many paths and
 * symbolic links lead to it. Throws {@link InputError} for a root that does not exist; all else that cannot be read is
 * told to `listener`.
 *
 * They come in the order of the time in their names, then of their paths, and last those whose names tell no time. So
 * the files of many accounts and Regions, each in folders of its own, give one nearly chronological stream, in which
 * two deliveries of one record are never far apart: few ids have to be at hand to recognise duplicates.
 */
export async function findLogs(roots: readonly string[], listener: LogFilesListener): Promise<LogFile[]> {
  const walk = new Walk(listener);
  await walk.addRoots(roots);
  while (walk.folders.length > 0) await walk.readFolder(walk.folders.pop() as Folder);
  return walk.files.sort(byTime);
}

function byTime(a: LogFile, b: LogFile): number {
  const aTime = Number.isNaN(a.time) ? Infinity : a.time;
  const bTime = Number.isNaN(b.time) ? Infinity : b.time;
  if (aTime !== bTime) return aTime < bTime ? -1 : 1;
  // Code units, not a locale's order: the same on every machine.
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

interface Folder {
  readonly path: string;
  readonly real: string;
  /** Why all that is in it is skipped; null when it is not. */
  readonly skip: SkipReason | null;
}

/** So many files are asked for their size at once: a network file system answers slowly, but many at a time. */
const AT_ONCE = 64;

class Walk {
  readonly files: LogFile[] = [];
  readonly folders: Folder[] = [];
  /** Real paths of files and folders: what keeps a link from being followed in circles. */
  readonly #seen = new Set<string>();
  readonly #listener: LogFilesListener;

  constructor(listener: LogFilesListener) {
    this.#listener = listener;
  }

  async addRoots(paths: readonly string[]): Promise<void> {
    await this.#addAll(paths, (path) => this.#lookAtRoot(path));
  }

  /** Looks at many at once, and adds what was found in their order. */
  async #addAll<T>(entries: readonly T[], look: (entry: T) => Promise<() => void>): Promise<void> {
    for (let i = 0; i < entries.length; i += AT_ONCE) {
      const found = await Promise.all(entries.slice(i, i + AT_ONCE).map(look));
      for (const add of found) add();
    }
  }

  /** As {@link #look}, of a path that the caller gave. */
  async #lookAtRoot(path: string): Promise<() => void> {
    let real: string;
    let stats: Stats;
    try {
      stats = await stat(path);
      // What /dev/stdin and a shell's <(…) lead to is open, but has no name of its own.
      real = await realpath(path).catch((error) => {
        if (stats.isFile() || stats.isDirectory()) throw error;
        return path;
      });
    } catch (error) {
      const reason = problemOf(error).reason;
      // The whole path, unlike other values: where it goes wrong is often its end.
      if (reason !== 'missing') return () => this.#listener.rejectFile(path, reason);
      return () => {
        throw new InputError(`paths must name files and folders that exist, got ${JSON.stringify(path)}`);
      };
    }
    if (stats.isDirectory()) return () => this.#addFolder({ path, real, skip: null });
    return () => this.#addFile(path, real, stats);
  }

  async readFolder(folder: Folder): Promise<void> {
    let entries: Dirent[];
    try {
      entries = await readdir(folder.path, { withFileTypes: true });
    } catch (error) {
      this.#listener.rejectFile(folder.path, problemOf(error).reason);
      return;
    }
    // Of a file and a link to it, the first in the order of names is kept, whatever the order on disk.
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    await this.#addAll(entries, (entry) => this.#look(folder, entry));
  }

  /** Asks the file system about an entry; what follows from the answer is done in the entries' order. */
  async #look(folder: Folder, entry: Dirent): Promise<() => void> {
    const path = join(folder.path, entry.name);
    let real = join(folder.real, entry.name);
    if (entry.isDirectory()) return () => this.#enter(folder, entry.name, path, real);
    const skip = folder.skip ?? fileSkipReason(entry.name);
    if (entry.isFile() && skip !== null) return () => this.#skip(real, skip);
    try {
      if (entry.isSymbolicLink()) real = await realpath(path);
      const stats = await stat(path);
      if (stats.isDirectory()) return () => this.#enter(folder, entry.name, path, real);
      if (skip !== null) return () => this.#skip(real, skip);
      if (!stats.isFile()) return () => this.#skip(real, 'not-a-file');
      return () => this.#addFile(path, real, stats);
    } catch (error) {
      const reason = problemOf(error).reason;
      return skip === null ? () => this.#listener.rejectFile(path, reason) : () => this.#skip(real, skip);
    }
  }

  #enter(parent: Folder, name: string, path: string, real: string): void {
    const skip = parent.skip ?? folderSkipReason(name);
    // What a hidden folder holds (.git, .cache) is nobody's log: it counts as one.
    if (skip === 'hidden') this.#skip(real, skip);
    else this.#addFolder({ path, real, skip });
  }

  #skip(real: string, reason: SkipReason): void {
    // Unless it was given by name as well, and is read.
    if (!this.#seen.has(real)) this.#listener.skip(reason);
  }

  #addFolder(folder: Folder): void {
    if (this.#seen.has(folder.real)) return;
    this.#seen.add(folder.real);
    this.folders.push(folder);
  }

  #addFile(path: string, real: string, stats: Stats): void {
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    const file = { path, size: stats.size, time: timeInName(path) };
    this.files.push(stats.isFile() ? file : { ...file, size: 0, streamed: true });
  }
}
