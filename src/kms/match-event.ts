import { InputError, shown } from '../errors.js';
import { type Alternatives, type FieldPattern, type Leaf, parsePattern } from './event-pattern.js';

/** A value of an event, and in which element of which array it lies. */
interface Found {
  readonly value: Leaf;
  readonly places: Places;
}

/** Of each array around a value, by its number, the element. */
type Places = ReadonlyMap<number, number>;

/** Deeper than any event: PutEvents takes 1,000 levels. */
const DEEPEST = 1000;

/**
 * A test of events by a pattern, read once: {@link matchesPattern} for many.
 * @throws InputError that says where the pattern is wrong
 */
export function eventMatcher(pattern: unknown): (event: unknown) => boolean {
  const alternatives = parsePattern(pattern);
  const paths = new Set(alternatives.flatMap((fields) => fields.map(({ path }) => path)));
  return (event) => matches(alternatives, paths, event);
}

/**
 * Whether an event fits an event pattern, as Amazon EventBridge decides it (User Guide, eb-create-pattern-operators; its open
 * source, event-ruler): every field of the pattern has a value that fits one of its array. `prefix`, `suffix`,
 * `equals-ignore-case`, `wildcard`, `anything-but` (of values, and of lists of those), `numeric`, `cidr`, `exists` and `$or`.
 *
 * Of an array in the event, one element that fits is enough, for `anything-but` too; two fields are never taken from different
 * elements of one array. `exists` is about values, not about objects. Dots in names are like levels. Numbers are compared by
 * value: the service tells 300 from 300.0, which JSON does not once it is read.
 * @param pattern the object that a rule's `EventPattern` is the JSON of
 * @throws InputError for a pattern that the service would refuse, and says where it is wrong; for an event that is not an object
 */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  return eventMatcher(pattern)(event);
}

function matches(alternatives: Alternatives, paths: ReadonlySet<string>, event: unknown): boolean {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw new InputError(`event must be an object, got ${shown(event)}`);
  }
  const found = new Map<string, Found[]>();
  let arrays = 0;
  const walk = (value: unknown, path: string, places: Places, depth: number): void => {
    if (depth > DEEPEST) throw new InputError(`event must have at most ${DEEPEST} levels, got more`);
    if (Array.isArray(value)) {
      const array = arrays++;
      for (const [i, item] of value.entries()) walk(item, path, new Map(places).set(array, i), depth + 1);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value))
        walk(one, path === '' ? name : `${path}.${name}`, places, depth + 1);
    } else if (value !== undefined && paths.has(path)) {
      found.set(path, [...(found.get(path) ?? []), { value: value as Leaf, places }]);
    }
  };
  walk(event, '', new Map(), 0);
  return alternatives.some((fields) => isFitted(fields, found));
}

/** Whether values can be chosen for all fields, no two of them in different elements of one array. */
function isFitted(fields: readonly FieldPattern[], found: ReadonlyMap<string, Found[]>): boolean {
  const places: Places[][] = [];
  // Fields of one object side by side: what is chosen for them matters to few others.
  for (const { path, tests, orAbsent } of [...fields].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const values = found.get(path) ?? [];
    const fitting = values.filter(({ value }) => tests.some((test) => test(value)));
    if (fitting.length > 0) places.push(fitting.map((one) => one.places));
    else if (!orAbsent || values.length > 0) return false;
  }
  return new Choice(places).canGoOn(0, new Map());
}

/** The search for one place of each field. */
class Choice {
  readonly #places: readonly (readonly Places[])[];
  /** The arrays that the fields from each on lie in: what is chosen in others does not matter to them. */
  readonly #ahead: readonly ReadonlySet<number>[];
  /** Fields, and what was chosen before them, from which there is no way on: each is tried once. */
  readonly #inVain = new Set<string>();

  constructor(places: readonly (readonly Places[])[]) {
    this.#places = places;
    const ahead: Set<number>[] = [new Set()];
    for (const all of [...places].reverse()) {
      ahead.unshift(new Set([...ahead[0], ...all.flatMap((one) => [...one.keys()])]));
    }
    this.#ahead = ahead;
  }

  /** @param chosen the elements of arrays that fields before have chosen */
  canGoOn(at: number, chosen: Places): boolean {
    if (at === this.#places.length) return true;
    const known = new Map([...chosen].filter(([array]) => this.#ahead[at].has(array)));
    const id = JSON.stringify([at, ...known]);
    if (this.#inVain.has(id)) return false;
    for (const one of this.#places[at]) {
      if (isAgreed(one, known) && this.canGoOn(at + 1, new Map([...known, ...one]))) return true;
    }
    this.#inVain.add(id);
    return false;
  }
}

function isAgreed(places: Places, chosen: Places): boolean {
  for (const [array, element] of places) {
    const before = chosen.get(array);
    if (before !== undefined && before !== element) return false;
  }
  return true;
}
