export { type BucketSourceOptions, bucketSource } from '../bucket-source.js';
export { AwsCallError, type CallOptions } from '../call-aws.js';
export { Pacer } from '../pacer.js';
export type { FolderCursor, S3Cursor } from '../s3-cursor.js';
export { type LogSource, type S3Logs, type S3LogsOptions, s3Logs } from '../s3-logs.js';
export { s3Snapshots } from '../s3-snapshots.js';
export { type S3StoreOptions, s3Store } from '../s3-store.js';
