import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came over the wire. */
export interface WireRequest {
  /** `LookupEvents`, from the header that names it; the method and path where there is none (S3). */
  readonly operation: string;
  readonly target: string;
  readonly contentType: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** Of JSON; empty for anything else. */
  readonly body: Record<string, unknown>;
  /** As it was sent. */
  readonly bytes: Uint8Array;
}

export interface WireAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Readonly<Record<string, unknown>>;
}

/** What goes wrong with a request instead of its answer. */
export type Fault =
  | 'throttle'
  | 'internal-error'
  /** The connection is closed before the answer. */
  | 'cut'
  /** The connection is closed in the middle of the answer's body. */
  | 'half'
  /** It is done, and the connection is closed before the answer. */
  | 'lost'
  /** The answer comes, 30 ms late. */
  | 'slow'
  | { readonly error: string; readonly message?: string; readonly status?: number };

/** How a service answers one request. */
export type Handler = (request: WireRequest) => WireAnswer | Readonly<Record<string, unknown>>;

/** A server of its own that speaks AWS's protocols to real SDK clients. */
export interface FakeAws {
  /** For an SDK client: address, Region, credentials, and no waiting between tries. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  readonly requests: WireRequest[];
  /** Faults for the next requests, one each; null for none. */
  readonly faults: (Fault | null)[];
  /** The most requests that were open at the same time. */
  mostOpen: number;
  of(operation: string): WireRequest[];
  close(): void;
}

/** A refusal as the JSON protocols write it. */
export function refusal(error: string, message = error, status = 400): WireAnswer {
  return { status, body: { __type: error, message } };
}

/** Starts a server on this machine; whoever started it closes it. */
export async function startAws(handlers: Readonly<Record<string, Handler>>, region = 'eu-central-1'): Promise<FakeAws> {
  const requests: WireRequest[] = [];
  const faults: (Fault | null)[] = [];
  let open = 0;
  const server = createServer((incoming, outgoing) => {
    fake.mostOpen = Math.max(fake.mostOpen, ++open);
    outgoing.on('close', () => open--);
    void answer(incoming, outgoing, handlers, requests, faults);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeAws = {
    config: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region,
      credentials: { accessKeyId: 'EXAMPLE', secretAccessKey: 'EXAMPLE' },
      maxAttempts: 1,
    },
    requests,
    faults,
    mostOpen: 0,
    of: (operation) => requests.filter((request) => request.operation === operation),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return fake;
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handlers: Readonly<Record<string, Handler>>,
  requests: WireRequest[],
  faults: (Fault | null)[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const sent = Buffer.concat(chunks);
  const target = String(incoming.headers['x-amz-target'] ?? '');
  const method = incoming.method ?? '';
  const request: WireRequest = {
    operation: target === '' ? `s3:${method}` : (target.split('.').at(-1) ?? ''),
    target,
    contentType: String(incoming.headers['content-type'] ?? ''),
    method,
    url: new URL(incoming.url ?? '', 'http://host'),
    headers: incoming.headers,
    body: sent.length === 0 || target === '' ? {} : JSON.parse(sent.toString('utf8')),
    bytes: sent,
  };
  requests.push(request);
  const fault = faults.shift() ?? null;
  if (fault === 'cut') {
    outgoing.destroy();
    return;
  }
  if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 30));
  const handler = handlers[request.operation];
  const given =
    fault === null || fault === 'half' || fault === 'slow' || fault === 'lost'
      ? handler === undefined
        ? refusal('UnknownOperationException', request.operation)
        : handler(request)
      : faultAnswer(fault, target === '');
  if (fault === 'lost') {
    outgoing.destroy();
    return;
  }
  const made = 'body' in given && !('__type' in given) ? (given as WireAnswer) : { body: given };
  const { status = 200, headers = {}, body } = made as WireAnswer;
  const bytes =
    typeof body === 'string'
      ? Buffer.from(body)
      : body instanceof Uint8Array
        ? Buffer.from(body)
        : Buffer.from(JSON.stringify(body));
  outgoing.writeHead(status, {
    'content-type': target === '' ? 'application/xml' : request.contentType,
    'content-length': bytes.length,
    'x-amzn-requestid': `request-${requests.length}`,
    ...headers,
  });
  if (fault === 'half') {
    // Long enough that the other side has taken the first half.
    outgoing.write(bytes.subarray(0, bytes.length >> 1), () => setTimeout(() => outgoing.destroy(), 20));
    return;
  }
  outgoing.end(bytes);
}

function faultAnswer(fault: Exclude<Fault, 'cut' | 'half' | 'slow' | 'lost'>, xml: boolean): WireAnswer {
  const {
    error,
    message = error,
    status = 400,
  } = fault === 'throttle'
    ? { error: xml ? 'SlowDown' : 'ThrottlingException', message: 'Rate exceeded', status: xml ? 503 : 400 }
    : fault === 'internal-error'
      ? { error: xml ? 'InternalError' : 'InternalFailure', message: 'We failed', status: 500 }
      : fault;
  if (!xml) return refusal(error, message, status);
  return { status, body: `<?xml version="1.0"?><Error><Code>${error}</Code><Message>${message}</Message></Error>` };
}
