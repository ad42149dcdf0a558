// Makes the pictures of docs/comparison.md from the bundled logs: node scripts/make-screenshots.mjs, after a build. Needs
// Chromium (KMS_BASELINE_CHROMIUM names it, else the system's own).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const places = [
  process.env.KMS_BASELINE_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = places.find((path) => path !== '' && existsSync(path));
if (executablePath === undefined) throw new Error('Chromium not found: KMS_BASELINE_CHROMIUM names it');

const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-pictures-'));
const report = join(folder, 'report.html');
execFileSync(
  process.execPath,
  [at('dist/cli/index.js'), 'analyze', 'data/logs', '--time-zone', 'Europe/Berlin', '--html', report],
  {
    stdio: 'ignore',
    cwd: at('.'),
  },
);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
mkdirSync(at('docs/images'), { recursive: true });

/** @param prepare brings the page to what is shown @param pick the element that is shown; by default what is in view */
async function take(name, { width, height, scheme = 'light' }, prepare = async () => {}, pick = undefined) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  await page.goto(pathToFileURL(report).href);
  await prepare(page);
  await (pick === undefined ? page : page.locator(pick).nth(1)).screenshot({ path: at(`docs/images/${name}.png`) });
  await context.close();
}

await take('page', { width: 1000, height: 900 });
await take(
  'silence',
  { width: 900, height: 900 },
  (page) => page.locator('details[data-anomaly] > summary').nth(1).click(),
  'li.incident',
);
await take('phone', { width: 375, height: 760, scheme: 'dark' });
await browser.close();
rmSync(folder, { recursive: true });
