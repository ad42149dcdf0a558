import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type PlanStore, StoreConflict } from '../plan/store.js';
import { HOUR } from '../time/grid.js';

/** The state of a plan could not be read or kept; what was kept before is as it was. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** The system's, such as `ENOSPC`; empty where it gave none. */
  readonly code: string;

  constructor(what: string, path: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why = WHY[code] ?? (cause instanceof Error ? cause.message : String(cause));
    super(`${what} ${path}: ${why}`, { cause });
    this.code = code;
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full (ENOSPC); the state before it is as it was',
  EDQUOT: 'the disk quota is used up (EDQUOT); the state before it is as it was',
  EROFS: 'the file system is read-only (EROFS); the state before it is as it was',
  EACCES: 'no permission to write there (EACCES); the state before it is as it was',
  EPERM: 'writing there is not permitted (EPERM); the state before it is as it was',
  ENOENT: 'its folder does not exist (ENOENT)',
  ENOTDIR: 'what should be its folder is a file (ENOTDIR)',
  EISDIR: 'a folder of that name is in the way (EISDIR)',
};

/** So long after its last change, what an unfinished save left beside the state is cleared away. */
const ABANDONED = HOUR;

/**
 * Keeps the state of a plan in a file. A new state is written beside the old one, under a name of its own, flushed to the
 * disk, and renamed over it: whatever happens meanwhile, `path` holds one whole state. Where two runs have the same path by
 * mistake, such as a cron job that starts before the last has ended, the first to save goes on and the other hears of it.
 * @throws StoreError from `load` and `save`, in words; StoreConflict from `save`
 */
export function fileStore(path: string): PlanStore {
  const beside = `${path}.${randomUUID()}.new`;
  /** Which file it was that this store read or wrote last; undefined before that. */
  let own: string | null | undefined;
  return {
    async load() {
      try {
        await clearAbandoned(path);
        own = await identityOf(path);
        return own === null ? null : await readFile(path);
      } catch (error) {
        throw new StoreError('The state could not be read from', path, error);
      }
    },
    async save(bytes) {
      try {
        if (own !== undefined && (await identityOf(path)) !== own) throw new StoreConflict(path);
        // Whoever may read the logs' contents may read this; others may not.
        const file = await open(beside, 'wx', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(beside, path);
        own = await identityOf(path);
        await syncFolder(dirname(path));
      } catch (error) {
        await rm(beside, { force: true }).catch(() => undefined);
        throw error instanceof StoreConflict ? error : new StoreError('The state could not be kept in', path, error);
      }
    },
  };
}

/** Another one after every save, by whomever; null where there is no file. */
async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Removes what runs that were killed while they saved have left; a folder that cannot be changed is no reason to fail. */
async function clearAbandoned(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`${basename(path)}.`) || !/\.[0-9a-f-]{36}\.new$/.test(name)) continue;
    const left = join(folder, name);
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > ABANDONED) await rm(left, { force: true }).catch(() => undefined);
  }
}

/** The name is a part of the folder: without this, a power cut may bring the old state back. Not all systems can. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // Windows opens no folders, some network file systems sync none; the state is a whole one either way.
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EACCES') throw error;
  }
}
