// How well the library detects, beside simple rivals and an oracle: `npm run evaluate`, or a part of it with
// `npm run evaluate -- fleet --seeds 1,2,3 --series 150`. Parts: fleet, calibration, nab, aiops, microsoft. A whole run
// with the usual seeds writes bench/ACCURACY.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { calibrationPart } from './evaluate/calibration-part.js';
import { fleetPart } from './evaluate/fleet-part.js';
import { Page } from './evaluate/page.js';
import { REAL_PARTS } from './evaluate/real-part.js';
import { machine } from './harness.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string' }, series: { type: 'string' } },
});
const seeds = (values.seeds ?? '1001,1002,1003,1004,1005,1006').split(',').map(Number);
const series = Number(values.series ?? 150);
if (![...seeds, series].every(Number.isSafeInteger)) throw new Error('--seeds and --series must be whole numbers');

const page = new Page();
const parts: Readonly<Record<string, () => void>> = {
  fleet: () => fleetPart(page, seeds, series),
  calibration: () => calibrationPart(page, seeds, series),
  ...Object.fromEntries(Object.entries(REAL_PARTS).map(([name, run]) => [name, () => run(page)])),
};
const unknown = positionals.find((name) => !(name in parts));
if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);

page.line('# Accuracy');
page.line();
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
page.line(
  `Written by \`npm run evaluate\` on ${new Date().toISOString().slice(0, 10)}: kms-baseline ${version}, ${machine()}.`,
);
page.line('Targets are named with each table; the figures are what one run gave, not what is hoped for.');
for (const [name, run] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const start = performance.now();
  run();
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
if (positionals.length === 0 && values.seeds === undefined && values.series === undefined) {
  writeFileSync(fileURLToPath(new URL('ACCURACY.md', import.meta.url)), page.toString());
}
