import { type CivilDays, idOfDays } from '../time/civil-days.js';
import { DAY, gridEnd, type TimeGrid } from '../time/grid.js';
import { SAVING_RULES, savedTime } from '../time/saving-rules.js';
import { offsetAt, statedOffset, type ZoneOffsets, zoneOffsets } from '../time/zone.js';
import { type KeptZone, partOf, variantId, variantOffsets } from './zone-variants.js';

/** The offsets of a candidate: from `times[i]` on, local time is UTC + `offsets[i]`. */
export type Offsets = Pick<ZoneOffsets, 'times' | 'offsets' | 'days'>;

/** What a zone's own rules say, in the order of the candidates; after them come {@link SAVING_RULES}. */
const OWN = 0;
const UNCHANGED = 1;
const TODAY = 2;
const UNMADE = 3;
const RULES = 4;

/** How many ways a series may turn out to go on. */
export const CANDIDATES = RULES + SAVING_RULES.length;

/** A change so near the end of a history is one that the history may not have shown. */
const RECENT = 14 * DAY;

/**
 * Log-likelihoods at the beginning: a zone that is given, or found, is as likely to go on without changes (Vancouver does
 * since 2026) or by what other millions keep; that it goes by a rule of a few places has to be shown sooner.
 */
const RARE = -4;
const COMMON = 3;

/** The log-likelihood of a candidate before anything is seen. */
export function priorOf(candidate: number): number {
  return candidate >= RULES + COMMON ? RARE : 0;
}

/** So long after a history its zones' offsets are kept: through all the changes that its windows are likely to meet. */
const KEPT_AFTER = 400 * DAY;
const YEAR = 366 * DAY;

/**
 * Zones with the offsets, and the calendar, that a baseline keeps of them, by their {@link variantId}; the same object for the
 * same zone and calendar.
 */
export function zoneKeeper(history: TimeGrid): (id: string, days?: CivilDays) => KeptZone {
  const kept = new Map<CivilDays | undefined, Map<string, KeptZone>>();
  const to = gridEnd(history) + KEPT_AFTER;
  return (id, days) => {
    let byZone = kept.get(days);
    if (byZone === undefined) {
      byZone = new Map();
      kept.set(days, byZone);
    }
    let table = byZone.get(id);
    if (table === undefined) {
      table = withDays(variantOffsets(id, history, to), days);
      byZone.set(id, table);
    }
    return table;
  };
}

/** A zone with another calendar. */
export function withDays<Zone extends ZoneOffsets>(table: Zone, days: CivilDays | undefined): Zone {
  return table.days === days ? table : { ...table, days };
}

/** Zones of merged baselines, with offsets over all of `[from, to]` at least: of two of one name, the later's from where it begins. */
export function zoneJoiner(zones: readonly KeptZone[], from: number, to: number): (zone: KeptZone) => KeptZone {
  const joined = new Map<string, KeptZone>();
  const nameOf = ({ zone, variant, days }: KeptZone) => `${variantId(zone, variant)} ${idOfDays(days)}`;
  for (const table of new Set(zones)) {
    const known = joined.get(nameOf(table));
    if (known === undefined) joined.set(nameOf(table), table);
    else if (known.from !== table.from) {
      const [early, late] = known.from < table.from ? [known, table] : [table, known];
      joined.set(nameOf(table), pieced(early, late));
    }
  }
  return (zone) => {
    const table = joined.get(nameOf(zone)) ?? zone;
    if (table.from <= from && table.to >= to) return table;
    const end = Math.max(to, table.to);
    const begin = Math.min(from, table.from);
    const { times, offsets } = offsetsOver(table, begin, end);
    const longer = { zone: table.zone, from: begin, to: end, times, offsets };
    const whole = { ...partOf(longer, begin, end), variant: table.variant, days: table.days };
    joined.set(nameOf(zone), whole);
    return whole;
  };
}

/** The earlier of two tables of a zone up to where the later begins, and that. */
function pieced(early: KeptZone, late: KeptZone): KeptZone {
  const head = offsetsOver(early, early.from, late.from);
  const kept = [...head.times.keys()].filter((i) => head.times[i] < late.from);
  const meets = head.offsets[kept.length - 1] === late.offsets[0] ? 1 : 0;
  return {
    zone: late.zone,
    days: late.days,
    variant: late.variant,
    from: early.from,
    to: late.to,
    times: Float64Array.from([...kept.map((i) => head.times[i]), ...late.times.subarray(meets)]),
    offsets: Float64Array.from([...kept.map((i) => head.offsets[i]), ...late.offsets.subarray(meets)]),
  };
}

/** The offsets of a zone as they were over a history and were to be after it, carried on by today's rules. */
export function offsetsOver(kept: ZoneOffsets, from: number, to: number): Offsets {
  if (kept.from <= from && kept.to >= to) return kept;
  const today = zoneOffsets(kept.zone, Math.min(from, kept.from), Math.max(to, kept.to));
  const times: number[] = [];
  const offsets: number[] = [];
  // Where the two do not meet, what was kept counts, and today's rules say by how much it changes.
  const before = kept.offsets[0] - offsetAt(today, kept.from);
  const after = offsetAt(kept, kept.to) - offsetAt(today, kept.to);
  const add = (time: number, offset: number) => {
    if (offsets.at(-1) === offset) return;
    times.push(time);
    offsets.push(offset);
  };
  for (let i = 0; i < today.times.length && today.times[i] < kept.from; i++) {
    add(today.times[i], today.offsets[i] + before);
  }
  for (let i = 0; i < kept.times.length; i++) add(kept.times[i], kept.offsets[i]);
  for (let i = 0; i < today.times.length; i++) {
    if (today.times[i] > kept.to) add(today.times[i], today.offsets[i] + after);
  }
  return { times: Float64Array.from(times), offsets: Float64Array.from(offsets), days: kept.days };
}

/**
 * How a series may go on whose history was read by a zone's offsets: by the zone's rules as they were known, without any
 * more changes (rules end, and no history shows that beforehand), by the rules as they are known today, without the last
 * change, where that was in the history's last days, or by another rule of daylight saving, as people do whose requests
 * come from elsewhere. All agree with the zone at the end of the history.
 */
export class ZoneCandidates {
  readonly #kept: ZoneOffsets;
  readonly #end: number;
  readonly #atEnd: number;
  /** `[candidates]`: from when on each one's distance from the zone has stood still to the end of the history. */
  readonly #since: Float64Array;
  readonly #open = new Map<number, number>();
  /** By candidate, over `[from, to]`. */
  readonly #tables: Offsets[] = [];
  #from: number;
  #to: number;
  /** What {@link isPlain} found last: windows come one after another. */
  #plain = { open: 0, from: 0, to: 0 };

  /** @param kept covers the history */
  constructor(kept: ZoneOffsets, history: TimeGrid) {
    this.#kept = kept;
    // The last moment of the history; of an empty one, where it would begin.
    this.#end = Math.max(history.start, gridEnd(history) - 1);
    this.#atEnd = offsetAt(kept, this.#end);
    this.#from = history.start - DAY;
    this.#to = this.#end + YEAR;
    this.#since = new Float64Array(CANDIDATES).fill(Number.NEGATIVE_INFINITY);
    for (let c = RULES; c < CANDIDATES; c++) this.#since[c] = this.#agreesSince(c, history.start);
    if (this.#unmade() === undefined) this.#since[UNMADE] = Number.POSITIVE_INFINITY;
  }

  /** The candidates that are as good as the zone itself by a history that began at `start`, one bit each. */
  openSince(start: number): number {
    let open = this.#open.get(start);
    if (open === undefined) {
      open = 0;
      for (let c = 0; c < CANDIDATES; c++) if (this.#since[c] <= start) open |= 1 << c;
      this.#open.set(start, open);
    }
    return open;
  }

  /** The offsets of a candidate over `[from, to]`, and beyond. */
  offsets(candidate: number, from: number, to: number): Offsets {
    if (!(this.#from <= from && this.#to >= to)) {
      // Whole years, or every window of a stream would ask anew.
      this.#from = Math.min(this.#from, from - YEAR);
      this.#to = Math.max(this.#to, to + YEAR);
      this.#tables.length = 0;
    }
    this.#tables[candidate] ??= this.#offsetsOver(candidate, this.#from, this.#to);
    return this.#tables[candidate];
  }

  #offsetsOver(candidate: number, from: number, to: number): Offsets {
    const { days } = this.#kept;
    if (candidate === OWN) return offsetsOver(this.#kept, from, to);
    if (candidate === UNCHANGED) return { ...always(this.#atEnd), days };
    if (candidate === UNMADE) return { ...always(this.#unmade() ?? this.#atEnd), days };
    const [begin, end] = [Math.min(from, this.#end), Math.max(to, this.#end)];
    const table =
      candidate === TODAY
        ? zoneOffsets(this.#kept.zone, begin, end)
        : savedTime(SAVING_RULES[candidate - RULES], begin, end);
    const distance = this.#atEnd - offsetAt(table, this.#end);
    return { times: table.times, offsets: table.offsets.map((offset) => offset + distance), days };
  }

  /**
   * Whether all of some candidates have the zone's own offset from `from` to `to`, and none changes its clocks there: nothing is in
   * doubt, as in all but some weeks of a year.
   * @param open those candidates, one bit each
   */
  isPlain(open: number, from: number, to: number): boolean {
    const known = this.#plain;
    if (known.open === open && known.from <= from && to <= known.to) return true;
    let [since, until] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const own = offsetAt(this.offsets(OWN, from, to), from);
    for (let c = 0; c < CANDIDATES; c++) {
      if ((open & (1 << c)) === 0) continue;
      const { times, offsets } = this.offsets(c, from, to);
      let next = 0;
      while (next < times.length && times[next] <= from) next++;
      if (offsets[Math.max(0, next - 1)] !== own || times[next] <= to) return false;
      if (next > 0) since = Math.max(since, times[next - 1]);
      if (next < times.length) until = Math.min(until, times[next] - 1);
    }
    // No further than the tables go.
    this.#plain = { open, from: Math.max(since, this.#from), to: Math.min(until, this.#to) };
    return true;
  }

  /** Where the offsets that were kept first differ from today's; `null` where they never do. */
  conflict(): { from: number; fitted: number; today: number } | null {
    const { zone, from, to, times } = this.#kept;
    // A stated offset is what it says.
    if (statedOffset(zone) !== undefined) return null;
    const today = zoneOffsets(zone, from, to);
    const changes = [...times, ...today.times].filter((time) => time >= from && time <= to).sort((a, b) => a - b);
    for (const time of changes) {
      const [fitted, now] = [offsetAt(this.#kept, time), offsetAt(today, time)];
      if (fitted !== now) return { from: time, fitted, today: now };
    }
    return null;
  }

  /** The offset before the last change, where that is recent. */
  #unmade(): number | undefined {
    const { times, offsets } = this.#kept;
    let last = times.length - 1;
    while (last > 0 && times[last] > this.#end) last--;
    return last > 0 && times[last] > this.#end - RECENT ? offsets[last - 1] : undefined;
  }

  /** Where the distance of a candidate from the zone changed last within the history; no later than its end. */
  #agreesSince(candidate: number, start: number): number {
    const table = this.offsets(candidate, start, this.#end);
    const changes = [...table.times, ...this.#kept.times].filter((time) => time > start && time <= this.#end);
    let since = Number.NEGATIVE_INFINITY;
    for (const time of [start, ...changes]) {
      const next = Math.min(...changes.filter((other) => other > time), this.#end + 1);
      if (offsetAt(table, time) !== offsetAt(this.#kept, time)) since = Math.max(since, next);
    }
    return since;
  }
}

function always(offset: number): Offsets {
  return { times: Float64Array.of(Number.NEGATIVE_INFINITY), offsets: Float64Array.of(offset) };
}
