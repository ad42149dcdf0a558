import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A request as it came over the wire, unpacked. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Bytes as they were sent. */
  readonly sent: number;
}

export interface RawAnswer {
  readonly status?: number;
  readonly body?: string;
  /** The connection is closed without an answer. */
  readonly cut?: boolean;
}

/** A server that answers what it is told to, for protocols and packings that {@link fakeAws} does not speak. */
export async function wire(
  answer: (request: RawRequest, index: number) => RawAnswer,
): Promise<{ readonly requests: RawRequest[]; readonly url: string; readonly config: object }> {
  const requests: RawRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const body = (incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
      const request = { headers: incoming.headers, body, sent: bytes.length };
      requests.push(request);
      const { status = 200, body: text = '{}', cut = false } = answer(request, requests.length - 1);
      if (cut) outgoing.destroy();
      else outgoing.writeHead(status, { 'content-type': incoming.headers['content-type'] ?? 'text/plain' }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'EXAMPLE', secretAccessKey: 'EXAMPLE' };
  return { requests, url, config: { endpoint: url, region: 'eu-central-1', credentials, maxAttempts: 1 } };
}
