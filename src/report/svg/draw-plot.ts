import { ABOVE } from '../../engine/types.js';
import { gridEnd } from '../../time/grid.js';
import { type PlotColumns, plotColumns } from './columns.js';
import { coordinate, type Markup, markup, trusted } from './markup.js';
import type { PlotSeries } from './plot-series.js';
import { shortNumber, timeTicks, valueTicks } from './ticks.js';

/** A stretch of time to be shaded. */
export interface PlotMark {
  readonly from: number;
  readonly to: number;
}

export interface PlotFrame {
  readonly width: number;
  readonly height: number;
  /** With axes, grid lines and their labels; without, the lines alone, for pictures as large as a word. */
  readonly axes: boolean;
  readonly timeZone: string;
  readonly marks: readonly PlotMark[];
  /** Where the picture ends above: what is greater is cut off. By default it reaches over everything. */
  readonly ceiling?: number | undefined;
  /** Heights by square roots, so that 1 stands apart from 0 beside 80; linear by default. */
  readonly root?: boolean;
}

/** Where the picture's parts stand, and how values become coordinates. */
interface Plan {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (time: number) => number;
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

/**
 * A series with its band, its expectation, the shaded marks, the gaps and a triangle at every breach, pointing to its side:
 * elements with classes, whose colours a style sheet gives.
 */
export function drawPlot(series: PlotSeries, frame: PlotFrame): Markup {
  const columns = plotColumns(series, Math.max(1, Math.floor(frame.width / 2)));
  const plan = planOf(series, columns, frame);
  const { grid } = series;
  const begin = (column: number) => plan.x(Math.min(grid.start + column * columns.width * grid.step, gridEnd(grid)));
  return markup`${frame.axes ? axesOf(series, frame, plan) : ''}${gapsOf(columns, plan, begin)}<path class="band" d="${trusted(bandPath(columns, plan, begin))}"/>${marksOf(series, frame, plan)}<path class="expected" d="${trusted(stepPath(columns.expected, columns.expected, plan, begin))}"/><path class="line" d="${trusted(stepPath(columns.low, columns.high, plan, begin))}"/>${breachesOf(columns, plan, begin, frame.axes ? 4 : 3)}`;
}

function planOf(series: PlotSeries, columns: PlotColumns, frame: PlotFrame): Plan {
  const { width, height, axes } = frame;
  const { grid } = series;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const column of [columns.low, columns.high, columns.lower, columns.upper, columns.expected]) {
    for (const value of column) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  if (most === Number.NEGATIVE_INFINITY) [least, most] = [0, 1];
  const counts = least >= 0;
  const base = counts ? 0 : least;
  const ticks = axes ? valueTicks(most - base, Math.max(2, Math.floor(height / 45)), counts && most >= 1) : [];
  const whole = Math.max(ticks.at(-1) ?? 0, (most - base) * (axes ? 1 : 1.08), Number.MIN_VALUE * 1e10);
  const ceiling = Math.min(whole, frame.ceiling ?? whole);
  const share = (value: number) => Math.max(0, Math.min(value - base, ceiling) / ceiling);
  const [left, right, top, bottom] = axes ? [44, width - 10, 10, height - 22] : [1, width - 1, 6, height - 6];
  return {
    left,
    right,
    top,
    bottom,
    x: (time) => left + ((right - left) * (time - grid.start)) / Math.max(1, grid.length * grid.step),
    y: (value) => bottom - (bottom - top) * (frame.root === true ? Math.sqrt(share(value)) : share(value)),
    ticks: ticks.map((tick) => tick + base),
  };
}

function axesOf(
  { grid }: PlotSeries,
  { timeZone }: PlotFrame,
  { left, right, top, bottom, x, y, ticks }: Plan,
): Markup {
  const most = Math.max(2, Math.floor((right - left) / 80));
  return markup`${ticks.map(
    (tick) =>
      markup`<path class="grid" d="M${trusted(coordinate(left))} ${trusted(coordinate(y(tick)))}H${trusted(coordinate(right))}"/><text class="label" x="${trusted(coordinate(left - 6))}" y="${trusted(coordinate(y(tick) + 4))}" text-anchor="end">${shortNumber(tick)}</text>`,
  )}${timeTicks(grid.start, gridEnd(grid), timeZone, most)
    .filter(({ at }) => x(at) <= right - 12)
    .map(
      ({ at, label }) =>
        markup`<path class="grid" d="M${trusted(coordinate(x(at)))} ${trusted(coordinate(top))}V${trusted(coordinate(bottom))}"/><text class="label" x="${trusted(coordinate(Math.max(left, x(at))))}" y="${trusted(coordinate(bottom + 15))}" text-anchor="${x(at) < left + 20 ? 'start' : 'middle'}">${label}</text>`,
    )}`;
}

function marksOf({ grid }: PlotSeries, { marks }: PlotFrame, { top, bottom, x }: Plan): Markup[] {
  return marks.flatMap(({ from, to }) => {
    const begin = x(Math.max(from, grid.start));
    const end = x(Math.min(to, gridEnd(grid)));
    if (end <= begin) return [];
    // A bucket of a long window is thinner than a pixel, and must be seen all the same.
    const width = Math.max(3, end - begin);
    return [
      markup`<rect class="mark" x="${trusted(coordinate(begin + (end - begin - width) / 2))}" y="${trusted(coordinate(top))}" width="${trusted(coordinate(width))}" height="${trusted(coordinate(bottom - top))}"/>`,
    ];
  });
}

/** Stretches in which nothing was observed. */
function gapsOf({ high, length }: PlotColumns, { top, bottom }: Plan, begin: (column: number) => number): Markup[] {
  const gaps: Markup[] = [];
  for (let c = 0; c < length; c++) {
    if (!Number.isNaN(high[c])) continue;
    let end = c;
    while (end < length && Number.isNaN(high[end])) end++;
    gaps.push(
      markup`<rect class="gap" x="${trusted(coordinate(begin(c)))}" y="${trusted(coordinate(top))}" width="${trusted(coordinate(begin(end) - begin(c)))}" height="${trusted(coordinate(bottom - top))}"/>`,
    );
    c = end;
  }
  return gaps;
}

/** The band as areas of steps; broken where it is not known. Without a limit it reaches to the picture's edge. */
function bandPath(
  { lower, upper, expected, length }: PlotColumns,
  plan: Plan,
  begin: (column: number) => number,
): string {
  let path = '';
  const edges = (c: number): readonly [top: string, bottom: string] => {
    const high = Number.isNaN(upper[c]) ? plan.top : plan.y(upper[c]);
    const low = Number.isNaN(lower[c]) ? plan.bottom : plan.y(lower[c]);
    return [coordinate(Math.min(high, low)), coordinate(Math.max(high, low))];
  };
  for (let c = 0; c < length; ) {
    if (Number.isNaN(expected[c])) {
      c++;
      continue;
    }
    let over = '';
    let under = '';
    while (c < length && !Number.isNaN(expected[c])) {
      const [top, bottom] = edges(c);
      const from = coordinate(begin(c));
      // Columns that go on level are one stroke.
      do c++;
      while (c < length && !Number.isNaN(expected[c]) && edges(c)[0] === top && edges(c)[1] === bottom);
      const to = coordinate(begin(c));
      over += over === '' ? `M${from} ${top}H${to}` : `V${top}H${to}`;
      under = `V${bottom}H${from}${under}`;
    }
    path += `${over}${under}Z`;
  }
  return path;
}

/** Steps; where a column holds several values, a stroke over all of them. */
function stepPath(
  low: ArrayLike<number>,
  high: ArrayLike<number>,
  plan: Plan,
  begin: (column: number) => number,
): string {
  let path = '';
  let pen = '';
  for (let c = 0; c < low.length; c++) {
    if (Number.isNaN(low[c])) {
      pen = '';
      continue;
    }
    const [top, bottom] = [coordinate(plan.y(high[c])), coordinate(plan.y(low[c]))];
    if (pen === '') path += `M${coordinate(begin(c))} ${bottom}`;
    if (pen !== '' && pen !== bottom) path += `V${bottom}`;
    if (top !== bottom) path += `V${top}V${bottom}`;
    pen = bottom;
    // Steps that go on level are one stroke.
    const level = c + 1 < low.length && low[c + 1] === low[c] && high[c + 1] === low[c];
    if (!level) path += `H${coordinate(begin(c + 1))}`;
  }
  return path;
}

function breachesOf(
  { breach, high, low, length }: PlotColumns,
  { y, top, bottom }: Plan,
  begin: (column: number) => number,
  size: number,
): Markup[] {
  const shown: { x: number; side: number; column: number }[] = [];
  for (let c = 0; c < length; c++) {
    if (breach[c] === 0) continue;
    const here = { x: (begin(c) + begin(c + 1)) / 2, side: breach[c], column: c };
    const before = shown.at(-1);
    // Triangles on top of each other tell no more than one: that of the highest count stays.
    if (before === undefined || before.side !== here.side || here.x - before.x > size * 1.5) shown.push(here);
    else if (high[c] > high[before.column]) shown[shown.length - 1] = here;
  }
  return shown.map(({ x, side, column }) => {
    const up = side === ABOVE;
    const at = up ? Math.max(top + size, y(high[column]) - size) : Math.min(bottom - size, y(low[column]) - size);
    const tip = up ? at - size : at + size;
    const foot = up ? at + size * 0.8 : at - size * 0.8;
    return markup`<path class="${up ? 'above' : 'below'}" d="M${trusted(coordinate(x))} ${trusted(coordinate(tip))}L${trusted(coordinate(x + size))} ${trusted(coordinate(foot))}H${trusted(coordinate(x - size))}Z"/>`;
  });
}
