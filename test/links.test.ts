import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const inFolder = (folder: string) =>
  readdirSync(ROOT + folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'bench', 'data', 'examples', 'findings'].flatMap(inFolder),
];

/** A page without its code, in which brackets are no links. */
const proseOf = (page: string) =>
  readFileSync(ROOT + page, 'utf8')
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, '');

/** The anchors that a page's headings have, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  const text = readFileSync(ROOT + page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  for (const [, heading] of text.matchAll(/^#{1,6} (.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

describe('links of the pages', () => {
  it.each(pages)('lead somewhere: %s', (page) => {
    const dead: string[] = [];
    for (const [, link] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/i.test(link)) continue;
      const [path, anchor] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(ROOT + file)) dead.push(`${link}: no such file`);
      // A site that is made of the pages has no folders.
      else if (statSync(ROOT + file).isDirectory()) dead.push(`${link}: a folder`);
      else if (anchor !== undefined && !anchorsOf(file).has(anchor)) {
        dead.push(`${link}: no such heading`);
      }
    }
    expect(dead).toEqual([]);
  });

  it('name every guide in README.md', () => {
    const readme = readFileSync(`${ROOT}README.md`, 'utf8');
    expect(inFolder('docs').filter((page) => !readme.includes(`(${page})`))).toEqual([]);
  });
});
