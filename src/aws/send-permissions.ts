/**
 * The IAM actions of what sends: apart from `AWS_PERMISSIONS`, so that the policy of a reader allows reading and no more.
 * None of them changes what an account has: they hand over messages, events and points of metrics.
 */
export const SENDING_PERMISSIONS = {
  snsNotifier: ['sns:Publish'],
  eventBridgeNotifier: ['events:PutEvents'],
  publishScores: ['cloudwatch:PutMetricData'],
} as const satisfies Readonly<Record<string, readonly `${string}:${string}`[]>>;
