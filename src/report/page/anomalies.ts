import type { PageData } from '../html/page-data.js';
import { drawDetail } from './detail.js';
import { element } from './dom.js';

/**
 * Draws the pictures of an anomaly when it is opened, and not before.
 * @param find goes to a series that moved with it, by its name
 */
export function openAnomalies(data: PageData, find: (name: string) => void): void {
  const here = new Set(data.series.name);
  const all = [...document.querySelectorAll<HTMLDetailsElement>('details[data-anomaly]')];
  for (const details of all) {
    details.addEventListener('toggle', () => {
      const place = details.querySelector<HTMLElement>('[data-detail]');
      if (!details.open || place === null || place.childElementCount > 0) return;
      const { row, from, to } = data.anomalies[Number(details.dataset['anomaly'])];
      for (const item of details.querySelectorAll<HTMLElement>('[data-series]')) {
        const name = item.textContent ?? '';
        if (!here.has(name)) continue;
        const link = element('button', { type: 'button', class: 'link' }, name);
        link.addEventListener('click', () => find(name));
        item.replaceChildren(link);
      }
      if (row >= 0) drawDetail(data, row, place, 'h4', { from, to });
    });
  }
}
