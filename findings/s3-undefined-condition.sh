#!/usr/bin/env bash
# @aws-sdk/client-s3 3.1164.0 sends a PutObject without its condition when IfMatch is undefined, null or "".
#
# Expected: a write that names a condition whose value is missing (the ETag of an object that was never read) is
#   refused.
# Seen: undefined and null send no If-Match header at all, so the write overwrites whatever is there; an empty
#   text sends an empty one.
# Source: a loopback server that prints the header it was sent; S3 API reference, PutObject, If-Match.
# Matters: state of a monitor kept in S3 is guarded by that header only. After a read that found nothing,
#   `IfMatch: state?.etag` is a blind overwrite of another writer's counts: send `IfNoneMatch: '*'` then.
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

let sent;
const server = await serve((headers) => {
  sent = headers['if-match'];
  return [200, { ETag: '"2"' }, ''];
});
const client = new S3Client({ ...options(server), forcePathStyle: true });
for (const IfMatch of ['"1"', undefined, null, '']) {
  await client.send(new PutObjectCommand({ Bucket: 'state', Key: 'plan', Body: '{}', IfMatch }));
  console.log(`IfMatch ${JSON.stringify(IfMatch)}: ${sent === undefined ? 'no If-Match header' : `If-Match is ${JSON.stringify(sent)}`}`);
}
client.destroy();
server.close();
PROGRAM

cat >expected.txt <<'OUTPUT'
IfMatch "\"1\"": If-Match is "\"1\""
IfMatch undefined: no If-Match header
IfMatch null: no If-Match header
IfMatch "": If-Match is ""
OUTPUT

export NODE_NO_WARNINGS=1 AWS_NODEJS_VERSION_SUPPORT_NOTICE_DISABLED=1
node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
