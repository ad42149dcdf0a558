import { checkZone } from '../time/zone.js';
import type { Analysis } from './analysis.js';
import { keyNamesOf } from './key-names.js';
import { callerName, seriesName } from './names.js';
import { nextSteps } from './next-steps.js';
import { grouped, mean } from './numbers.js';
import { printable } from './printable.js';
import { keyLine, kindOf } from './render-anomalies.js';
import { renderLogs } from './render-logs.js';
import { renderQuiet } from './render-quiet.js';
import { renderSpans } from './render-spans.js';
import { renderUnknowns } from './render-unknowns.js';
import { verdictSentence } from './verdict.js';
import { homeOf } from './who.js';
import { sentencesFor } from './words.js';

const UNBROKEN = 1e6;
/** So many callers of an anomaly are listed. */
const CALLERS = 10;

/**
 * An analysis as Markdown, for tickets and pull requests: the verdict, the facts, each anomaly with its callers, the
 * operations, and what could not be judged. Names from logs stand as text: nothing of them is markup or a link.
 * @throws InputError for an unknown zone
 */
export function renderMarkdown(analysis: Analysis, options: { readonly timeZone?: string } = {}): string {
  const timeZone = checkZone(options.timeZone ?? analysis.timeZone);
  const paths = analysis.paths.map((path) => escapeMarkdown(printable(path))).join(', ');
  const [, , ...unknowns] = renderUnknowns(analysis, UNBROKEN);
  const facts = [
    ...(analysis.logs.files === 0 ? [] : renderLogs(analysis.logs, UNBROKEN, analysis.calls)),
    ...renderSpans(analysis, timeZone, UNBROKEN),
  ];
  const blocks = [
    `# KMS usage${paths === '' ? '' : ` in ${paths}`}`,
    `**${escapeMarkdown(verdictSentence(analysis))}**`,
    facts
      .map((line) => `- ${[line.slice(0, 10).trim(), line.slice(10)].filter(Boolean).map(escapeMarkdown).join(': ')}`)
      .join('\n'),
    analysis.notes.map((note) => `> ${escapeMarkdown(printable(note, 1000))}`).join('\n>\n'),
    ...analysis.anomalies.map((_, i) => anomalyBlock(analysis, i, timeZone)),
    operationsBlock(analysis),
    ['## Not judged', '', ...unknowns.map(listItem)].join('\n'),
    quietBlock(analysis, timeZone),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function anomalyBlock(analysis: Analysis, i: number, timeZone: string): string {
  const { anomalies, window, step, keys } = analysis;
  const anomaly = anomalies[i];
  const { key, verdict, callers = [] } = anomaly;
  const nameOf = keyNamesOf(keys);
  const { check, queries } = nextSteps(anomaly);
  const [kind] = kindOf(anomaly).split('; ');
  const sign = verdict === 'above' ? '▲' : '▼';
  const lines = [
    `## ${i + 1}. ${escapeMarkdown(seriesName(key, nameOf))}`,
    '',
    `${sign} ${kind}`,
    '',
    sentencesFor(anomaly, { timeZone, step, judgedUntil: window.to, nameOf }).map(escapeMarkdown).join(' '),
    '',
    `Next: ${escapeMarkdown(check)}`,
  ];
  if (key.keyArn !== null) lines.push('', `Key: ${escapeMarkdown(keyLine(key.keyArn, analysis))}`);
  lines.push('', `Finding: ${escapeMarkdown(anomaly.id)}`, '', ...codeBlock(queries.athena));
  if (callers.length > 0) {
    const home = homeOf(anomaly, callers);
    lines.push('', '| caller | calls | usual at these hours |', '|---|---:|---:|');
    for (const { caller, calls, usual } of callers.slice(0, CALLERS)) {
      lines.push(
        `| ${escapeMarkdown(callerName(caller, home))} | ${grouped(calls)} | ${usual === null ? 'not known' : mean(usual)} |`,
      );
    }
    if (callers.length > CALLERS) lines.push(`| and ${grouped(callers.length - CALLERS)} more | | |`);
  }
  return lines.join('\n');
}

/** Text in a fence that is longer than any within it. */
function codeBlock(text: string): string[] {
  const shown = printable(text, 4096);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}sql`, shown, fence];
}

function listItem(line: string): string {
  return `- ${escapeMarkdown(line.trim().replace(/^- /, ''))}`;
}

function quietBlock(analysis: Analysis, timeZone: string): string {
  const [, , intro, ...keys] = renderQuiet(analysis, timeZone, UNBROKEN);
  return intro === undefined
    ? ''
    : ['## Quiet keys', '', escapeMarkdown(intro.trim()), '', ...keys.map(listItem)].join('\n');
}

function operationsBlock({ operations }: Analysis): string {
  if (operations.length === 0) return '';
  return [
    '## Operations',
    '',
    '| operation | calls | expected | above | below | unknown | anomalies |',
    '|---|---:|---:|---:|---:|---:|---|',
    ...operations
      .slice(0, 80)
      .map(({ operation, calls, expected, known, above, below, unknown, buckets, anomalies }) => {
        const usual = known && unknown < buckets ? mean(expected) : '–';
        const see = anomalies.slice(0, 6).map((place) => place + 1);
        return `| ${escapeMarkdown(printable(operation, 40))} | ${grouped(calls)} | ${usual} | ${grouped(above)} | ${grouped(below)} | ${grouped(unknown)} | ${see.join(', ')}${anomalies.length > 6 ? ', …' : ''} |`;
      }),
  ].join('\n');
}

/** Every sign that Markdown, or HTML inside it, could take for markup; `www.` and addresses, which would become links. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|&#~!@]/g, (sign) => `\\${sign}`)
    .replace(/:\/\//g, ':&#47;/')
    .replace(/\b(www)\./gi, '$1&#46;');
}
