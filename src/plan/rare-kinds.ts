import { DAY, WEEK } from '../time/grid.js';

/** How often something of one kind happened: on so many days. Counted by days, since one errand is often many calls. */
interface Sighting {
  days: number;
  /** The last of them, counted from 1970. */
  last: number;
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
  readonly #groups = new Map<string, Map<string, Sighting>>();

  constructor(data: RareKindsData = { since: null, kinds: [] }) {
    this.#since = data.since;
    for (const [group, kind, days, last] of data.kinds) this.#group(group).set(kind, { days, last });
  }

  #group(group: string): Map<string, Sighting> {
    const kinds = this.#groups.get(group) ?? new Map<string, Sighting>();
    this.#groups.set(group, kinds);
    return kinds;
  }

  /** From when on events are known. */
  begin(time: number): void {
    this.#since = this.#since === null ? time : Math.min(this.#since, time);
  }

  /** Notes an event, and says how rare its kind was until then. */
  add(group: string, kind: string, time: number): Rarity {
    this.begin(time);
    const weeks = Math.max(DAY, time - (this.#since ?? time)) / WEEK;
    const kinds = this.#group(group);
    const seen = kinds.get(kind);
    const rarity = this.#rarity(group, seen?.days ?? 0, weeks);
    const day = Math.floor(time / DAY);
    if (seen === undefined) kinds.set(kind, { days: 1, last: day });
    else if (day > seen.last) {
      seen.days++;
      seen.last = day;
    }
    return rarity;
  }

  /** Whether a group is known at all. */
  knows(group: string): boolean {
    return (this.#groups.get(group)?.size ?? 0) > 0;
  }

  #rarity(group: string, days: number, weeks: number): Rarity {
    const own = onceIn(this.#groups.get(group));
    let expected = 1;
    for (const kinds of this.#groups.values()) {
      const once = onceIn(kinds);
      if (once <= own) expected += once;
      // What was seen on as few days as this, or fewer, is as rare as it.
      if (days > 0) for (const { days: other } of kinds.values()) if (other <= days) expected += other;
    }
    const perWeek = expected / weeks;
    return { isNew: days === 0, perWeek, surprise: -Math.log10(-Math.expm1((-perWeek * DAY) / WEEK)) };
  }

  data(): RareKindsData {
    const kinds = [...this.#groups].flatMap(([group, seen]) =>
      [...seen].map(([kind, { days, last }]) => [group, kind, days, last] as const),
    );
    return { since: this.#since, kinds };
  }
}

function onceIn(kinds: ReadonlyMap<string, Sighting> | undefined): number {
  let once = 0;
  for (const { days } of kinds?.values() ?? []) if (days === 1) once++;
  return once;
}
