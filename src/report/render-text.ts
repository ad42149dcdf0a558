import type { Scores } from '../engine/types.js';
import { checkInteger, checkOptions, type OptionNames } from '../errors.js';
import { checkZone } from '../time/zone.js';
import type { Analysis } from './analysis.js';
import { grouped } from './numbers.js';
import { operationsTable } from './operations.js';
import { painter } from './paint.js';
import { printable } from './printable.js';
import { renderAnomalies } from './render-anomalies.js';
import { renderLogs } from './render-logs.js';
import { renderQuiet } from './render-quiet.js';
import { renderSpans } from './render-spans.js';
import { renderUnknowns } from './render-unknowns.js';
import { verdictSentence } from './verdict.js';
import { wrap } from './wrap.js';

export interface RenderOptions {
  /** The IANA time zone of all times; default that of the analysis. */
  readonly timeZone?: string;
  /** Columns of the terminal; default 100. Tables and ARNs may be wider, and are not broken. */
  readonly width?: number;
  /** The scores behind the analysis: with them, a line of text shows the judged time of each anomaly's series. */
  readonly scores?: Scores;
  /**
   * Whether to list each series that is too quiet to judge and each key without calls, rather than count them, and with
   * each anomaly the query that shows its records; default false.
   */
  readonly verbose?: boolean;
  /** Whether to colour by the codes of a terminal (ANSI); default false. */
  readonly color?: boolean;
}

/**
 * An analysis as a person reads it: what was read, of what time it speaks, each anomaly in words, the operations, what
 * could not be judged, and last, where a terminal ends, a summary. Plain text, without colours unless asked for, lines parted by `\n`, none at the end.
 * @throws InputError for an unknown zone or a width outside [40, 1000]
 */
export function renderText(analysis: Analysis, options: RenderOptions = {}): string {
  checkOptions(options, RENDER_OPTIONS);
  const timeZone = checkZone(options.timeZone ?? analysis.timeZone);
  const width = checkInteger(options.width ?? 100, 'width', 40, 1000);
  const { verbose = false } = options;
  const paths = analysis.paths.map((path) => printable(path)).join(', ');
  const blocks = [
    wrap(`KMS usage in ${paths}`, width).map(painter(options.color ?? false).bold),
    [
      // Counts that came from metrics have no files behind them.
      ...(analysis.logs.files === 0 ? [] : renderLogs(analysis.logs, width, analysis.calls)),
      ...renderSpans(analysis, timeZone, width),
      ...analysis.notes.flatMap((note) => wrap(printable(note, 1000), width, 'note      ')),
    ],
    renderAnomalies(analysis, timeZone, width, {
      paint: painter(options.color ?? false),
      scores: options.scores,
      verbose,
    }),
    operationsBlock(analysis),
    renderUnknowns(analysis, width, verbose),
    renderQuiet(analysis, timeZone, width, verbose),
    wrap(verdictSentence(analysis), width).map(painter(options.color ?? false).bold),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const RENDER_OPTIONS: OptionNames<RenderOptions> = {
  timeZone: true,
  width: true,
  scores: true,
  color: true,
  verbose: true,
};

function operationsBlock({ operations }: Analysis): string[] {
  if (operations.length === 0) return [];
  const title = `${grouped(operations.length)} ${operations.length === 1 ? 'operation' : 'operations'} in the judged time`;
  return [title, '', ...operationsTable(operations).map((line) => `  ${line}`)];
}
