import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotArchive } from '../plan/snapshots.js';
import { errorCode } from './error-code.js';
import { fileStore } from './file-store.js';

const ENDING = '.state';

/** Snapshots in a folder, which is made when it is first written to: one file each. */
export function fileSnapshots(folder: string): SnapshotArchive {
  const path = (name: string): string => join(folder, name + ENDING);
  return {
    place: folder,
    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return [];
        throw error;
      });
      const states = names.filter((name) => name.endsWith(ENDING));
      return Promise.all(
        states.map(async (name) => ({
          name: name.slice(0, -ENDING.length),
          bytes: (await stat(join(folder, name))).size,
        })),
      );
    },
    read: (name) => readFile(path(name)),
    async write(name, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const store = fileStore(path(name));
      if ((await store.load()) !== null) throw new Error(`${path(name)} is there already`);
      await store.save(bytes);
    },
    remove: (name) => rm(path(name), { force: true }),
  };
}
