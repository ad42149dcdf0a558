import { AwsCallError } from '../aws/call-aws.js';
import { FormatError, InputError } from '../errors.js';
import { StoreError } from '../node/file-store.js';
import { revertState } from '../plan/revert.js';
import { findSnapshot, listSnapshots, type SnapshotArchive, saveSnapshot } from '../plan/snapshots.js';
import { type PlanStore, StoreConflict } from '../plan/store.js';
import { counted } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { textTable } from '../report/table.js';
import { clientSettings } from './aws-client.js';
import { type Arguments, readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { placeText, statePlace, storeAt } from './state-place.js';
import { DONE, NOT_DONE } from './status.js';
import { parseTime } from './values.js';
import { type PlanFile, readPlan } from './watch-plan.js';

export const SNAPSHOTS_HELP = `Usage: kms-baseline snapshots <list|save|revert|remove> <plan> [options]

Snapshots of a plan's state, to go back to. A plan that runs makes one a day and
keeps 14 of them, beside its state: in a folder with .snapshots behind the
state's name, in S3 under keys with .snapshots/ behind the state's.

  list     names, dates, labels and sizes, newest first
  save     keep one of the state as it is now
  revert   put the state back; the next run reads what came since anew and
           judges it by what was known then. Nothing is reported twice, no id
           comes again, and the state that gives way is kept as a snapshot
  remove   remove one

Options:
  --label <name>   with save: up to 64 letters, digits, '_' or '-'; a snapshot
                   with a label is kept until it is removed, 100 at most
  --to <which>     with revert and remove: a name or a label; with revert also a
                   time: the newest snapshot that was made by then
  --json           with list: one JSON document instead of a table
  --state <place>  where the state is: a path or s3://<bucket>/<key>; default
                   the plan's, or beside it
  --profile <name>, --region <name>, --endpoint <address>
                   for a state in S3: as for analyze
  -h, --help       this text

To leave out what spoilt the baseline, give its time to "exclude" in the plan
before the plan runs again.

Exit status: 0 done, 2 could not do the job; the state is then as it was.

Examples:
  kms-baseline snapshots list plan.json
  kms-baseline snapshots save plan.json --label before-load-test
  kms-baseline snapshots revert plan.json --to 2026-05-18
`;

const FLAGS = {
  label: 'string',
  to: 'string',
  json: 'boolean',
  state: 'string',
  profile: 'string',
  region: 'string',
  endpoint: 'string',
} as const;

type Given = Arguments<keyof typeof FLAGS>;
/** So many that the plan makes by itself are kept, where this makes another. */
const KEEP = 14;

/** What is done, with what it takes. */
interface Work {
  readonly file: PlanFile;
  readonly store: PlanStore;
  readonly archive: SnapshotArchive;
  readonly place: string;
  readonly now: number;
  readonly io: CliIo;
}

const ACTIONS: ReadonlyMap<string, (work: Work, given: Given) => Promise<void>> = new Map([
  ['list', list],
  ['save', save],
  ['revert', revert],
  ['remove', remove],
]);

/** Lists, makes, goes back to and removes snapshots of a plan's state. Returns the exit status. */
export async function snapshots(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('snapshots', FLAGS, args);
  const [name = '', path, more] = given.paths;
  const action = ACTIONS.get(name);
  if (action === undefined || path === undefined || more !== undefined) {
    throw new InputError(`snapshots needs one of ${[...ACTIONS.keys()].join(', ')}, and one plan file`);
  }
  checkFlags(name, given);
  const file = await readPlan(path, io, process.env, clientSettings(given));
  const state = given.text('state');
  const at = state === undefined ? file.state : statePlace(state, '.', '--state');
  try {
    const { store, archive } = await storeAt(at, file.clients);
    if (archive === null) {
      throw new InputError('a table keeps no snapshots: keep the state in S3 or in a file, or restore the table');
    }
    await action({ file, store, archive, place: placeText(at), now: (io.now ?? Date.now)(), io }, given);
    return DONE;
  } catch (error) {
    const known = [StoreError, StoreConflict, FormatError, AwsCallError].some((kind) => error instanceof kind);
    if (!known || !(error instanceof Error)) throw error;
    io.stderr.write(`kms-baseline: ${printable(error.message, 1000)}\n`);
    return NOT_DONE;
  }
}

function checkFlags(action: string, given: Given): void {
  const takes = { label: ['save'], to: ['revert', 'remove'], json: ['list'] } as const;
  for (const [flag, actions] of Object.entries(takes)) {
    if (given.has(flag as keyof typeof takes) && !actions.some((one) => one === action)) {
      throw new InputError(`--${flag} is for snapshots ${actions.join(' and ')}`);
    }
  }
  if (takes.to.some((one) => one === action) && !given.has('to')) {
    throw new InputError(`snapshots ${action} needs --to <which>: kms-baseline snapshots list shows them`);
  }
}

async function list({ archive, io }: Work, given: Given): Promise<void> {
  const found = await listSnapshots(archive);
  if (given.has('json')) {
    const all = found.map(({ at, ...rest }) => ({ ...rest, at: new Date(at).toISOString() }));
    io.stdout.write(`${JSON.stringify({ place: archive.place, snapshots: all }, null, 2)}\n`);
    return;
  }
  const columns = [
    { title: 'name' },
    { title: 'made' },
    { title: 'label' },
    { title: 'bytes', align: 'right' as const },
  ];
  const rows = found.map(({ name, at, label, bytes }) => [
    name,
    new Date(at).toISOString(),
    label ?? '',
    String(bytes),
  ]);
  if (rows.length > 0) for (const line of textTable(columns, rows)) io.stdout.write(`${line}\n`);
  io.stdout.write(`${counted(found.length, 'snapshot')} in ${archive.place}\n`);
}

async function save({ store, archive, place, now, io }: Work, given: Given): Promise<void> {
  const state = await store.load();
  if (state === null) throw new InputError(`there is no state in ${place} yet`);
  const label = given.text('label');
  const { name } = await saveSnapshot(archive, state, {
    at: now,
    keep: KEEP,
    ...(label === undefined ? {} : { label }),
  });
  io.stdout.write(`kept ${name} in ${archive.place}\n`);
}

async function revert({ file, store, archive, place, now, io }: Work, given: Given): Promise<void> {
  const wanted = given.text('to') ?? '';
  await store.claim?.();
  try {
    const current = await store.load();
    if (current === null) throw new InputError(`there is no state in ${place} that could be put back`);
    const snapshot = findSnapshot(await listSnapshots(archive), wanted, timeIn(wanted, file));
    const earlier = await archive.read(snapshot.name);
    const judges = file.run.judges === undefined ? {} : { judges: file.run.judges };
    const next = revertState(current, earlier, file.plan, { at: now, ...judges });
    const before = await saveSnapshot(archive, current, { at: now, keep: KEEP });
    await store.save(next);
    io.stdout.write(`${place} is put back to ${snapshot.name}; as it was before it is kept as ${before.name}\n`);
  } finally {
    await store.release?.().catch(() => undefined);
  }
}

async function remove({ archive, io }: Work, given: Given): Promise<void> {
  const { name } = findSnapshot(await listSnapshots(archive), given.text('to') ?? '', undefined);
  await archive.remove(name);
  io.stdout.write(`removed ${name}\n`);
}

/** The time that a text may be. */
function timeIn(text: string, { plan }: PlanFile): number | undefined {
  try {
    return parseTime(text, '--to', plan.timeZone);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
