import { checkInteger, InputError } from '../../errors.js';
import { checkZone } from '../../time/zone.js';
import { civilRange } from '../civil-time.js';
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH, PAGE_STYLE } from '../page.generated.js';
import { printable } from '../printable.js';
import type { Report } from '../report.js';
import { type Markup, markup, trusted } from '../svg/markup.js';
import { COLOUR_VARIABLES } from '../svg/theme.js';
import { verdictSentence } from '../verdict.js';
import { anomalyList } from './anomaly-section.js';
import { factList } from './facts.js';
import {
  alarmSection,
  calibrationSection,
  coverageSection,
  drawnSections,
  quietSection,
  quotaSection,
  unknownSection,
} from './overview.js';
import { pageData } from './page-rows.js';

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
  const { analysis, evidence } = report;
  const timeZone = checkZone(options.timeZone ?? analysis.timeZone);
  const maxSeries = checkInteger(options.maxSeries ?? 2000, 'maxSeries', 1, 100_000);
  if (evidence.scores.window.measure !== 'count') {
    throw new InputError("report.evidence.scores.window.measure must be 'count', got 'level'");
  }
  const verdict = verdictSentence(analysis);
  const when = `${civilRange(analysis.window.from, analysis.window.to, timeZone)} ${timeZone}`;
  const calm = analysis.anomalies.length === 0 ? (analysis.unknown.judged === 0 ? 'blind' : 'calm') : 'alert';
  const paths = analysis.paths.map((path) => printable(path)).join(', ');
  const body = markup`<header><p class="eyebrow">KMS usage${paths === '' ? '' : ` in ${paths}`}</p><h1>${when}</h1><p class="verdict ${calm}">${verdict}</p>${factList(analysis, timeZone)}</header><main>${anomalyList(report, timeZone)}${alarmSection(report, timeZone)}${drawnSections(report, timeZone)}${quotaSection(report, timeZone)}${coverageSection(report, timeZone)}${calibrationSection(report, timeZone)}${unknownSection(report)}${quietSection(report, timeZone)}</main><footer><p>Made by kms-baseline. Times are in the time zone ${timeZone}. Charts by uPlot (MIT licence, in this file).</p></footer>`;
  const data = pageData({ ...report, analysis: { ...analysis, timeZone } }, maxSeries);
  const head = markup`<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy()}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${`KMS usage, ${when}`}</title><style>${trusted(styleSheet())}</style>`;
  return markup`<!doctype html>
<html lang="en"><head>${head}</head><body>${body}<script type="application/json" id="data">${scriptData(data)}</script><script>${trusted(PAGE_SCRIPT)}</script></body></html>
`.markup;
}

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
