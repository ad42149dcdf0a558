// Watches KMS by the logs of a trail, once for each invocation: run it every five minutes by a schedule of EventBridge.
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { bucketSource, s3Store } from 'kms-baseline/aws/s3';
import { snsNotifier } from 'kms-baseline/aws/sns';
import { definePlan, type Health, runPlan } from 'kms-baseline/plan';

const {
  LOG_BUCKET = 'my-trail-bucket',
  STATE_BUCKET = 'my-state-bucket',
  TOPIC_ARN = '',
  ACCOUNT = '',
  AWS_REGION = '',
} = process.env;
const s3 = new S3Client({});

export async function handler(): Promise<Health> {
  const plan = definePlan({
    purpose: 'KMS keys are used as usual',
    owner: 'security@example.com',
    sources: [bucketSource(s3, { bucket: LOG_BUCKET, account: ACCOUNT, region: AWS_REGION })],
    notify: [snsNotifier(new SNSClient({}), TOPIC_ARN)],
  });
  const store = s3Store({ client: s3, bucket: STATE_BUCKET, key: 'kms-watch' });
  return runPlan(plan, { store, once: true });
}
