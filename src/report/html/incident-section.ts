import { counted, grouped } from '../numbers.js';
import type { Report } from '../report.js';
import { type Markup, markup } from '../svg/markup.js';
import { findingItem } from './finding-item.js';
import { MOST_ANOMALIES } from './page-rows.js';

/** Incidents that stand on a page of the list, and are drawn without the page's script. */
export const INCIDENTS_A_PAGE = 20;

/**
 * Every incident as an item of a list: its first finding, and the others folded below it. Those behind the first
 * {@link INCIDENTS_A_PAGE} wait for the page's script, or for paper.
 */
export function incidentList(report: Report, groups: readonly (readonly number[])[], timeZone: string): Markup {
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
