import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InputError } from '../../src/errors.js';
import {
  jsonLinesNotifier,
  type Notice,
  NotifyError,
  noticeJson,
  noticesMatching,
  textNotifier,
  webhookNotifier,
} from '../../src/plan/index.js';
import { seriesKey } from '../../src/series/key.js';

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
  return { bodies, url: `${await listening(made)}/hooks/secret` };
}

async function listening(made: Server): Promise<string> {
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    made.closeAllConnections();
    made.close();
  });
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
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
    expect(bodies[1].body).toEqual({ text: 'OK &lt;!channel&gt; a &amp; b\nSecurity · shop-7', mrkdwn: false });
  });

  it('let no name link, or hide in markup, at Slack', async () => {
    const { bodies, url } = await server([200]);
    const text = 'role/*https://evil.example/_x_* used <https://evil.example|1234abcd>';
    await webhookNotifier(url, { body: 'slack' }).tell({ ...NOTICE, text, owner: 'http://a' });
    expect(bodies[0].body['mrkdwn']).toBe(false);
    expect(bodies[0].body['text']).not.toMatch(/:\/\/|[<>]/);
  });

  it('write no control character raw, not in JSON either', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 50 }), async (name) => {
        const lines: string[] = [];
        const text = `${name}\x1b\x7f\x9b31m\u200b\u2028\u202e`;
        await jsonLinesNotifier((line) => lines.push(line)).tell({ ...NOTICE, text, callers: [name] });
        expect(lines[0].slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u);
        expect(JSON.parse(lines[0])).toMatchObject({ text, callers: [name] });
      }),
      { numRuns: 40 },
    );
  });

  it.each([301, 302, 303, 307, 308])(
    'take a redirect (%i) for a failure, and send nothing to a second address',
    async (status) => {
      const requests: string[] = [];
      const made = createServer((request, answer) => {
        requests.push(`${request.method} ${request.url}`);
        answer.writeHead(request.url === '/moved' ? 200 : status, { location: '/moved' }).end();
      });
      const url = await listening(made);
      const failure = await Promise.resolve(webhookNotifier(`${url}/hook`, { clock }).tell(NOTICE)).catch(
        (e: unknown) => e,
      );
      expect(failure).toBeInstanceOf(NotifyError);
      // The address is at fault, not this notice.
      expect(failure).toMatchObject({ message: `127.0.0.1 answered ${status}`, isOfNotice: false });
      expect(requests).toEqual(['POST /hook']);
    },
  );

  it.each([
    [400, true],
    [403, false],
    [404, false],
    [410, false],
    [413, true],
    [422, true],
  ])('say of an answer %i whether it is of this notice: %s', async (status, isOfNotice) => {
    const { url } = await server([status]);
    const failure = await Promise.resolve(webhookNotifier(url, { clock }).tell(NOTICE)).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(NotifyError);
    expect(failure).toMatchObject({ isOfNotice });
  });

  it.each([
    ['7', [7000]],
    ['0', [1000]],
    ['86400', [60_000]],
    ['Thu, 01 Jan 1970 00:00:30 GMT', [30_000]],
    ['Wed, 31 Dec 1969 00:00:00 GMT', [1000]],
    ['soon', [1000]],
  ])('wait as long as Retry-After asks, up to a minute (%s)', async (value, expected) => {
    let answers = 0;
    const url = await listening(
      createServer((_, answer) => {
        if (answers++ === 0) answer.writeHead(429, { 'retry-after': value }).end();
        else answer.writeHead(200).end();
      }),
    );
    waits.length = 0;
    await webhookNotifier(url, { clock }).tell(NOTICE);
    expect(waits).toEqual(expected);
  });

  it('do not hold an answer, however long it is', async () => {
    let isClosed = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    const url = await listening(
      createServer((_, answer) => {
        answer.on('close', isClosed).writeHead(200);
        // For ever, as far as it is up to the server.
        const more = (): void => {
          if (!answer.destroyed && answer.write(Buffer.alloc(65_536))) setImmediate(more);
        };
        answer.on('drain', more);
        more();
      }),
    );
    await webhookNotifier(url).tell(NOTICE);
    await closed;
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
    await expect(webhookNotifier(down.url, { clock, retry: { attempts: 2 } }).tell(NOTICE)).rejects.toThrow(
      'answered 500',
    );
    expect(down.bodies).toHaveLength(2);
  });

  it('never show the address, which is a secret', async () => {
    const gone = webhookNotifier('http://127.0.0.1:1/hooks/secret', { clock, retry: { attempts: 1 } });
    const failure = await Promise.resolve(gone.tell(NOTICE)).catch((error: Error) => error);
    expect(String(failure)).toMatch(/127\.0\.0\.1 could not be reached/);
    expect(String(failure)).not.toContain('secret');
    expect(() => webhookNotifier('secret-but-no-address')).toThrow(InputError);
    expect(() => webhookNotifier('secret-but-no-address')).not.toThrow(/secret-but/);
  });
});

describe('noticesMatching', () => {
  const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const key = seriesKey({ operation: 'Decrypt', keyArn: KEY });
  const incident: Notice = { ...NOTICE, kind: 'anomaly', state: 'ALARM', severity: 'high', key, keys: [key] };

  it.each<[object, readonly Notice[]]>([
    [{ detail: { severity: ['critical', 'high'] } }, [incident]],
    [{ detail: { kind: [{ 'anything-but': 'anomaly' }] } }, [NOTICE]],
    [{ resources: [{ suffix: '1234567890ab' }], source: ['kms-baseline'] }, [incident]],
    [{ detail: { severity: [null] }, 'detail-type': ['KMS Baseline Notice'] }, [NOTICE]],
    [{ detail: { at: [{ prefix: '2026-01-19' }] } }, [NOTICE, incident]],
  ])('%j', async (pattern, expected) => {
    const sent: Notice[] = [];
    const notifier = noticesMatching(pattern, { name: 'pager', tell: (notice) => void sent.push(notice) });
    expect(notifier.name).toBe('pager');
    for (const notice of [NOTICE, incident]) await notifier.tell(notice);
    expect(sent).toEqual(expected);
  });

  it('hands on what the notifier throws, and refuses a pattern that cannot be', async () => {
    const broken = { name: 'broken', tell: () => Promise.reject(new NotifyError('no')) };
    await expect(noticesMatching({ detail: { kind: ['health'] } }, broken).tell(NOTICE)).rejects.toThrow(NotifyError);
    expect(() => noticesMatching({ detail: { kind: 'health' } }, broken)).toThrow(InputError);
  });
});
