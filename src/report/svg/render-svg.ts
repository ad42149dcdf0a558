import { checkInteger, checkOptions, checkRange, InputError, type OptionNames, shown } from '../../errors.js';
import { checkZone } from '../../time/zone.js';
import { printable } from '../printable.js';
import { drawPlot, type PlotMark } from './draw-plot.js';
import { markup, trusted } from './markup.js';
import type { PlotSeries } from './plot-series.js';
import { PLOT_THEMES } from './theme.js';

export interface SvgOptions {
  /** Stands over the picture, and is its name for who cannot see it. */
  readonly title?: string;
  /** The IANA zone on whose clock the times are told; default UTC. */
  readonly timeZone?: string;
  /** Pixels; default 720 × 240. */
  readonly width?: number;
  readonly height?: number;
  /** Stretches of time to be shaded, such as an anomaly. */
  readonly marks?: readonly PlotMark[];
  /** Default `light`. */
  readonly theme?: 'light' | 'dark';
}

/** Room for the title, and for each of its letters: wider than most. */
const HEAD = 26;
const LETTER = 7.2;

/**
 * A series as a static picture, for notebooks and tickets: counts in steps, the band of what is normal behind them, gaps
 * where nothing was observed, a triangle at every breach. One `<svg>` element that needs nothing else; the same bytes for
 * the same series on every machine.
 * @param series from {@link plotSeries}, or any columns over a grid
 * @throws InputError when a column has another length than the grid, or an option cannot be
 */
export function renderSvg(series: PlotSeries, options: SvgOptions = {}): string {
  checkOptions(options, SVG_OPTIONS);
  const width = checkInteger(options.width ?? 720, 'width', 120, 10_000);
  const height = checkInteger(options.height ?? 240, 'height', 80, 10_000);
  const timeZone = checkZone(options.timeZone ?? 'UTC');
  const { theme = 'light', title } = options;
  if (!Object.hasOwn(PLOT_THEMES, theme)) throw new InputError(`theme must be 'light' or 'dark', got ${shown(theme)}`);
  checkColumns(series);
  for (const [i, { from, to }] of (options.marks ?? []).entries())
    checkRange(from, to, `marks[${i}].from/marks[${i}].to`);
  const head = title === undefined ? 0 : HEAD;
  const name = title === undefined ? 'A series over time, with the band of what is normal' : printable(title, 300);
  const body = drawPlot(series, { width, height: height - head, axes: true, timeZone, marks: options.marks ?? [] });
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="11"><title>${name}</title><style>${trusted(PLOT_THEMES[theme])}</style><rect class="paper" width="${width}" height="${height}"/>${title === undefined ? '' : markup`<text class="title" x="10" y="18" font-size="13">${shortened(name, (width - 20) / LETTER)}</text>`}<g transform="translate(0 ${head})">${body}</g></svg>`
    .markup;
}

function shortened(text: string, most: number): string {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, Math.max(1, Math.floor(most) - 1)).join('')}…`;
}
const SVG_OPTIONS: OptionNames<SvgOptions> = {
  title: true,
  timeZone: true,
  width: true,
  height: true,
  marks: true,
  theme: true,
};

function checkColumns(series: PlotSeries): void {
  const { grid } = series;
  for (const name of ['values', 'expected', 'lower', 'upper', 'verdicts'] as const) {
    const found = series[name]?.length ?? grid.length;
    if (found !== grid.length) {
      throw new InputError(`series.${name} must have ${grid.length} entries as the grid has, got ${found}`);
    }
  }
  checkInteger(grid.length, 'series.grid.length', 1, 2 ** 26);
}
