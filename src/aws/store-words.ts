import { StoreError } from '../node/file-store.js';
import { StoreConflict } from '../plan/store.js';
import { AwsCallError, statusOf } from './call-aws.js';

const UNLISTED = '; without s3:ListBucket on the bucket, S3 says so of a state that is not there yet';

/** What `work` gives; its failures in words. */
export async function inWords<T>(what: 'read' | 'kept', place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreConflict) throw error;
    const isHidden = error instanceof AwsCallError && error.action === 's3:GetObject' && statusOf(error.cause) === 403;
    throw new StoreError(what, place, error, isHidden ? UNLISTED : '');
  }
}
