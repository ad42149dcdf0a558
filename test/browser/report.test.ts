import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html/render-html.js';
import { cli } from '../cli/traffic.js';
import { findingsReport, fleetReport, HOSTILE, reportOf } from '../report/reports.js';
import { tempFolder } from '../support/logs.js';
import { hasSharedData, sharedData } from '../support/shared-data.js';
import { browser, hasChromium } from './chromium.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where screenshots are kept, when somebody wants to look at them. */
const SHOTS = process.env['KMS_BASELINE_SCREENSHOTS'];

interface Opened {
  readonly page: Page;
  /** What the console said, and what was asked of the network. */
  readonly said: string[];
  readonly asked: string[];
}

interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  /** What the address ends with. */
  readonly hash?: string;
  readonly script?: boolean;
}

async function open(html: string, look: Look = {}): Promise<Opened> {
  const file = join(tempFolder(), 'report.html');
  writeFileSync(file, html);
  const context = await (await browser()).newContext({
    viewport: { width: look.width ?? 1600, height: 1000 },
    colorScheme: look.scheme ?? 'light',
    javaScriptEnabled: look.script ?? true,
  });
  const page = await context.newPage();
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${pathToFileURL(file).href}${look.hash ?? ''}`);
  return { page, said, asked };
}

describe.skipIf(!hasChromium)('the report in a browser', () => {
  const pages = new Map<string, string>();
  beforeAll(async () => {
    // Folders of tempFolder() belong to one test; these pages to all of them.
    const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-reports-'));
    try {
      const runs: [string, string[]][] = [
        ['bundled', [join(ROOT, 'data/logs'), '--time-zone', 'Europe/Berlin']],
        ['sans', [sharedData('cloudtrail-kms', 'sans504-s3-lab'), '--history-until', '2021-07-30T16:00:00Z']],
      ];
      for (const [name, args] of runs.slice(0, hasSharedData ? 2 : 1)) {
        const file = join(folder, `${name}.html`);
        expect((await cli(['analyze', ...args, '--html', file])).status).toBe(0);
        pages.set(name, readFileSync(file, 'utf8'));
      }
      pages.set('fleet', renderHtml(findingsReport()));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
  const html = (name: string) => pages.get(name) ?? '';

  const looks = [1600, 375].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));
  const names = hasSharedData ? ['bundled', 'sans', 'fleet'] : ['bundled', 'fleet'];

  it.each(names.flatMap((name) => looks.map((look) => [name, look.width, look.scheme] as const)))(
    'of the %s logs at %i pixels, %s: fits, is accessible, is silent, and stays at home',
    async (name, width, scheme) => {
      const { page, said, asked } = await open(html(name), { width, scheme });
      await page.locator('details[data-anomaly] > summary').first().click();
      await page.locator('button.open').first().click();
      expect(await page.locator('.drawn canvas').count()).toBe(4);
      // Unfolded, as a reader leaves them: what is folded is looked at too.
      for (const fold of ['timeline', 'filters', 'about']) {
        const details = page.locator(`details.${fold}`);
        if ((await details.count()) > 0 && (await details.getAttribute('open')) === null) {
          await details.locator('> summary').click();
        }
      }
      // No part of the page is wider than the screen, though tables may scroll in themselves.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await page.evaluate(axe.source);
      const found = (await page.evaluate(
        `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical' || impact === 'moderate')
          .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html.slice(0, 120)).join(' | ')))`,
      )) as string[];
      expect(found).toEqual([]);
      expect(said).toEqual([]);
      expect(asked).toEqual([page.url().replace(/#.*$/, '')]);
      // Thousands of findings are no scroll of thousands of cards, and an opened row is seen whole.
      expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThan(
        width === 375 ? 21_000 : 12_000,
      );
      const drawn = await page.locator('tr.detail .drawn').boundingBox();
      expect(drawn?.x).toBeGreaterThanOrEqual(0);
      expect((drawn?.x ?? 0) + (drawn?.width ?? 0)).toBeLessThanOrEqual(width);
      if (SHOTS !== undefined) {
        mkdirSync(SHOTS, { recursive: true });
        await page.screenshot({ path: join(SHOTS, `${name}-${width}-${scheme}.png`), fullPage: true });
      }
      await page.context().close();
    },
    60_000,
  );

  it.each([1600, 375])('tells the verdict and the first finding without scrolling at %i pixels', async (width) => {
    const { page } = await open(html('bundled'), { width });
    expect((await page.locator('.verdict').boundingBox())?.y).toBeLessThan(150);
    expect((await page.locator('article').first().boundingBox())?.y).toBeLessThan(600);
    // No name is broken within a word.
    for (const word of await page.locator('h3 .whole').all()) {
      expect(await word.evaluate((span) => span.getClientRects().length)).toBe(1);
    }
  });

  it.each([1600, 900, 800])('shows every label of the timeline to its end, %d pixels wide', async (width) => {
    const { page } = await open(html('bundled'), { width });
    const room = await page.locator('.lane-axis').evaluate((axis) => axis.clientWidth - axis.scrollWidth);
    const cut = await page.locator('.lane-axis span').evaluateAll((ticks) =>
      ticks.filter((tick) => {
        const axis = tick.parentElement?.getBoundingClientRect();
        const { left, right } = tick.getBoundingClientRect();
        return axis === undefined || left < axis.left || right > axis.right;
      }),
    );
    expect([room, cut]).toEqual([0, []]);
  });

  it('goes to a finding by its address, wherever it is folded', async () => {
    const ids = [...html('fleet').matchAll(/<article class="finding" id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of [ids[0], ids[Math.floor(ids.length / 2)], ids.at(-1)]) {
      const { page } = await open(html('fleet'), { hash: `#${id}` });
      const finding = page.locator(`article[id="${id}"]`);
      expect(await finding.isVisible()).toBe(true);
      expect(await finding.locator('canvas').count()).toBeGreaterThan(0);
      expect(await page.evaluate('document.activeElement.id')).toBe(id);
      const box = await finding.boundingBox();
      expect(Math.abs(box?.y ?? 9999)).toBeLessThan(400);
      await page.context().close();
    }
  });

  it('keeps filter, sort, lanes and page in the address', async () => {
    const { page } = await open(html('fleet'));
    const status = page.locator('#filters [role=status]');
    const counts = async () =>
      ((await status.textContent()) ?? '').match(/\d[\d,]*/g)?.map((n) => Number(n.replace(',', '')));
    const [incidents = 0, findings = 0, , pages = 0] = (await counts()) ?? [];
    expect(findings).toBeGreaterThan(100);
    expect(pages).toBe(Math.ceil(incidents / 20));
    expect(await page.locator('.incident:visible').count()).toBe(20);
    await page.getByRole('button', { name: 'Next incidents' }).click();
    expect(page.url()).toMatch(/#page=2$/);
    await page.getByLabel('Severity').selectOption('0');
    await page.getByLabel('Sort').selectOption('time');
    await page.getByLabel('A lane for each').selectOption('operation');
    expect(page.url()).toMatch(/#severity=critical&sort=time&lanes=operation$/);
    const [, critical = 0] = (await counts()) ?? [];
    expect(critical).toBe(html('fleet').match(/<span class="severity critical">/g)?.length);
    const texts = await page.locator('.incident:visible').allTextContents();
    // The same address shows the same.
    const again = await open(html('fleet'), { hash: new URL(page.url()).hash });
    expect(await again.page.locator('.incident:visible').allTextContents()).toEqual(texts);
    // A lane's name filters, and once more does not.
    const lane = page.locator('.lane-name').first();
    const name = (await lane.textContent()) ?? '';
    await lane.click();
    expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('operation')).toBe(name);
    expect(await page.locator('.lane-name[aria-pressed=true]').textContent()).toBe(name);
    await page.locator('.lane-name[aria-pressed=true]').click();
    await page.getByRole('button', { name: 'Show all' }).click();
    expect(((await counts()) ?? [])[1]).toBe(findings);
    await page.locator('#find').fill('no such words');
    expect(await status.textContent()).toMatch(/^0 incidents with 0 findings/);
    await page.goBack();
    expect(await page.locator('body').isVisible()).toBe(true);
  });

  it('shows the first findings without its script, and prints all that a filter leaves', async () => {
    const { page } = await open(html('fleet'), { script: false });
    expect(await page.locator('.incident:visible').count()).toBe(20);
    expect(await page.locator('.incident:visible .picture').count()).toBeGreaterThanOrEqual(20);
    const filtered = await open(html('fleet'), { hash: '#severity=critical' });
    const shown = await filtered.page.locator('.incident:not([hidden])').count();
    await filtered.page.emulateMedia({ media: 'print' });
    expect(await filtered.page.locator('.incident:visible').count()).toBe(shown);
    expect(shown).toBeLessThan(await filtered.page.locator('.incident').count());
  });

  it('draws nothing that was not asked for', async () => {
    const { page } = await open(html('bundled'));
    expect(await page.locator('canvas').count()).toBe(0);
    await page.locator('details[data-anomaly] > summary').nth(1).click();
    expect(await page.locator('canvas').count()).toBe(2);
  });

  it('finds, sorts and opens series with the keyboard alone', async () => {
    const { page } = await open(html('bundled'));
    await page.keyboard.press('/');
    await page.keyboard.type('genesis');
    expect(await page.locator('#series-table [role=status]').textContent()).toMatch(/^0 of 91 series/);
    await page.keyboard.press('Escape');
    await page.keyboard.type('0a1b63c4 above');
    const rows = page.locator('table.series tbody tr');
    // The key, its Decrypt, and its calls by one caller.
    expect(await rows.count()).toBe(3);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await page.locator('tr.detail canvas').count()).toBe(2);
    expect(await page.locator('tr.detail .arn').textContent()).toContain(':key/0a1b63c4-');
    await page.keyboard.press('Enter');
    expect(await page.locator('tr.detail').count()).toBe(0);

    await page.locator('#search').fill('');
    const calls = page.getByRole('button', { name: 'calls', exact: true });
    await calls.focus();
    await page.keyboard.press('Enter');
    const column = async () => {
      const texts = await page.locator('table.series tbody td:nth-child(3)').allTextContents();
      return texts.map((text) => Number(text.replaceAll(',', '')));
    };
    const down = await column();
    expect(down).toEqual([...down].sort((a, b) => b - a));
    await page.keyboard.press('Enter');
    const up = await column();
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(await page.locator('th[aria-sort=ascending]').textContent()).toBe('calls');
  });

  it('zooms, moves and goes back, with keys, buttons and the mouse', async () => {
    const { page } = await open(html('bundled'));
    await page.locator('details[data-anomaly] > summary').first().click();
    const chart = page.locator('.chart').first();
    const readout = page.locator('.plot .readout').first();
    const told = async (share: number) => {
      const box = await chart.locator('.u-over').boundingBox();
      if (box === null) throw new Error('no chart');
      await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
      return (await readout.textContent()) ?? '';
    };
    const whole = await told(0.999);
    expect(whole).toMatch(/^2026-06-03 01:\d\d Europe\/Berlin · \d+ calls · .* expected · 0 to \d+ normal · normal$/);
    await page.getByRole('button', { name: 'Zoom to the anomaly' }).first().click();
    const near = await told(0.999);
    expect(near).toMatch(/^2026-06-02 16:[45]\d/);
    await chart.focus();
    await page.keyboard.press('ArrowRight');
    expect(await told(0.998)).not.toBe(near);
    await page.keyboard.press('0');
    expect(await told(0.999)).toBe(whole);
    // A drag across the middle fifth.
    const box = await chart.locator('.u-over').boundingBox();
    if (box === null) throw new Error('no chart');
    await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    await page.mouse.up();
    expect(await told(0.999)).toMatch(/^2026-06-02 16:/);
  });

  it('shows the normal range beside a burst, all of it on demand, and finds a series that moved with an anomaly', async () => {
    const { page } = await open(html('bundled'));
    await page.locator('details[data-anomaly] > summary').first().click();
    const normal = page.getByRole('button', { name: 'Zoom to normal range' }).first();
    expect(await normal.getAttribute('aria-pressed')).toBe('true');
    const before = await page.locator('.chart canvas').first().screenshot();
    await normal.click();
    expect(await normal.getAttribute('aria-pressed')).toBe('false');
    expect((await page.locator('.chart canvas').first().screenshot()).equals(before)).toBe(false);
    await page.getByRole('button', { name: 'Decrypt (all keys)', exact: true }).first().click();
    expect(await page.locator('#search').inputValue()).toBe('Decrypt (all keys)');
    expect(await page.evaluate('document.activeElement.textContent')).toContain('Decrypt (all keys)');
  });

  it('tells the hours of the heat map to the mouse and to the keyboard', async () => {
    const { page } = await open(html('bundled'));
    await page.locator('#heat-map').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#heat-readout').textContent()).toMatch(
      /^Decrypt, Mon 01:00: [\d.]+ calls an hour usually$/,
    );
  });

  it('runs nothing that a name from the logs says', async () => {
    const alarms = HOSTILE.map((name) => ({ name, state: 'ALARM' as const, since: 0, metrics: [name] }));
    const { page, said, asked } = await open(renderHtml({ ...reportOf(HOSTILE.length, HOSTILE), alarms }));
    for (const summary of await page.locator('summary').all()) await summary.click();
    for (const button of await page.locator('button.open').all()) await button.click();
    await page.locator('#search').fill('<img');
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(await page.locator('img, iframe, body script ~ script ~ script').count()).toBe(0);
    expect(await page.getByText(HOSTILE[0]).count()).toBeGreaterThan(3);
    expect(said).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('opens 2,000 series, and leafs through them', async () => {
    const { page, said } = await open(renderHtml(fleetReport(2000)));
    expect(await page.locator('#series-table [role=status]').textContent()).toMatch(
      /^2,000 of 2,000 series, page 1 of 40/,
    );
    expect(await page.locator('canvas').count()).toBe(0);
    await page.getByRole('button', { name: 'Next page' }).click();
    expect(await page.locator('#series-table [role=status]').textContent()).toContain('page 2 of 40');
    const opened = (await page.evaluate(
      `performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd`,
    )) as number;
    console.log(`a page of 2,000 series was ready after ${Math.round(opened)} ms`);
    expect(said).toEqual([]);
  }, 120_000);

  it('prints with its anomalies, and without its buttons', async () => {
    const { page } = await open(html('bundled'));
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.incident .picture').first().isVisible()).toBe(true);
    expect(await page.locator('#search').isVisible()).toBe(false);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(20_000);
  });
});
