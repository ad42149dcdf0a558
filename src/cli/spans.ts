import { type Coverage, mainStretch } from '../kms/coverage.js';
import { civilTime } from '../report/civil-time.js';
import type { LogSource } from '../report/log-source.js';
import { counted, duration } from '../report/numbers.js';
import { mergeRanges, type TimeRange } from '../series/builder.js';
import type { TimeGrid } from '../time/grid.js';
import type { AnalyzeOptions } from './options.js';
import type { ReadLogs } from './read-logs.js';
import { lengthBefore } from './values.js';

/** Where the history ends and the judged time begins and ends, between two buckets; with what there is to say about it. */
export interface Spans {
  /** Where what is learned from begins. */
  readonly start: number;
  readonly historyUntil: number;
  readonly until: number;
  /** Some of what was read lies behind the judged time, though nobody asked for that. */
  readonly leftOut: boolean;
  readonly notes: readonly string[];
}

/** Why there is nothing to judge, in a sentence. */
export interface NoSpans {
  readonly problem: string;
}

/**
 * What is learned from and what is judged: up to the end of the last whole bucket in which a log with KMS calls was
 * listening, or to `--until`.
 */
export function spansOf(
  grid: TimeGrid,
  sources: readonly LogSource[],
  coverage: readonly Coverage[],
  options: Pick<AnalyzeOptions, 'historyUntil' | 'last' | 'lastText' | 'until' | 'timeZone'>,
): Spans | NoSpans {
  const { timeZone = 'UTC', last, lastText } = options;
  const notes: string[] = [];
  const civil = (time: number) => `${civilTime(time, timeZone)} ${timeZone}`;
  const back = (time: number) => grid.start + Math.floor((time - grid.start) / grid.step) * grid.step;
  const aligned = (time: number, flag: string): number => {
    const taken = back(time);
    if (taken !== time) {
      const bucket = duration(grid.step);
      notes.push(
        `${flag} ${new Date(time).toISOString()} was rounded down to ${civil(taken)}, the start of a bucket of ${bucket}`,
      );
    }
    return taken;
  };

  const withCalls = coverage.filter(({ account, region }) =>
    sources.some((source) => source.kmsCalls > 0 && source.account === account && source.region === region),
  );
  const main = mainStretch(withCalls);
  const begin = Math.max(grid.start, back(main.from));
  const asked = options.until ?? options.historyUntil;
  const lastEnd = asked === undefined ? endBeforeStrays(withCalls, main, last) : main.to;
  const end = back(lastEnd);
  const leftOut = lastEnd < main.to;
  if (leftOut) {
    notes.push(
      `Few records are dated after ${civil(lastEnd)}, up to ${civil(main.to)}: less than a twentieth of the ${duration(last)} before ` +
        'that has coverage, so an earlier time is judged. Pass --until to judge up to another time',
    );
  }
  const astray = withCalls.filter(({ from, to }) => to <= main.from || from >= main.to).map(({ from }) => from);
  if (astray.length > 0) {
    const dates = [...new Set(astray)].sort((a, b) => a - b);
    const named = dates.slice(0, MOST_DATES).map((from) => civil(from));
    const more = dates.length > MOST_DATES ? `, and ${counted(dates.length - MOST_DATES, 'other time')},` : '';
    notes.push(`Records dated ${named.join(', ')}${more} are years away from all others and are excluded`);
  }
  let until = options.until === undefined ? end : aligned(options.until, '--until');
  if (until > end) {
    notes.push(`The logs end ${civil(end)}: what comes after it is not judged`);
    until = end;
  }
  const historyUntil =
    options.historyUntil === undefined
      ? back(lengthBefore(until, last, lastText, timeZone))
      : aligned(options.historyUntil, '--history-until');
  if (historyUntil >= until) {
    const why = options.historyUntil === undefined ? '' : `, and --history-until is ${civil(historyUntil)}`;
    return { problem: `There is nothing to judge: the time to be judged ends ${civil(until)}${why}.` };
  }
  if (historyUntil <= begin) {
    const asked = options.historyUntil === undefined ? `the last ${duration(last)}` : 'all of it';
    return {
      problem:
        `There is no history to learn from: the logs begin ${civil(begin)} and end ${civil(end)}, and ${asked} would be judged. ` +
        'Give older logs too, or a smaller part to judge (--last, --history-until).',
    };
  }
  return { start: begin, historyUntil, until, leftOut, notes };
}

/** So many dates of records that lie astray are named. */
const MOST_DATES = 4;

/** Less of a judged time than this need not be covered for it to be judged. */
const LEAST_COVERED = 0.05;

/**
 * Where the logs end, if hardly anything is covered before the end of all records: a stray record, dated days after all
 * others, would make the judged time one without logs. The latest end of a stretch of coverage with enough before it; the end
 * of all records where there is none.
 */
function endBeforeStrays(coverage: readonly Coverage[], main: TimeRange, last: number): number {
  const merged = mergeRanges(coverage.filter(({ from, to }) => from < main.to && to > main.from));
  const covered = (end: number) =>
    merged.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, end) - Math.max(from, end - last)), 0);
  const enough = merged.map(({ to }) => to).filter((to) => covered(to) >= LEAST_COVERED * last);
  return enough.length === 0 ? main.to : Math.max(...enough);
}

/** What of the logs a baseline from a file judges. */
export interface Window {
  readonly from: number;
  readonly until: number;
  readonly notes: readonly string[];
}

/**
 * From `from` (or `after`, where the logs hold both sides of it, or their first whole bucket) to `until`, or the end of the
 * last whole bucket in which a log with KMS calls was listening.
 */
export function windowOf(
  { counts: { grid }, sources, coverage }: Pick<ReadLogs, 'counts' | 'sources' | 'coverage'>,
  options: {
    readonly from: number | undefined;
    readonly until: number | undefined;
    readonly after: number;
    readonly timeZone: string;
  },
): Window | NoSpans {
  const civil = (time: number) => `${civilTime(time, options.timeZone)} ${options.timeZone}`;
  const withCalls = coverage.filter(({ account, region }) =>
    sources.some((source) => source.kmsCalls > 0 && source.account === account && source.region === region),
  );
  const main = mainStretch(withCalls);
  const back = (time: number) => grid.start + Math.floor((time - grid.start) / grid.step) * grid.step;
  const begin = Math.max(grid.start, back(main.from));
  const end = back(main.to);
  const notes: string[] = [];
  if (options.until !== undefined && options.until > end) {
    notes.push(`The logs end ${civil(end)}: what comes after it is not judged`);
  }
  const until = Math.min(end, back(options.until ?? end));
  const asked = options.from ?? (options.after > begin && options.after < until ? options.after : begin);
  const from = Math.max(begin, back(asked));
  if (from < options.after) {
    notes.push(
      `The baseline was learned up to ${civil(options.after)}: the baseline may include part of the judged time`,
    );
  }
  if (from >= until) {
    return { problem: `There is nothing to judge: the logs go from ${civil(begin)} to ${civil(end)}.` };
  }
  return { from, until, notes };
}
