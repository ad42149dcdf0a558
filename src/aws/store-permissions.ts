/** The IAM actions of what keeps a plan's state: those that write among them, which no reader has. */
export const STORE_PERMISSIONS = {
  s3Store: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
  s3Snapshots: ['s3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject'],
  dynamoStore: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
} as const satisfies Readonly<Record<string, readonly `${string}:${string}`[]>>;

export type StoreAdapter = keyof typeof STORE_PERMISSIONS;

export type StoreAction = (typeof STORE_PERMISSIONS)[StoreAdapter][number];
