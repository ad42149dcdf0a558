import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError } from '../errors.js';
import type { Analysis } from '../report/analysis.js';
import { analysisJson } from '../report/analysis-json.js';
import type { AnomalyFilter } from '../report/anomaly-filter.js';
import { anomaliesToCsv, scoresToCsv } from '../report/csv.js';
import { filterFindings, isFilter } from '../report/filter.js';
import { renderHtml } from '../report/html/render-html.js';
import { printable } from '../report/printable.js';
import { renderMarkdown } from '../report/render-markdown.js';
import { renderText } from '../report/render-text.js';
import type { Report } from '../report/report.js';
import type { SeriesKey } from '../series/key.js';
import type { OutputOptions } from './options.js';
import type { CliIo } from './output.js';
import { ANOMALIES, DONE, NOT_DONE, PARTLY_READ } from './status.js';

/** Records set aside for these reasons are whole and ordinary: they tell of calls without being one. */
const ORDINARY: ReadonlySet<string> = new Set(['network-activity', 'updated-data', 'summary']);

/** Which of the findings are shown, and what else there is that a filter may name. */
export interface Chosen {
  readonly filter: AnomalyFilter;
  /** Rows by caller; those judged are known. */
  readonly callers?: readonly SeriesKey[];
  /** Some of what was read is not judged, though nobody asked for that. */
  readonly leftOut?: boolean;
}

/** Prints what was found, writes the files that were asked for, and returns the exit status. */
export async function deliver(
  command: string,
  whole: Report,
  options: OutputOptions,
  { filter, callers = [], leftOut = false }: Chosen,
  io: CliIo,
): Promise<number> {
  const { evidence } = whole;
  const rows = [...evidence.scores.window.keys, ...callers];
  const analysis = isFilter(filter)
    ? filterFindings(whole.analysis, filter, rows, (field) => `--${field}`)
    : whole.analysis;
  const report = { ...whole, analysis };
  const files: readonly (readonly [flag: string, path: string | undefined, make: () => string])[] = [
    ['--html', options.html, () => renderHtml(report)],
    ['--markdown', options.markdown, () => renderMarkdown(analysis)],
    ['--csv', options.csv, () => scoresToCsv(evidence.scores)],
    ['--findings-csv', options.findingsCsv, () => findingsCsv(report)],
  ];
  const written: string[] = [];
  let failed: InputError | undefined;
  // Files first: what is printed may be cut off by whoever reads it. A disk that is full by now costs no finding.
  for (const [flag, path, make] of files) {
    if (path === undefined || path === STDOUT) continue;
    try {
      await write(path, make(), flag);
      written.push(path);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failed ??= error;
    }
  }
  const printed = files.find(([, path]) => path === STDOUT);
  if (printed !== undefined) io.stdout.write(printed[2]());
  else if (options.json) io.stdout.write(`${analysisJson(analysis, { command })}\n`);
  else {
    const terminal = io.stdout.isTTY === true;
    const look = terminal ? { scores: evidence.scores, color: wantsColor(io) } : {};
    io.stdout.write(`${renderText(analysis, { width: widthOf(io), verbose: options.verbose, ...look })}\n`);
  }
  for (const path of written) io.stderr.write(`written: ${printable(path, 500)}\n`);
  if (failed !== undefined) throw failed;
  return statusOf(analysis, options.failOnAnomaly, leftOut);
}

/** As a path: the standard output, in place of the text. */
const STDOUT = '-';

function findingsCsv({ analysis, evidence: { nameOf } }: Report): string {
  const { anomalies, timeZone, step, window } = analysis;
  return anomaliesToCsv(anomalies, {
    timeZone,
    step,
    judgedUntil: window.to,
    ...(nameOf === undefined ? {} : { nameOf }),
  });
}

/**
 * The same for all that a judgement may be written to.
 * @throws InputError that names the flag and why not; where the standard output is to hold several of them
 */
export async function checkReports({ html, markdown, csv, findingsCsv, json }: OutputOptions): Promise<void> {
  const paths = { '--html': html, '--markdown': markdown, '--csv': csv, '--findings-csv': findingsCsv };
  const printed = Object.entries(paths).flatMap(([flag, path]) => (path === STDOUT ? [flag] : []));
  const both = json ? ['--json', ...printed] : printed;
  if (both.length > 1 && printed.length > 0) {
    throw new InputError(`standard output holds one of ${both.join(', ')}: give the others a file`);
  }
  await checkOutputs(
    Object.fromEntries(Object.entries(paths).map(([flag, path]) => [flag, path === STDOUT ? undefined : path])),
  );
}

/**
 * Makes sure, before the work is done, that the files asked for can be written, each to a file of its own.
 * @throws InputError that names the flag and why not
 */
export async function checkOutputs(paths: Readonly<Record<string, string | undefined>>): Promise<void> {
  const flags = new Map<string, string>();
  for (const [flag, path] of Object.entries(paths)) {
    if (path === undefined) continue;
    const other = flags.get(resolve(path));
    if (other !== undefined) {
      throw new InputError(`${flag} must be another file than ${other}, got ${JSON.stringify(path)} for both`);
    }
    flags.set(resolve(path), flag);
    try {
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' });
      // The folder's own trouble is named, as a write would name it: ENOENT, ENOTDIR, EACCES, EROFS.
      if (found === undefined && !(await stat(dirname(path))).isDirectory()) {
        throw Object.assign(new Error(), { code: 'ENOTDIR' });
      }
      await access(found === undefined ? dirname(path) : path, constants.W_OK);
    } catch (error) {
      throw notWritable(flag, path, error);
    }
  }
}

/** @throws InputError that names the flag and why the file could not be written */
export async function write(path: string, content: string | Uint8Array, flag: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw notWritable(flag, path, error);
  }
}

function notWritable(flag: string, path: string, error: unknown): InputError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new InputError(`${flag} must be a path that can be written, got ${JSON.stringify(path)} (${reason})`);
}

/** As https://no-color.org has it: any value but the empty one switches colours off. */
function wantsColor({ environment = {} }: CliIo): boolean {
  return !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

/** As wide as the terminal, but no wider than is easily read. */
export function widthOf({ stdout }: CliIo): number {
  return Math.min(120, Math.max(60, stdout.columns ?? 100));
}

/** Status 4 goes before 3: who asks for it wants to hear of anomalies, and the report tells what could not be read. */
function statusOf(analysis: Analysis, failOnAnomaly: boolean, leftOut: boolean): number {
  if (analysis.unknown.judged === 0) return NOT_DONE;
  if (failOnAnomaly && analysis.anomalies.length > 0) return ANOMALIES;
  return leftOut || partlyRead(analysis) ? PARTLY_READ : DONE;
}

/** Whether some of the input could not be read, or may be counted twice. */
export function partlyRead({ logs, calls }: Pick<Analysis, 'logs' | 'calls'>): boolean {
  return (
    calls.overlapping > 0 ||
    logs.filesUnreadable.length > 0 ||
    logs.setAside.some(({ reason }) => !ORDINARY.has(reason))
  );
}
