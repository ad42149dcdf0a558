import { checkInteger, checkTime, InputError, shown } from '../errors.js';

/** Where copies of a plan's state are kept, each under a name of its own. */
export interface SnapshotArchive {
  /** Where, in words. */
  readonly place: string;
  /** What is there, in any order; other things may be there too. */
  list(): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  read(name: string): Promise<Uint8Array>;
  /** Whole or not at all; throws where there is one of that name. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

/** A copy of a plan's state. */
export interface Snapshot {
  /** `2026-05-18T09-00-00-000Z`, with `.label` behind it where it has one. */
  readonly name: string;
  /** When it was made, epoch ms. */
  readonly at: number;
  /** What whoever made it called it; null for one that the plan made by itself. */
  readonly label: string | null;
  /** Its size. */
  readonly bytes: number;
}

/** So many that have a label are kept: they are somebody's, and are not removed for others. */
const MOST_LABELLED = 100;
const NAME = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d)-(\d{3}Z)(?:\.([A-Za-z0-9][\w-]{0,63}))?$/;

/** The snapshots of an archive, newest first. */
export async function listSnapshots(archive: SnapshotArchive): Promise<readonly Snapshot[]> {
  const found = (await archive.list()).flatMap(({ name, bytes }) => {
    const match = NAME.exec(name);
    const [, day, hour, minute, second, rest, label = null] = match ?? [];
    const at = Date.parse(`${day}${hour}:${minute}:${second}.${rest}`);
    return match === null || Number.isNaN(at) ? [] : [{ name, at, label, bytes }];
  });
  return found.sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1));
}

/**
 * Keeps a copy of a state. Those without a label are bounded: the `keep` newest of them stay.
 * @param options.at when, epoch ms
 * @param options.label 1 to 64 letters, digits, `_`, `-`; without one it is one of the plan's own
 * @throws InputError for a label that cannot be, and where 100 with a label are there
 */
export async function saveSnapshot(
  archive: SnapshotArchive,
  state: Uint8Array,
  options: { readonly at: number; readonly label?: string; readonly keep: number },
): Promise<Snapshot> {
  const at = checkTime(options.at, 'at');
  const keep = checkInteger(options.keep, 'keep', 1, 1000);
  const { label = null } = options;
  const name = `${new Date(at).toISOString().replace(/[:.]/g, '-')}${label === null ? '' : `.${label}`}`;
  if (!NAME.test(name)) {
    throw new InputError(`label must be 1 to 64 letters, digits, '_' or '-', got ${shown(label)}`);
  }
  const before = await listSnapshots(archive);
  const labelled = before.filter((one) => one.label !== null).length;
  if (label !== null && labelled >= MOST_LABELLED) {
    throw new InputError(
      `${archive.place} has ${labelled} snapshots with a label, the most that are kept: remove some`,
    );
  }
  await archive.write(name, state);
  const own = before.filter((one) => one.label === null);
  for (const old of own.slice(label === null ? keep - 1 : keep)) await archive.remove(old.name);
  return { name, at, label, bytes: state.length };
}

/**
 * The snapshot that somebody means: by its name, its label (the newest that has it), or a time: the newest that was made by
 * then.
 * @param time epoch ms, where `wanted` is one
 * @throws InputError where there is none
 */
export function findSnapshot(snapshots: readonly Snapshot[], wanted: string, time: number | undefined): Snapshot {
  const found =
    snapshots.find(({ name }) => name === wanted) ??
    snapshots.find(({ label }) => label === wanted) ??
    (time === undefined ? undefined : snapshots.find(({ at }) => at <= time));
  if (found !== undefined) return found;
  const oldest = snapshots.at(-1);
  const there = oldest === undefined ? 'there are none' : `the oldest is ${oldest.name}`;
  throw new InputError(`there is no snapshot ${shown(wanted)}: ${there}`);
}
