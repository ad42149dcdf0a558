#!/usr/bin/env bash
# @aws-sdk/lib-dynamodb 3.1164.0 stores an ArrayBuffer or a DataView as an empty binary, without an error.
#
# Expected: the five bytes that were handed over are stored, as they are for a Uint8Array; or an error says that
#   the type does not fit.
# Seen: the request carries `"B": ""`: nothing of the five bytes.
# Source: a loopback server that prints the request; @aws-sdk/util-dynamodb, NativeAttributeBinary, whose type has
#   both ArrayBuffer and DataView.
# Matters: a detector's or sketch's bytes often are an ArrayBuffer (`array.buffer`). The write succeeds, and the
#   state is gone at the next start. Wrap: new Uint8Array(buffer, byteOffset, byteLength).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @aws-sdk/client-dynamodb@3.1164.0 @aws-sdk/lib-dynamodb@3.1164.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';

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

let sent;
const server = await serve((_, body) => {
  sent = JSON.parse(body).Item.state;
  return [200, { 'content-type': 'application/x-amz-json-1.0' }, '{}'];
});
const client = new DynamoDBClient(options(server));
const table = DynamoDBDocument.from(client);
const bytes = Uint8Array.of(115, 116, 97, 116, 101);
for (const [name, state] of Object.entries({ Uint8Array: bytes, ArrayBuffer: bytes.buffer, DataView: new DataView(bytes.buffer) })) {
  await table.put({ TableName: 'plans', Item: { id: 'watch', state } });
  console.log(`${name} of ${state.byteLength} bytes: ${JSON.stringify(sent)}, ${Buffer.from(sent.B, 'base64').length} bytes`);
}
client.destroy();
server.close();
PROGRAM

cat >expected.txt <<'OUTPUT'
Uint8Array of 5 bytes: {"B":"c3RhdGU="}, 5 bytes
ArrayBuffer of 5 bytes: {"B":""}, 0 bytes
DataView of 5 bytes: {"B":""}, 0 bytes
OUTPUT

export NODE_NO_WARNINGS=1 AWS_NODEJS_VERSION_SUPPORT_NOTICE_DISABLED=1
node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
