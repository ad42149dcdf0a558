import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const built = existsSync(`${ROOT}dist/cli/index.js`);
if (!built) console.log('examples.test.ts: skipped, dist is missing (npm run build makes it)');

interface Block {
  readonly language: string;
  readonly text: string;
  /** The text block behind it: what it prints. */
  readonly output: string | undefined;
}

function blocksOf(file: string): Block[] {
  const found = [...readFileSync(`${ROOT}${file}`, 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
  }));
  return found.flatMap((block, i) => {
    if (block.language === 'text') return [];
    // What a block prints is the text block before the next block that does something.
    const next = found[i + 1];
    return [{ language: block.language, text: block.text, output: next?.language === 'text' ? next.text : undefined }];
  });
}

/** Compares what was printed with what the README shows; a line of only `…` there stands for any lines. */
function expectOutput(printed: string, shown: string): void {
  const parts = shown.split(/^…\n/m);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = printed.indexOf(part, at);
    expect(found, `README shows:\n${part}\nprinted was:\n${printed.slice(at)}`).toBeGreaterThanOrEqual(0);
    if (i === 0) expect(found).toBe(0);
    at = found + part.length;
  }
  if (parts.length === 1) expect(printed).toBe(shown);
}

const blocks = blocksOf('README.md');
const programs = blocks.filter(({ language }) => language === 'ts');
const shells = blocks.filter(({ language }) => language === 'sh');

describe.skipIf(!built)('the README', () => {
  it('shows programs and commands', () => {
    expect(programs.length).toBeGreaterThan(0);
    expect(shells.length).toBeGreaterThan(0);
    for (const { language } of blocks)
      expect(['ts', 'sh', 'json'], 'kinds of block that are run or parsed').toContain(language);
  });

  it.each(programs.map((block, i) => [i + 1, block] as const))(
    'has a program %i that runs and prints what is shown',
    async (i, block) => {
      // In notebooks/, where ts-node checks its types and finds the package by its own name.
      const file = `${ROOT}notebooks/.readme-${i}.ts`;
      writeFileSync(file, block.text);
      try {
        const { stdout } = await run('npx', ['ts-node', file], { cwd: ROOT });
        if (block.output !== undefined) expectOutput(stdout, block.output);
      } finally {
        rmSync(file);
      }
    },
    60_000,
  );

  it.each(
    shells.flatMap((block, i) =>
      block.text
        .trim()
        .split('\n')
        .map((line) => [i, line, block] as const),
    ),
  )(
    'has a command line that works (%i: %s)',
    async (_, line, block) => {
      const command = line.replace(/\s+#.*$/, '');
      if (/^npm (ci|install|test|run)\b/.test(command) && !command.includes('&& npm start')) {
        // Installing and testing is what runs this test; the scripts that are named must be there.
        const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
        for (const [, script] of command.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(script);
        return;
      }
      const args = command.includes('npm start')
        ? ['analyze', 'data/logs', '--time-zone', 'Europe/Berlin']
        : command.replace(/^npx (kms-baseline|ts-node)\s*/, '').split(/\s+/);
      const { stdout } = command.startsWith('npx ts-node')
        ? await run('npx', ['ts-node', ...args], { cwd: ROOT })
        : await run(process.execPath, ['dist/cli/index.js', ...args], { cwd: ROOT, maxBuffer: 2 ** 26 });
      if (block.output !== undefined) expectOutput(stdout, block.output);
    },
    60_000,
  );

  it('starts the bundled analysis with npm start, as it says', () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect(scripts.start).toBe('node dist/cli/index.js analyze data/logs --time-zone Europe/Berlin');
  });
});
