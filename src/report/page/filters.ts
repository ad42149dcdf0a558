import { DIMENSIONS, type PageData } from '../html/page-data.js';
import { element } from './dom.js';
import { type ListState, SEVERITY_NAMES, SORTS, START } from './state.js';

const DIMENSION_WORDS = {
  ...{ key: 'Key', operation: 'Operation', caller: 'Caller', account: 'Account', region: 'Region' },
} as const;
const SORT_WORDS = { severity: 'most severe first', time: 'oldest first', size: 'most calls off first' } as const;

/** So few findings are looked through faster than filtered. */
const FEW = 10;

/** The fields above the incidents that choose and sort them. */
export class Filters {
  readonly #fields = new Map<string, HTMLSelectElement>();
  readonly #search = element('input', { type: 'search', id: 'find', autocomplete: 'off', placeholder: 'any words' });
  readonly #status = element('p', { class: 'note', role: 'status' });
  readonly #clear = element('button', { type: 'button' }, 'Show all');
  readonly #summary = element('summary', {}, 'Filter and sort');

  constructor(data: PageData, place: HTMLElement | null, change: (changes: Partial<ListState>) => void) {
    const { anomalies } = data;
    const fields = element('p', { class: 'tools' });
    const add = (name: string, label: string, options: readonly (readonly [value: string, words: string])[]) => {
      const field = element('select', { id: `by-${name}` });
      for (const [value, words] of options) field.append(element('option', { value }, words));
      this.#fields.set(name, field);
      fields.append(element('span', { class: 'field' }, element('label', { for: `by-${name}` }, label), field));
      return field;
    };
    const severity = add('severity', 'Severity', [
      ['3', 'all'],
      ...[0, 1, 2].map((rank) => [String(rank), `${SEVERITY_NAMES[rank]}${rank === 0 ? '' : ' and worse'}`] as const),
    ]);
    severity.addEventListener('change', () => change({ severity: Number(severity.value) }));
    const kinds = counts(anomalies.map(({ kind }) => kind));
    if (kinds.length > 1) {
      const kind = add('kind', 'Kind', [['', 'all'], ...kinds]);
      kind.addEventListener('change', () => change({ kind: kind.value }));
    }
    for (const dimension of DIMENSIONS) {
      const names = counts(anomalies.flatMap((finding) => finding.names[dimension]));
      if (names.length < 2) continue;
      const field = add(dimension, DIMENSION_WORDS[dimension], [['', 'all'], ...names]);
      field.addEventListener('change', () => change({ names: { ...this.#names(), [dimension]: field.value } }));
    }
    fields.append(element('span', { class: 'field' }, element('label', { for: 'find' }, 'Text'), this.#search));
    this.#search.addEventListener('input', () => change({ search: this.#search.value }));
    const sort = add(
      'sort',
      'Sort',
      SORTS.map((name) => [name, SORT_WORDS[name]] as const),
    );
    sort.addEventListener('change', () => change({ sort: SORTS.find((name) => name === sort.value) ?? START.sort }));
    this.#clear.addEventListener('click', () => change({ ...START, lanes: this.#lanes, sort: this.#sort }));
    fields.append(this.#clear);
    if (place === null || anomalies.length < 2) return;
    const fold = element('details', { class: 'filters' }, this.#summary, fields);
    // A list that is seen whole needs no filter at first.
    fold.open = anomalies.length > FEW && matchMedia('(min-width: 761px)').matches;
    place.append(fold, this.#status);
  }

  #lanes = START.lanes;
  #sort = START.sort;

  #names(): ListState['names'] {
    return Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, this.#fields.get(dimension)?.value ?? '']));
  }

  /** Shows what is chosen, and how much that leaves. */
  show(state: ListState, findings: number, incidents: number, pages: number): void {
    this.#lanes = state.lanes;
    this.#sort = state.sort;
    const set = (name: string, value: string) => {
      const field = this.#fields.get(name);
      if (field === undefined) return;
      field.value = value;
      field.classList.toggle('chosen', field.selectedIndex > 0);
    };
    set('severity', String(state.severity));
    set('kind', state.kind);
    for (const dimension of DIMENSIONS) set(dimension, state.names[dimension] ?? '');
    set('sort', state.sort);
    if (this.#search.value !== state.search) this.#search.value = state.search;
    const chosen =
      [state.kind, state.search, ...DIMENSIONS.map((dimension) => state.names[dimension] ?? '')].filter(Boolean)
        .length + (state.severity < 3 ? 1 : 0);
    this.#clear.disabled = chosen === 0;
    this.#summary.textContent = chosen === 0 ? 'Filter and sort' : `Filter and sort (${chosen} chosen)`;
    const noun = (count: number, word: string) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
    const leaf = pages > 1 ? `, page ${state.page} of ${pages}` : '';
    this.#status.textContent = `${noun(incidents, 'incident')} with ${noun(findings, 'finding')}${leaf}`;
  }
}

/** Each name with how often it comes, the most frequent first: `Decrypt (12)`. */
function counts(names: readonly string[]): (readonly [string, string])[] {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return [...times]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => [name, `${name} (${count})`] as const);
}
