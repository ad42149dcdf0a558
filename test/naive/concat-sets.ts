import { keyId } from '../../src/series/key.js';
import { observedRow, rowOf, type SeriesSet, valueAt } from '../../src/series/series-set.js';

/** What a set says of a key at a time. */
type Said = { row: boolean; observed: boolean; value: number };

/** Cell by cell, each time asking every set: by key, what is known at each bucket; `null` where two sets disagree. */
export function naiveConcat(sets: readonly SeriesSet[]): Map<string, (number | undefined)[]> | null {
  const { step } = sets[0].grid;
  const spans = sets.map((set) => {
    const times = Array.from({ length: set.grid.length }, (_, i) => set.grid.start + i * step);
    return { set, times };
  });
  const all = spans.flatMap(({ times }) => times);
  const joined = new Map<string, (number | undefined)[]>();
  const keys = new Map(sets.flatMap((set) => set.keys).map((key) => [keyId(key), key]));
  const ask = (set: SeriesSet, id: string, time: number): Said | undefined => {
    const i = (time - set.grid.start) / step;
    if (i < 0 || i >= set.grid.length) return undefined;
    const row = rowOf(set, keys.get(id) ?? {});
    if (row < 0) return { row: false, observed: false, value: 0 };
    return { row: true, observed: observedRow(set, row)[i] === 1, value: valueAt(set, row, i) };
  };
  const masks = (set: SeriesSet, time: number): number[] => {
    const i = (time - set.grid.start) / step;
    if (i < 0 || i >= set.grid.length) return [];
    return set.keys.length === 0
      ? [...set.observed.slice(i, i + 1)]
      : set.keys.map((_, row) => observedRow(set, row)[i]);
  };
  const heard = (set: SeriesSet, time: number): boolean => masks(set, time).includes(1);
  const listened = (set: SeriesSet, time: number): boolean => heard(set, time) && !masks(set, time).includes(0);
  const names = (set: SeriesSet, id: string): boolean => rowOf(set, keys.get(id) ?? {}) >= 0;
  /** Whether a set that does not name a key would have counted it. */
  const knows = (set: SeriesSet, id: string): boolean =>
    sets.every((other) => {
      if (other === set || !names(other, id)) return true;
      const together = all.filter((time) => ask(set, id, time) !== undefined && ask(other, id, time) !== undefined);
      const akin = set.keys.some((key) => rowOf(other, key) >= 0);
      const missed = all.some((time) => {
        const said = ask(other, id, time);
        return listened(set, time) && said?.observed === true && said.value > 0;
      });
      return together.length === 0 || (akin && !missed);
    });
  const start = Math.min(...all);
  const length = all.length === 0 ? 0 : (Math.max(...all) - start) / step + 1;
  for (const id of keys.keys()) {
    const speakers = sets.filter((set) => !names(set, id) && knows(set, id));
    const row: (number | undefined)[] = [];
    for (let b = 0; b < length; b++) {
      const time = start + b * step;
      const here = sets.filter((set) => heard(set, time));
      const values = here.map((set) => ask(set, id, time)).filter((said) => said?.observed === true);
      if (new Set(values.map((said) => said?.value)).size > 1) return null;
      const quiet = here.filter((set) => speakers.includes(set));
      if (values.length > 0) row.push(values[0]?.value);
      else if (here.some((set) => names(set, id)) || sets[0].measure === 'level') row.push(undefined);
      else row.push(quiet.length > 0 && quiet.every((set) => listened(set, time)) ? 0 : undefined);
    }
    joined.set(id, row);
  }
  return joined;
}
