import { writeFile } from 'node:fs/promises';
import { InputError } from '../errors.js';
import type { Analysis } from '../report/analysis.js';
import { analysisJson } from '../report/analysis-json.js';
import { renderHtml } from '../report/html/render-html.js';
import { printable } from '../report/printable.js';
import { renderMarkdown } from '../report/render-markdown.js';
import { renderText } from '../report/render-text.js';
import type { Report } from '../report/report.js';
import type { OutputOptions } from './options.js';
import type { CliIo } from './output.js';
import { ANOMALIES, DONE, NOT_DONE, PARTLY_READ } from './status.js';

/** Records set aside for these reasons are whole and ordinary: they tell of calls without being one. */
const ORDINARY: ReadonlySet<string> = new Set(['network-activity', 'updated-data', 'summary']);

/** Prints what was found, writes the files that were asked for, and returns the exit status. */
export async function deliver(command: string, report: Report, options: OutputOptions, io: CliIo): Promise<number> {
  const { analysis, evidence } = report;
  // Files first: what is printed may be cut off by whoever reads it.
  if (options.html !== undefined) await write(options.html, renderHtml(report), '--html');
  if (options.markdown !== undefined) await write(options.markdown, renderMarkdown(analysis), '--markdown');
  if (options.json) io.stdout.write(`${analysisJson(analysis, { command })}\n`);
  else {
    const terminal = io.stdout.isTTY === true;
    const look = terminal ? { scores: evidence.scores, color: wantsColor(io) } : {};
    io.stdout.write(`${renderText(analysis, { width: widthOf(io), ...look })}\n`);
  }
  for (const path of [options.html, options.markdown]) {
    if (path !== undefined && io.stderr.isTTY === true) io.stderr.write(`written: ${printable(path, 500)}\n`);
  }
  return statusOf(analysis, options.failOnAnomaly);
}

/** @throws InputError that names the flag and why the file could not be written */
export async function write(path: string, content: string | Uint8Array, flag: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(`${flag} must be a path that can be written, got ${JSON.stringify(path)} (${reason})`);
  }
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
function statusOf(analysis: Analysis, failOnAnomaly: boolean): number {
  if (analysis.unknown.judged === 0) return NOT_DONE;
  if (failOnAnomaly && analysis.anomalies.length > 0) return ANOMALIES;
  return partlyRead(analysis) ? PARTLY_READ : DONE;
}

/** Whether some of the input could not be read, or may be counted twice. */
export function partlyRead({ logs, calls }: Pick<Analysis, 'logs' | 'calls'>): boolean {
  return (
    calls.overlapping > 0 ||
    logs.filesUnreadable.length > 0 ||
    logs.setAside.some(({ reason }) => !ORDINARY.has(reason))
  );
}
