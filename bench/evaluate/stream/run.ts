// The stream's measures on any build: bench/evaluate/stream.mjs runs it.
import { parseArgs } from 'node:util';
import { libraryOf } from '../../library-of.mjs';
import { Page } from '../page.js';
import { streamParts } from './parts.js';
import type { Library } from './sheet.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string' }, first: { type: 'string' } },
});
const [build, ...parts] = positionals;
if (build === undefined)
  throw new Error('usage: node bench/evaluate/stream.mjs <dist/index.js> [part …] [--seeds N] [--first SEED]');
const lib: Library = await libraryOf(build);
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
await streamParts(lib, new Page(), parts, { runs: number(values.seeds), firstSeed: number(values.first) });
