import { DIMENSIONS, type Dimension, type PageData, type PageFinding } from '../html/page-data.js';
import { element } from './dom.js';
import { Filters } from './filters.js';
import { SwimLanes } from './lanes.js';
import { showPicture } from './pictures.js';
import { hashOf, type ListState, START, stateOf } from './state.js';

interface Incident {
  readonly item: HTMLElement;
  /** Places of its findings in the page's data; the first heads it. */
  readonly findings: readonly number[];
  /** What a search goes through; made when there is one. */
  text: string | undefined;
}

/** The incidents of the page: filtered, sorted and leafed through, with all of that kept in the address. */
export class IncidentList {
  readonly #data: PageData;
  readonly #list: HTMLElement;
  readonly #incidents: readonly Incident[];
  readonly #pager: HTMLElement | null;
  readonly #pageSize: number;
  readonly #filters: Filters;
  readonly #lanes: SwimLanes;
  #state: ListState = START;

  constructor(data: PageData, list: HTMLElement) {
    this.#data = data;
    this.#list = list;
    this.#pageSize = Number(list.dataset['page']);
    this.#pager = document.getElementById('pager');
    this.#incidents = [...list.querySelectorAll<HTMLElement>(':scope > li')].map((item) => ({
      item,
      findings: [...item.querySelectorAll<HTMLElement>('[data-finding]')].map((part) =>
        Number(part.dataset['finding']),
      ),
      text: undefined,
    }));
    const change = (changes: Partial<ListState>) => this.#go({ ...this.#state, page: 1, ...changes });
    this.#filters = new Filters(data, document.getElementById('filters'), change);
    this.#lanes = new SwimLanes(data, document.getElementById('lanes'), change, (place) => this.open(place));
    for (const { item } of this.#incidents) {
      const others = item.querySelector<HTMLDetailsElement>(':scope > details.others');
      others?.addEventListener('toggle', () => {
        if (others.open) this.#draw(others);
      });
    }
    addEventListener('hashchange', () => this.#follow());
    this.#follow();
  }

  /** Goes to a finding: the address is its own then, which others can be sent. */
  open(place: number): void {
    const found = this.#list.querySelector(`[data-finding="${place}"]`);
    if (found !== null) location.hash = found.id;
  }

  #go(state: ListState): void {
    const hash = hashOf(state);
    // Without a name behind it, `#` goes to the top of the page.
    if (hash === location.hash.replace(/^#/, '')) this.#apply(state);
    else if (hash === '') {
      history.replaceState(null, '', location.href.replace(/#.*$/, '#'));
      this.#apply(state);
    } else location.replace(`#${hash}`);
  }

  /** Does what the address asks for. */
  #follow(): void {
    const name = decodeURIComponent(location.hash.replace(/^#/, ''));
    const target = name === '' || name.includes('=') ? null : document.getElementById(name);
    if (target === null) {
      this.#apply(stateOf(location.hash));
      return;
    }
    const place = Number(target.dataset['finding']);
    const at = this.#incidents.findIndex(({ findings }) => findings.includes(place));
    if (at < 0) return;
    // What would hide it is put aside.
    if (!this.#found(this.#state).includes(at)) this.#state = { ...START, lanes: this.#state.lanes };
    const page = Math.floor(this.#found(this.#state).indexOf(at) / this.#pageSize) + 1;
    this.#apply({ ...this.#state, page });
    const others = target.closest<HTMLDetailsElement>('details.others');
    if (others !== null) {
      others.open = true;
      this.#draw(others);
    }
    const details = target.querySelector<HTMLDetailsElement>(':scope > details');
    if (details !== null) details.open = true;
    target.scrollIntoView({ block: 'start' });
    target.setAttribute('tabindex', '-1');
    target.focus({ preventScroll: true });
  }

  #apply(state: ListState): void {
    const found = this.#found(state);
    const pages = Math.max(1, Math.ceil(found.length / this.#pageSize));
    this.#state = { ...state, page: Math.min(state.page, pages) };
    const first = (this.#state.page - 1) * this.#pageSize;
    const place = new Map(found.map((at, i) => [at, i]));
    this.#list.append(...found.map((at) => this.#incidents[at].item));
    for (const [at, { item, findings }] of this.#incidents.entries()) {
      const i = place.get(at);
      // What a filter hides stays off paper too; other pages do not.
      item.hidden = i === undefined;
      item.classList.toggle('later', i === undefined || i < first || i >= first + this.#pageSize);
      const matching = findings.filter((finding) => this.#meets(this.#data.anomalies[finding], this.#state));
      item.classList.toggle('within', i !== undefined && !matching.includes(findings[0]));
      if (i !== undefined && !item.classList.contains('later')) this.#draw(item);
    }
    const shown = found.flatMap((at) =>
      this.#incidents[at].findings.filter((finding) => this.#meets(this.#data.anomalies[finding], this.#state)),
    );
    this.#filters.show(this.#state, shown.length, found.length, pages);
    this.#lanes.show(this.#state, shown);
    this.#leaves(pages);
  }

  /** The incidents with a finding that is asked for, in the order that is asked for. */
  #found(state: ListState): number[] {
    const { anomalies } = this.#data;
    const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [...this.#incidents.keys()].filter((at) => {
      const incident = this.#incidents[at];
      if (!incident.findings.some((finding) => this.#meets(anomalies[finding], state))) return false;
      if (words.length === 0) return true;
      incident.text ??= (incident.item.textContent ?? '').toLowerCase();
      return words.every((word) => incident.text?.includes(word));
    });
    const of = (at: number, what: (finding: PageFinding) => number) =>
      Math.min(...this.#incidents[at].findings.map((finding) => what(anomalies[finding])));
    if (state.sort === 'time') found.sort((a, b) => of(a, ({ from }) => from) - of(b, ({ from }) => from) || a - b);
    if (state.sort === 'size') found.sort((a, b) => of(a, ({ size }) => -size) - of(b, ({ size }) => -size) || a - b);
    return found;
  }

  #meets(finding: PageFinding, { severity, kind, names }: ListState): boolean {
    return (
      finding.severity <= severity &&
      (kind === '' || finding.kind === kind) &&
      DIMENSIONS.every((dimension) => meetsName(finding, dimension, names[dimension]))
    );
  }

  #draw(place: HTMLElement): void {
    for (const figure of place.querySelectorAll<HTMLElement>('figure[data-picture]')) {
      const folded = figure.closest<HTMLDetailsElement>('details.others');
      if (figure.childElementCount === 0 && folded?.open !== false) showPicture(this.#data, figure);
    }
  }

  #leaves(pages: number): void {
    const pager = this.#pager;
    pager?.replaceChildren();
    if (pager === null || pages < 2) return;
    const { page } = this.#state;
    const turn = (label: string, to: number) => {
      const button = element('button', { type: 'button' }, label);
      button.disabled = to < 1 || to > pages;
      button.addEventListener('click', () => {
        this.#go({ ...this.#state, page: to });
        document.getElementById('unusual')?.scrollIntoView({ block: 'start' });
      });
      return button;
    };
    const where = element('span', {}, `Page ${page} of ${pages}`);
    pager.append(
      element('p', { class: 'tools' }, turn('Previous incidents', page - 1), where, turn('Next incidents', page + 1)),
    );
  }
}

function meetsName({ names }: PageFinding, dimension: Dimension, asked: string | undefined): boolean {
  return asked === undefined || asked === '' || names[dimension].includes(asked);
}
