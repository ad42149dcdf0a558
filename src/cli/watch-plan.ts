import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AwsClients, type ClientSettings } from '../aws/clients.js';
import { keyInventory } from '../aws/key-inventory.js';
import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { holidayPlace } from '../node/holidays.js';
import { machineClock } from '../plan/clock.js';
import { definePlan, type MonitoringPlan, type PlanInput } from '../plan/plan.js';
import type { RunOptions, SnapshotOptions } from '../plan/run-plan.js';
import { type Calendar, checkCalendar } from '../time/calendar.js';
import { DAY, MINUTE } from '../time/grid.js';
import { holidaysAround } from './calendar.js';
import type { CliIo } from './output.js';
import { Entry, type EntryKinds, entryOf } from './plan-entry.js';
import { notifierKinds } from './plan-notifiers.js';
import { sourceKinds } from './plan-sources.js';
import { type StatePlace, statePlace } from './state-place.js';
import { parseDuration, parseTime } from './values.js';

/** A plan's file: the plan, where its state is kept, and, of a module, what else `runPlan` takes. */
export interface PlanFile {
  readonly plan: MonitoringPlan;
  readonly state: StatePlace;
  /** With which AWS is asked. */
  readonly clients: AwsClients;
  /** How often the plan makes a snapshot of its state, and how many are kept; null for none. */
  readonly snapshots: Omit<SnapshotOptions, 'archive'> | null;
  readonly run: Pick<
    RunOptions,
    'answerWithin' | 'clock' | 'inventory' | 'onHealth' | 'onScores' | 'judges' | 'stateId'
  >;
}

type Fields = Readonly<Record<string, unknown>>;

const RUN = ['answerWithin', 'clock', 'inventory', 'onHealth', 'onScores', 'judges', 'stateId'];
const DURATIONS = ['every', 'step', 'grace', 'learnFor', 'judgeFirst', 'refitEvery', 'noDataAfter', 'answerWithin'];

/**
 * Reads `plan.json`, or imports the default export of `plan.mjs`. The fields are those of `definePlan`, but that lengths of
 * time may be texts such as `5m`, and sources and notifiers may be named: `{"folder": "logs"}`, `{"metrics": true}`,
 * `{"sns": "arn:…"}` (see `sourceKinds` and `notifierKinds`). Paths are relative to the file. `{"holidays": "DE-BY"}` adds those
 * of a country or state to its `calendar`; `{"aws": {"profile": …}}` says how AWS is asked, `{"inventory": true}` that KMS is
 * asked for its keys.
 * @param settings of the command line, before those of the file
 * @param explained whether it is read to be explained only: AWS's clients need not be installed then
 * @throws InputError that names the file or the field
 */
export async function readPlan(
  path: string,
  io: CliIo,
  environment: NodeJS.ProcessEnv,
  settings: ClientSettings = {},
  explained = false,
): Promise<PlanFile> {
  const fields = /\.json$/i.test(path) ? await jsonIn(path) : await moduleIn(path);
  const folder = dirname(resolve(path));
  const state = ownField(fields, 'state') ?? `${path.replace(/^.*[\\/]/, '')}.state`;
  const place = ownField(fields, 'holidays');
  // Without a prototype: a field named __proto__ is one like any other, which nobody knows.
  const plan: Record<string, unknown> = Object.create(null);
  const run: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    if (['state', 'snapshots', 'holidays', 'aws', '$schema'].includes(name)) continue;
    const given = DURATIONS.includes(name) && typeof value === 'string' ? parseDuration(value, `plan.${name}`) : value;
    if (RUN.includes(name)) run[name] = given;
    else plan[name] = given;
  }
  const asked = { ...settingsIn(ownField(fields, 'aws')), ...settings };
  const context = { folder, clients: new AwsClients(asked, process.env, explained) };
  if (Array.isArray(plan['sources'])) {
    plan['sources'] = (await named(plan['sources'], 'plan.sources', 'source', 'poll', sourceKinds(context))).flat();
  }
  if (Array.isArray(plan['notify'])) {
    const kinds = notifierKinds(context, io, environment);
    plan['notify'] = await named(plan['notify'], 'plan.notify', 'notifier', 'tell', kinds);
  }
  if (run['inventory'] === true) run['inventory'] = await inventoryOf(context.clients);
  if (Array.isArray(plan['exclude'])) plan['exclude'] = plan['exclude'].map(rangeFrom);
  if (place !== undefined) plan['calendar'] = await withHolidays(plan['calendar'], place, run['clock']);
  return {
    plan: definePlan(plan as unknown as PlanInput),
    state: statePlace(state, folder, 'plan.state'),
    clients: context.clients,
    snapshots: snapshotsIn(ownField(fields, 'snapshots')),
    run,
  };
}

const SNAPSHOT_FIELDS: OptionNames<{ every: unknown; keep: unknown }> = { every: true, keep: true };

/** `{"every": "1d", "keep": 14}`, or `false` for none. */
function snapshotsIn(value: unknown): PlanFile['snapshots'] {
  if (value === false) return null;
  checkOptions(value, SNAPSHOT_FIELDS, 'plan.snapshots');
  const { every, keep } = (value ?? {}) as { every?: unknown; keep?: unknown };
  const length = typeof every === 'string' ? parseDuration(every, 'plan.snapshots.every') : every;
  return {
    ...(length === undefined ? {} : { every: checkInteger(length, 'plan.snapshots.every', MINUTE, 366 * DAY) }),
    ...(keep === undefined ? {} : { keep: checkInteger(keep, 'plan.snapshots.keep', 1, 1000) }),
  };
}

/** The holidays of a place such as `DE-BY`, and the plan's own days, which count before them. */
async function withHolidays(calendar: unknown, place: unknown, clock: unknown): Promise<unknown> {
  if (typeof place !== 'string')
    throw new InputError(`plan.holidays must be a text such as DE-BY, got ${shown(place)}`);
  const now = ((clock as RunOptions['clock']) ?? machineClock).now();
  const like = await holidaysAround(holidayPlace(place, 'plan.holidays'), now - 366 * DAY, now, 'plan.holidays');
  if (calendar === undefined) return { like };
  const own = checkCalendar(calendar as Calendar, 'plan.calendar');
  return { ...own, like: [...like, ...(own.like ?? [])] };
}

async function jsonIn(path: string): Promise<Fields> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`the plan ${shown(path)} cannot be read: ${error.code ?? error.message}`);
  });
  try {
    return fieldsIn(JSON.parse(text), path);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InputError(`the plan ${shown(path)} is not JSON: ${error.message}`);
  }
}

async function moduleIn(path: string): Promise<Fields> {
  if (!/\.m?js$/i.test(path)) throw new InputError(`a plan must be a file .json, .mjs or .js, got ${shown(path)}`);
  let found: { default?: unknown };
  try {
    found = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new InputError(
      `the plan ${shown(path)} cannot be imported: ${error instanceof Error ? error.message : error}`,
    );
  }
  return fieldsIn(found.default, path);
}

function fieldsIn(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new InputError(`the plan ${shown(path)} must hold an object, got ${shown(value)}`);
}

/** A field that an object has of its own. */
function ownField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Fields)[name]
    : undefined;
}

/** How AWS is asked, as a plan's file says. */
function settingsIn(value: unknown): ClientSettings {
  if (value === undefined) return {};
  checkOptions(value, SETTINGS, 'plan.aws');
  const entry = new Entry(value as object, 'plan.aws');
  const names = Object.keys(SETTINGS);
  return entry.given(Object.fromEntries(names.map((name) => [name, entry.optional(name)])));
}

export const SETTINGS: OptionNames<ClientSettings> = { profile: true, region: true, endpoint: true };

/** What the entries of a list name, in their order; those of a module that are what is wanted already, as they are. */
async function named<T>(
  list: readonly unknown[],
  field: string,
  what: string,
  method: 'poll' | 'tell',
  kinds: EntryKinds<T>,
): Promise<T[]> {
  const found: T[] = [];
  for (const [i, entry] of list.entries()) {
    found.push((await entryOf(entry, `${field}[${i}]`, what, method, kinds)) ?? (entry as T));
  }
  return found;
}

/** The keys of the client's account and Region. */
async function inventoryOf(clients: AwsClients): Promise<NonNullable<RunOptions['inventory']>> {
  const client = await clients.kms();
  return (signal) => keyInventory(client, signal === undefined ? {} : { signal });
}

function rangeFrom(entry: unknown, i: number): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  const read = (value: unknown, name: string) =>
    typeof value === 'string' ? parseTime(value, `plan.exclude[${i}].${name}`) : value;
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, read(value, name)]));
}
