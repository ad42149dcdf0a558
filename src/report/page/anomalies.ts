import type { PageData } from '../html/page-data.js';
import { drawFinding } from './detail.js';
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
