import { DAY, WEEK } from '../time/grid.js';

/** How often something of one kind happened: on so many days. Counted by days, since one errand is often many calls. */
interface Sighting {
  readonly days: number;
  /** The last of them, counted from 1970. */
  readonly last: number;
}

/** Plain data of {@link RareKinds}. */
export interface RareKindsData {
  readonly since: number | null;
  readonly kinds: readonly (readonly [group: string, kind: string, days: number, last: number])[];
}

/** What one event was, among all that were before it. */
export interface Rarity {
  /** Whether there was none of its kind before in its group. */
  readonly isNew: boolean;
  /** Times a week that something as rare as this, or rarer, is to be expected, over all groups that are as quiet. */
  readonly perWeek: number;
  /** −log₁₀ of the chance that such a thing happens within a day. */
  readonly surprise: number;
}

/** The kinds of one group. */
interface Group {
  readonly kinds: Map<string, Sighting>;
  /** How many of them were seen on one day only. */
  once: number;
}

/**
 * Kinds of events in groups, such as the callers of each key, and how new a new one is. Good and Turing (1953): what was
 * seen once is as frequent as what was never seen, so that a group in which `n1` kinds were seen on one day only, over `T`
 * weeks, brings about `(n1 + 1) / T` new ones a week; the one more stands for what no history can rule out, and is shared by
 * all groups, or a thousand keys without a new caller ever would be expected to bring a thousand a month.
 *
 * A budget is then kept by telling the rarest first: an event is told when all groups that are at least as quiet as its own
 * are expected to bring no more than the budget together.
 */
export class RareKinds {
  #since: number | null;
  readonly #groups = new Map<string, Group>();
  /** How many groups have so many kinds that were seen on one day only. */
  readonly #groupsByOnce: number[] = [];

  constructor(data: RareKindsData = { since: null, kinds: [] }) {
    this.#since = data.since;
    for (const [group, kind, days, last] of data.kinds) this.#note(group, kind, { days, last });
  }

  /** From when on events are known. */
  begin(time: number): void {
    this.#since = this.#since === null ? time : Math.min(this.#since, time);
  }

  /** Whether a group is known at all, or a kind in it. */
  has(group: string, kind?: string): boolean {
    const kinds = this.#groups.get(group)?.kinds;
    return kinds !== undefined && (kind === undefined || kinds.has(kind));
  }

  /** Notes an event; as cheap with a million groups as with one. */
  note(group: string, kind: string, time: number): void {
    this.begin(time);
    const seen = this.#groups.get(group)?.kinds.get(kind);
    const day = Math.floor(time / DAY);
    if (seen === undefined) this.#note(group, kind, { days: 1, last: day });
    else if (day > seen.last) this.#note(group, kind, { days: seen.days + 1, last: day });
  }

  #note(name: string, kind: string, sighting: Sighting): void {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { kinds: new Map(), once: 0 };
      this.#groups.set(name, group);
    } else this.#groupsByOnce[group.once]--;
    const before = group.kinds.get(kind);
    group.once += (sighting.days === 1 ? 1 : 0) - (before?.days === 1 ? 1 : 0);
    this.#groupsByOnce[group.once] = (this.#groupsByOnce[group.once] ?? 0) + 1;
    group.kinds.set(kind, sighting);
  }

  /** How rare an event would be, by what was noted before it. */
  rarity(group: string, kind: string, time: number): Rarity {
    const since = Math.min(this.#since ?? time, time);
    const weeks = Math.max(DAY, time - since) / WEEK;
    const own = this.#groups.get(group);
    const once = own?.once ?? 0;
    const days = own?.kinds.get(kind)?.days ?? 0;
    let expected = 1;
    for (let count = 1; count <= once; count++) expected += count * (this.#groupsByOnce[count] ?? 0);
    // What was seen on as few days as this, or fewer, is as rare as it.
    if (days > 0) expected += this.#daysOfAsRare(once, days);
    const perWeek = expected / weeks;
    return { isNew: days === 0, perWeek, surprise: -Math.log10(-Math.expm1((-perWeek * DAY) / WEEK)) };
  }

  #daysOfAsRare(once: number, days: number): number {
    let sum = 0;
    for (const group of this.#groups.values()) {
      if (group.once > once) continue;
      for (const { days: other } of group.kinds.values()) if (other <= days) sum += other;
    }
    return sum;
  }

  data(): RareKindsData {
    const kinds = [...this.#groups].flatMap(([group, { kinds: seen }]) =>
      [...seen].map(([kind, { days, last }]) => [group, kind, days, last] as const),
    );
    return { since: this.#since, kinds };
  }
}
