import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.js';
import { type KeyLabel, keyLabelsFrom } from '../report/key-names.js';

/**
 * Aliases and owners of keys from a file; none without a path.
 * @throws InputError that names `--aliases`, and what is wrong with the file
 */
export async function readLabels(path: string | undefined): Promise<readonly KeyLabel[]> {
  if (path === undefined) return [];
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(`--aliases must be a file that can be read, got ${JSON.stringify(path)} (${reason})`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`--aliases must be a JSON file, got ${JSON.stringify(path)}`);
  }
  return keyLabelsFrom(json, '--aliases');
}
