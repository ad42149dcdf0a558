import { gridEnd } from '../../time/grid.js';
import type { LogHole } from '../analysis.js';
import { civilRange, civilTime } from '../civil-time.js';
import { counted, duration, grouped, mean } from '../numbers.js';
import { printable } from '../printable.js';
import { quotaHeadroom } from '../quota-headroom.js';
import { type QuotaUse, quotaUses } from '../quotas.js';
import { renderQuiet } from '../render-quiet.js';
import { renderUnknowns } from '../render-unknowns.js';
import type { Report } from '../report.js';
import { coordinate, type Markup, markup, trusted } from '../svg/markup.js';
import { timeTicks } from '../svg/ticks.js';

/** Alarms as they stand, when given. */
export function alarmSection({ alarms }: Report, timeZone: string): Markup {
  if (alarms === undefined) return markup``;
  const rank = { ALARM: 0, INSUFFICIENT_DATA: 1, OK: 2 };
  const sorted = [...alarms].sort((a, b) => rank[a.state] - rank[b.state] || (a.name < b.name ? -1 : 1));
  const body =
    sorted.length === 0
      ? markup`<p>There are no alarms on KMS metrics.</p>`
      : markup`<div class="scroll" tabindex="0" role="region" aria-label="Table of alarms"><table><thead><tr><th scope="col">alarm</th><th scope="col">state</th><th scope="col">since</th><th scope="col">looks at</th></tr></thead><tbody>${sorted.map(
          ({ name, state, since, metrics = [] }) =>
            markup`<tr><th scope="row">${printable(name)}</th><td class="${state === 'ALARM' ? 'above' : ''}">${state}</td><td>${since === null ? 'not known' : civilTime(Math.floor(since / 1000) * 1000, timeZone)}</td><td>${metrics.map((metric) => printable(metric)).join(', ')}</td></tr>`,
        )}</tbody></table></div>`;
  return markup`<section aria-labelledby="alarms"><h2 id="alarms">Current alarms</h2>${body}</section>`;
}

/** Use of the default request quotas, nearest first. */
export function quotaSection({ evidence: { scores, history } }: Report, timeZone: string): Markup {
  const uses = quotaUses(scores.window).slice(0, 12);
  const id = ({ account, region, quota }: QuotaUse) => JSON.stringify([account, region, quota]);
  const ahead = history === null || uses.length === 0 ? [] : quotaHeadroom(history, { timeZone });
  const chances = new Map(ahead.map((headroom) => [id(headroom), headroom.chance]));
  if (uses.length === 0) return markup``;
  return markup`<section aria-labelledby="quotas"><h2 id="quotas">Quota headroom</h2><p class="note">The busiest bucket against the default request quota, as a mean over the bucket; its busiest second may have been higher. By the account and Region of the keys; a quota that AWS raised for you is not known here. The chance is that of one throttled call at least in the week after the history, the busiest second of a bucket taken for three times its mean.</p><div class="scroll" tabindex="0" role="region" aria-label="Table of quotas"><table><thead><tr><th scope="col">quota</th><th scope="col">account, Region</th><th scope="col" class="number">calls a second</th><th scope="col" class="number">default quota</th><th scope="col" class="number">used</th><th scope="col" class="number">chance in a week</th><th scope="col">when</th></tr></thead><tbody>${uses.map(
    (use) => {
      const { quota, account, region, busiest, perSecond, at } = use;
      return markup`<tr><th scope="row">${quota === 'symmetric' ? 'symmetric keys, all operations' : quota}</th><td>${account} ${region}</td><td class="number">${mean(busiest)}</td><td class="number">${String(perSecond)}</td><td class="number">${shareOf(busiest / perSecond)}</td><td class="number">${chanceOf(chances.get(id(use)) ?? null)}</td><td>${civilTime(at, timeZone)}</td></tr>`;
    },
  )}</tbody></table></div></section>`;
}

function chanceOf(chance: number | null): string {
  if (chance === null) return '–';
  return chance < 0.0001 ? 'under 0.01 %' : shareOf(chance);
}

function shareOf(share: number): string {
  return share < 0.001 ? 'under 0.1 %' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

const STRIP = { width: 900, height: 14, left: 0 };

/** When the logs had coverage: a strip a source, with its gaps. */
export function coverageSection({ analysis }: Report, timeZone: string): Markup {
  const { sources, history, window } = analysis;
  if (sources.length === 0) return markup``;
  const from = history.from;
  const to = window.to;
  const x = (time: number) => coordinate((STRIP.width * (Math.min(to, Math.max(from, time)) - from)) / (to - from));
  const bar = (begin: number, end: number, name: string) =>
    Number(x(end)) > Number(x(begin))
      ? markup`<path class="${name}" d="M${trusted(x(begin))} 0H${trusted(x(end))}V${STRIP.height}H${trusted(x(begin))}Z"/>`
      : markup``;
  const holes = [...history.holes, ...window.holes];
  const own = (hole: LogHole, source: { account: string; region: string }) =>
    hole.account === source.account && hole.region === source.region;
  const shown = sources.slice(0, 30);
  return markup`<section aria-labelledby="coverage"><h2 id="coverage">What was observed</h2><p class="note">From ${civilTime(from, timeZone)} to ${civilTime(to, timeZone)} ${timeZone}; the judged time is outlined. In coverage gaps, missing calls cannot be detected.</p><ul class="strips">${shown.map(
    (source) => {
      const gaps = holes.filter((hole) => own(hole, source));
      const lost = gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
      const words = `${printable(source.account, 40)} ${printable(source.region, 40)}`;
      const said = lost === 0 ? 'no gaps' : `${duration(lost)} not observed`;
      return markup`<li><p>${words}: ${said}${source.kmsCalls === 0 ? ', no KMS calls' : ''}</p><svg class="strip" viewBox="0 0 ${STRIP.width} ${STRIP.height}" preserveAspectRatio="none" role="img" aria-label="${`Coverage of ${words}: ${said}`}">${bar(source.from, source.to, 'covered')}${gaps.map((gap) => bar(gap.from, gap.to, 'gap'))}${bar(window.from, window.to, 'judged')}</svg>${
        gaps.length === 0
          ? ''
          : markup`<p class="note">${gaps
              .slice(0, 4)
              .map((gap) => `${civilRange(gap.from, gap.to, timeZone)}`)
              .join(', ')}${gaps.length > 4 ? `, ${gaps.length - 4} more` : ''}</p>`
      }</li>`;
    },
  )}</ul>${sources.length > shown.length ? markup`<p class="note">${sources.length - shown.length} more accounts and Regions.</p>` : ''}</section>`;
}

/** What could not be judged, and why: the sentences of the text report as a list. */
export function unknownSection({ analysis }: Report): Markup {
  const [, , ...lines] = renderUnknowns(analysis, 1e6);
  return markup`<section aria-labelledby="unknown"><h2 id="unknown">What could not be judged, and why</h2><ul>${lines.map(
    (line) => markup`<li>${line.trim().replace(/^- /, '')}</li>`,
  )}</ul></section>`;
}

/** Which keys are quiet now, and when each would be reported; nothing where there are none. */
export function quietSection({ analysis }: Report, timeZone: string): Markup {
  const [, , intro, ...lines] = renderQuiet(analysis, timeZone, 1e6);
  if (intro === undefined) return markup``;
  return markup`<section aria-labelledby="quiet"><h2 id="quiet">Quiet keys</h2><p class="note">${intro.trim()}</p><ul>${lines.map(
    (line) => markup`<li>${line.trim().replace(/^- /, '')}</li>`,
  )}</ul></section>`;
}

const PLOT = { width: 420, height: 300, left: 58, bottom: 262, right: 405, top: 12 };

/** Nominal against effective false-alarm rates, both logarithmic: on the diagonal a rate keeps its word. */
export function calibrationSection({ calibration, calibratedOn }: Report, timeZone: string): Markup {
  if (calibration === undefined) return markup``;
  // Where not even five were promised, none or several are chance.
  const rows = calibration.filter(({ buckets, nominal }) => buckets * nominal >= 5);
  const decades = rows.flatMap(({ nominal, effective }) => [nominal, effective]).filter((p) => p > 0);
  if (decades.length === 0) return markup``;
  const least = Math.floor(Math.log10(Math.min(...decades)));
  const at = (p: number) => (p <= 0 ? 0 : (Math.log10(p) - least) / -least);
  const x = (p: number) => coordinate(PLOT.left + (PLOT.right - PLOT.left) * at(p));
  const y = (p: number) => coordinate(PLOT.bottom - (PLOT.bottom - PLOT.top) * at(p));
  const powers = Array.from({ length: -least + 1 }, (_, i) => least + i);
  const measured =
    calibratedOn === undefined
      ? ''
      : ` Measured on ${counted(calibratedOn.series, 'series', 'series')} of the history, ${civilRange(calibratedOn.from, calibratedOn.to, timeZone)}, judged by what came before; incidents in that time, if there were any, count as false alarms.`;
  const unit = (power: number) => Number(`1e${power}`);
  return markup`<section aria-labelledby="calibration"><h2 id="calibration">Calibration</h2><p class="note">False-alarm rate, stated and measured. Below the diagonal: fewer alarms than stated; above it: more.${measured}</p><svg class="calibration" viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="Effective against nominal false-alarm rate">${powers.map(
    (power) =>
      markup`<path class="grid" d="M${trusted(x(unit(power)))} ${PLOT.top}V${PLOT.bottom}M${PLOT.left} ${trusted(y(unit(power)))}H${PLOT.right}"/><text class="label" x="${trusted(x(unit(power)))}" y="${PLOT.bottom + 15}" text-anchor="middle">${power === 0 ? '1' : `1e${power}`}</text><text class="label" x="${PLOT.left - 6}" y="${trusted(String(Number(y(unit(power))) + 4))}" text-anchor="end">${power === 0 ? '1' : `1e${power}`}</text>`,
  )}<path class="expected" d="M${PLOT.left} ${PLOT.bottom}L${PLOT.right} ${PLOT.top}"/>${rows.map(
    ({ nominal, effective, verdict }) => {
      const [cx, cy] = [Number(x(nominal)), Number(y(effective))];
      const tip = verdict === 'above' ? -5 : 5;
      return markup`<path class="${verdict}" d="M${trusted(coordinate(cx))} ${trusted(coordinate(cy + tip))}L${trusted(coordinate(cx + 5))} ${trusted(coordinate(cy - tip))}H${trusted(coordinate(cx - 5))}Z"/>`;
    },
  )}<text class="label" x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.height - 6}" text-anchor="middle">stated share of quiet buckets</text><text class="label" transform="translate(12 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">measured share</text></svg><div class="scroll" tabindex="0" role="region" aria-label="Table of calibration"><table><thead><tr><th scope="col">calls</th><th scope="col">side</th><th scope="col" class="number">rarer than</th><th scope="col" class="number">quiet buckets</th><th scope="col" class="number">stated at most</th><th scope="col" class="number">measured</th><th scope="col" class="number">ratio</th></tr></thead><tbody>${rows.map(
    ({ band, verdict, buckets, nominal, effective }) =>
      markup`<tr><th scope="row">${printable(band, 60)}</th><td>${verdict === 'above' ? '▲ above' : '▼ below'}</td><td class="number">${nominal.toExponential(0)}</td><td class="number">${grouped(buckets)}</td><td class="number">${grouped(Math.round(buckets * nominal))}</td><td class="number">${grouped(Math.round(buckets * effective))}</td><td class="number">${(effective / nominal).toFixed(2)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

/** Places for what the page's script draws: the heat map, and the table of series. */
export function drawnSections({ evidence: { scores } }: Report, timeZone: string): Markup {
  const { grid } = scores.window;
  const ticks = timeTicks(grid.start, gridEnd(grid), timeZone, 4);
  const days =
    ticks.length > 0 ? ` between ${civilTime(grid.start, timeZone)} and ${civilTime(gridEnd(grid), timeZone)}` : '';
  return markup`<section aria-labelledby="heat"><h2 id="heat">The usual week</h2><p class="note">Usual calls an hour of each operation, by hour of the week, in each series' own time zone; colours go by powers of ten.</p><div id="heat-map" class="scroll" tabindex="0" role="region" aria-label="Heat map of operations by hour of the week"></div><p id="heat-readout" class="readout" aria-live="polite">Point at an hour, or move through the map with the arrow keys.</p></section><section aria-labelledby="series"><h2 id="series">Keys and operations</h2><p class="note">Calls${days}. Sort by the headings; a row opens its pictures. “/” goes to the search, the arrow keys move through the rows.</p><div id="series-table"></div><noscript><p>The table and the pictures that open need JavaScript, all of which is in this file.</p></noscript></section>`;
}
