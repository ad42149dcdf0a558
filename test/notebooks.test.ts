import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = `${ROOT}notebooks/`;
const TS_NODE = `${ROOT}node_modules/ts-node/dist/bin.js`;
const built = existsSync(`${ROOT}dist/node/index.js`);
if (!built) console.log('notebooks.test.ts: skipped, dist is missing (npm run build makes it)');

const notebooks = readdirSync(FOLDER).filter((name) => /^\d\d-.*\.ts$/.test(name));

/** What each has to show for itself, besides running. */
const SHOWS: Readonly<Record<string, RegExp>> = {
  '01-first-look.ts': /Decrypt on 0a1b63c4 \(eu-central-1\), 2026-06-02 16:10[\s\S]*role\/SupportConsole made 420/,
  // Chance may give a finding in two weeks of a budget of one a week.
  '02-season-and-zone.ts': /^each its own .* [0-3] .* 0 .* 0$/m,
  '03-thresholds.ts': /^ +50 .*\d+ of \d+ /m,
  '04-silent-key.ts': /is told [123] h after it began:\n[\s\S]*on that key: nothing/,
  '05-live-account.ts': /Decrypt on 1b2c74d5 \(eu-central-1\): no calls [\s\S]*payments-decrypt-low +INSUFFICIENT_DATA/,
  '07-data-frame.ts':
    /'Decrypt' +│ 12 +│ 40\d\d [\s\S]*14 series of 48 hours; Decrypt in the hour from 10:00 UTC: 4\d{3} calls/,
  '06-monitoring-plan.ts': /What for[\s\S]*\nPutMetricAlarm [\s\S]*\nPutRule [\s\S]*\nPutMetricFilter /,
};

describe.skipIf(!built)('the notebooks', () => {
  it.each(notebooks)('%s runs with plain ts-node, in its own folder', { timeout: 120_000 }, async (name) => {
    const { stdout } = await run(process.execPath, [TS_NODE, FOLDER + name], { cwd: FOLDER });
    expect(stdout).toMatch(SHOWS[name] ?? /./);
    expect(stdout).not.toMatch(/undefined|NaN|\[object/);
    for (const [, picture] of stdout.matchAll(/^written: notebooks\/(\S+\.svg)$/gm)) {
      expect(readFileSync(FOLDER + picture, 'utf8')).toMatch(/^<svg [\s\S]*<path class="band"[\s\S]*<\/svg>$/);
    }
  });

  it('show type errors so that they can be read', { timeout: 60_000 }, async () => {
    const file = `${FOLDER}.readme-mistake.ts`;
    writeFileSync(
      file,
      "import { Detector } from 'kms-baseline';\nnew Detector({} as never, { alertBudget: { perWek: 1 } });\n",
    );
    try {
      const failed = run(process.execPath, [TS_NODE, file], { cwd: ROOT });
      await expect(failed).rejects.toThrow(/type errors in .*mistake\.ts[\s\S]*'perWek' does not exist/);
    } finally {
      rmSync(file);
    }
  });

  it('can be typed at a prompt: import and await work there', { timeout: 60_000 }, async () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect(scripts.repl).toBe('ts-node -P notebooks/tsconfig.repl.json');
    const repl = spawn(process.execPath, [TS_NODE, '-P', 'notebooks/tsconfig.repl.json', '-i'], { cwd: ROOT });
    const lines = [
      "import { simulateCalls, countCalls } from 'kms-baseline'",
      'const { calls } = simulateCalls({ seed: 1, weeks: 1 })',
      "const set = await countCalls(calls(), { by: [['operation']] })",
      '[set.keys.length > 5, set.grid.length].join()',
    ];
    let said = '';
    repl.stdout.on('data', (chunk) => {
      said += chunk;
      // A line for each prompt, as a person types them; then the end.
      if (!String(chunk).endsWith('> ')) return;
      const line = lines.shift();
      if (line === undefined) repl.stdin.end();
      else repl.stdin.write(`${line}\n`);
    });
    await new Promise((resolve) => repl.on('close', resolve));
    expect(said).toContain("'true,2016'");
  });
});
