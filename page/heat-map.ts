import { unpackMeans } from '../src/report/html/pack.js';
import type { PageData } from '../src/report/html/page-data.js';
import { DAYS } from './clock.js';
import { element, svgElement } from './dom.js';

const CELL = 5;
const LINE = 20;
const NAMES = 250;
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
  const width = NAMES + HOURS * CELL + 4;
  const height = HEAD + lines.length * LINE + 4;
  const picture = svgElement('svg', {
    class: 'heat',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'aria-hidden': 'true',
  });
  for (const [day, name] of DAYS.entries()) {
    const x = NAMES + day * 24 * CELL;
    const label = svgElement('text', { class: 'label', x: x + 3, y: 12 });
    label.textContent = name;
    picture.append(label);
  }
  for (const [i, { hours, name }] of lines.entries()) {
    const label = svgElement('text', { class: 'name', x: NAMES - 8, y: HEAD + i * LINE + 14, 'text-anchor': 'end' });
    label.textContent = name.length > 38 ? `${name.slice(0, 37)}…` : name;
    picture.append(label);
    for (const [level, path] of pathsOf(hours, HEAD + i * LINE)) {
      picture.append(svgElement('path', { class: `heat-${level}`, d: path }));
    }
  }
  for (let day = 1; day < 7; day++) {
    const x = NAMES + day * 24 * CELL;
    picture.append(svgElement('path', { class: 'grid', d: `M${x} ${HEAD}V${height - 4}` }));
  }
  const cursor = svgElement('rect', { class: 'cursor', width: CELL, height: LINE - 2, x: -99, y: 0 });
  picture.append(cursor);
  place.append(picture);
  place.after(legend());
  let at = { line: 0, hour: 0 };
  const show = (line: number, hour: number) => {
    at = { line: Math.min(lines.length - 1, Math.max(0, line)), hour: Math.min(HOURS - 1, Math.max(0, hour)) };
    cursor.setAttribute('x', String(NAMES + at.hour * CELL));
    cursor.setAttribute('y', String(HEAD + at.line * LINE));
    const { name, hours } = lines[at.line];
    const clock = `${DAYS[Math.floor(at.hour / 24)]} ${String(at.hour % 24).padStart(2, '0')}:00`;
    if (readout !== null)
      readout.textContent = `${name}, ${clock}: ${Number(hours[at.hour].toPrecision(2)).toLocaleString('en')} calls an hour usually`;
  };
  picture.addEventListener('pointermove', (event) => {
    const box = picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) * width) / box.width;
    const y = ((event.clientY - box.top) * height) / box.height;
    if (x >= NAMES && y >= HEAD) show(Math.floor((y - HEAD) / LINE), Math.floor((x - NAMES) / CELL));
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
function pathsOf(hours: Float64Array, y: number): Map<number, string> {
  const paths = new Map<number, string>();
  for (let h = 0; h < HOURS; ) {
    const level = LIMITS.filter((limit) => hours[h] >= limit).length;
    let end = h + 1;
    while (end < HOURS && LIMITS.filter((limit) => hours[end] >= limit).length === level) end++;
    const path = `M${NAMES + h * CELL} ${y}h${(end - h) * CELL}v${LINE - 2}h${(h - end) * CELL}z`;
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
