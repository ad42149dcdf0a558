#!/usr/bin/env bash
# @aws-sdk/client-s3 3.1164.0 reports "precondition failed" for a write that took place, when the answer was lost.
#
# Expected: a conditional PutObject that fails with 412 has not written.
# Seen: the object is stored, the connection drops before the answer, the client sends the request again, and the
#   second try meets the object of the first: 412 PreconditionFailed. `$metadata.attempts` is 2.
# Source: a loopback server that stores, then drops the first answer; AWS SDK for JavaScript v3, standard retry
#   mode (3 attempts).
# Matters: a monitor that takes 412 for "somebody else has written" gives up its own saved state, or counts the
#   same calls again. When attempts > 1, read back and compare a writer's id.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @aws-sdk/client-s3@3.1164.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

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

let stored;
let requests = 0;
const server = await serve((headers, body) => {
  requests++;
  if (headers['if-none-match'] === '*' && stored !== undefined) {
    return [412, { 'content-type': 'application/xml' }, '<Error><Code>PreconditionFailed</Code><Message>exists</Message></Error>'];
  }
  stored = body;
  return requests === 1 ? undefined : [200, { ETag: '"1"' }, ''];
});
const client = new S3Client({ ...options(server), forcePathStyle: true });
try {
  await client.send(new PutObjectCommand({ Bucket: 'state', Key: 'plan', Body: 'written by me', IfNoneMatch: '*' }));
  console.log('written');
} catch (error) {
  console.log(`${error.name}, status ${error.$metadata.httpStatusCode}, attempts ${error.$metadata.attempts}`);
}
console.log(`requests: ${requests}; stored: ${stored}`);
client.destroy();
server.close();
PROGRAM

cat >expected.txt <<'OUTPUT'
PreconditionFailed, status 412, attempts 2
requests: 2; stored: written by me
OUTPUT

export NODE_NO_WARNINGS=1 AWS_NODEJS_VERSION_SUPPORT_NOTICE_DISABLED=1
node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
