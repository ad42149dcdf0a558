// A copy of src and test that holds all changes to be tried at once, each behind a question: one form of the program serves all
// of them, and nothing that a runner has cached goes out of date. In the copy, `chosen` has the number of the change in force;
// `reached` collects the numbers of those that a run came by, worker threads and child processes included.
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupBy, withMutants } from './mutants.mjs';
import { workerModule } from './worker-source.mjs';

const ASK = 'isMutant_';

/** A copy of a tree as it is: src and test, and links to what tests read beside them. */
export function copyOfTree(root) {
  const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-mutate-'));
  // Some tests run programs as another user.
  chmodSync(folder, 0o755);
  for (const name of readdirSync(root)) {
    if (name === 'src' || name === 'test') cpSync(join(root, name), join(folder, name), { recursive: true });
    else if (!name.startsWith('.')) symlinkSync(join(root, name), join(folder, name));
  }
  return folder;
}

/**
 * Puts changes into a copy: files that have none are as they were.
 * @param {string} root of the tree
 * @param {string} copy of it
 * @param {readonly { readonly id: number, readonly file: string }[]} mutants
 */
export async function putMutants(root, copy, mutants) {
  for (const [file, ofFile] of groupBy(mutants, ({ file }) => file)) {
    const text = readFileSync(join(root, 'src', file), 'utf8');
    writeFileSync(join(copy, 'src', file), `${question(copy)} ${withMutants(text, ofFile, ASK)}`);
  }
  choose(copy, undefined);
  // Worker threads run a bundle of their own.
  writeFileSync(join(copy, 'src/node/worker-source.generated.ts'), await workerModule(copy));
}

/** Puts files back as they are in the tree. */
export function takeMutants(root, copy, files) {
  for (const file of files) cpSync(join(root, 'src', file), join(copy, 'src', file));
}

/** The change that is in force in the processes that start from now on; with none they note what they reach. */
export function choose(copy, id) {
  writeFileSync(join(copy, 'chosen'), String(id ?? -1));
  writeFileSync(join(copy, 'reached'), '');
  chmodSync(join(copy, 'reached'), 0o666);
}

export function reachedOf(copy) {
  return new Set(readFileSync(join(copy, 'reached'), 'utf8').split('\n').filter(Boolean).map(Number));
}

export function removeCopy(copy) {
  rmSync(copy, { recursive: true, force: true });
}

/** The function that asks, once for each realm, in the first line of a file. */
function question(copy) {
  const [chosen, reached] = [join(copy, 'chosen'), join(copy, 'reached')].map((path) => JSON.stringify(path));
  return (
    `const ${ASK} = (globalThis as any).${ASK} ??= (() => { const fs = (globalThis as any).process.getBuiltinModule('node:fs'); ` +
    `const { appendFileSync } = fs; const chosen = Number(fs.readFileSync(${chosen}, 'utf8')); ` +
    `if (chosen >= 0) return (id: number) => id === chosen; const seen = new Uint8Array(1 << 20); ` +
    `return (id: number) => { if (seen[id] === 0) { seen[id] = 1; appendFileSync(${reached}, id + '\\n'); } return false; }; })();`
  );
}
