#!/usr/bin/env bash
# @aws-sdk/client-cloudwatch 3.1164.0 leaves out a member that it does not know; CloudFormation's spelling of a time zone is one.
#
# Expected: PutAnomalyDetector with `MetricTimeZone`, as CloudFormation's AWS::CloudWatch::AnomalyDetector spells
#   it, is refused, or sends the zone.
# Seen: the API's name is `MetricTimezone`; with the other one the request is sent without any zone, and nothing
#   says so.
# Source: a loopback server that prints the request; CloudWatch API reference, AnomalyDetectorConfiguration
#   (MetricTimezone); CloudFormation reference, AnomalyDetector Configuration (MetricTimeZone).
# Matters: a band that should follow local time is learned in UTC and is an hour off for half of the year: false
#   alarms at both changes. TypeScript catches it in a literal, not in JSON taken from a template.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >npm.log
npm install --no-audit --no-fund --loglevel=error @aws-sdk/client-cloudwatch@3.1164.0 >>npm.log

cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http';
import { CloudWatchClient, PutAnomalyDetectorCommand } from '@aws-sdk/client-cloudwatch';

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
  sent = JSON.parse(body).Configuration;
  return [200, { 'content-type': 'application/x-amz-json-1.0' }, '{}'];
});
const client = new CloudWatchClient(options(server));
const SingleMetricAnomalyDetector = { Namespace: 'AWS/KMS', MetricName: 'SuccessfulRequest', Stat: 'Sum' };
for (const Configuration of [{ MetricTimezone: 'Europe/Berlin' }, { MetricTimeZone: 'Europe/Berlin' }]) {
  await client.send(new PutAnomalyDetectorCommand({ SingleMetricAnomalyDetector, Configuration }));
  console.log(`given ${JSON.stringify(Configuration)}, sent ${JSON.stringify(sent)}`);
}
client.destroy();
server.close();
PROGRAM

cat >expected.txt <<'OUTPUT'
given {"MetricTimezone":"Europe/Berlin"}, sent {"MetricTimezone":"Europe/Berlin"}
given {"MetricTimeZone":"Europe/Berlin"}, sent {}
OUTPUT

export NODE_NO_WARNINGS=1 AWS_NODEJS_VERSION_SUPPORT_NOTICE_DISABLED=1
node run.mjs >seen.txt
cat seen.txt
diff expected.txt seen.txt || { echo 'Changed: what is seen above differs from what this script states.'; exit 1; }
