import { HOUR } from '../../time/grid.js';
import type { PageData } from '../html/page-data.js';
import { hourOfWeek } from '../hour-of-week.js';
import { element } from './dom.js';
import { plot } from './plot.js';
import { recentOf, rowAt, weekOf } from './rows.js';

/**
 * The pictures of one series: the judged time with its band, and the last week over the usual one.
 * @param heading one step below the heading under which the place stands
 */
export function drawDetail(
  data: PageData,
  row: number,
  place: HTMLElement,
  heading: 'h3' | 'h4',
  mark?: { readonly from: number; readonly to: number },
): void {
  const { timeZone } = data;
  const series = rowAt(data, row);
  const times = Array.from(series.values, (_, i) => data.from + i * series.step);
  const wide = element('div', { class: 'plot' });
  place.append(wide);
  const together = series.step >= HOUR ? `${series.step / HOUR} h` : `${series.step / 60_000} min`;
  plot(
    {
      ...series,
      title: `${series.name}: calls every ${together}, and what is normal`,
      timeZone,
      times,
      mark,
      height: 240,
      heading,
    },
    wide,
  );
  const usual = weekOf(data, row);
  if (usual.length === 0) return;
  const recent = recentOf(data, row);
  const hours = Array.from(recent, (_, i) => data.recentFrom + i * HOUR);
  const expected = Float64Array.from(hours, (time) => usual[hourOfWeek(time, timeZone)]);
  const week = element('div', { class: 'plot' });
  place.append(week);
  plot(
    {
      title: 'The last seven days by the hour, over the usual week',
      timeZone,
      times: hours,
      values: recent,
      expected,
      mark,
      height: 180,
      heading,
    },
    week,
  );
}
