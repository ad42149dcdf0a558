import { checkOptions } from '../errors.js';
import type { SnapshotArchive } from '../plan/snapshots.js';
import { Caller } from './call-aws.js';
import { loadClient } from './load-client.js';
import { S3Cell } from './s3-cell.js';
import { listObjects } from './s3-objects.js';
import { S3_STORE_OPTIONS, type S3StoreOptions } from './s3-store.js';

/**
 * Snapshots of the state of an `s3Store` of the same options: objects whose keys begin with the state's, with `.snapshots/` behind
 * it. Needs `s3:ListBucket` on the bucket, `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on those.
 * @throws InputError for options that cannot be; AwsCallError when a request fails for good
 */
export function s3Snapshots(options: S3StoreOptions): SnapshotArchive {
  checkOptions(options, S3_STORE_OPTIONS);
  const { client, bucket, key, ...calling } = options;
  const caller = new Caller(client, 'S3', 100, calling);
  const prefix = `${key}.snapshots/`;
  const cell = (name: string): S3Cell => new S3Cell(client, caller, bucket, prefix + name);
  return {
    place: `s3://${bucket}/${prefix}`,
    async list() {
      const found = [];
      for await (const object of listObjects(client, caller, bucket, prefix, '')) {
        found.push({ name: object.key.slice(prefix.length), bytes: object.size });
      }
      return found;
    },
    async read(name) {
      const found = await cell(name).read();
      if (found === null) throw new Error(`s3://${bucket}/${prefix}${name} is not there any more`);
      return found.bytes;
    },
    async write(name, bytes) {
      if ((await cell(name).write(bytes, null)) === null) {
        throw new Error(`s3://${bucket}/${prefix}${name} is there already`);
      }
    },
    async remove(name) {
      const { DeleteObjectCommand } = await loadClient('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));
      await caller.call('s3:DeleteObject', (calling) =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + name }), calling),
      );
    },
  };
}
