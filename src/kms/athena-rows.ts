import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { SeriesSetBuilder, type TimeRange } from '../series/builder.js';
import { type SeriesKey, seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { MOST_TIME } from '../time/grid.js';
import { COLUMN_OF } from './athena-query.js';
import type { CallField } from './call-rows.js';
import { type Coverage, CoverageTracker } from './coverage.js';
import { Listening } from './listening.js';
import { isObject } from './raw-record.js';
import { OldIds } from './seen-ids.js';
import { Sources } from './sources.js';

/** A row of Athena's answer, its values by the names of the columns: text as the API gives it, or numbers. */
export type AthenaRow = Readonly<Record<string, unknown>>;

export interface AthenaReadOptions {
  /** When the logs were listening, as for `countCalls`: a bucket not wholly inside is not observed, and its zero means nothing. */
  readonly coverage?: readonly Coverage[];
  /** Told at the end how many records were no calls to count, by reason: those of `parseRecord`, `duplicate` and `outside`. */
  readonly onSetAside?: (records: Readonly<Record<string, number>>) => void;
}

/**
 * The answer of an `athenaCountQuery` as the set that `countCalls` makes of the same records: Athena gives no row for a
 * bucket without calls, and zeros fill the grid asked for, observed where `coverage` says so. The order of the rows
 * changes no count; in the query's own order nothing is held back.
 * @throws InputError for rows that are not those of such a query
 */
export async function readAthenaCounts(
  rows: Iterable<AthenaRow> | AsyncIterable<AthenaRow>,
  options: AthenaReadOptions = {},
): Promise<SeriesSet> {
  checkOptions(options, ATHENA_READ_OPTIONS);
  const listening = options.coverage === undefined ? undefined : new Listening(options.coverage);
  const asked = new Map<string, number>();
  const setAside = new Map<string, number>();
  const sources = new Sources(new OldIds());
  /** Calls that came before all of what was asked. */
  const early: AthenaRow[] = [];
  let builder: SeriesSetBuilder | undefined;

  const count = (row: AthenaRow, into: SeriesSetBuilder): void => {
    const key = keyOf(row);
    const at = into.row(key);
    // A row is known to the sources from its first call on, in the order of the builder's numbers.
    for (const { account, region } of sourcesOf(row)) sources.contribute(at, sources.of(account, region));
    const time = whole(row, 'bucket');
    if (!into.addAt(at, time, whole(row, 'calls'))) {
      throw new InputError(`rows must lie in the time that they were asked for, got bucket ${shown(row['bucket'])}`);
    }
  };
  for await (const row of checkRows(rows)) {
    const kind = typeof row === 'object' && row !== null ? row['kind'] : row;
    if (typeof kind !== 'string')
      throw new InputError(`rows must have the column kind of athenaCountQuery, got ${shown(kind)}`);
    if (kind.startsWith('asked-')) asked.set(kind, whole(row, 'bucket'));
    else if (kind !== 'calls') setAside.set(kind, whole(row, 'calls'));
    else if (builder !== undefined) count(row, builder);
    else early.push(row);
    if (builder === undefined && asked.size === 3) {
      builder = builderOf(asked);
      for (const call of early.splice(0)) count(call, builder);
    }
  }
  if (builder === undefined)
    throw new InputError('rows must be those of athenaCountQuery, got none with what was asked');
  options.onSetAside?.(Object.fromEntries(setAside));
  if (listening === undefined) return builder.finish();
  if (!sources.contributed) {
    for (const gap of gapsBetween(listening.whenEveryOne())) builder.markUnobserved(gap.from, gap.to);
    return builder.finish();
  }
  const observed = sources.observedBy(listening);
  return builder.finish(undefined, (_, row) => observed(row));
}

const ATHENA_READ_OPTIONS: OptionNames<AthenaReadOptions> = { coverage: true, onSetAside: true };

/**
 * The coverage that an `athenaCoverageQuery` found: what `readCloudTrail` tells of the same records.
 * @param options.maxQuiet the longest stretch without any record that is still covered, ms; see `CoverageTracker`
 * @throws InputError for rows that are not those of such a query
 */
export async function readAthenaCoverage(
  rows: Iterable<AthenaRow> | AsyncIterable<AthenaRow>,
  options: { readonly maxQuiet?: number } = {},
): Promise<Coverage[]> {
  checkOptions(options, READ_ATHENA_COVERAGE_OPTIONS);
  const tracker = new CoverageTracker();
  for await (const row of checkRows(rows)) {
    const { account, region, ticks } = row;
    if (typeof account !== 'string' || typeof region !== 'string' || typeof ticks !== 'string') {
      throw new InputError('rows must have the columns account, region, day and ticks of athenaCoverageQuery');
    }
    const day = whole(row, 'day');
    for (const tick of ticks.split(',')) tracker.add(account, region, day + Number(tick));
  }
  return tracker.coverage(options);
}

const READ_ATHENA_COVERAGE_OPTIONS: OptionNames<NonNullable<Parameters<typeof readAthenaCoverage>[1]>> = {
  maxQuiet: true,
};

/** Rows one by one, each of them an object. */
async function* checkRows(rows: unknown): AsyncGenerator<AthenaRow> {
  if (typeof rows !== 'object' || rows === null || !(Symbol.asyncIterator in rows || Symbol.iterator in rows)) {
    throw new InputError(`rows must be an iterable of rows, got ${shown(rows)}`);
  }
  let i = 0;
  for await (const row of rows as Iterable<unknown>) {
    if (!isObject(row))
      throw new InputError(`rows[${i}] must be an object with the columns of the query, got ${shown(row)}`);
    i++;
    yield row;
  }
}

function builderOf(asked: ReadonlyMap<string, number>): SeriesSetBuilder {
  const [start, step, end] = ['asked-from', 'asked-step', 'asked-to'].map((kind) => {
    const value = asked.get(kind);
    if (value === undefined) throw new InputError(`rows must be those of athenaCountQuery, got none of kind ${kind}`);
    return value;
  });
  return new SeriesSetBuilder({ start, step, end });
}

function keyOf(row: AthenaRow): SeriesKey {
  const names: { -readonly [field in CallField]?: string } = {};
  for (const [field, column] of Object.entries(COLUMN_OF)) {
    const value = row[column];
    // No name is empty: in a CSV file, that is how a name that is summed over looks.
    if (value === null || value === undefined || value === '') continue;
    if (typeof value !== 'string') throw new InputError(`rows must have text in ${column}, got ${shown(value)}`);
    names[field as CallField] = value;
  }
  const { outcome, ...others } = names;
  if (outcome === undefined) return seriesKey(others);
  if (outcome === 'ok' || outcome === 'error' || outcome === 'dry-run') return seriesKey({ ...others, outcome });
  throw new InputError(`rows must have ok, error or dry-run in outcome, got ${shown(outcome)}`);
}

/** `111122223333 eu-central-1,444455556666 eu-central-1` */
function* sourcesOf({ sources }: AthenaRow): Generator<{ account: string; region: string }> {
  if (typeof sources !== 'string') throw new InputError(`rows must have text in sources, got ${shown(sources)}`);
  for (const source of sources.split(',')) {
    const space = source.lastIndexOf(' ');
    yield { account: source.slice(0, space), region: source.slice(space + 1) };
  }
}

/** A whole number, as such or as text. */
function whole(row: AthenaRow, column: string): number {
  const value = row[column];
  const number =
    typeof value === 'string' && value !== '' ? Number(value) : typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new InputError(`rows must have whole numbers in ${column}, got ${shown(value)}`);
}

function* gapsBetween(ranges: readonly TimeRange[]): Generator<TimeRange> {
  let from = -MOST_TIME;
  for (const range of ranges) {
    if (range.from > from) yield { from, to: range.from };
    from = range.to;
  }
  if (from < MOST_TIME) yield { from, to: MOST_TIME };
}
