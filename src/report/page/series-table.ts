import type { PageData } from '../html/page-data.js';
import { duration } from '../numbers.js';
import { clockTime } from './clock.js';
import { drawDetail } from './detail.js';
import { element, svgElement } from './dom.js';
import { recentOf } from './rows.js';

/** Rows of the table that stand at a time. */
const PAGE = 50;

type Order = 'name' | 'rank' | 'rate' | 'calls' | 'last' | 'silence';

const COLUMNS: readonly { readonly order: Order; readonly title: string; readonly number: boolean }[] = [
  { order: 'name', title: 'series', number: false },
  { order: 'rank', title: 'state', number: false },
  { order: 'calls', title: 'calls', number: true },
  { order: 'rate', title: 'usual an hour', number: true },
  { order: 'last', title: 'last use', number: false },
  { order: 'silence', title: 'silence detectable after', number: true },
];

const LEVELS = ['operations', 'keys', 'operations on keys', 'outcomes'] as const;

/** The table of all series: sorted by its headings, searched, leafed through, each row with pictures that open. */
export class SeriesTable {
  readonly #data: PageData;
  readonly #body = element('tbody');
  readonly #status = element('p', { class: 'note', role: 'status' });
  readonly #search = element('input', {
    type: 'search',
    placeholder: 'name, ARN or state',
    autocomplete: 'off',
    id: 'search',
  });
  readonly #level = element('select', { id: 'level' });
  readonly #heads: HTMLTableCellElement[] = [];
  readonly #pager = element('p', { class: 'tools' });
  readonly #texts: string[];
  #order: Order = 'rank';
  #descending = true;
  #page = 0;
  #found: number[] = [];

  constructor(data: PageData, place: HTMLElement) {
    this.#data = data;
    const { series, arns } = data;
    this.#texts = series.name.map((name, row) =>
      `${name} ${arns[series.arn[row]] ?? ''} ${series.state[row]}`.toLowerCase(),
    );
    const head = element('tr');
    for (const column of COLUMNS) {
      const button = element('button', { type: 'button' }, column.title);
      button.addEventListener('click', () => this.#sortBy(column.order));
      const cell = element('th', { scope: 'col', ...(column.number ? { class: 'number' } : {}) }, button);
      this.#heads.push(cell);
      head.append(cell);
    }
    head.append(element('th', { scope: 'col' }, 'last 7 days'));
    const scroll = element(
      'div',
      { class: 'scroll' },
      element('table', { class: 'series' }, element('thead', {}, head), this.#body),
    );
    const present = new Set(series.level);
    this.#level.append(element('option', { value: '' }, 'all series'));
    for (const [level, name] of LEVELS.entries()) {
      if (present.has(level)) this.#level.append(element('option', { value: level }, name));
    }
    place.append(
      element(
        'p',
        { class: 'tools' },
        element('label', { for: 'search' }, 'Search'),
        this.#search,
        element('label', { for: 'level' }, 'Show'),
        this.#level,
      ),
      this.#status,
      scroll,
      this.#pager,
    );
    this.#search.addEventListener('input', () => this.#show(0));
    this.#level.addEventListener('change', () => this.#show(0));
    document.addEventListener('keydown', (event) => this.#keys(event));
    this.#show(0);
  }

  /** Searches for a series by its name and goes there. */
  find(name: string): void {
    this.#search.value = name;
    this.#level.value = '';
    this.#show(0);
    this.#search.scrollIntoView({ block: 'start' });
    this.#body.querySelector<HTMLButtonElement>('button.open')?.focus({ preventScroll: true });
  }

  #sortBy(order: Order): void {
    this.#descending = this.#order === order ? !this.#descending : order !== 'name';
    this.#order = order;
    this.#show(0);
  }

  /** Finds, sorts and shows one page of the rows. */
  #show(page: number): void {
    const { series, left } = this.#data;
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const level = this.#level.value;
    this.#found = [...series.name.keys()].filter(
      (row) =>
        (level === '' || series.level[row] === Number(level)) && words.every((word) => this.#texts[row].includes(word)),
    );
    const sign = this.#descending ? -1 : 1;
    const column: readonly (number | string)[] = series[this.#order];
    const endless = this.#order === 'silence';
    const value = (row: number) => (endless && column[row] === 0 ? Number.POSITIVE_INFINITY : column[row]);
    this.#found.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return x === y ? series.calls[b] - series.calls[a] || a - b : (x < y ? -1 : 1) * sign;
    });
    const pages = Math.max(1, Math.ceil(this.#found.length / PAGE));
    this.#page = Math.min(page, pages - 1);
    for (const [i, { order }] of COLUMNS.entries()) {
      if (order === this.#order)
        this.#heads[i].setAttribute('aria-sort', this.#descending ? 'descending' : 'ascending');
      else this.#heads[i].removeAttribute('aria-sort');
    }
    const shown = this.#found.slice(this.#page * PAGE, (this.#page + 1) * PAGE);
    this.#body.replaceChildren(...shown.map((row) => this.#row(row)));
    const all = `${this.#found.length.toLocaleString('en')} of ${series.name.length.toLocaleString('en')} series`;
    const more = left > 0 ? `; ${left.toLocaleString('en')} with fewer calls are not in this page` : '';
    this.#status.textContent = `${all}${pages > 1 ? `, page ${this.#page + 1} of ${pages}` : ''}${more}`;
    this.#pager.replaceChildren();
    if (pages > 1) {
      this.#pager.append(
        this.#turn('Previous page', this.#page - 1, this.#page === 0),
        this.#turn('Next page', this.#page + 1, this.#page === pages - 1),
      );
    }
  }

  #turn(label: string, page: number, disabled: boolean): HTMLButtonElement {
    const button = element('button', { type: 'button' }, label);
    button.disabled = disabled;
    button.addEventListener('click', () => this.#show(page));
    return button;
  }

  #row(row: number): HTMLTableRowElement {
    const { series, timeZone } = this.#data;
    const name = element('button', { type: 'button', class: 'open', 'aria-expanded': false }, series.name[row]);
    const state = series.state[row];
    const rank = series.rank[row];
    const mark = rank === 3 ? '▲ ' : rank === 2 ? '▼ ' : '';
    const silence = series.silence[row];
    const last = series.last[row];
    const line = element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element('td', { class: rank === 3 ? 'above' : rank === 2 ? 'below' : '' }, mark + state),
      element('td', { class: 'number' }, series.calls[row].toLocaleString('en')),
      element(
        'td',
        { class: 'number' },
        series.rate[row] === 0 ? '–' : Number(series.rate[row].toPrecision(2)).toLocaleString('en'),
      ),
      element('td', {}, last === 0 ? 'never' : clockTime(last, timeZone)),
      element('td', { class: 'number' }, silence === 0 ? '–' : duration(silence)),
      element('td', {}, sparkline(recentOf(this.#data, row))),
    );
    name.addEventListener('click', () => this.#toggle(row, line, name));
    return line;
  }

  #toggle(row: number, line: HTMLTableRowElement, button: HTMLButtonElement): void {
    const open = button.getAttribute('aria-expanded') === 'true';
    button.setAttribute('aria-expanded', String(!open));
    if (open) {
      line.nextElementSibling?.remove();
      return;
    }
    const cell = element('td', { colspan: COLUMNS.length + 1 });
    line.after(element('tr', { class: 'detail' }, cell));
    const { series, arns } = this.#data;
    const inner = element('div', { class: 'drawn' });
    cell.append(inner);
    const arn = arns[series.arn[row]];
    if (arn !== undefined) inner.append(element('p', { class: 'arn' }, arn));
    drawDetail(this.#data, row, inner, 'h3');
  }

  #keys(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.key === '/' && !['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName)) {
      event.preventDefault();
      this.#search.focus();
      return;
    }
    if (event.key === 'Escape' && target === this.#search && this.#search.value !== '') {
      this.#search.value = '';
      this.#show(0);
      return;
    }
    const down = event.key === 'ArrowDown';
    if (!down && event.key !== 'ArrowUp') return;
    const buttons = [...this.#body.querySelectorAll<HTMLButtonElement>('button.open')];
    const at = buttons.indexOf(target as HTMLButtonElement);
    if (at < 0 && !(down && target === this.#search)) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, at + (down ? 1 : -1)))]?.focus();
  }
}

const WIDTH = 112;
const HEIGHT = 24;
/** Hours that are drawn as one column. */
const HOURS = 3;

/** The last seven days as a line no larger than a word. */
function sparkline(hours: Float64Array): SVGElement {
  const picture = svgElement('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' });
  const columns: number[] = [];
  for (let h = 0; h < hours.length; h += HOURS) {
    const part = hours.slice(h, h + HOURS).filter((value) => !Number.isNaN(value));
    columns.push(part.length === 0 ? Number.NaN : part.reduce((sum, value) => sum + value, 0) / part.length);
  }
  const most = Math.max(1e-9, ...columns.filter((value) => !Number.isNaN(value)));
  let path = '';
  let pen = false;
  for (const [i, value] of columns.entries()) {
    const x = ((WIDTH * i) / columns.length).toFixed(1);
    if (Number.isNaN(value)) pen = false;
    else {
      const y = (HEIGHT - 2 - ((HEIGHT - 4) * value) / most).toFixed(1);
      path += pen ? `V${y}` : `M${x} ${y}`;
      path += `H${((WIDTH * (i + 1)) / columns.length).toFixed(1)}`;
      pen = true;
    }
  }
  picture.append(svgElement('path', { class: 'line', d: path }));
  return picture;
}
