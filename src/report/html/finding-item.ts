import type { Anomaly } from '../../engine/types.js';
import { lossesBy } from '../key-loss.js';
import { keyNamesOf } from '../key-names.js';
import { callerName, type KeyNames, seriesName } from '../names.js';
import { nextSteps } from '../next-steps.js';
import { counted, grouped, mean } from '../numbers.js';
import { printable } from '../printable.js';
import { keyLine, kindOf } from '../render-anomalies.js';
import type { Report } from '../report.js';
import { type Markup, markup } from '../svg/markup.js';
import { homeOf } from '../who.js';
import { alsoAffected, factsFor } from '../words.js';
import { decidingView } from './deciding-view.js';
import { findingPicture } from './finding-picture.js';

/** What an anomaly's element is called in the page: the part of an address behind `#`. */
export function anchorOf({ id }: Anomaly): string {
  return `finding-${id}`;
}

/**
 * An anomaly in the page: its words, a small picture, and what opens on demand.
 * @param drawn whether the picture is part of the page; the page's script draws the others
 */
export function findingItem(report: Report, place: number, timeZone: string, drawn: boolean): Markup {
  const anomaly = report.analysis.anomalies[place];
  const { window, step } = report.analysis;
  const nameOf = keyNamesOf(report.analysis.keys);
  const [what, ...rest] = factsFor(anomaly, {
    timeZone,
    step,
    judgedUntil: window.to,
    nameOf,
    lossOf: lossesBy(report.analysis.losses),
  });
  const name = seriesName(anomaly.key, nameOf);
  const { check, queries } = nextSteps(anomaly);
  const side = anomaly.verdict === 'above' ? '▲' : '▼';
  const { severity } = anomaly;
  const label = `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`;
  const arn =
    anomaly.key.keyArn === null
      ? ''
      : markup`<p class="arn">${breakable(keyLine(anomaly.key.keyArn, report.analysis))}</p>`;
  return markup`<article class="finding" id="${anchorOf(anomaly)}" data-finding="${place}"><div class="card"><div class="words"><p class="kind"><span class="severity ${severity}">${label}</span> <span class="${anomaly.verdict}">${side} ${kindWords(anomaly)}</span></p><h3><span class="place">${place + 1}.</span> ${unbroken(name)}</h3><p class="what">${afterName(what, name)}</p>${rest.map((sentence) => markup`<p class="more">${sentence}</p>`)}<p class="more">Next: ${check}</p></div><figure data-picture="${place}">${drawn ? picture(report, anomaly, timeZone) : ''}</figure></div><details data-anomaly="${place}"><summary>Details</summary><div class="drawn" data-detail="${place}"></div>${callersTable(anomaly)}${related(anomaly, nameOf)}<h4>Records (Athena)</h4><p class="arn">${printable(queries.athena, 4096)}</p>${arn}<p class="note">id ${anomaly.id} · <a href="#${anchorOf(anomaly)}">Link to this finding</a></p></details></article>`;
}

/** A name that breaks at its spaces alone: `eu-central-1` stays whole. What no line could hold breaks where it must. */
function unbroken(name: string): Markup[] {
  return name
    .split(' ')
    .map(
      (word, i) =>
        markup`${i === 0 ? '' : ' '}${word.length > LONG ? word : markup`<span class="whole">${word}</span>`}`,
    );
}

/** Letters that stand in a line of a small screen. */
const LONG = 24;

/** A long name with places where a line may end: behind the marks that part its words. */
function breakable(text: string): Markup[] {
  return (text.match(/[^/:]*[/:]?/g) ?? []).filter(Boolean).map((part) => markup`${part}<wbr>`);
}

/** A sentence without the series' name that it begins with, which stands over it. */
function afterName(sentence: string, name: string): string {
  if (!sentence.startsWith(name)) return sentence;
  const rest = sentence.slice(name.length).replace(/^[:,]? /, '');
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

function picture(report: Report, anomaly: Anomaly, timeZone: string): Markup {
  const view = decidingView(report.evidence, anomaly);
  if (view === undefined) return markup``;
  const { span, fine } = view;
  return findingPicture({
    ...{ series: view, span, fine, timeZone, name: seriesName(anomaly.key, keyNamesOf(report.analysis.keys)) },
    ...{ from: anomaly.from, to: anomaly.to },
  });
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
