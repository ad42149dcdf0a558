import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { painter } from '../../src/report/paint.js';
import { quotaUses } from '../../src/report/quotas.js';
import { renderText } from '../../src/report/render-text.js';
import { sparkline } from '../../src/report/sparkline.js';
import { plotSeries } from '../../src/report/svg/plot-series.js';
import { renderSvg } from '../../src/report/svg/render-svg.js';
import { PLOT_THEMES } from '../../src/report/svg/theme.js';
import { shortNumber, timeTicks, valueTicks } from '../../src/report/svg/ticks.js';
import { seriesSet } from '../../src/series/series-set.js';
import { arnOf, CONTROLS, HOSTILE, reportOf } from './reports.js';

const HOUR = 3_600_000;
const report = reportOf(2);
const series = plotSeries(report.evidence.scores, { operation: 'Decrypt', keyArn: arnOf(0) });

describe('renderSvg', () => {
  it('draws the same bytes for the same series', () => {
    const [a, b] = [1, 2].map(() => renderSvg(series, { title: 'Decrypt' }));
    expect(a).toBe(b);
    expect(
      createHash('sha256')
        .update(renderSvg({ grid: { start: 0, step: HOUR, length: 3 }, values: [1, 5, 2] }))
        .digest('hex')
        .slice(0, 16),
    ).toMatchInlineSnapshot(`"fd9d90e8bf2ca843"`);
  });

  it('marks the breach, the gap and what is shaded', () => {
    const [anomaly] = report.analysis.anomalies;
    const svg = renderSvg(series, { marks: [anomaly], timeZone: 'Europe/Berlin' });
    expect(svg.match(/class="above"/g)).toHaveLength(1);
    expect(svg.match(/class="gap"/g)).toHaveLength(1);
    expect(svg.match(/class="mark"/g)).toHaveLength(1);
    expect(svg).toContain('Tue 20 Jan');
  });

  it('keeps every peak, however many buckets share a pixel', () => {
    const values = new Float64Array(50_000).fill(1);
    values[31_234] = 90;
    const svg = renderSvg({ grid: { start: 0, step: 60_000, length: 50_000 }, values });
    const top = Math.min(
      ...[...(/class="line" d="([^"]+)"/.exec(svg)?.[1] ?? '').matchAll(/V([\d.]+)/g)].map(([, y]) => Number(y)),
    );
    // 90 of an axis that ends at 100.
    expect(top).toBeGreaterThan(10);
    expect(top).toBeLessThan(45);
  });

  it('escapes its title, and needs nothing from elsewhere', () => {
    for (const title of HOSTILE) {
      const svg = renderSvg(series, { title });
      expect(/<(img|script|a|b)\b|<svg\/|href|url\(/.test(svg)).toBe(false);
      for (const control of CONTROLS) expect(svg.includes(control)).toBe(false);
    }
  });

  it('refuses what cannot be', () => {
    expect(() => renderSvg({ ...series, values: [1] })).toThrow(
      /series\.values must have \d+ entries as the grid has, got 1/,
    );
    expect(() => renderSvg(series, { theme: 'pink' as 'light' })).toThrow(InputError);
    expect(() => renderSvg(series, { marks: [{ from: 2, to: 1 }] })).toThrow(
      'marks[0].from must be earlier than marks[0].to',
    );
    expect(() => plotSeries(report.evidence.scores, { operation: 'Sign' })).toThrow('key must be a row of the window');
  });
});

/** WCAG 2.1, relative luminance and contrast. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const [r, g, bl] = [1, 3, 5]
      .map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

describe('the colours of pictures', () => {
  it.each(['light', 'dark'] as const)('have the contrast that WCAG AA asks for: %s', (theme) => {
    const colour = (name: string) =>
      new RegExp(`\\.${name}\\{(?:fill|stroke):(#[0-9a-f]{6})`).exec(PLOT_THEMES[theme])?.[1] ?? '';
    for (const name of ['title', 'label', 'above', 'below'])
      expect(contrast(colour(name), colour('paper')), name).toBeGreaterThan(4.5);
    for (const name of ['line', 'expected']) expect(contrast(colour(name), colour('paper')), name).toBeGreaterThan(3);
  });
});

describe('ticks', () => {
  it('stand on round local times across a clock change', () => {
    const from = Date.parse('2026-03-28T23:00Z');
    const ticks = timeTicks(from, from + 23 * HOUR, 'Europe/Berlin', 8);
    expect(ticks.map(({ label }) => label)).toEqual([
      'Sun 29 Mar',
      '03:00',
      '06:00',
      '09:00',
      '12:00',
      '15:00',
      '18:00',
      '21:00',
      'Mon 30 Mar',
    ]);
    // The night of the change has 23 hours: two hours lie between its first two ticks.
    expect(ticks[1].at - ticks[0].at).toBe(2 * HOUR);
  });

  it('are round numbers that reach the greatest value', () => {
    expect(valueTicks(425, 4)).toEqual([0, 200, 400, 600]);
    expect(valueTicks(0, 3)).toEqual([0, 1]);
    expect(['0', '1.5k', '20k', '3M']).toEqual([0, 1500, 20_000, 3e6].map(shortNumber));
  });
});

describe('in a terminal', () => {
  it('a sparkline shows the peak, tells nothing from something, and leaves gaps open', () => {
    expect(sparkline([0, 1, 100, Number.NaN], 4)).toBe('▁▂█ ');
    expect(sparkline([0, 0, 9, 0, 0, 0], 3)).toBe('▁█▁');
    expect(sparkline([], 10)).toBe('');
  });

  it('a report has colours and pictures only where they are asked for', () => {
    const plain = renderText(report.analysis);
    expect(plain).not.toContain(CONTROLS[1]);
    expect(plain).not.toMatch(/[▁-█]/);
    const rich = renderText(report.analysis, { scores: report.evidence.scores, color: true });
    expect(rich).toMatch(/\[31m +spike, above/);
    expect(rich).toMatch(/01:00 ▂.*█.* 01:00/);
    expect(renderText(report.analysis, { scores: report.evidence.scores })).not.toContain(CONTROLS[1]);
    expect(painter(false).bold('x')).toBe('x');
  });
});

describe('quotaUses', () => {
  it('takes the busiest bucket against the quota of the Region', () => {
    const keyArn = arnOf(0);
    const virginia = keyArn.replace('eu-central-1', 'us-east-1');
    const set = seriesSet({
      start: 0,
      step: 60_000,
      series: [
        { key: { operation: 'Decrypt', keyArn }, values: [60, 6000] },
        { key: { operation: 'GenerateDataKey', keyArn }, values: [0, 6000] },
        { key: { operation: 'DisableKey', keyArn }, values: [150, 0] },
        { key: { operation: 'Decrypt', keyArn: virginia }, values: [60, 0] },
        { key: { operation: 'Decrypt' }, values: [120, 6000] },
        { key: { keyArn }, values: [9, 9] },
      ],
    });
    expect(
      quotaUses(set).map(({ region, quota, perSecond, busiest, at }) => [region, quota, perSecond, busiest, at]),
    ).toEqual([
      ['eu-central-1', 'DisableKey', 5, 2.5, 0],
      ['eu-central-1', 'symmetric', 20_000, 200, 60_000],
      ['us-east-1', 'symmetric', 100_000, 1, 0],
    ]);
  });
});
