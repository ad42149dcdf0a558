import { readFile } from 'node:fs/promises';
import { FormatError, InputError } from '../errors.js';

/**
 * What a file of this program's holds.
 * @throws InputError that names the flag, for one that cannot be read and for one that it has not written
 */
export async function openKept<T>(path: string, flag: string, parse: (bytes: Uint8Array) => T): Promise<T> {
  try {
    return parse(await readFile(path));
  } catch (error) {
    const why =
      error instanceof FormatError
        ? error.message
        : error instanceof Error && 'code' in error
          ? String(error.code)
          : undefined;
    if (why === undefined) throw error;
    throw new InputError(
      `${flag} must be a file that kms-baseline fit has written, got ${JSON.stringify(path)}: ${why}`,
    );
  }
}
