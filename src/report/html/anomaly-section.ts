import type { Anomaly } from '../../engine/types.js';
import { rowOf } from '../../series/series-set.js';
import { DAY, gridEnd, HOUR } from '../../time/grid.js';
import { keyNamesOf } from '../key-names.js';
import { callerName, type KeyNames, seriesName } from '../names.js';
import { nextSteps } from '../next-steps.js';
import { counted, grouped, mean } from '../numbers.js';
import { printable } from '../printable.js';
import { keyLine, kindOf } from '../render-anomalies.js';
import type { Report } from '../report.js';
import { drawPlot } from '../svg/draw-plot.js';
import { type Markup, markup } from '../svg/markup.js';
import { type PlotSeries, plotRow } from '../svg/plot-series.js';
import { homeOf } from '../who.js';
import { alsoAffected, factsFor } from '../words.js';
import { MOST_ANOMALIES } from './page-rows.js';

/** Every anomaly as an item of a list: its words, a small picture, and what opens on demand. */
export function anomalyList(report: Report, timeZone: string): Markup {
  const { anomalies } = report.analysis;
  if (anomalies.length === 0) return markup``;
  const more = anomalies.length - MOST_ANOMALIES;
  return markup`<section aria-labelledby="unusual"><h2 id="unusual">Anomalies</h2><ol class="anomalies">${anomalies
    .slice(0, MOST_ANOMALIES)
    .map((anomaly, i) => item(report, anomaly, i, timeZone))}</ol>${
    more > 0
      ? markup`<p class="note">${counted(more, 'more anomaly', 'more anomalies')}, less severe, left out of this page.</p>`
      : ''
  }</section>`;
}

function item(report: Report, anomaly: Anomaly, i: number, timeZone: string): Markup {
  const { window, step } = report.analysis;
  const nameOf = keyNamesOf(report.analysis.keys);
  const [what, ...rest] = factsFor(anomaly, { timeZone, step, judgedUntil: window.to, nameOf });
  const name = seriesName(anomaly.key, nameOf);
  const { check, queries } = nextSteps(anomaly);
  const side = anomaly.verdict === 'above' ? '▲ above' : '▼ below';
  return markup`<li class="anomaly" id="anomaly-${i + 1}"><div class="card"><div class="words"><p class="kind ${anomaly.verdict}">${anomaly.severity} · ${side} · ${kindWords(anomaly)}</p><h3>${name}</h3><p class="what">${afterName(what, name)}</p>${rest.map((sentence) => markup`<p class="more">${sentence}</p>`)}<p class="more">Next: ${check}</p></div>${picture(report, anomaly, timeZone)}</div><details data-anomaly="${i}"><summary>Details</summary><div class="drawn" data-detail="${i}"></div>${callersTable(anomaly)}${related(anomaly, nameOf)}<h4>Records (Athena)</h4><p class="arn">${printable(queries.athena, 4096)}</p>${anomaly.key.keyArn === null ? '' : markup`<p class="arn">${keyLine(anomaly.key.keyArn, report.analysis)}</p>`}<p class="arn">id ${anomaly.id}</p></details></li>`;
}

/** A sentence without the series' name that it begins with, which stands over it. */
function afterName(sentence: string, name: string): string {
  if (!sentence.startsWith(name)) return sentence;
  const rest = sentence.slice(name.length).replace(/^[:,] /, '');
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** `spike`, `silence, critical operation`. */
function kindWords(anomaly: Anomaly): string {
  const [kind] = kindOf(anomaly).split('; ');
  return kind
    .split(', ')
    .filter((part) => part !== anomaly.verdict)
    .join(', ');
}

/** So much of the window is shown around an anomaly at least. */
const AROUND = 6 * HOUR;

function picture({ evidence: { scores } }: Report, anomaly: Anomaly, timeZone: string): Markup {
  const row = rowOf(scores.window, anomaly.key);
  if (row < 0) return markup``;
  const { grid } = scores.window;
  const reach = Math.max(AROUND, 3 * (anomaly.to - anomaly.from));
  // A window of a day is shown whole; of longer ones, what is around the anomaly.
  const whole = gridEnd(grid) - grid.start <= DAY;
  const series = plotRow(scores, row);
  const part = whole ? series : cut(series, anomaly.from - reach, anomaly.to + reach);
  const frame = { width: 320, height: 84, axes: false, timeZone, marks: [anomaly] };
  return markup`<svg class="picture" viewBox="0 0 320 84" role="img" aria-label="${`Calls of ${seriesName(anomaly.key)} with the band of what is normal: ${grouped(anomaly.value)}, ${mean(anomaly.expected)} expected`}">${drawPlot(part, frame)}</svg>`;
}

function cut(series: PlotSeries, from: number, to: number): PlotSeries {
  const { start, step, length } = series.grid;
  const first = Math.max(0, Math.floor((from - start) / step));
  const end = Math.min(length, Math.max(first + 1, Math.ceil((to - start) / step)));
  const part = (column: ArrayLike<number> | undefined) =>
    Array.prototype.slice.call(column ?? [], first, end) as number[];
  return {
    grid: { start: start + first * step, step, length: end - first },
    values: part(series.values),
    expected: part(series.expected),
    lower: part(series.lower),
    upper: part(series.upper),
    verdicts: part(series.verdicts),
  };
}

function percent(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '–';
  const share = (100 * part) / whole;
  return share < 1 ? 'under 1 %' : `${Math.round(share)} %`;
}

/** So many callers are listed. */
const CALLERS = 20;

function callersTable(anomaly: Anomaly): Markup {
  const { callers = [] } = anomaly;
  if (callers.length === 0) return markup`<p class="note">Who called is not known.</p>`;
  const now = callers.reduce((sum, { calls }) => sum + calls, 0);
  const usual = callers.reduce((sum, share) => sum + (share.usual ?? 0), 0);
  const home = homeOf(anomaly, callers);
  const more = callers.length - CALLERS;
  return markup`<h4>Who called</h4><div class="scroll" tabindex="0" role="region" aria-label="${`Callers of ${seriesName(anomaly.key)}, ${anomaly.from}`}"><table><thead><tr><th scope="col">caller</th><th scope="col" class="number">calls</th><th scope="col" class="number">share now</th><th scope="col" class="number">usual calls</th><th scope="col" class="number">share before</th></tr></thead><tbody>${callers
    .slice(0, CALLERS)
    .map(
      (share) =>
        markup`<tr><th scope="row" title="${printable(share.caller, 256)}">${callerName(share.caller, home)}</th><td class="number">${grouped(share.calls)}</td><td class="number">${percent(share.calls, now)}</td><td class="number">${share.usual === null ? '–' : mean(share.usual)}</td><td class="number">${percent(share.usual ?? 0, usual)}</td></tr>`,
    )}</tbody></table></div>${more > 0 ? markup`<p class="note">${counted(more, 'more caller')}.</p>` : ''}`;
}

/** So many series that moved with an anomaly are named. */
const RELATED = 30;

function related(anomaly: Anomaly, nameOf: KeyNames): Markup {
  const names = [...new Set(alsoAffected(anomaly).map((row) => seriesName(row, nameOf)))];
  if (names.length === 0) return markup``;
  const more = names.length - RELATED;
  return markup`<h4>Moved with it</h4><ul class="related">${names.slice(0, RELATED).map((name) => markup`<li data-series>${name}</li>`)}${more > 0 ? markup`<li>${counted(more, 'more')}</li>` : ''}</ul>`;
}
