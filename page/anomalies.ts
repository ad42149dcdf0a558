import type { PageData } from '../src/report/html/page-data.js';
import { drawDetail } from './detail.js';

/** Draws the pictures of an anomaly when it is opened, and not before. */
export function openAnomalies(data: PageData): void {
  const all = [...document.querySelectorAll<HTMLDetailsElement>('details[data-anomaly]')];
  for (const details of all) {
    details.addEventListener('toggle', () => {
      const place = details.querySelector<HTMLElement>('[data-detail]');
      if (!details.open || place === null || place.childElementCount > 0) return;
      const { row, from, to } = data.anomalies[Number(details.dataset['anomaly'])];
      if (row >= 0) drawDetail(data, row, place, { from, to });
    });
  }
}
