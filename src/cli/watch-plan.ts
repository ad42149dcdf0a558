import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { appendLine } from '../node/append-line.js';
import { holidayPlace } from '../node/holidays.js';
import { logSource } from '../node/log-source.js';
import { machineClock } from '../plan/clock.js';
import type { Notifier } from '../plan/notice.js';
import { jsonLinesNotifier, textNotifier, webhookNotifier } from '../plan/notifiers.js';
import { definePlan, type MonitoringPlan, type PlanInput } from '../plan/plan.js';
import type { RunOptions } from '../plan/run-plan.js';
import type { CallSource } from '../plan/source.js';
import { type Calendar, checkCalendar } from '../time/calendar.js';
import { DAY } from '../time/grid.js';
import { holidaysAround } from './calendar.js';
import type { CliIo } from './output.js';
import { parseDuration, parseTime } from './values.js';

/** A plan's file: the plan, where its state is kept, and, of a module, what else `runPlan` takes. */
export interface PlanFile {
  readonly plan: MonitoringPlan;
  /** Path of the state. */
  readonly state: string;
  readonly run: Pick<
    RunOptions,
    'answerWithin' | 'clock' | 'inventory' | 'onHealth' | 'onScores' | 'judges' | 'stateId'
  >;
}

type Fields = Readonly<Record<string, unknown>>;

const RUN = ['answerWithin', 'clock', 'inventory', 'onHealth', 'onScores', 'judges', 'stateId'];
const DURATIONS = ['every', 'step', 'grace', 'learnFor', 'judgeFirst', 'refitEvery', 'blindAfter', 'answerWithin'];

/**
 * Reads `plan.json`, or imports the default export of `plan.mjs`. The fields are those of `definePlan`, but that lengths of
 * time may be texts such as `5m`, and sources and notifiers may be said in words: `{"folder": "logs"}`,
 * `{"console": true}`, `{"jsonLines": "notices.jsonl"}`, `{"webhook": {"env": "WEBHOOK_URL"}, "body": "slack"}`. Paths are
 * relative to the file. `{"holidays": "DE-BY"}` adds those of a country or state to its `calendar`.
 * @throws InputError that names the file or the field
 */
export async function readPlan(path: string, io: CliIo, environment: NodeJS.ProcessEnv): Promise<PlanFile> {
  const fields = /\.json$/i.test(path) ? await jsonIn(path) : await moduleIn(path);
  const folder = dirname(resolve(path));
  const state = ownField(fields, 'state');
  if (state !== undefined && (typeof state !== 'string' || state === '')) {
    throw new InputError(`plan.state must be the path of a file, got ${shown(state)}`);
  }
  const place = ownField(fields, 'holidays');
  // Without a prototype: a field named __proto__ is one like any other, which nobody knows.
  const plan: Record<string, unknown> = Object.create(null);
  const run: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'state' || name === 'holidays') continue;
    const given = DURATIONS.includes(name) && typeof value === 'string' ? parseDuration(value, `plan.${name}`) : value;
    if (RUN.includes(name)) run[name] = given;
    else plan[name] = given;
  }
  if (Array.isArray(plan['sources'])) plan['sources'] = plan['sources'].map((entry, i) => sourceFrom(entry, i, folder));
  if (Array.isArray(plan['notify'])) {
    plan['notify'] = plan['notify'].map((entry, i) => notifierFrom(entry, i, folder, io, environment));
  }
  if (Array.isArray(plan['exclude'])) plan['exclude'] = plan['exclude'].map(rangeFrom);
  if (place !== undefined) plan['calendar'] = await withHolidays(plan['calendar'], place, run['clock']);
  return {
    plan: definePlan(plan as unknown as PlanInput),
    state: resolve(folder, state ?? `${path.replace(/^.*[\\/]/, '')}.state`),
    run,
  };
}

/** The holidays of a place such as `DE-BY`, and the plan's own days, which count before them. */
async function withHolidays(calendar: unknown, place: unknown, clock: unknown): Promise<unknown> {
  if (typeof place !== 'string')
    throw new InputError(`plan.holidays must be a text such as DE-BY, got ${shown(place)}`);
  const now = ((clock as RunOptions['clock']) ?? machineClock).now();
  const like = await holidaysAround(holidayPlace(place, 'plan.holidays'), now - 366 * DAY, now);
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

const FOLDER_FIELDS: OptionNames<{ folder: unknown; name: unknown; maxQuiet: unknown }> = {
  folder: true,
  name: true,
  maxQuiet: true,
};

function sourceFrom(entry: unknown, i: number, folder: string): CallSource {
  const paths = ownField(entry, 'folder');
  if (paths === undefined) return entry as CallSource;
  checkOptions(entry, FOLDER_FIELDS, `plan.sources[${i}]`);
  const [name, maxQuiet] = [ownField(entry, 'name'), ownField(entry, 'maxQuiet')];
  const list = Array.isArray(paths) ? paths : [paths];
  if (list.length === 0 || list.some((path) => typeof path !== 'string' || path === '')) {
    throw new InputError(`plan.sources[${i}].folder must be a path or several, got ${shown(paths)}`);
  }
  return logSource(
    list.map((path: string) => resolve(folder, path)),
    {
      name: name === undefined ? list.join(', ') : (name as string),
      ...(maxQuiet === undefined
        ? {}
        : {
            maxQuiet:
              typeof maxQuiet === 'string'
                ? parseDuration(maxQuiet, `plan.sources[${i}].maxQuiet`)
                : (maxQuiet as number),
          }),
    },
  );
}

/** The fields of each kind of entry, its own first. */
const NOTIFIER_FIELDS: readonly Readonly<Record<string, true>>[] = [
  { console: true, name: true },
  { jsonLines: true, name: true },
  { webhook: true, body: true, name: true },
];

function notifierFrom(entry: unknown, i: number, folder: string, io: CliIo, environment: NodeJS.ProcessEnv): Notifier {
  const field = `plan.notify[${i}]`;
  const [toConsole, jsonLines, webhook] = ['console', 'jsonLines', 'webhook'].map((kind) => ownField(entry, kind));
  const fields = NOTIFIER_FIELDS.find((one) => ownField(entry, Object.keys(one)[0]) !== undefined);
  if (fields !== undefined) checkOptions(entry, fields, field);
  const body = ownField(entry, 'body');
  // A name that is no text is refused by definePlan, which names its place.
  const named = (other: string) => (ownField(entry, 'name') ?? other) as string;
  if (toConsole === true) return textNotifier((line) => io.stdout.write(line), named('console'));
  if (typeof jsonLines === 'string') {
    const file = resolve(folder, jsonLines);
    return jsonLinesNotifier((line) => appendLine(file, line), named(jsonLines));
  }
  if (webhook === undefined) return entry as Notifier;
  const variable = ownField(webhook, 'env');
  const url = typeof variable === 'string' ? environment[variable] : webhook;
  if (typeof url !== 'string') {
    const need =
      typeof variable === 'string' ? `the environment variable ${variable} to be set` : 'an address or {"env": …}';
    throw new InputError(`${field}.webhook needs ${need}`);
  }
  return webhookNotifier(url, {
    ...(body === undefined ? {} : { body: body as 'json' | 'slack' }),
    name: named('webhook'),
  });
}

function rangeFrom(entry: unknown, i: number): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  const read = (value: unknown, name: string) =>
    typeof value === 'string' ? parseTime(value, `plan.exclude[${i}].${name}`) : value;
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, read(value, name)]));
}
