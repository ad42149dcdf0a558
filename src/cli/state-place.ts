import { resolve } from 'node:path';
import type { AwsClients } from '../aws/clients.js';
import { dynamoStore, s3Snapshots, s3Store } from '../aws/index.js';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { fileSnapshots } from '../node/file-snapshots.js';
import { fileStore } from '../node/file-store.js';
import type { SnapshotArchive } from '../plan/snapshots.js';
import type { PlanStore } from '../plan/store.js';

/** Where the state of a plan is kept: a file, an object of S3, or an item of a table of DynamoDB. */
export type StatePlace =
  | { readonly path: string }
  | { readonly bucket: string; readonly key: string }
  | { readonly table: string; readonly key: string };

const OBJECT: OptionNames<{ bucket: unknown; key: unknown }> = { bucket: true, key: true };
const ITEM: OptionNames<{ table: unknown; key: unknown }> = { table: true, key: true };

/**
 * A place as a plan or a flag says it: a path, `s3://bucket/key`, `{"bucket": …, "key": …}` or `{"table": …, "key": …}`.
 * @param folder that a path is relative to
 * @throws InputError that names the field
 */
export function statePlace(value: unknown, folder: string, field: string): StatePlace {
  if (typeof value === 'string' && value !== '') {
    if (!value.startsWith('s3://')) return { path: resolve(folder, value) };
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*[^/])$/.exec(value) ?? [];
    if (bucket === undefined || key === undefined) {
      throw new InputError(`${field} must be s3://<bucket>/<key>, got ${shown(value)}`);
    }
    return { bucket, key };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(
      `${field} must be a path, s3://<bucket>/<key>, {"bucket": …, "key": …} or {"table": …, "key": …}, got ${shown(value)}`,
    );
  }
  const given = value as Readonly<Record<string, unknown>>;
  const kind = Object.hasOwn(given, 'table') ? 'table' : 'bucket';
  checkOptions(given, kind === 'table' ? ITEM : OBJECT, field);
  const [place, key] = [given[kind], given['key']];
  for (const [name, text] of [
    [kind, place],
    ['key', key],
  ]) {
    if (typeof text !== 'string' || text === '')
      throw new InputError(`${field}.${name} must be a text, got ${shown(text)}`);
  }
  return { [kind]: place, key } as StatePlace;
}

/** In words. */
export function placeText(place: StatePlace): string {
  if ('path' in place) return place.path;
  return 'bucket' in place ? `s3://${place.bucket}/${place.key}` : `the table ${place.table}, ${place.key}`;
}

/** What keeps a state there; and its snapshots, of which a table has none. */
export async function storeAt(
  place: StatePlace,
  clients: AwsClients,
): Promise<{ readonly store: PlanStore; readonly archive: SnapshotArchive | null }> {
  if ('path' in place) return { store: fileStore(place.path), archive: fileSnapshots(`${place.path}.snapshots`) };
  if ('bucket' in place) {
    const options = { ...place, client: await clients.s3() };
    return { store: s3Store(options), archive: s3Snapshots(options) };
  }
  return { store: dynamoStore({ ...place, client: await clients.dynamoDb() }), archive: null };
}
