import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Prints what stands at the head of a script, and ends, where it is asked for --help. The only argument that does is taken: what each
 * script has besides stands there.
 * @param script its `import.meta.url`
 */
export function helpFor(script) {
  if (!process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) return;
  const [head] = readFileSync(fileURLToPath(script), 'utf8').split(/^(?!\/\/)/m);
  process.stdout.write(head.replaceAll(/^\/\/ ?/gm, ''));
  process.exit(0);
}
