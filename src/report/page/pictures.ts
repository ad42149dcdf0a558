import { findingPicture, type PictureInput } from '../html/finding-picture.js';
import { unpackCounts, unpackMeans } from '../html/pack.js';
import type { PageData } from '../html/page-data.js';
import { rowAt } from './rows.js';

const ABOVE = 1;
const BELOW = -1;

/** What an anomaly's pictures show: its series in the window that decided; `undefined` where the page does not hold it. */
export function pictureOf(data: PageData, place: number): PictureInput | undefined {
  const { row, from, to, view, verdict } = data.anomalies[place];
  if (row < 0) return undefined;
  const { name, ...series } = rowAt(data, row);
  const about = { from, to, timeZone: data.timeZone, name };
  if (view === undefined) {
    const verdicts = Array.from(series.verdicts, (code) => (code === 1 ? ABOVE : code === 2 ? BELOW : 0));
    const grid = { start: data.from, step: series.step, length: series.values.length };
    return { ...about, series: { ...series, verdicts, grid }, span: series.step, fine: false };
  }
  const values = unpackCounts(view.values);
  const verdicts = new Int8Array(values.length);
  verdicts[view.mark] = verdict === 'above' ? ABOVE : BELOW;
  return {
    ...about,
    ...{ span: view.span, fine: view.fine },
    series: {
      grid: { start: view.from, step: data.step, length: values.length },
      ...{ values, verdicts, expected: unpackMeans(view.expected) },
      ...{ lower: unpackCounts(view.lower), upper: unpackCounts(view.upper) },
    },
  };
}

/** Draws an anomaly's small picture into its figure. */
export function showPicture(data: PageData, figure: HTMLElement): void {
  const input = pictureOf(data, Number(figure.dataset['picture']));
  // Markup of this library's own, in which every name is escaped.
  if (input !== undefined) figure.innerHTML = findingPicture(input).markup;
}
