import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll } from 'vitest';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser that these tests drive: the one that `KMS_BASELINE_CHROMIUM` names, else a system's own. */
const program = [process.env['KMS_BASELINE_CHROMIUM'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));

export const hasChromium: boolean = program !== undefined;

if (!hasChromium) {
  console.log(
    'Chromium not found: the tests in a browser are skipped (apt-get install chromium, or KMS_BASELINE_CHROMIUM names it)',
  );
}

let started: Promise<Browser> | undefined;

/** One browser for all tests of a file, with a profile of its own that playwright makes and removes. */
export function browser(): Promise<Browser> {
  started ??= chromium.launch({
    executablePath: program ?? '',
    args: [
      // Root has no sandbox to run it in, and the pages are the tests' own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return started;
}

afterAll(async () => {
  await (await started)?.close();
});
