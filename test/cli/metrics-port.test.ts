import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Detector, fitBaseline, type Scores, sliceWindow } from '../../src/index.js';
import { serveMetrics } from '../../src/node/metrics-server.js';
import type { Health } from '../../src/plan/health.js';
import { MetricsPage } from '../../src/plan/metrics-page.js';
import { seriesSet } from '../../src/series/series-set.js';
import { tempFolder } from '../support/logs.js';
import { poisson, seeded } from '../support/random.js';

const STEP = 300_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 4, 4);
/** A role's name may hold what a format reads as its own. */
const ODD = 'arn:aws:iam::111122223333:role/A"b\\c\nd';

/** Decrypt on 150 keys, of which one has a burst and one caller an odd name. */
function scores(): Scores {
  const random = seeded(3);
  const length = (8 * DAY) / STEP;
  const series = Array.from({ length: 150 }, (_, i) => ({
    key: {
      operation: 'Decrypt',
      keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${String(i).padStart(8, '0')}-12ab-34cd-56ef-1234567890ab`,
      ...(i === 2 ? { caller: ODD } : {}),
    },
    values: Array.from({ length }, (_, b) => poisson(random, 4) + (i === 1 && b === length - 1 ? 90 : 0)),
  }));
  const set = seriesSet({ start: START, step: STEP, series });
  const detector = new Detector(fitBaseline(sliceWindow(set, START, START + 7 * DAY), { timeZone: 'UTC' }));
  return detector.observe(sliceWindow(set, START + 7 * DAY, START + 8 * DAY));
}

const HEALTH: Health = {
  plan: 'shop',
  phase: 'watching',
  settledUntil: START + 8 * DAY,
  reportsFrom: START,
  lag: 900_000,
  polls: 7,
  calls: 1234,
  duplicates: 5,
  late: 3,
  tooLate: 1,
  rejected: 2,
  verdicts: { normal: 100, above: 2, below: 1, unknown: 9 },
  corrected: 0,
  coverage: { 'trail "a"\n': 0.75, metrics: 1 },
  failing: [{ source: 'metrics', message: 'no' }],
  undelivered: [],
  calibration: [],
  quiet: [],
  notices: { decided: 4, told: 3, waiting: 1 },
};

/** Made once: scraping waits for no work of this process. */
const SCORES = scores();

function page(): MetricsPage {
  const made = new MetricsPage('shop');
  made.takeScores(SCORES);
  made.takeHealth(HEALTH);
  return made;
}

/** Names and values of the samples of a page, by name. */
function samplesOf(text: string): Map<string, { labels: string; value: string }[]> {
  const found = new Map<string, { labels: string; value: string }[]>();
  for (const line of text.split('\n')) {
    const match = /^(\w+)\{(.*)\} (\S+)$/.exec(line);
    if (match === null) continue;
    const [, name, labels, value] = match;
    found.set(name, [...(found.get(name) ?? []), { labels, value }]);
  }
  return found;
}

const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const noPrometheus = !has('prometheus') || !has('promtool');
if (noPrometheus)
  console.warn('skipped: prometheus and promtool are not installed (Debian: apt-get install prometheus)');

describe('the page of metrics', () => {
  it('has the most surprising series first, and says how many it left out', () => {
    const samples = samplesOf(page().text('plain'));
    const calls = samples.get('kms_baseline_calls') ?? [];
    expect(calls).toHaveLength(100);
    expect(calls[0].labels).toContain('key/00000001-');
    expect(Number(calls[0].value)).toBeGreaterThan(90);
    expect(samples.get('kms_baseline_series_left_out')?.[0].value).toBe('50');
    expect(samples.get('kms_baseline_verdict')?.[0].value).toBe('1');
    expect(Number(samples.get('kms_baseline_surprise')?.[0].value)).toBeGreaterThan(6);
    const verdicts = samples.get('kms_baseline_series') ?? [];
    expect(verdicts.reduce((sum, { value }) => sum + Number(value), 0)).toBe(150);
    expect(samples.get('kms_baseline_bucket_start_timestamp_seconds')?.[0].value).toBe(
      String((START + 8 * DAY - STEP) / 1000),
    );
  });

  it('keeps to the formats: no empty label, no time, no blank line, counters with _total, an end', () => {
    for (const format of ['openmetrics', 'plain'] as const) {
      const text = page().text(format);
      expect(text).not.toMatch(/=""/);
      expect(text).not.toMatch(/\n\n/);
      for (const line of text.trim().split('\n')) {
        expect(line).toMatch(
          /^(?:# (?:HELP|TYPE) \w+ .+|# EOF|\w+\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)*\} (?:[-+]?[\d.e+-]+|\+Inf))$/,
        );
      }
      expect(text.endsWith('# EOF\n')).toBe(format === 'openmetrics');
      expect(text).toContain(`# TYPE kms_baseline_polls${format === 'plain' ? '_total' : ''} counter\n`);
    }
    expect(page().text('plain')).toContain('caller="arn:aws:iam::111122223333:role/A\\"b\\\\c\\nd"');
  });

  it('does not go back to what was judged again, and has nothing but its end before anything is known', () => {
    const made = page();
    const before = made.text('plain');
    const early = { ...SCORES, window: sliceWindow(SCORES.window, START + 7 * DAY, START + 7 * DAY + 2 * STEP) };
    made.takeScores(early);
    expect(made.text('plain')).toBe(before);
    expect(new MetricsPage('shop').text('openmetrics')).toBe('# EOF\n');
  });

  it.skipIf(noPrometheus)('passes promtool check metrics', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: page().text('plain'),
      encoding: 'utf8',
    });
    expect([stdout + stderr, status]).toEqual(['', 0]);
  });

  it('is served on this machine in the format asked for, and nothing else is', async () => {
    const server = await serveMetrics(page(), '127.0.0.1', 0);
    onTestFinished(() => server.close());
    const open = await fetch(server.url, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' },
    });
    expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(await open.text()).toBe(page().text('openmetrics'));
    const plain = await fetch(server.url);
    expect([plain.headers.get('content-type'), await plain.text()]).toEqual([
      'text/plain; version=0.0.4; charset=utf-8',
      page().text('plain'),
    ]);
    expect((await fetch(server.url.replace('/metrics', '/'))).status).toBe(404);
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(404);
    const port = Number(new URL(server.url).port);
    await expect(serveMetrics(page(), '127.0.0.1', port)).rejects.toThrow(`got 127.0.0.1:${port} (EADDRINUSE)`);
  });

  it.skipIf(noPrometheus)(
    'is scraped by a real Prometheus, every sample of it',
    async () => {
      const server = await serveMetrics(page(), '127.0.0.1', 0);
      onTestFinished(() => server.close());
      const folder = tempFolder();
      writeFileSync(
        join(folder, 'prometheus.yml'),
        `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: kms, static_configs: [{targets: ['${new URL(server.url).host}']}]}]\n`,
      );
      const port = await freePort();
      const child = spawn(
        'prometheus',
        [
          `--config.file=${join(folder, 'prometheus.yml')}`,
          `--storage.tsdb.path=${join(folder, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        { stdio: 'ignore' },
      );
      onTestFinished(() => void child.kill('SIGKILL'));
      const ask = async (query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`).catch(
          () => null,
        );
        return answer?.ok ? ((await answer.json()) as { data: { result: [] } }).data.result : [];
      };
      let up: Awaited<ReturnType<typeof ask>> = [];
      for (let tries = 0; tries < 200 && up[0]?.value[1] !== '1'; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        up = await ask('up{job="kms"}');
      }
      expect(up.map(({ value }) => value[1])).toEqual(['1']);
      const expected = [...samplesOf(page().text('openmetrics')).values()].flat().length;
      const found = await ask('{__name__=~"kms_baseline_.+"}');
      expect(found).toHaveLength(expected);
      expect(found.some(({ metric }) => metric['caller'] === ODD)).toBe(true);
      const polls = await ask('kms_baseline_polls_total');
      expect(polls.map(({ metric, value }) => [metric['plan'], value[1]])).toEqual([['shop', '7']]);
    },
    90_000,
  );
});

describe('deploy/grafana-dashboard.json', () => {
  it('asks for metrics that the page has, by labels that it gives them', () => {
    const file = fileURLToPath(new URL('../../deploy/grafana-dashboard.json', import.meta.url));
    const text = readFileSync(file, 'utf8');
    const { panels, templating } = JSON.parse(text) as {
      panels: { id: number; targets: { expr: string }[]; gridPos: { x: number; w: number } }[];
      templating: { list: { name: string; query: unknown }[] };
    };
    const names = samplesOf(page().text('openmetrics'));
    const asked = new Set(text.match(/kms_baseline_\w+/g) ?? []);
    expect([...asked].filter((name) => !names.has(name))).toEqual([]);
    // Every family is on it, but what has a panel's meaning only beside others.
    expect(asked.size).toBeGreaterThan(18);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos, targets } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) {
        const variables = (expr.match(/\$\w+/g) ?? []).filter((name) => name !== '$__rate_interval');
        expect(variables.filter((name) => !templating.list.some((one) => `$${one.name}` === name))).toEqual([]);
      }
    }
    const known = new Set([...names.values()].flat().flatMap(({ labels }) => labels.match(/\w+(?==")/g) ?? []));
    const used = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/\w+(?==~?")/g) ?? []));
    // Labels of other kinds of rows are given by failed calls and metrics.
    expect([...new Set(used)].filter((label) => !known.has(label) && label !== 'outcome')).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
