import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Rooms and the rooms that they import, besides themselves and errors.ts, which is open to all: what is, no more. */
const MAY: Record<string, readonly string[]> = {
  stats: [],
  time: [],
  series: ['time'],
  engine: ['series', 'stats', 'time'],
  alarm: ['engine', 'series', 'time'],
  kms: ['series', 'time'],
  simulate: ['kms', 'series', 'stats', 'time'],
  evaluate: ['simulate', 'engine', 'series', 'time'],
  report: ['kms', 'engine', 'series', 'stats', 'time'],
  plan: ['alarm', 'report', 'kms', 'engine', 'series', 'time'],
  node: ['plan', 'kms', 'engine', 'series', 'time'],
  aws: ['node', 'plan', 'kms', 'engine', 'series', 'time'],
  cli: ['evaluate', 'aws', 'node', 'plan', 'report', 'simulate', 'kms', 'engine', 'series', 'time'],
};
const PURE = [
  'stats',
  'time',
  'series',
  'engine',
  'alarm',
  'kms',
  'simulate',
  'evaluate',
  'report',
  'plan',
  'index.ts',
  'errors.ts',
];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

/** The rooms that a file imports, but for its own. */
function roomsOf(file: string): { readonly room: string; readonly path: string }[] {
  return importsOf(file)
    .filter((path) => path.startsWith('.'))
    .map((path) => ({ room: relative(SRC, join(SRC, dirname(file), path)).split(sep)[0] ?? '', path }))
    .filter(({ room }) => room !== file.split(sep)[0] && room !== 'errors.js');
}

describe('the rooms of src', () => {
  it.each(files)('%s imports only downwards', (file) => {
    const room = file.includes(sep) ? file.split(sep)[0] : undefined;
    if (room === undefined) return;
    expect(Object.keys(MAY), 'a room that the table names').toContain(room);
    for (const to of roomsOf(file)) expect(MAY[room], `${file} imports ${to.path}`).toContain(to.room);
  });

  it('import all that the table lets them', () => {
    const seen = new Set(files.flatMap((file) => roomsOf(file).map(({ room }) => `${file.split(sep)[0]} → ${room}`)));
    for (const [room, others] of Object.entries(MAY)) {
      for (const other of others) expect(seen, 'an arrow that nothing goes along').toContain(`${room} → ${other}`);
    }
  });

  it.each(files.filter((file) => PURE.includes(file.split(sep)[0] ?? '')))('%s is pure', (file) => {
    for (const path of importsOf(file)) expect(path).not.toMatch(/^(node:|@aws-sdk)/);
  });

  it('import no file that imports them, by whatever way: there are no cycles, not of types either', () => {
    const state = new Map<string, 'open' | 'done'>();
    const visit = (file: string, way: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      expect(state.get(file), [...way.slice(way.indexOf(file)), file].join(' → ')).not.toBe('open');
      state.set(file, 'open');
      for (const path of importsOf(file).filter((path) => path.startsWith('.'))) {
        const to = join(dirname(file), path).replace(/\.js$/, '.ts');
        if (all.has(to)) visit(to, [...way, file]);
      }
      state.set(file, 'done');
    };
    const all = new Set(files);
    for (const file of files) visit(file, []);
    expect(state.size).toBe(files.length);
  });

  it('alone imports the AWS SDK: aws', () => {
    for (const file of files.filter((file) => !file.startsWith(`aws${sep}`))) {
      for (const path of importsOf(file)) expect(path, file).not.toMatch(/^@aws-sdk/);
    }
  });

  it('are all entered by their index, which does nothing but re-export', () => {
    for (const file of files.filter((file) => /(^|\/)index\.ts$/.test(file) && !file.startsWith('cli'))) {
      const text = readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      expect(text.replace(/export (type )?(\*|\{[^}]*\}) from '[^']+';/g, '').trim(), file).toBe('');
    }
  });
});
