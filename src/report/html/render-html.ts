import { checkInteger, checkOptions, InputError, type OptionNames } from '../../errors.js';
import { checkZone } from '../../time/zone.js';
import type { Analysis } from '../analysis.js';
import { civilRange } from '../civil-time.js';
import { counted, duration, grouped } from '../numbers.js';
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH, PAGE_STYLE } from '../page.generated.js';
import { printable } from '../printable.js';
import { renderLogs } from '../render-logs.js';
import { renderSpans } from '../render-spans.js';
import type { Report } from '../report.js';
import { type Markup, markup, trusted } from '../svg/markup.js';
import { COLOUR_VARIABLES } from '../svg/theme.js';
import { verdictSentence } from '../verdict.js';
import { findingItem } from './finding-item.js';
import { incidentGroups } from './incident-groups.js';
import {
  alarmSection,
  calibrationSection,
  coverageSection,
  drawnSections,
  quietSection,
  quotaSection,
  unknownSection,
} from './overview.js';
import { MOST_ANOMALIES, pageData } from './page-rows.js';

export interface HtmlOptions {
  /** The IANA zone on whose clock times are told; default that of the analysis. */
  readonly timeZone?: string;
  /** Series that the page holds at most, those with anomalies and with most calls; default 2,000. */
  readonly maxSeries?: number;
}

/**
 * A report as one HTML page that needs nothing else: no network, no other file. The verdict and the anomalies stand in the
 * page itself; tables, heat map and the pictures that open on demand are drawn by its own script from columns of data.
 * Names from logs are text wherever they stand, and the page's content security policy lets no other script run.
 * @throws InputError for an unknown zone, a limit that cannot be, or an analysis of levels
 */
export function renderHtml(report: Report, options: HtmlOptions = {}): string {
  checkOptions(options, HTML_OPTIONS);
  const { analysis, evidence } = report;
  const timeZone = checkZone(options.timeZone ?? analysis.timeZone);
  const maxSeries = checkInteger(options.maxSeries ?? 2000, 'maxSeries', 1, 100_000);
  if (evidence.scores.window.measure !== 'count') {
    throw new InputError("report.evidence.scores.window.measure must be 'count', got 'level'");
  }
  const verdict = verdictSentence(analysis);
  const when = `${civilRange(analysis.window.from, analysis.window.to, timeZone)} ${timeZone}`;
  const calm = analysis.anomalies.length === 0 ? (analysis.unknown.judged === 0 ? 'blind' : 'calm') : 'alert';
  const groups = incidentGroups(evidence.scores, analysis.anomalies.slice(0, MOST_ANOMALIES));
  const paths = analysis.paths.map((path) => printable(path)).join(', ');
  const body = markup`<header><p class="eyebrow">KMS usage${paths === '' ? '' : ` in ${paths}`}</p><h1>${when}</h1><p class="verdict ${calm}">${verdict}</p>${about(analysis, timeZone)}</header><main>${incidentList(report, groups, timeZone)}${alarmSection(report, timeZone)}${drawnSections(report, timeZone)}${quotaSection(report, timeZone)}${coverageSection(report, timeZone)}${calibrationSection(report, timeZone)}${unknownSection(report)}${quietSection(report, timeZone)}</main><footer><p>Made by kms-baseline. Times are in the time zone ${timeZone}. Charts by uPlot (MIT licence, in this file).</p></footer>`;
  const data = pageData({ ...report, analysis: { ...analysis, timeZone } }, maxSeries);
  const head = markup`<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy()}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${`KMS usage, ${when}`}</title><style>${trusted(styleSheet())}</style>`;
  return markup`<!doctype html>
<html lang="en"><head>${head}</head><body>${body}<script type="application/json" id="data">${scriptData(data)}</script><script>${trusted(PAGE_SCRIPT)}</script></body></html>
`.markup;
}

/** What the report rests on, folded: a reader comes for the findings. Notes are counted where they are not seen. */
function about(analysis: Analysis, timeZone: string): Markup {
  const { notes, window, history, step } = analysis;
  const summary = `${duration(window.to - window.from)} in ${duration(step)} buckets, judged by ${duration(history.to - history.from)} of history`;
  const noted = notes.length === 0 ? '' : ` · ${counted(notes.length, 'note')}`;
  return markup`<details class="about"><summary>${summary}${noted}</summary>${factList(analysis, timeZone)}</details>`;
}
const HTML_OPTIONS: OptionNames<HtmlOptions> = { timeZone: true, maxSeries: true };

/** Nothing is loaded, nothing is sent, and no script runs but the page's own, told by its hash. */
function policy(): string {
  return `default-src 'none'; style-src 'unsafe-inline'; script-src '${PAGE_SCRIPT_HASH}'; base-uri 'none'; form-action 'none'`;
}

function styleSheet(): string {
  const { light, dark } = COLOUR_VARIABLES;
  return `:root{${light}}@media (prefers-color-scheme:dark){:root{${dark}}}@media print{:root{${light}}}${PAGE_STYLE}`;
}

/** JSON inside a script element: without `<` it can neither end the element nor begin a comment. */
function scriptData(data: unknown): Markup {
  return trusted(JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, unicodeEscape));
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** So wide that no fact is broken into lines: the browser does that. */
const UNBROKEN = 1e6;

/** What a reader asks first. */
const FIRST: readonly string[] = ['judged', 'history', 'read', 'logs of', 'budget'];

/** Of what time and what logs the report speaks: the labels and facts of the text report. */
function factList(analysis: Analysis, timeZone: string): Markup {
  const lines = [
    ...renderSpans(analysis, timeZone, UNBROKEN),
    ...(analysis.logs.files === 0 ? [] : renderLogs(analysis.logs, UNBROKEN, analysis.calls)),
  ];
  const facts = lines.map((line) => ({ label: line.slice(0, 10).trim(), text: line.slice(10) }));
  const place = (label: string) => (FIRST.includes(label) ? FIRST.indexOf(label) : FIRST.length);
  facts.sort((a, b) => place(a.label) - place(b.label));
  return markup`<dl class="facts">${facts.map(({ label, text }) => markup`<div><dt>${label}</dt><dd>${text}</dd></div>`)}${analysis.notes.map(
    (note) => markup`<div><dt>note</dt><dd>${printable(note, 1000)}</dd></div>`,
  )}</dl>`;
}

/** Incidents that stand on a page of the list, and are drawn without the page's script. */
const INCIDENTS_A_PAGE = 20;

/**
 * Every incident as an item of a list: its first finding, and the others folded below it. Those behind the first
 * {@link INCIDENTS_A_PAGE} wait for the page's script, or for paper.
 */
function incidentList(report: Report, groups: readonly (readonly number[])[], timeZone: string): Markup {
  const { anomalies } = report.analysis;
  if (anomalies.length === 0) return markup``;
  const left = Math.max(0, anomalies.length - MOST_ANOMALIES);
  const later = Math.max(0, groups.length - INCIDENTS_A_PAGE);
  return markup`<section aria-labelledby="unusual"><h2 id="unusual">Anomalies</h2><div id="lanes"></div><div id="filters"></div>${legend()}<ol class="incidents" id="incidents" data-page="${INCIDENTS_A_PAGE}">${groups.map(
    (group, i) => incident(report, group, i, timeZone),
  )}</ol><div id="pager"></div>${
    later > 0
      ? markup`<noscript><p class="note">${counted(later, 'more incident')}: shown by the page's script, all of which is in this file, and in print.</p></noscript>`
      : ''
  }${left > 0 ? markup`<p class="note">${grouped(left)} more findings, further down the list, are not in this page: filter the report (--severity, --kind), or use --json.</p>` : ''}</section>`;
}

function incident(report: Report, group: readonly number[], i: number, timeZone: string): Markup {
  const drawn = i < INCIDENTS_A_PAGE;
  const [head, ...others] = group.map((place, j) => findingItem(report, place, timeZone, drawn && j === 0));
  return markup`<li class="incident${drawn ? '' : ' later'}" data-incident="${i}">${head}${
    others.length === 0
      ? ''
      : markup`<details class="others"><summary>${counted(others.length, 'more finding')} of this incident</summary>${others}</details>`
  }</li>`;
}

/** What the lines and areas of a picture are. */
function legend(): Markup {
  const sample = (body: Markup) =>
    markup`<svg viewBox="0 0 26 14" width="26" height="14" aria-hidden="true">${body}</svg>`;
  const entries: readonly (readonly [Markup, string])[] = [
    [markup`<path class="line" d="M1 10H9V4H17V9H25"/>`, 'calls'],
    [markup`<path class="expected" d="M1 7H25"/>`, 'expected'],
    [markup`<path class="band" d="M1 2H25V12H1Z"/>`, 'normal range in the window that decided'],
    [markup`<path class="mark" d="M1 1H25V13H1Z"/>`, 'time of the finding'],
    [markup`<path class="above" d="M7 3L11 10H3Z"/><path class="below" d="M19 11L23 4H15Z"/>`, 'decided: above, below'],
    [markup`<path class="gap" d="M1 1H25V13H1Z"/>`, 'no coverage'],
  ];
  return markup`<ul class="legend" id="legend" aria-label="Legend">${entries.map(
    ([body, words]) => markup`<li>${sample(body)} ${words}</li>`,
  )}</ul>`;
}
