import { HOUR } from '../../time/grid.js';
import { hourOfWeek } from '../hour-of-week.js';
import { plausibleCeiling, unitOf } from '../html/finding-picture.js';
import type { PageData } from '../html/page-data.js';
import { element } from './dom.js';
import { pictureOf } from './pictures.js';
import { plot } from './plot.js';
import { recentOf, rowAt, weekOf } from './rows.js';

interface Mark {
  readonly from: number;
  readonly to: number;
}

/** The pictures of one series: the judged time with its band, and the last week over the usual one. */
export function drawDetail(data: PageData, row: number, place: HTMLElement, heading: 'h3' | 'h4'): void {
  drawBuckets(data, row, place, heading, undefined);
  drawWeek(data, row, place, heading, undefined);
}

/** The pictures of an anomaly: its series in the window that decided, and the last week; of a silence, the week first. */
export function drawFinding(data: PageData, index: number, place: HTMLElement): void {
  const { row, from, to, view, kind } = data.anomalies[index];
  const mark = { from, to };
  if (row < 0) {
    place.append(element('p', { class: 'note' }, 'This series is not among those that the page holds.'));
    return;
  }
  if (kind === 'silence') drawWeek(data, row, place, 'h4', mark);
  const picture = view === undefined ? undefined : pictureOf(data, index);
  if (picture === undefined) drawBuckets(data, row, place, 'h4', mark);
  else {
    const { series, span, fine } = picture;
    const { start, step } = series.grid;
    const verdicts = Array.from(series.verdicts ?? [], (verdict) => (verdict > 0 ? 1 : verdict < 0 ? 2 : 0));
    draw(place, {
      ...{
        values: series.values,
        expected: series.expected ?? [],
        lower: series.lower ?? [],
        upper: series.upper ?? [],
      },
      ...{
        title: `${picture.name}: ${unitOf(span, step)}, as it was decided${fine ? ' (square-root scale)' : ''}`,
        unit: unitOf(span, step),
        verdicts,
      },
      times: Array.from(series.values, (_, i) => start + i * step),
      ...{ timeZone: data.timeZone, mark, heading: 'h4', height: 240, root: fine, ceiling: plausibleCeiling(series) },
    });
  }
  if (kind !== 'silence') drawWeek(data, row, place, 'h4', mark);
}

function draw(place: HTMLElement, input: Parameters<typeof plot>[0]): void {
  const wide = element('div', { class: 'plot' });
  place.append(wide);
  plot(input, wide);
}

function drawBuckets(
  data: PageData,
  row: number,
  place: HTMLElement,
  heading: 'h3' | 'h4',
  mark: Mark | undefined,
): void {
  const series = rowAt(data, row);
  const unit = unitOf(series.step, series.step);
  draw(place, {
    ...series,
    ...{ title: `${series.name}: ${unit}, and what is normal`, unit, ceiling: plausibleCeiling(series) },
    times: Array.from(series.values, (_, i) => data.from + i * series.step),
    ...{ timeZone: data.timeZone, mark, heading, height: 240 },
  });
}

function drawWeek(data: PageData, row: number, place: HTMLElement, heading: 'h3' | 'h4', mark: Mark | undefined): void {
  const usual = weekOf(data, row);
  if (usual.length === 0) return;
  const { timeZone } = data;
  const recent = recentOf(data, row);
  const times = Array.from(recent, (_, i) => data.recentFrom + i * HOUR);
  const expected = Float64Array.from(times, (time) => usual[hourOfWeek(time, timeZone)]);
  draw(place, {
    ...{ title: 'The last seven days by the hour, over the usual week', unit: 'calls per hour', timeZone, times },
    ...{ values: recent, expected, mark, heading, height: 200 },
    ceiling: plausibleCeiling({ values: recent, expected }),
  });
}
