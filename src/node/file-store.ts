import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PlanStore } from '../plan/store.js';

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

/**
 * Keeps the state of a plan in a file. A new state is written beside the old one (`<path>.new`), flushed to the disk, and
 * renamed over it: whatever happens meanwhile, `path` holds one whole state. One process at a time may write it.
 * @throws StoreError from `load` and `save`, in words
 */
export function fileStore(path: string): PlanStore {
  const beside = `${path}.new`;
  return {
    async load() {
      try {
        return await readFile(path);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw new StoreError('The state could not be read from', path, error);
      }
    },
    async save(bytes) {
      try {
        // Whoever may read the logs' contents may read this; others may not.
        const file = await open(beside, 'w', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(beside, path);
        await syncFolder(dirname(path));
      } catch (error) {
        await rm(beside, { force: true }).catch(() => undefined);
        throw new StoreError('The state could not be kept in', path, error);
      }
    },
  };
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
