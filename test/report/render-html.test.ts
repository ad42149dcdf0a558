import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { unpackCounts } from '../../src/report/html/pack.js';
import type { PageData } from '../../src/report/html/page-data.js';
import { renderHtml } from '../../src/report/html/render-html.js';
import { renderMarkdown } from '../../src/report/render-markdown.js';
import { observedRow, valueAt } from '../../src/series/series-set.js';
import { CONTROLS, fleetReport, HOSTILE, reportOf } from './reports.js';

function dataOf(html: string): PageData {
  return JSON.parse(
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? 'null',
  ) as PageData;
}

describe('renderHtml', () => {
  const report = reportOf(3);
  const html = renderHtml(report);

  it('says on its first screen what was judged, what was read, and the verdict in one sentence', () => {
    const header = html.slice(html.indexOf('<header>'), html.indexOf('</header>'));
    expect(header).toContain('2026-01-19 01:00 – 2026-01-20 01:00 Europe/Berlin');
    expect(header).toContain(
      '1 anomaly in 1 day: 1 critical. Most severe: Decrypt on 00000000 (eu-central-1), 301 calls (expected',
    );
    expect(header).toContain('1,000 records');
    expect(header).toMatch(/across \d+ series/);
  });

  it('tells each anomaly with its picture, callers with their shares, and what moved with it', () => {
    const list = html.slice(html.indexOf('<ol class="incidents"'), html.indexOf('</ol>'));
    expect(list.match(/<svg class="picture"/g)).toHaveLength(report.analysis.anomalies.length);
    expect(list).toContain('<path class="above"');
    expect(list).toMatch(
      /role\/Mallory<\/th><td class="number">300<\/td><td class="number">100 %<\/td><td class="number">0<\/td><td class="number">–</,
    );
    expect(list).toContain('All operations on 00000000 (eu-central-1)');
  });

  it('holds every series of the window with the very counts and verdicts', () => {
    const { series, left } = dataOf(html);
    const { window } = report.evidence.scores;
    expect(left).toBe(0);
    expect(series.name).toHaveLength(window.keys.length);
    const row = window.keys.findIndex(({ operation, keyArn }) => operation === 'Decrypt' && keyArn !== null);
    const place = series.name.indexOf('Decrypt on 00000000 (eu-central-1)');
    const counts = unpackCounts(series.values[place]);
    const observed = observedRow(window, row);
    expect([...counts]).toEqual(
      Array.from({ length: window.grid.length }, (_, i) => (observed[i] === 1 ? valueAt(window, row, i) : Number.NaN)),
    );
    expect(observed.includes(0)).toBe(true);
    expect(series.state[place]).toMatch(/^above in \d+ bucket/);
    expect(unpackCounts(series.recent[place])).toHaveLength(168);
  });

  it('is one file: no address, no import, and a policy that lets only its own script run', () => {
    const addresses = [...html.matchAll(/\b(?:src|href)\s*=\s*["'][^"']*/g)].map(([text]) => text);
    // Those of findings lead to the page itself.
    const ids = report.analysis.anomalies.map(({ id }) => `href="#finding-${id}`);
    expect(addresses).toEqual(ids);
    expect(/url\((?!data:)|@import|import\(/.test(html)).toBe(false);
    const script = /<script>(.*)<\/script><\/body>/s.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    expect(html).toContain(`script-src &#39;sha256-${hash}&#39;`);
    expect(script).toContain('The MIT License (MIT)');
    expect(script).toContain('Leon Sorokin');
  });

  it('names each finding by its id, and folds what a reader does not come for', () => {
    for (const { id } of report.analysis.anomalies) expect(html).toContain(`id="finding-${id}"`);
    const before = html.slice(html.indexOf('<body>'), html.indexOf('<article'));
    const seen = before.replace(/<(details)\b.*?<\/summary>(.*?)<\/details>/gs, '').replace(/<[^>]+>/g, ' ');
    expect(seen).not.toContain('1,000 records');
    expect(seen.split(/\s+/).length).toBeLessThan(60);
  });

  it('leaves out what it has no room for, and says so', () => {
    const few = dataOf(renderHtml(report, { maxSeries: 2 }));
    expect(few.series.name).toHaveLength(2);
    expect(few.left).toBe(report.evidence.scores.window.keys.length - 2);
    // Those of anomalies stay.
    expect(few.anomalies.every(({ row }) => row >= 0)).toBe(true);
  });

  it('shows calibration, alarms and quotas when they are given', () => {
    const whole = renderHtml({
      ...report,
      calibration: [{ band: 'above', verdict: 'above', buckets: 5000, nominal: 0.01, effective: 0.008 }],
      alarms: [
        { name: 'kms-ok', state: 'OK', since: null },
        { name: 'kms-alarm', state: 'ALARM', since: report.analysis.window.from },
      ],
    });
    expect(whole).toContain('Effective against nominal false-alarm rate');
    expect(whole.indexOf('kms-alarm')).toBeLessThan(whole.indexOf('kms-ok'));
    expect(whole).toMatch(/symmetric keys, all operations<\/th>.*<td class="number">20000<\/td>/);
    expect(html).not.toContain('Effective against nominal');
  });

  it('tells blindness from calm', () => {
    const { analysis } = report;
    const unknown = { ...analysis.unknown, judged: 0, notObserved: analysis.unknown.cells };
    const blind = renderHtml({ ...report, analysis: { ...analysis, anomalies: [], unknown } });
    expect(blind).toContain('<p class="verdict blind">Nothing could be judged.</p>');
    const calm = renderHtml({ ...report, analysis: { ...analysis, anomalies: [] } });
    expect(calm).toContain('<p class="verdict calm">');
  });

  it('refuses what cannot be', () => {
    expect(() => renderHtml(report, { timeZone: 'Mars/Olympus' })).toThrow(InputError);
    expect(() => renderHtml(report, { maxSeries: 0 })).toThrow('maxSeries must be an integer in [1, 100000], got 0');
  });
});

describe('hostile names', () => {
  const report = reportOf(HOSTILE.length, HOSTILE);

  it('stand in a page as text only', () => {
    const html = renderHtml(report);
    // All tags of the page are those that it is made of.
    const tags = new Set(
      [...html.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '').matchAll(/<\/?([a-z0-9!]+)/gi)].map((m) => m[1]),
    );
    for (const tag of ['img', 'b', 'iframe', 'object']) expect(tags).not.toContain(tag);
    expect(html.match(/<script/g)).toHaveLength(2);
    // Without its scripts and the values of its attributes, no tag is left with a handler.
    const bare = html.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '').replace(/="[^"]*"/g, '');
    expect(/<[^>]*\son\w+/i.test(bare)).toBe(false);
    for (const control of CONTROLS) expect(html.includes(control)).toBe(false);
    expect(html).toContain('&#60;img src=x onerror=&#34;');
  });

  it('stand in Markdown as text only', () => {
    const text = renderMarkdown(report.analysis);
    expect(text).not.toMatch(/(^|[^\\])<(img|script|svg|b)\b/);
    expect(text).not.toMatch(/(^|[^\\])\]\(/);
    for (const control of CONTROLS) expect(text.includes(control)).toBe(false);
    expect(text).toContain('\\[x\\](javascript');
  });
});

describe('a page of 2,000 series', () => {
  it('stays under 15 MB, and draws no detail by itself', () => {
    const html = renderHtml(fleetReport(2000));
    expect(dataOf(html).series.name.length).toBe(2000);
    expect(html.length).toBeLessThan(15e6);
    expect(html).toMatch(/<div class="drawn" data-detail="0"><\/div>/);
  }, 180_000);
});
