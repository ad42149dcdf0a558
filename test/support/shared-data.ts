import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Published data sets that tests judge by and that are not part of this repository: the folder in
 * `KMS_BASELINE_SHARED_DATA`, else `shared/data` beside the repository. Tests on them are skipped where it is missing.
 */
const DATA = process.env['KMS_BASELINE_SHARED_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

export const hasSharedData: boolean = existsSync(sharedData()) && existsSync(sharedFacts());

if (!hasSharedData) {
  console.log(
    'Shared data not found: tests on published records are skipped (KMS_BASELINE_SHARED_DATA names the folder)',
  );
}

/** Path of a file or folder among the data sets. */
export function sharedData(...parts: string[]): string {
  return join(DATA, ...parts);
}

/** Path of a file among the sample records that stand beside the data sets. */
export function sharedFacts(...parts: string[]): string {
  return join(DATA, '..', 'facts', 'samples', ...parts);
}
