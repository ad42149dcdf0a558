import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';

/** A DynamoDB on this machine: dynalite, behind a gate at which requests and answers get lost. */
export interface Dynamo {
  /** For an SDK client. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** For the next requests, one each; null for none. */
  readonly faults: (null | 'cut' | 'lost')[];
  /** The `Date` of answers, epoch ms; the machine's where it is left out. */
  now: (() => number) | undefined;
  close(): void;
}

/** Starts it; whoever started it closes it. */
export async function startDynamo(): Promise<Dynamo> {
  const tables = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => tables.listen(0, '127.0.0.1', resolve));
  const { port } = tables.address() as AddressInfo;
  const gate = createServer((incoming, outgoing) => {
    const fault = dynamo.faults.shift() ?? null;
    if (fault === 'cut') {
      outgoing.destroy();
      return;
    }
    const { method, url, headers } = incoming;
    const behind = send({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      if (fault === 'lost') {
        outgoing.destroy();
        answer.resume();
        return;
      }
      const date = dynamo.now === undefined ? {} : { date: new Date(dynamo.now()).toUTCString() };
      outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...date });
      answer.pipe(outgoing);
    });
    behind.on('error', () => outgoing.destroy());
    incoming.pipe(behind);
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  const dynamo: Dynamo = {
    config: {
      endpoint: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'EXAMPLE', secretAccessKey: 'EXAMPLE' },
    },
    faults: [],
    now: undefined,
    close: () => {
      gate.closeAllConnections();
      gate.close();
      tables.close();
    },
  };
  return dynamo;
}
