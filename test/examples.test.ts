import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = `${ROOT}dist/cli/index.js`;
const built = existsSync(CLI);
if (!built) console.log('examples.test.ts: skipped, dist is missing (npm run build makes it)');

interface Block {
  /** `docs/reports.md 2`: the page, and the number of the block of its language there. */
  readonly name: string;
  readonly language: string;
  readonly text: string;
  /** Needs what is not here, such as an account: checked as far as it can be without. */
  readonly noRun: boolean;
  /** The text block behind it: what it prints. */
  readonly output: string | undefined;
}

function blocksOf(page: string): Block[] {
  const found = [...readFileSync(ROOT + page, 'utf8').matchAll(/^```(\w*)( no-run)?\n([\s\S]*?)^```$/gm)];
  return found.flatMap(([, language = '', noRun, text = ''], i) => {
    if (language === 'text') return [];
    // What a block prints is the text block before the next block that does something.
    const output = found[i + 1]?.[1] === 'text' ? found[i + 1]?.[3] : undefined;
    const number = found.slice(0, i + 1).filter((block) => block[1] === language).length;
    return [{ name: `${page} ${number}`, language, text, noRun: noRun !== undefined, output }];
  });
}

/** Compares what was printed with what a page shows; a line of only `…` there stands for any lines. */
function expectOutput(printed: string, shown: string): void {
  const parts = shown.split(/^…\n/m);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = printed.indexOf(part, at);
    expect(found, `shown is:\n${part}\nprinted was:\n${printed.slice(at)}`).toBeGreaterThanOrEqual(0);
    if (i === 0) expect(found).toBe(0);
    at = found + part.length;
  }
  if (parts.length === 1) expect(printed).toBe(shown);
}

const docs = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith('.md'));
const pages = ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)];
/** The `@example` of a function that opens an entry, where it is a whole program. */
function examplesIn(file: string): Block[] {
  const found = [
    ...readFileSync(`${ROOT}src/${file}`, 'utf8').matchAll(/^ \* @example\n((?: \*(?: .*)?\n)+?)(?= \* @| \*\/)/gm),
  ];
  return found.flatMap(([, lines = ''], i) => {
    const text = lines.replace(/^ \* ?/gm, '');
    return text.startsWith('import ')
      ? [{ name: `src/${file} ${i + 1}`, language: 'ts', text, noRun: false, output: undefined }]
      : [];
  });
}
const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const examples = sources.flatMap(examplesIn);
const blocks = [...pages.flatMap(blocksOf), ...examples];
const programs = blocks.filter(({ language }) => language === 'ts');
const shells = blocks.filter(({ language }) => language === 'sh');
/** In notebooks/, where the package is found by its own name; git ignores them. */
const fileOf = (block: Block) => `${ROOT}notebooks/.readme-${programs.indexOf(block)}.ts`;

describe.skipIf(!built)('the pages', () => {
  beforeAll(() => {
    for (const block of programs) writeFileSync(fileOf(block), `${block.text}\nexport {};\n`);
  });
  afterAll(() => {
    for (const block of programs) rmSync(fileOf(block), { force: true });
  });

  it('show programs and commands, and nothing that is neither run nor read', () => {
    expect(programs.length).toBeGreaterThan(3);
    expect(shells.length).toBeGreaterThan(3);
    expect(examples.map(({ name }) => name.split('/')[1])).toEqual(
      expect.arrayContaining(['alarm', 'evaluate', 'node', 'plan', 'simulate']),
    );
    for (const { language, name } of blocks) expect(['ts', 'sh', 'json'], name).toContain(language);
    for (const { text } of blocks.filter(({ language }) => language === 'json')) JSON.parse(text);
  });

  it('show programs without a type error', { timeout: 120_000 }, () => {
    const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
    const program = ts.createProgram(programs.map(fileOf), options);
    const found = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const block = programs.find((block) => file?.fileName === fileOf(block));
      return `${block?.name ?? file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(found).toEqual([]);
  });

  it.each(programs.filter(({ noRun }) => !noRun).map((block) => [block.name, block] as const))(
    'show a program that runs and prints what is shown (%s)',
    async (_, block) => {
      // Types were checked above, all at once.
      const script = fileOf(block).replace(/\.ts$/, '.mjs');
      const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
      writeFileSync(script, ts.transpileModule(block.text, { compilerOptions }).outputText);
      const { stdout } = await run(process.execPath, [script], { cwd: ROOT }).finally(() => rmSync(script));
      if (block.output !== undefined) expectOutput(stdout, block.output);
    },
    90_000,
  );

  it.each(
    shells.filter(({ noRun, text }) => !noRun && !/^npm /.test(text)).map((block) => [block.name, block] as const),
  )(
    'show commands that work (%s)',
    async (_, { text, output }) => {
      const notebooks = [...text.matchAll(/^npx ts-node (\S+)$/gm)];
      for (const [, file] of notebooks) expect(existsSync(ROOT + file), 'a notebook, run by another test').toBe(true);
      if (notebooks.length > 0) return;
      // A folder in which commands may write, and the bundled logs where they expect them.
      const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-pages-'));
      try {
        symlinkSync(`${ROOT}data`, join(folder, 'data'));
        const npx = `npx() { [ "$1" = kms-baseline ] || return 127; shift; "${process.execPath}" "${CLI}" "$@"; }`;
        const script = `set -euo pipefail\n${npx}\n${text}`;
        const { stdout } = await run('bash', ['-c', script], { cwd: folder, maxBuffer: 2 ** 26 });
        if (output !== undefined) expectOutput(stdout, output);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    120_000,
  );

  it('name scripts that there are, and flags that their command has', async () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    const helps = new Map<string, string>();
    for (const { text, name } of shells) {
      for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts), name).toContain(script);
      for (const [, command, rest] of text.matchAll(/npx kms-baseline (\w+)([^\n|>#]*)/g)) {
        const help = helps.get(command) ?? (await run(process.execPath, [CLI, command, '--help'])).stdout;
        helps.set(command, help);
        for (const [flag] of rest.matchAll(/--[a-z][a-z-]*/g)) expect(help, `${name}: ${command}`).toContain(flag);
      }
    }
  }, 180_000);

  it('begin with what npm start prints', { timeout: 60_000 }, async () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect(scripts.start).toBe('node dist/cli/index.js analyze data/logs --time-zone Europe/Berlin');
    const [first] = shells;
    expect(first).toMatchObject({ name: 'README.md 1', text: 'npm ci && npm start\n' });
    const { stdout } = await run(process.execPath, scripts.start.split(' ').slice(1), { cwd: ROOT });
    expectOutput(stdout, first.output ?? 'nothing is shown');
  });
});
