import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError } from '../errors.js';
import { type MetricsPage, OPEN_METRICS, PLAIN_METRICS } from '../plan/metrics-page.js';
import { errorCode } from './error-code.js';

/** Where metrics are served, until it is closed. */
export interface MetricsServer {
  readonly url: string;
  close(): void;
}

/**
 * Serves a page of metrics at `/metrics`, in the format that is asked for.
 * @param host loopback unless others are to reach it: there is no password
 * @param port 0 for any that is free
 * @throws InputError where it cannot listen there
 */
export async function serveMetrics(page: MetricsPage, host: string, port: number): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('The metrics are at /metrics.\n');
      return;
    }
    const isOpen = /application\/openmetrics-text/.test(request.headers.accept ?? '');
    const body = page.text(isOpen ? 'openmetrics' : 'plain');
    response.writeHead(200, { 'content-type': isOpen ? OPEN_METRICS : PLAIN_METRICS });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await listening(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/metrics`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = `${host}:${port}`;
      reject(new InputError(`metrics must be served at an address that is free, got ${where} (${errorCode(error)})`));
    });
    server.listen(port, host, resolve);
  });
}
