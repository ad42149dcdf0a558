import { onTestFinished } from 'vitest';
import { type FakeAws, type Handler, startAws } from './aws-server.js';

export { type FakeAws, type Fault, type Handler, refusal, type WireAnswer, type WireRequest } from './aws-server.js';

/** Starts a server that is stopped when the test is done. */
export async function fakeAws(handlers: Readonly<Record<string, Handler>>, region?: string): Promise<FakeAws> {
  const server = await startAws(handlers, region);
  onTestFinished(() => server.close());
  return server;
}
