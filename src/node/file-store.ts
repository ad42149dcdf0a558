import { createHash, randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, readdir, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type PlanStore, StoreConflict } from '../plan/store.js';
import { HOUR } from '../time/grid.js';
import { errorCode } from './error-code.js';
import { FileClaim } from './file-claim.js';

/** The state of a plan could not be read or kept; what was kept before is as it was. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** The system's, such as `ENOSPC`; empty where it gave none, as for a store of AWS. */
  readonly code: string;

  /** @param advice what else there is to say, behind the cause */
  constructor(what: 'read' | 'kept', path: string, cause: unknown, advice = '') {
    const code = errorCode(cause);
    const why = (what === 'read' ? WHY_NOT_READ : WHY_NOT_KEPT)[code] ?? WHY[code];
    const message = why ?? (cause instanceof Error ? cause.message : String(cause));
    super(`The state could not be ${what === 'read' ? 'read from' : 'kept in'} ${path}: ${message}${advice}`, {
      cause,
    });
    this.code = code;
  }
}

type Words = Readonly<Record<string, string>>;

const WHY: Words = {
  ENOENT: 'its folder does not exist (ENOENT)',
  ENOTDIR: 'what should be its folder is a file (ENOTDIR)',
  EISDIR: 'a folder of that name is in the way (EISDIR)',
  ELOOP: 'its symbolic links lead in a circle (ELOOP)',
  ENAMETOOLONG: 'the name is too long (ENAMETOOLONG)',
};

const WHY_NOT_KEPT: Words = {
  ENOSPC: 'the disk is full (ENOSPC); the state before it is as it was',
  EDQUOT: 'the disk quota is used up (EDQUOT); the state before it is as it was',
  EROFS: 'the file system is read-only (EROFS); the state before it is as it was',
  EACCES: 'no permission to write there (EACCES); the state before it is as it was',
  EPERM: 'writing there is not permitted (EPERM); the state before it is as it was',
  EIO: 'the disk failed (EIO)',
};

const WHY_NOT_READ: Words = {
  EACCES: 'no permission to read it (EACCES)',
  EPERM: 'reading it is not permitted (EPERM)',
  EIO: 'the disk failed (EIO)',
};

/** So long after its last change, what an unfinished save left beside the state is cleared away. */
const ABANDONED = HOUR;

/** Which file it is, and what is in it. */
interface Version {
  /** null where there is no file. */
  readonly identity: string | null;
  readonly digest: string;
}

/**
 * Keeps the state of a plan in a file. A new state is written beside the old one, under a name of its own, flushed to the
 * disk, and renamed over it: whatever happens meanwhile, `path` holds one whole state. Symbolic links are followed. Where two
 * runs have the same path by mistake, such as a cron job that starts before the last has ended, the first to claim it goes
 * on and the other ends before it has read anything. The claim, `path` with `.claim`, is over when its process is.
 * @throws StoreError from `claim`, `load` and `save`, in words; StoreConflict from `claim` and `save`
 */
export function fileStore(path: string): PlanStore {
  return new FileStore(path);
}

class FileStore implements PlanStore {
  readonly #path: string;
  readonly #beside = `.${randomUUID()}.new`;
  #claim: FileClaim | null = null;
  /** What may be there without being another run's: what this store read or wrote last. Undefined before that. */
  #own: readonly Version[] | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async claim(): Promise<void> {
    if (this.#claim !== null) throw new StoreConflict(this.#path, 'with this very store');
    const claim = await kept('kept', this.#path, async () => new FileClaim(`${await target(this.#path)}.claim`));
    const holder = await kept('kept', this.#path, () => claim.take());
    if (holder !== null) throw new StoreConflict(this.#path, holder);
    this.#claim = claim;
  }

  async release(): Promise<void> {
    const claim = this.#claim;
    this.#claim = null;
    await claim?.release();
  }

  load(): Promise<Uint8Array | null> {
    return kept('read', this.#path, async () => {
      const path = await target(this.#path).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      });
      if (path === null) {
        this.#own = [{ identity: null, digest: '' }];
        return null;
      }
      await clearAbandoned(path);
      const identity = await identityOf(path);
      const bytes = identity === null ? null : await readFile(path);
      this.#own = [{ identity, digest: digestOf(bytes ?? new Uint8Array(0)) }];
      return bytes;
    });
  }

  save(bytes: Uint8Array): Promise<void> {
    return kept('kept', this.#path, async () => {
      const path = await target(this.#path);
      const beside = path + this.#beside;
      try {
        await this.#replace(path, beside, bytes);
        await syncFolder(dirname(path));
      } finally {
        await rm(beside, { force: true }).catch(() => undefined);
      }
    });
  }

  async #replace(path: string, beside: string, bytes: Uint8Array): Promise<void> {
    await this.#check(path);
    // Whoever may read the logs' contents may read this; others may not.
    const file = await open(beside, 'wx', 0o600);
    let next: Version;
    try {
      await file.writeFile(bytes);
      await file.sync();
      next = { identity: identity(await file.stat({ bigint: true })), digest: digestOf(bytes) };
    } finally {
      await file.close();
    }
    await this.#check(path);
    const before = this.#own ?? [];
    // Network file systems may rename and report a failure: from here on, either is this run's own.
    this.#own = [next, ...before.slice(0, 1)];
    try {
      await rename(beside, path);
    } catch (error) {
      if ((await identityOf(path).catch(() => null)) !== next.identity) throw error;
    }
    this.#own = [next];
  }

  /** Throws when what is there is another run's. */
  async #check(path: string): Promise<void> {
    if (this.#claim !== null && !(await this.#claim.isHeld())) throw new StoreConflict(this.#path);
    if (this.#own === undefined) return;
    const found = await identityOf(path);
    if (this.#own.some(({ identity }) => identity === found)) return;
    // Touched, copied or mounted anew: the same for all that.
    const digest = found === null ? null : digestOf(await readFile(path));
    if (!this.#own.some((own) => own.identity !== null && own.digest === digest)) throw new StoreConflict(this.#path);
  }
}

/** What `work` gives; its failures in words. */
async function kept<T>(what: 'read' | 'kept', path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StoreConflict ? error : new StoreError(what, path, error);
  }
}

/** So many symbolic links are followed, as Linux does. */
const MOST_LINKS = 40;

/** The file that a path leads to through symbolic links; it need not exist yet. */
async function target(path: string): Promise<string> {
  let at = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    at = join(await realpath(dirname(at)), basename(at));
    const to = await readlink(at).catch((error: unknown) => {
      // No link, or nothing there.
      if (['EINVAL', 'ENOENT', 'UNKNOWN'].includes(errorCode(error))) return null;
      throw error;
    });
    if (to === null) return at;
    at = resolve(dirname(at), to);
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' });
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function identity({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

/** Another one after every save, by whomever; null where there is no file. */
async function identityOf(path: string): Promise<string | null> {
  try {
    return identity(await stat(path, { bigint: true }));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
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
    // Windows opens no folders, some network file systems sync none; the state is a whole one either way.
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes(errorCode(error))) throw error;
  }
}
