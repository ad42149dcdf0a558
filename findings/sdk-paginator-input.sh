#!/usr/bin/env bash
# @aws-sdk/client-cloudtrail 3.1137.0: a paginator writes into the input that it is given, so a second pass begins at the last page.
#
# Expected: two passes of paginateLookupEvents over the same input object read the same four events.
# Seen: the first pass leaves the last page's NextToken in the input; each later pass begins there and reads one
#   event of four.
# Source: a loopback server with three pages; the SDK's paginators in @smithy/core (pagination), which set the
#   token on the input they got.
# Matters: an input that is built once and kept (a constant beside the handler) counts all calls in the first
#   invocation and a fraction of them in every later one, which looks like a silent key. Spread it: { ...input }.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @aws-sdk/client-cloudtrail@3.1137.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http';
import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';

/** Answers every request by `answer(headers, body)`: [status, headers, body] or nothing, which drops the connection. */
const serve = (answer) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => {
        const found = answer(request.headers, body);
        if (found === undefined) return request.socket.destroy();
        response.writeHead(found[0], found[1]);
        response.end(found[2]);
      });
    }).listen(0, '127.0.0.1', () => resolve(server));
  });
const options = (server) => ({
  region: 'eu-central-1',
  endpoint: `http://127.0.0.1:${server.address().port}`,
  credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
});

const pages = {
  first: { Events: [{ EventId: '1' }, { EventId: '2' }], NextToken: 'second' },
  second: { Events: [{ EventId: '3' }], NextToken: 'third' },
  third: { Events: [{ EventId: '4' }] },
};
const server = await serve((_, body) => {
  const page = pages[JSON.parse(body).NextToken ?? 'first'];
  return [200, { 'content-type': 'application/x-amz-json-1.1' }, JSON.stringify(page)];
});
const client = new CloudTrailClient(options(server));
const input = {};
for (const pass of ['first', 'second']) {
  const before = JSON.stringify(input);
  const ids = [];
  for await (const { Events } of paginateLookupEvents({ client }, input)) ids.push(...Events.map(({ EventId }) => EventId));
  console.log(`${pass} pass: input ${before}, events ${ids.join(', ')}`);
}
client.destroy();
server.close();
PROGRAM

cat >expected.txt <<'OUTPUT'
first pass: input {}, events 1, 2, 3, 4
second pass: input {"NextToken":"third"}, events 4
OUTPUT

export NODE_NO_WARNINGS=1 AWS_NODEJS_VERSION_SUPPORT_NOTICE_DISABLED=1
node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
