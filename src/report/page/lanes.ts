import { DIMENSIONS, type Dimension, type PageData } from '../html/page-data.js';
import { timeTicks } from '../svg/ticks.js';
import { element, svgElement } from './dom.js';
import { type ListState, SEVERITY_NAMES } from './state.js';

const WORDS = { key: 'key', operation: 'operation', caller: 'caller', account: 'account', region: 'Region' } as const;
/** The lane of findings that are of several, or of none. */
const UNNAMED = 'none of its own';
/** So many lanes stand at first. */
const FEW = 6;
const WIDTH = 1000;
const HEIGHT = 18;
/** What happens in a moment is still to be seen. */
const LEAST = 5;

/** When what was found happened: a lane for each key, operation, caller, account or Region. A lane's name filters by it. */
export class SwimLanes {
  readonly #data: PageData;
  readonly #lanes = element('div', { class: 'swim' });
  readonly #by = element('select', { id: 'lanes-by' });
  readonly #more = element('button', { type: 'button' });
  readonly #change: (changes: Partial<ListState>) => void;
  readonly #open: (place: number) => void;
  #all = false;
  #last: readonly [ListState, readonly number[]] | undefined;

  constructor(
    data: PageData,
    place: HTMLElement | null,
    change: (changes: Partial<ListState>) => void,
    open: (place: number) => void,
  ) {
    this.#data = data;
    this.#change = change;
    this.#open = open;
    for (const dimension of DIMENSIONS) {
      const names = new Set(data.anomalies.flatMap((finding) => finding.names[dimension].slice(0, 1)));
      if (names.size > 0) this.#by.append(element('option', { value: dimension }, WORDS[dimension]));
    }
    if (place === null || data.anomalies.length < 2) return;
    this.#more.addEventListener('click', () => {
      this.#all = !this.#all;
      if (this.#last !== undefined) this.show(...this.#last);
    });
    this.#by.addEventListener('change', () => {
      this.#all = false;
      change({ lanes: DIMENSIONS.find((dimension) => dimension === this.#by.value) ?? 'key' });
    });
    const fold = element(
      'details',
      { class: 'timeline' },
      element('summary', {}, 'Timeline'),
      this.#lanes,
      element('p', { class: 'tools' }, element('label', { for: 'lanes-by' }, 'A lane for each'), this.#by, this.#more),
    );
    fold.open = matchMedia('(min-width: 761px)').matches;
    place.append(fold);
  }

  /** Lays out these findings. */
  show(state: ListState, findings: readonly number[]): void {
    this.#last = [state, findings];
    this.#by.value = state.lanes;
    const lanes = this.#laneOf(state.lanes, findings);
    const shown = this.#all ? lanes : lanes.slice(0, FEW);
    const rows = shown.map(([name, places]) => this.#lane(state, name, places));
    const more = lanes.length - FEW;
    this.#lanes.replaceChildren(...rows, this.#axis());
    this.#more.hidden = more <= 0;
    this.#more.textContent = this.#all ? 'Fewer lanes' : `${more} more lane${more === 1 ? '' : 's'}`;
  }

  /** Lanes by their worst finding, then by how many they have. */
  #laneOf(dimension: Dimension, findings: readonly number[]): (readonly [string, readonly number[]])[] {
    const lanes = new Map<string, number[]>();
    for (const place of findings) {
      const [name] = this.#data.anomalies[place].names[dimension];
      const lane = lanes.get(name ?? UNNAMED);
      if (lane === undefined) lanes.set(name ?? UNNAMED, [place]);
      else lane.push(place);
    }
    const worst = (places: readonly number[]) =>
      Math.min(...places.map((place) => this.#data.anomalies[place].severity));
    return [...lanes].sort(([a, x], [b, y]) => worst(x) - worst(y) || y.length - x.length || (a < b ? -1 : 1));
  }

  #lane(state: ListState, name: string, places: readonly number[]): HTMLElement {
    const { from, to, anomalies } = this.#data;
    const dimension = state.lanes;
    const chosen = state.names[dimension] === name;
    const label = element('button', { type: 'button', class: 'lane-name', 'aria-pressed': chosen, title: name }, name);
    label.disabled = name === UNNAMED;
    label.addEventListener('click', () => this.#change({ names: { ...state.names, [dimension]: chosen ? '' : name } }));
    const findings = `${places.length} finding${places.length === 1 ? '' : 's'}`;
    const strip = svgElement('svg', {
      ...{ class: 'lane', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      'aria-label': `${findings} of ${name}`,
    });
    const x = (time: number) => (WIDTH * (Math.min(to, Math.max(from, time)) - from)) / (to - from);
    // The worst last, on top of the others.
    for (const place of [...places].sort((a, b) => anomalies[b].severity - anomalies[a].severity)) {
      const finding = anomalies[place];
      const width = Math.max(LEAST, x(finding.to) - x(finding.from));
      const left = Math.min(WIDTH - width, x(finding.from));
      const severity = SEVERITY_NAMES[finding.severity];
      // Above stands above, below below.
      const y = finding.verdict === 'above' ? 1 : HEIGHT / 2;
      const bar = svgElement('rect', {
        class: `bar ${severity}`,
        x: left.toFixed(1),
        y,
        width: width.toFixed(1),
        height: HEIGHT / 2 - 1,
      });
      const title = svgElement('title', {});
      title.textContent = `${severity} ${finding.kind}: go to it`;
      bar.append(title);
      bar.addEventListener('click', () => this.#open(place));
      strip.append(bar);
    }
    return element('div', { class: 'lane-row' }, label, strip);
  }

  #axis(): HTMLElement {
    const { from, to, timeZone } = this.#data;
    const ticks = timeTicks(from, to, timeZone, 6).map(({ at, label }) => {
      const share = (100 * (at - from)) / (to - from);
      // Near the end there is no room behind the line: its label stands before it.
      const isLast = share > 85;
      const tick = element('span', isLast ? { class: 'last' } : {}, label);
      // Styles of elements are the policy's to allow: 'unsafe-inline' does, for style alone.
      tick.style[isLast ? 'right' : 'left'] = `${(isLast ? 100 - share : share).toFixed(2)}%`;
      return tick;
    });
    return element(
      'div',
      { class: 'lane-row' },
      element('span', { class: 'lane-zone' }, timeZone),
      element('div', { class: 'lane-axis', 'aria-hidden': true }, ...ticks),
    );
  }
}
