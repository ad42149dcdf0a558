import { type FileHandle, open } from 'node:fs/promises';
import { errorCode } from './error-code.js';

const LINE_END = 0x0a;

/**
 * Appends a line, with its end, to a file that others may read meanwhile: wholly, or not at all. What a full disk took of it
 * is taken back; where whoever appended before was killed in the middle, the line begins on a line of its own. Once it
 * returns, the line is on the disk. Pipes and devices are written to as they are.
 * @throws the file system's error; then the file is as it was
 */
export async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+', 0o600).catch((error: unknown) => {
    // A pipe or a device that cannot be read.
    if (errorCode(error) === 'EACCES' || errorCode(error) === 'ENXIO') return open(path, 'a', 0o600);
    throw error;
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      await file.writeFile(line);
      return;
    }
    const { size } = stats;
    try {
      await file.writeFile((await isTorn(file, size)) ? `\n${line}` : line);
      await flushed(file);
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** Whether the last line has no end. */
async function isTorn(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  const { bytesRead } = await file.read(last, 0, 1, size - 1);
  return bytesRead === 1 && last[0] !== LINE_END;
}

/** Some file systems have no such thing: then they write when they do. */
async function flushed(file: FileHandle): Promise<void> {
  await file.datasync().catch((error: unknown) => {
    if (!['EINVAL', 'ENOSYS', 'ENOTSUP'].includes(errorCode(error))) throw error;
  });
}
