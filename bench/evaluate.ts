// How well the library detects, beside simple rivals and an oracle: `npm run evaluate`, or a part of it with
// `npm run evaluate -- fleet --seeds 1,2,3 --series 150`. Parts: fleet, calibration, nab, aiops, microsoft, real-counts,
// stream, tenants. A whole run with the usual seeds writes bench/ACCURACY.md.
//   --build <dist/index.js>  another build than these sources (fleet, real-counts, stream, tenants), so that builds can be compared
//   --only silence,hold      some of what `stream` measures, or one collection of `real-counts`
//   --runs 4, --first 100    runs of each kind of the stream, and the seed of the first
//   --alone                  the fleets without rivals and oracle; every incident of the tenants
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { helpFor } from '../scripts/usage.mjs';
import { calibrationPart } from './evaluate/calibration-part.js';
import { fleetPart } from './evaluate/fleet-part.js';
import { Page } from './evaluate/page.js';
import { realCountsPart } from './evaluate/real-counts-part.js';
import { REAL_PARTS } from './evaluate/real-part.js';
import { streamParts } from './evaluate/stream/parts.js';
import type { Library } from './evaluate/stream/sheet.js';
import { tenantsPart } from './evaluate/tenants-part.js';
import { machine } from './harness.js';
import { libraryOf } from './library-of.mjs';

helpFor(import.meta.url);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string' },
    series: { type: 'string' },
    build: { type: 'string' },
    only: { type: 'string' },
    runs: { type: 'string' },
    first: { type: 'string' },
    alone: { type: 'boolean', default: false },
  },
});
const seeds = (values.seeds ?? '1001,1002,1003,1004,1005,1006').split(',').map(Number);
const series = Number(values.series ?? 150);
if (![...seeds, series].every(Number.isSafeInteger)) throw new Error('--seeds and --series must be whole numbers');

const lib: Library = await libraryOf(values.build ?? fileURLToPath(new URL('../src/index.ts', import.meta.url)));
const only = values.only?.split(',') ?? [];
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
const ofBuild = ['fleet', 'real-counts', 'stream', 'tenants'];
if (values.build !== undefined && !(positionals.length > 0 && positionals.every((name) => ofBuild.includes(name)))) {
  throw new Error(`--build is for ${ofBuild.join(', ')}`);
}

const page = new Page();
const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  fleet: () => fleetPart(page, seeds, series, lib, values.alone),
  calibration: () => calibrationPart(page, seeds, series),
  ...Object.fromEntries(Object.entries(REAL_PARTS).map(([name, run]) => [name, () => run(page)])),
  'real-counts': () => realCountsPart(lib, page, only),
  stream: async () => {
    page.heading('4. The stream');
    await streamParts(lib, page, only, { runs: number(values.runs), firstSeed: number(values.first) });
  },
  tenants: () => tenantsPart(page, seeds, lib, values.alone),
};
const unknown = positionals.find((name) => !(name in parts));
if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);

page.line('# Accuracy');
page.line();
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
page.line(
  `Written by \`npm run evaluate\` on ${new Date().toISOString().slice(0, 10)}: kms-baseline ${version}, ${machine()}.`,
);
if (values.build !== undefined) page.line(`Measured: ${values.build}.`);
page.line('Targets are named with each table; the figures are what one run gave, not what is hoped for.');
for (const [name, run] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const start = performance.now();
  await run();
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
if (positionals.length === 0 && Object.keys(values).length === 1 && !values.alone) {
  writeFileSync(fileURLToPath(new URL('ACCURACY.md', import.meta.url)), page.toString());
}
