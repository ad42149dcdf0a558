// Types and the quick lane of tests, again and again while files change: `npm run dev`. What is given goes to vitest, such as
// a room's tests: `npm run dev -- test/series`. Ctrl-C ends both.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WATCHERS = {
  types: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--watch', '--preserveWatchOutput', '--pretty'],
  tests: [
    'node_modules/vitest/vitest.mjs',
    '--watch',
    '--project',
    'quick',
    '--clearScreen=false',
    ...process.argv.slice(2),
  ],
};

const running = Object.entries(WATCHERS).map(([name, args]) => {
  // The tests have the terminal, and take their keys; the types come in between, each line with its name.
  const tests = name === 'tests';
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: tests ? 'inherit' : ['ignore', 'pipe', 'inherit'] });
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    for (const line of text.split('\n')) if (line.trim() !== '') process.stdout.write(`[${name}] ${line}\n`);
  });
  return child;
});
const stop = () => {
  for (const child of running) child.kill('SIGTERM');
};
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
for (const child of running) {
  child.on('exit', (code) => {
    stop();
    process.exitCode ||= code ?? 0;
  });
}
