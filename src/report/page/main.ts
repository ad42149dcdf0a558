import type { PageData } from '../html/page-data.js';
import { drawFinding } from './detail.js';
import { element } from './dom.js';
import { drawHeatMap } from './heat-map.js';
import { IncidentList } from './incident-list.js';
import { SeriesTable } from './series-table.js';

// The script of the HTML report: `scripts/embed-uplot.mjs` bundles it, with uPlot, into ../page.generated.ts.

const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;

const place = document.getElementById('series-table');
const table = place === null ? undefined : new SeriesTable(data, place);
openAnomalies(data, (name) => table?.find(name));
const list = document.getElementById('incidents');
if (list !== null) new IncidentList(data, list);
const map = document.getElementById('heat-map');
if (map !== null) drawHeatMap(data, map, document.getElementById('heat-readout'));

/**
 * Draws the pictures of an anomaly when it is opened, and not before.
 * @param find goes to a series that moved with it, by its name
 */
function openAnomalies(data: PageData, find: (name: string) => void): void {
  const here = new Set(data.series.name);
  const all = [...document.querySelectorAll<HTMLDetailsElement>('details[data-anomaly]')];
  for (const details of all) {
    details.addEventListener('toggle', () => {
      const place = details.querySelector<HTMLElement>('[data-detail]');
      if (!details.open || place === null || place.childElementCount > 0) return;
      for (const item of details.querySelectorAll<HTMLElement>('[data-series]')) {
        const name = item.textContent ?? '';
        if (!here.has(name)) continue;
        const link = element('button', { type: 'button', class: 'link' }, name);
        link.addEventListener('click', () => find(name));
        item.replaceChildren(link);
      }
      drawFinding(data, Number(details.dataset['anomaly']), place);
    });
  }
}
