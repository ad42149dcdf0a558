// All that a build exports, as one: the measures compare builds of which some have everything in their root entry, others in
// entries of their own.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const ENTRIES = ['simulate', 'evaluate', 'report', 'plan', 'alarm', 'kms'];

/** @param {string} index the path of a build's dist/index.js, or of the sources' src/index.ts */
export async function libraryOf(index) {
  const folder = dirname(resolve(index));
  const ending = index.endsWith('.ts') ? 'index.ts' : 'index.js';
  const files = [
    resolve(index),
    ...ENTRIES.map((entry) => join(folder, entry, ending)).filter((file) => existsSync(file)),
  ];
  return Object.assign({}, ...(await Promise.all(files.map((file) => import(pathToFileURL(file).href)))));
}
