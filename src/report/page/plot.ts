import uPlot from 'uplot';
import { shortNumber, timeTicks, valueTicks } from '../svg/ticks.js';
import { clockTime } from './clock.js';
import { colour, element } from './dom.js';

/** Columns over time as uPlot shows them: the first is drawn as counts, the others as the band behind them. */
export interface PlotInput {
  readonly title: string;
  readonly timeZone: string;
  /** Epoch ms, where each bucket begins. */
  readonly times: readonly number[];
  readonly values: ArrayLike<number>;
  readonly expected: ArrayLike<number>;
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** 0 normal, 1 above, 2 below, 3 unknown. */
  readonly verdicts?: ArrayLike<number>;
  /** A stretch of time to be shaded. */
  readonly mark: { readonly from: number; readonly to: number } | undefined;
  readonly height: number;
  /** Of its heading, which the place decides. */
  readonly heading: 'h3' | 'h4';
}

const STEPPED = uPlot.paths.stepped?.({ align: 1 });
/** What one press of a key moves or shrinks the view by. */
const PAN = 0.2;
const ZOOM = 0.6;

/** A chart that zooms (drag, + and −), moves (arrow keys), goes back (0, Escape, double click) and tells what is under the cursor. */
export function plot(input: PlotInput, place: HTMLElement): void {
  const readout = element('p', { class: 'readout', 'aria-live': 'off' });
  const frame = element('div', { class: 'chart', tabindex: 0, role: 'img', 'aria-label': input.title });
  const zoom = element('p', { class: 'tools' });
  place.append(element(input.heading, { class: 'chart-title' }, input.title), frame, readout, zoom);
  const usual = usualCeiling(input);
  let enlarged = false;
  const make = () => draw(input, enlarged ? usual : undefined, frame, readout);
  let chart = make();
  const [first, last] = [input.times[0], input.times[input.times.length - 1]].map((time) => time / 1000);
  const view = (from: number, to: number) =>
    chart.setScale('x', { min: Math.max(first, from), max: Math.min(last, to) });
  const whole = () => view(first, last);
  const scale = (factor: number) => {
    const { min = first, max = last } = chart.scales['x'];
    const middle = (Number(min) + Number(max)) / 2;
    const reach = (Number(max) - Number(min)) / 2;
    view(middle - reach * factor, middle + reach * factor);
  };
  const pan = (share: number) => {
    const { min = first, max = last } = chart.scales['x'];
    const width = Number(max) - Number(min);
    const from = Math.min(Math.max(first, Number(min) + width * share), last - width);
    view(from, from + width);
  };
  const button = (label: string, act: () => void) => {
    const made = element('button', { type: 'button' }, label);
    made.addEventListener('click', act);
    zoom.append(made);
    return made;
  };
  const { mark } = input;
  if (mark !== undefined) {
    const around = Math.max((mark.to - mark.from) / 1000, 1800);
    button('Zoom to the anomaly', () => view(mark.from / 1000 - around, mark.to / 1000 + around));
  }
  button('Zoom in', () => scale(ZOOM));
  button('Zoom out', () => scale(1 / ZOOM));
  button('All', whole);
  // Beside a burst of hundreds, a band of a few calls is a line on the axis.
  if (usual < highest(input.values) / 4) {
    const enlarge = button('Zoom to normal range', () => {
      enlarged = !enlarged;
      enlarge.setAttribute('aria-pressed', String(enlarged));
      const { min, max } = chart.scales['x'];
      repaint();
      if (min !== undefined && max !== undefined) view(Number(min), Number(max));
    });
    enlarge.setAttribute('aria-pressed', 'false');
  }
  frame.addEventListener('keydown', (event) => {
    const acts: Record<string, () => void> = {
      '+': () => scale(ZOOM),
      '=': () => scale(ZOOM),
      '-': () => scale(1 / ZOOM),
      ArrowLeft: () => pan(-PAN),
      ArrowRight: () => pan(PAN),
      '0': whole,
      Escape: whole,
    };
    const act = acts[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  new ResizeObserver(() => {
    const width = frame.clientWidth;
    if (width > 0 && Math.abs(width - chart.width) > 1) chart.setSize({ width, height: input.height });
  }).observe(frame);
  // uPlot paints on a canvas, which knows nothing of style sheets.
  const repaint = () => {
    chart.destroy();
    chart = make();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
}

function highest(column: ArrayLike<number> | undefined): number {
  return Array.from(column ?? [], (value) => (Number.isFinite(value) ? value : 0)).reduce((a, b) => Math.max(a, b), 0);
}

/** What a chart must reach up to, to show the band and what is expected: the counts above it are cut off. */
function usualCeiling({ expected, upper }: PlotInput): number {
  return Math.max(1, highest(upper) * 1.1, highest(expected) * 2);
}

/** @param ceiling where the chart ends above; without it, over all that is in view */
function draw(input: PlotInput, ceiling: number | undefined, frame: HTMLElement, readout: HTMLElement): uPlot {
  const { times, values, expected, lower, upper, timeZone } = input;
  const finite = (column: ArrayLike<number> | undefined, otherwise: (i: number) => number | null) =>
    times.map((_, i) => {
      const value = column?.[i] ?? Number.NaN;
      return Number.isNaN(value) ? null : Number.isFinite(value) ? value : otherwise(i);
    });
  const most = Math.max(1, highest(values));
  const data: uPlot.AlignedData = [
    times.map((time) => time / 1000),
    finite(upper, () => most),
    finite(lower, () => 0),
    finite(expected, () => null),
    finite(values, () => null),
  ];
  const axis = {
    stroke: colour('label'),
    grid: { stroke: colour('grid'), width: 1 },
    font: '11px system-ui, sans-serif',
  };
  const options: uPlot.Options = {
    width: Math.max(200, frame.clientWidth),
    height: input.height,
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: true, y: false } },
    scales: {
      x: { time: true },
      y: { range: (_, __, max) => [0, valueTicks(ceiling ?? Math.max(1, max ?? 1), 4).at(-1) ?? 1] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        splits: (chart, _, min, max) =>
          timeTicks(min * 1000, max * 1000, timeZone, Math.max(2, chart.width / 90)).map(({ at }) => at / 1000),
        values: (_, splits) =>
          splits.map(
            (at) =>
              timeTicks(at * 1000, at * 1000 + 1, timeZone, 1)[0]?.label ??
              clockTime(at * 1000, timeZone).slice(11, 16),
          ),
      },
      {
        ...axis,
        size: 48,
        splits: (_, __, min, max) => valueTicks(Math.max(1, max), 4).filter((tick) => tick >= min),
        values: (_, splits) => splits.map(shortNumber),
      },
    ],
    series: [
      {},
      { stroke: 'transparent', points: { show: false }, ...stepped() },
      { stroke: 'transparent', points: { show: false }, ...stepped() },
      { stroke: colour('expected'), dash: [4, 3], width: 1, points: { show: false }, ...stepped() },
      { stroke: colour('line'), width: 1.4, points: { show: false }, ...stepped() },
    ],
    bands: [{ series: [1, 2], fill: colour('band') }],
    hooks: {
      drawClear: [(chart) => shade(chart, input)],
      draw: [(chart) => breaches(chart, input)],
      setCursor: [(chart) => tell(chart, input, readout)],
    },
  };
  const chart = new uPlot(options, data, frame);
  tell(chart, input, readout);
  return chart;
}

function stepped(): Partial<uPlot.Series> {
  return STEPPED === undefined ? {} : { paths: STEPPED };
}

/** The anomaly's time, and what was not observed. */
function shade(chart: uPlot, { mark, times, values }: PlotInput): void {
  const { ctx, bbox } = chart;
  const fill = (from: number, to: number, name: string) => {
    const x0 = Math.max(bbox.left, chart.valToPos(from / 1000, 'x', true));
    const x1 = Math.min(bbox.left + bbox.width, chart.valToPos(to / 1000, 'x', true));
    if (x1 <= x0) return;
    ctx.fillStyle = colour(name);
    ctx.fillRect(x0, bbox.top, Math.max(2, x1 - x0), bbox.height);
  };
  ctx.save();
  if (mark !== undefined) fill(mark.from, mark.to, 'mark');
  for (let i = 0; i < times.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    let end = i;
    while (end + 1 < times.length && Number.isNaN(values[end])) end++;
    // One area a gap: beside each other, areas leave seams.
    fill(times[i], times[end], 'gap');
    i = end;
  }
  ctx.restore();
}

/** A triangle at every breach, pointing to its side. */
function breaches(chart: uPlot, { verdicts, values, times }: PlotInput): void {
  if (verdicts === undefined) return;
  const { ctx, bbox } = chart;
  const size = 5 * devicePixelRatio;
  const half = times.length > 1 ? (times[1] - times[0]) / 2 : 0;
  const shown: { x: number; verdict: number; value: number }[] = [];
  for (let i = 0; i < times.length; i++) {
    const verdict = verdicts[i];
    if (verdict !== 1 && verdict !== 2) continue;
    const x = chart.valToPos((times[i] + half) / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const here = { x, verdict, value: values[i] };
    const before = shown.at(-1);
    // Triangles on top of each other tell no more than one: that of the highest count stays.
    if (before === undefined || before.verdict !== verdict || x - before.x > size * 1.5) shown.push(here);
    else if (here.value > before.value) shown[shown.length - 1] = here;
  }
  ctx.save();
  for (const { x, verdict, value } of shown) {
    const top = chart.valToPos(value, 'y', true);
    const most = bbox.top + bbox.height - size;
    const y = verdict === 1 ? Math.max(bbox.top + size, top - size) : Math.min(most, top - size);
    const tip = verdict === 1 ? -size : size;
    ctx.fillStyle = colour(verdict === 1 ? 'above' : 'below');
    ctx.beginPath();
    ctx.moveTo(x, y + tip);
    ctx.lineTo(x + size, y - tip);
    ctx.lineTo(x - size, y - tip);
    ctx.fill();
  }
  ctx.restore();
}

const VERDICTS = ['normal', '▲ above', '▼ below', 'unknown'] as const;

/** What is under the cursor, in words. */
function tell(chart: uPlot, input: PlotInput, readout: HTMLElement): void {
  const i = chart.cursor.idx ?? null;
  if (i === null) {
    readout.textContent = 'Hover for values; drag to zoom; + − ← → and 0 work when it has the focus.';
    return;
  }
  const { times, values, expected, lower, upper, verdicts, timeZone } = input;
  const parts = [`${clockTime(times[i], timeZone)} ${timeZone}`];
  parts.push(Number.isNaN(values[i]) ? 'not observed' : `${values[i].toLocaleString('en')} calls`);
  if (!Number.isNaN(expected[i])) parts.push(`${Number(expected[i].toPrecision(2)).toLocaleString('en')} expected`);
  if (lower !== undefined && upper !== undefined && !Number.isNaN(lower[i])) {
    if (lower[i] > upper[i]) parts.push('no count would have been normal');
    else
      parts.push(
        `${lower[i].toLocaleString('en')} to ${Number.isFinite(upper[i]) ? upper[i].toLocaleString('en') : 'any number'} normal`,
      );
  }
  if (verdicts !== undefined && verdicts[i] < VERDICTS.length) parts.push(VERDICTS[verdicts[i]]);
  readout.textContent = parts.join(' · ');
}
