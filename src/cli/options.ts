import { InputError } from '../errors.js';
import type { AnomalyFilter } from '../report/anomaly-filter.js';
import { DAY, MINUTE, SECOND } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import { CALENDAR_FLAGS, type CalendarFlags, calendarFlags } from './calendar.js';
import { FILTER_FLAGS, FILTER_NAMES, filterOf } from './filters.js';
import { type Arguments, readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { S3_FLAGS, type S3Input, s3InputOf } from './s3-sources.js';
import { lengthBefore, parseBudget, parseDuration, parsePath, parseTime } from './values.js';

/** Where the findings of a command go, besides the terminal. */
export interface OutputOptions {
  readonly json: boolean;
  readonly failOnAnomaly: boolean;
  /** List what is too quiet to judge, too. */
  readonly verbose: boolean;
  /** Path of an HTML page to write; `undefined` for none. */
  readonly html: string | undefined;
  /** Path of a Markdown file to write. */
  readonly markdown: string | undefined;
  /** Path of a CSV file to write the scores to: one line for each series and bucket. */
  readonly csv: string | undefined;
  /** Path of a CSV file to write the findings to. */
  readonly findingsCsv: string | undefined;
  /** Path of a JSON file with aliases and owners of keys. */
  readonly aliases: string | undefined;
}

/** Which part of the logs is judged. */
export interface SpanOptions {
  /** Epoch ms; `undefined`: `last` before the end. */
  readonly historyUntil: number | undefined;
  /** Ms, and as it was written: days are those of the calendar. */
  readonly last: number;
  readonly lastText: string | undefined;
  /** Epoch ms; `undefined`: to the end of the logs. */
  readonly until: number | undefined;
  /** What is before it is left out, epoch ms. */
  readonly since: number | undefined;
}

export interface AnalyzeOptions extends OutputOptions, SpanOptions, CalendarFlags {
  readonly filter: AnomalyFilter;
  readonly paths: readonly string[];
  /** Ms. */
  readonly step: number;
  /** `undefined`: found for each series, and times in UTC. */
  readonly timeZone: string | undefined;
  /** False alarms a week. */
  readonly budget: number;
  /** `undefined` of paths on this machine. */
  readonly s3: S3Input | undefined;
}

const SPAN_FLAGS = { since: 'string', 'history-until': 'string', last: 'string', until: 'string' } as const;
export const OUTPUT_FLAGS = {
  json: 'boolean',
  'fail-on-anomaly': 'boolean',
  verbose: 'boolean',
  html: 'string',
  markdown: 'string',
  csv: 'string',
  'findings-csv': 'string',
  aliases: 'string',
} as const;

const FLAGS = {
  ...SPAN_FLAGS,
  step: 'string',
  'time-zone': 'string',
  budget: 'string',
  ...CALENDAR_FLAGS,
  ...FILTER_FLAGS,
  ...S3_FLAGS,
  ...OUTPUT_FLAGS,
} as const;

/**
 * The options of `analyze`, from the arguments behind the command.
 * @throws InputError that names the flag
 */
export function parseAnalyze(args: readonly string[], io: CliIo): AnalyzeOptions {
  const given = readArguments('analyze', FLAGS, args);
  if (given.paths.length === 0) throw new InputError('analyze needs at least one file or folder of CloudTrail logs');
  const step = stepOf(given);
  const timeZone = given.read('time-zone', checkZone);
  const spans = spansOf(given, step, timeZone);
  const { historyUntil, last, lastText, since, until } = spans;
  const judgedFrom = (end: number) => historyUntil ?? lengthBefore(end, last, lastText, timeZone ?? 'UTC');
  return {
    paths: given.paths,
    ...spans,
    s3: s3InputOf(given, { from: since, judgedFrom, to: until }, io),
    step,
    timeZone,
    budget: given.read('budget', parseBudget) ?? 1,
    ...calendarFlags(given),
    filter: filterOf(given, FILTER_NAMES),
    ...outputsOf(given),
  };
}

/** Width of the buckets, ms. */
export function stepOf(given: Arguments<'step'>): number {
  const step = given.read('step', parseDuration) ?? 5 * MINUTE;
  if (step >= SECOND && step <= DAY) return step;
  throw new InputError(`--step must be from 1s to 1d, got ${given.text('step')}`);
}

function spansOf(given: Arguments<keyof typeof SPAN_FLAGS>, step: number, timeZone: string | undefined): SpanOptions {
  const timeOf = (text: string, flag: string) => parseTime(text, flag, timeZone);
  const historyUntil = given.read('history-until', timeOf);
  const last = given.read('last', parseDuration);
  const until = given.read('until', timeOf);
  if (historyUntil !== undefined && last !== undefined) {
    throw new InputError('--history-until and --last both say where the history ends: give one of them');
  }
  if (historyUntil !== undefined && until !== undefined && historyUntil >= until) {
    throw new InputError(
      `--until must be later than --history-until, got ${given.text('until')} and ${given.text('history-until')}`,
    );
  }
  const since = given.read('since', timeOf);
  const end = historyUntil ?? until;
  if (since !== undefined && end !== undefined && since >= end) {
    const flag = historyUntil === undefined ? 'until' : 'history-until';
    throw new InputError(`--${flag} must be later than --since, got ${given.text(flag)} and ${given.text('since')}`);
  }
  if (last !== undefined && last < step) {
    throw new InputError(`--last must be at least one --step, got ${given.text('last')}`);
  }
  return { historyUntil, last: last ?? Math.max(DAY, step), lastText: given.text('last'), until, since };
}

export function outputsOf(given: Arguments<keyof typeof OUTPUT_FLAGS>): OutputOptions {
  return {
    json: given.has('json'),
    failOnAnomaly: given.has('fail-on-anomaly'),
    verbose: given.has('verbose'),
    html: given.read('html', parsePath),
    markdown: given.read('markdown', parsePath),
    csv: given.read('csv', parsePath),
    findingsCsv: given.read('findings-csv', parsePath),
    aliases: given.read('aliases', parsePath),
  };
}
