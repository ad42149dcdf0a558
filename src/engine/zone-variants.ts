import { gridEnd, type TimeGrid } from '../time/grid.js';
import { SAVING_RULES, savedTime } from '../time/saving-rules.js';
import { offsetAt, statedOffset, type ZoneOffsets, zoneOffsets } from '../time/zone.js';

/**
 * The offsets by which a history was read, and some that were to come after it: those of a zone, or of what its series
 * showed to keep instead of the zone's rules.
 */
export interface KeptZone extends ZoneOffsets {
  /** `''` for the zone's own rules, {@link WITHOUT_LAST}, {@link WITHOUT_ANY}, or the name of another rule. */
  readonly variant: string;
}

/** Without the last change of the history: rules end. */
const WITHOUT_LAST = 'without the last change';
/** Without any: a machine on UTC. */
const WITHOUT_ANY = 'without changes';

/** A zone and a variant in one word, which travels between threads: `America/Winnipeg@without the last change`. */
export function variantId(zone: string, variant: string): string {
  return variant === '' ? zone : `${zone}@${variant}`;
}

/** The offsets of a zone, or of a variant of it (see {@link variantId}), over a history and up to `to`. */
export function variantOffsets(id: string, history: TimeGrid, to: number): KeptZone {
  const [zone, variant = ''] = id.split('@');
  const from = history.start;
  const own = zoneOffsets(zone, from, to);
  if (variant === '') return { ...partOf(own, from, to), variant };
  const first = offsetAt(own, from);
  if (variant === WITHOUT_ANY) return { zone, variant, from, to, ...always(from, first) };
  if (variant === WITHOUT_LAST) {
    const { times, offsets } = partOf(own, from, gridEnd(history));
    const count = Math.max(1, times.length - 1);
    return { zone, variant, from, to, times: times.slice(0, count), offsets: offsets.slice(0, count) };
  }
  const rule = SAVING_RULES.find(({ name }) => name === variant) ?? SAVING_RULES[0];
  const saved = savedTime(rule, from, to);
  const distance = first - offsetAt(saved, from);
  const table = { zone, from: saved.times[0], to, ...saved, offsets: saved.offsets.map((offset) => offset + distance) };
  return { ...partOf(table, from, to), variant };
}

/**
 * The variants of a zone that a history can tell from it and from one another, by their ids.
 * @param rules whether other rules of daylight saving are among them
 */
export function variantsOf(zone: string, history: TimeGrid, rules: boolean): string[] {
  const end = gridEnd(history);
  const own = variantOffsets(zone, history, end);
  // Without its only change a zone is one of those that have none.
  if (!rules && own.times.length < 3) return [];
  const seen = new Set([shapeOf(own)]);
  const names = rules ? [WITHOUT_LAST, WITHOUT_ANY, ...SAVING_RULES.map(({ name }) => name)] : [WITHOUT_LAST];
  return names
    .map((name) => variantId(zone, name))
    .filter((id) => {
      const shape = shapeOf(variantOffsets(id, history, end));
      if (seen.has(shape)) return false;
      seen.add(shape);
      return true;
    });
}

/** When offsets change, and by how much. */
function shapeOf({ times, offsets }: ZoneOffsets): string {
  return [...times.keys()].map((i) => `${times[i]} ${offsets[i]}`).join();
}

function always(from: number, offset: number): Pick<ZoneOffsets, 'times' | 'offsets'> {
  return { times: Float64Array.of(from), offsets: Float64Array.of(offset) };
}

/** The part of a table over `[from, to]`; one of a stated offset stays as it is. */
export function partOf(table: ZoneOffsets, from: number, to: number): ZoneOffsets {
  if (statedOffset(table.zone) !== undefined && table.times.length === 1) return table;
  const inside = [...table.times.keys()].filter((i) => table.times[i] > from && table.times[i] <= to);
  return {
    zone: table.zone,
    from,
    to,
    times: Float64Array.from([from, ...inside.map((i) => table.times[i])]),
    offsets: Float64Array.from([offsetAt(table, from), ...inside.map((i) => table.offsets[i])]),
  };
}
