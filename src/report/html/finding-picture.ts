import { DAY, gridEnd, HOUR } from '../../time/grid.js';
import { civilTime } from '../civil-time.js';
import { duration, grouped } from '../numbers.js';
import { drawPlot } from '../svg/draw-plot.js';
import { type Markup, markup } from '../svg/markup.js';
import type { PlotSeries } from '../svg/plot-series.js';

/** What a small picture shows: a series in the window that decided, and the finding's time. */
export interface PictureInput {
  readonly series: PlotSeries;
  /** What each value adds up, ms. */
  readonly span: number;
  readonly fine: boolean;
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
  /** Of what, for who cannot see it. */
  readonly name: string;
}

const [WIDTH, HEIGHT] = [320, 84];
/** So much of the window is shown around an anomaly at least. */
const AROUND = 6 * HOUR;

/** A picture as large as a thumb, and its caption: what is counted, how high it reaches, from when to when. */
export function findingPicture({ series, span, fine, from, to, timeZone, name }: PictureInput): Markup {
  const { grid } = series;
  const reach = Math.max(AROUND, 3 * (to - from), 2 * span);
  // A window of a day is shown whole; of longer ones, what is around the anomaly.
  const part = gridEnd(grid) - grid.start <= DAY ? series : cut(series, from - reach, to + reach);
  const most = greatest(part.values);
  const isDay = gridEnd(part.grid) - part.grid.start <= DAY;
  const ceiling = plausibleCeiling(part);
  const frame = { width: WIDTH, height: HEIGHT, axes: false, timeZone, marks: [{ from, to }], ceiling, root: fine };
  const top = Math.min(
    ceiling ?? Number.POSITIVE_INFINITY,
    Math.max(most, greatest(part.upper), greatest(part.expected)),
  );
  const unit = unitOf(span, grid.step);
  const cutOff = ceiling === undefined ? '' : `, ${grouped(most)} cut off`;
  const [begin, end] = [part.grid.start, gridEnd(part.grid)].map((time) =>
    civilTime(time, timeZone).slice(isDay ? 11 : 5, 16),
  );
  const caption = `0–${grouped(top)} ${unit}${cutOff}${fine ? ', square-root scale' : ''}`;
  return markup`<svg class="picture" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${name}: ${unit} with the normal range, ${begin} to ${end}`}">${drawPlot(part, frame)}</svg><figcaption><span>${begin}</span><span class="unit">${caption}</span><span>${end}</span></figcaption>`;
}

/** What a value of a chart counts: `calls per 5 min`, `calls in the last 6 h`. */
export function unitOf(span: number, step: number): string {
  return span <= step ? `calls per ${duration(step)}` : `calls in the last ${duration(span)}`;
}

/** So many times the band a chart reaches, and so much further a count must go to be cut off. */
const ROOM = 1.8;
const BEYOND = 1.6;

/**
 * Where a chart ends above so that band and expectation can be read beside a burst; `undefined` where nothing is beyond it.
 */
export function plausibleCeiling(series: Omit<PlotSeries, 'grid'>): number | undefined {
  const band = Math.max(greatest(series.upper), 1.2 * greatest(series.lower), 2 * greatest(series.expected), 2);
  return greatest(series.values) > BEYOND * ROOM * band ? ROOM * band : undefined;
}

function greatest(column: ArrayLike<number> | undefined): number {
  let most = 0;
  for (let i = 0; i < (column?.length ?? 0); i++) {
    const value = column?.[i] ?? Number.NaN;
    if (Number.isFinite(value) && value > most) most = value;
  }
  return most;
}

/** The part of a series from `from` to `to`, as far as there is one. */
export function cut(series: PlotSeries, from: number, to: number): PlotSeries {
  const { start, step, length } = series.grid;
  const first = Math.min(length - 1, Math.max(0, Math.floor((from - start) / step)));
  const end = Math.min(length, Math.max(first + 1, Math.ceil((to - start) / step)));
  const part = (column: ArrayLike<number> | undefined) =>
    Array.prototype.slice.call(column ?? [], first, end) as number[];
  return {
    grid: { start: start + first * step, step, length: end - first },
    values: part(series.values),
    expected: part(series.expected),
    lower: part(series.lower),
    upper: part(series.upper),
    verdicts: part(series.verdicts),
  };
}
