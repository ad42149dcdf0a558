import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { problemIn } from '../../src/node/log-source.js';
import { serveMetrics } from '../../src/node/metrics-server.js';
import { MetricsPage, OPEN_METRICS, PLAIN_METRICS } from '../../src/plan/metrics-page.js';

describe('serveMetrics', () => {
  it('answers at /metrics in the format that is asked for, and nowhere else', async () => {
    const server = await serveMetrics(new MetricsPage('p'), '127.0.0.1', 0);
    try {
      const ask = async (url: string, init: RequestInit = {}) => {
        const answer = await fetch(url, init);
        return [answer.status, answer.headers.get('content-type'), await answer.text()];
      };
      expect(await ask(server.url)).toEqual([200, PLAIN_METRICS, '\n']);
      expect(await ask(`${server.url}?x=1`)).toEqual([200, PLAIN_METRICS, '\n']);
      expect(await ask(server.url, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } })).toEqual([
        200,
        OPEN_METRICS,
        '# EOF\n',
      ]);
      expect(await ask(server.url, { method: 'HEAD' })).toEqual([200, PLAIN_METRICS, '']);
      const none = [404, 'text/plain', 'The metrics are at /metrics.\n'];
      expect(await ask(server.url, { method: 'POST' })).toEqual(none);
      expect(await ask(server.url.replace('/metrics', '/'))).toEqual(none);
      const taken = serveMetrics(new MetricsPage('p'), '127.0.0.1', Number(new URL(server.url).port));
      await expect(taken).rejects.toThrow('(EADDRINUSE)');
      await expect(taken).rejects.toBeInstanceOf(InputError);
    } finally {
      server.close();
    }
    await expect(fetch(server.url)).rejects.toThrow();
  });
});

describe('what could not be read', () => {
  it('is named, three files at most', () => {
    const files = ['a', 'b', 'c', 'd', 'e'].map((path) => ({ path, reason: 'empty' as const }));
    expect(problemIn([])).toBeNull();
    expect(problemIn(files.slice(0, 3))).toBe('could not read a (empty), b (empty), c (empty)');
    expect(problemIn(files)).toBe('could not read a (empty), b (empty), c (empty), and 2 more');
  });
});
