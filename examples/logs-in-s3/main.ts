// Judges the last day of CloudTrail logs in S3 by the four weeks before it: LOG_BUCKET=my-trail-bucket node main.js
import { S3Client } from '@aws-sdk/client-s3';
import { analyzeCounts } from 'kms-baseline';
import { s3Logs } from 'kms-baseline/aws/s3';
import { countCloudTrail } from 'kms-baseline/node';
import { renderText } from 'kms-baseline/report';

const DAY = 86_400_000;
const until = Math.floor(Date.parse(process.env['UNTIL'] ?? new Date().toISOString()) / DAY) * DAY;
const start = until - 29 * DAY;

const logs = s3Logs(new S3Client({}), {
  bucket: process.env['LOG_BUCKET'] ?? 'my-trail-bucket',
  from: start,
  to: until,
});
const { set } = await countCloudTrail(logs, { start, end: until, coverage: 'records' });
const { analysis } = analyzeCounts(set, { historyUntil: until - DAY, timeZone: 'Europe/Berlin' });
console.log(renderText(analysis, { width: 100 }));
