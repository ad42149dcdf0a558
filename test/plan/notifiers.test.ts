import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InputError } from '../../src/errors.js';
import { jsonLinesNotifier, type Notice, noticeJson, textNotifier, webhookNotifier } from '../../src/plan/index.js';

const NOTICE: Notice = {
  id: 'shop-7',
  alarm: 'shop-6',
  plan: 'shop',
  owner: 'Security',
  kind: 'health',
  state: 'OK',
  change: 'closed',
  at: Date.UTC(2026, 0, 19),
  text: '<!channel> a & b',
  key: null,
  keys: [],
  incident: null,
  severity: null,
  callers: [],
  anomaly: null,
};

async function server(statuses: readonly (number | 'cut')[]) {
  const bodies: { body: Record<string, unknown>; key: unknown }[] = [];
  const made = createServer((request, answer) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const status = statuses[Math.min(bodies.length, statuses.length - 1)];
      bodies.push({ body: JSON.parse(text), key: request.headers['idempotency-key'] });
      if (status === 'cut') answer.destroy();
      else answer.writeHead(status).end('ok');
    });
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    made.closeAllConnections();
    made.close();
  });
  return { bodies, url: `http://127.0.0.1:${(made.address() as AddressInfo).port}/hooks/secret` };
}

const waits: number[] = [];
const clock = {
  now: () => 0,
  sleep: async (ms: number) => {
    waits.push(ms);
  },
};

describe('notifiers', () => {
  it('write a line of text, or of JSON', async () => {
    const lines: string[] = [];
    await textNotifier((line) => lines.push(line)).tell(NOTICE);
    await jsonLinesNotifier((line) => lines.push(line)).tell(NOTICE);
    expect(lines[0]).toBe('2026-01-19T00:00:00.000Z OK health [shop-7] <!channel> a & b\n');
    expect(JSON.parse(lines[1])).toEqual({ ...NOTICE, schemaVersion: 1, at: '2026-01-19T00:00:00.000Z' });
    expect(lines[1].endsWith('\n')).toBe(true);
  });

  it('post to a webhook, with the id; as Slack has it, nothing can mention anyone', async () => {
    const { bodies, url } = await server([200]);
    await webhookNotifier(url).tell(NOTICE);
    await webhookNotifier(url, { body: 'slack' }).tell(NOTICE);
    expect(bodies[0]).toEqual({ body: noticeJson(NOTICE), key: 'shop-7' });
    expect(bodies[1].body).toEqual({ text: '*OK* &lt;!channel&gt; a &amp; b\n_Security · shop-7_' });
  });

  it('try again what may pass, with longer waits, and not what is refused', async () => {
    const passing = await server(['cut', 503, 429, 200]);
    waits.length = 0;
    await webhookNotifier(passing.url, { clock }).tell(NOTICE);
    expect([passing.bodies.length, waits]).toEqual([4, [1000, 2000, 4000]]);
    const refusing = await server([404]);
    await expect(webhookNotifier(refusing.url, { clock }).tell(NOTICE)).rejects.toThrow('127.0.0.1 answered 404');
    expect(refusing.bodies).toHaveLength(1);
    const down = await server([500]);
    await expect(webhookNotifier(down.url, { clock, tries: 2 }).tell(NOTICE)).rejects.toThrow('answered 500');
    expect(down.bodies).toHaveLength(2);
  });

  it('never show the address, which is a secret', async () => {
    const gone = webhookNotifier('http://127.0.0.1:1/hooks/secret', { clock, tries: 1 });
    const failure = await Promise.resolve(gone.tell(NOTICE)).catch((error: Error) => error);
    expect(String(failure)).toMatch(/127\.0\.0\.1 could not be reached/);
    expect(String(failure)).not.toContain('secret');
    expect(() => webhookNotifier('secret-but-no-address')).toThrow(InputError);
    expect(() => webhookNotifier('secret-but-no-address')).not.toThrow(/secret-but/);
  });
});
