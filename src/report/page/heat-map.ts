import { unpackMeans } from '../html/pack.js';
import type { PageData } from '../html/page-data.js';
import { DAYS } from './clock.js';
import { element, svgElement } from './dom.js';

/** Where the parts of the map stand; `above`: names over their lines, for a narrow screen, and not beside them. */
interface Layout {
  readonly above: boolean;
  readonly cell: number;
  readonly line: number;
  readonly names: number;
}

const WIDE: Layout = { above: false, cell: 5, line: 20, names: 250 };

function layoutFor(width: number): Layout {
  if (width >= WIDE.names + HOURS * WIDE.cell) return WIDE;
  return { above: true, cell: Math.max(2, Math.floor((width - 4) / HOURS)), line: 36, names: 0 };
}

/** Height of a line's colours. */
const BAR = 18;
const HEAD = 18;
const HOURS = 168;
/** From this many calls an hour on a cell has the next colour. */
const LIMITS = [0.1, 1, 10, 100, 1000, 10_000] as const;

/** The usual week of every operation: a line each, 168 hours across, coloured by powers of ten. */
export function drawHeatMap({ heat }: PageData, place: HTMLElement, readout: HTMLElement | null): void {
  const rows = heat.hours.map(unpackMeans);
  const lines = rows.map((hours, i) => ({ hours, name: heat.names[i] })).filter(({ hours }) => hours.length > 0);
  if (lines.length === 0) {
    place.append(element('p', { class: 'note' }, 'Nothing has been learned yet.'));
    readout?.remove();
    return;
  }
  const layout = layoutFor(place.clientWidth);
  const { above, cell, line: lineHeight, names } = layout;
  const width = names + HOURS * cell + 4;
  const height = HEAD + lines.length * lineHeight + 4;
  const top = (line: number) => HEAD + line * lineHeight + (above ? lineHeight - BAR - 2 : 0);
  const picture = svgElement('svg', {
    class: above ? 'heat narrow' : 'heat',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'aria-hidden': 'true',
  });
  for (const [day, name] of DAYS.entries()) {
    const x = names + day * 24 * cell;
    const label = svgElement('text', { class: 'label', x: x + 3, y: 12 });
    label.textContent = name;
    picture.append(label);
  }
  for (const [i, { hours, name }] of lines.entries()) {
    const label = svgElement(
      'text',
      above
        ? { class: 'name', x: 0, y: top(i) - 4 }
        : { class: 'name', x: names - 8, y: top(i) + 14, 'text-anchor': 'end' },
    );
    label.textContent = name.length > 38 ? `${name.slice(0, 37)}…` : name;
    picture.append(label);
    for (const [level, path] of pathsOf(hours, top(i), layout)) {
      picture.append(svgElement('path', { class: `heat-${level}`, d: path }));
    }
  }
  for (let day = 1; day < 7; day++) {
    const x = names + day * 24 * cell;
    const marks = lines.map((_, i) => `M${x} ${top(i)}v${BAR}`);
    picture.append(svgElement('path', { class: 'grid', d: marks.join('') }));
  }
  const cursor = svgElement('rect', { class: 'cursor', width: cell, height: BAR, x: -99, y: 0 });
  picture.append(cursor);
  place.append(picture);
  place.after(legend());
  let at = { line: 0, hour: 0 };
  const show = (line: number, hour: number) => {
    at = { line: Math.min(lines.length - 1, Math.max(0, line)), hour: Math.min(HOURS - 1, Math.max(0, hour)) };
    cursor.setAttribute('x', String(names + at.hour * cell));
    cursor.setAttribute('y', String(top(at.line)));
    const { name, hours } = lines[at.line];
    const clock = `${DAYS[Math.floor(at.hour / 24)]} ${String(at.hour % 24).padStart(2, '0')}:00`;
    if (readout !== null)
      readout.textContent = `${name}, ${clock}: ${Number(hours[at.hour].toPrecision(2)).toLocaleString('en')} calls an hour usually`;
  };
  picture.addEventListener('pointermove', (event) => {
    const box = picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) * width) / box.width;
    const y = ((event.clientY - box.top) * height) / box.height;
    if (x >= names && y >= HEAD) show(Math.floor((y - HEAD) / lineHeight), Math.floor((x - names) / cell));
  });
  const moves: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  place.addEventListener('keydown', (event) => {
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    show(at.line + move[0], at.hour + move[1]);
  });
}

/** The cells of one line, all of one colour in one path. */
function pathsOf(hours: Float64Array, y: number, { names, cell }: Layout): Map<number, string> {
  const paths = new Map<number, string>();
  for (let h = 0; h < HOURS; ) {
    const level = LIMITS.filter((limit) => hours[h] >= limit).length;
    let end = h + 1;
    while (end < HOURS && LIMITS.filter((limit) => hours[end] >= limit).length === level) end++;
    const path = `M${names + h * cell} ${y}h${(end - h) * cell}v${BAR}h${(h - end) * cell}z`;
    paths.set(level, (paths.get(level) ?? '') + path);
    h = end;
  }
  return paths;
}

function legend(): HTMLElement {
  const list = element('ul', { class: 'legend' });
  const names = ['under 0.1', ...LIMITS.map((limit) => `${limit.toLocaleString('en')} and more`)];
  for (const [level, name] of names.entries()) {
    list.append(element('li', {}, element('span', { class: `swatch heat-${level}` }), name));
  }
  return list;
}
