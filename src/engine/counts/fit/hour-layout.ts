/**
 * The pieces of a training layout by the hours of the week: where none crosses an hour, all buckets of one have the same
 * expected value for a series that has no more than hours. Slots that are no parts of hours are hours here.
 */
export interface HourLayout {
  /** Slots of an hour. */
  readonly each: number;
  /** `[pieces]`: the hour of the week of each, and its buckets. */
  readonly hourOf: Int32Array;
  readonly buckets: Float64Array;
  /** `[pieces]`: 1 for one that is no whole hour; and which those are. */
  readonly isPartial: Uint8Array;
  readonly partial: readonly number[];
  /** `[hours of the week + 1]`, `[pieces]`: the pieces of hour h are byHour[hourFrom[h]] up to byHour[hourFrom[h + 1] - 1]. */
  readonly hourFrom: Int32Array;
  readonly byHour: Int32Array;
  /** `[hours of the week]`: how often the slot of each that was seen most was. */
  readonly weeks: Float64Array;
}

/** @param each slots of an hour; no piece crosses one */
export function hourLayout(
  {
    pieces,
    pieceFrom,
    pieceSlot,
    repeats,
  }: {
    readonly pieces: number;
    readonly pieceFrom: Int32Array;
    readonly pieceSlot: Int32Array;
    readonly repeats: Float64Array;
  },
  each: number,
): HourLayout {
  const hours = repeats.length / each;
  const hourOf = new Int32Array(pieces);
  const buckets = new Float64Array(pieces);
  const isPartial = new Uint8Array(pieces);
  const partial: number[] = [];
  const hourFrom = new Int32Array(hours + 1);
  for (let p = 0; p < pieces; p++) {
    const hour = Math.floor(pieceSlot[p] / each);
    hourOf[p] = hour;
    hourFrom[hour + 1]++;
    buckets[p] = pieceFrom[p + 1] - pieceFrom[p];
    if (buckets[p] === each) continue;
    isPartial[p] = 1;
    partial.push(p);
  }
  for (let h = 0; h < hours; h++) hourFrom[h + 1] += hourFrom[h];
  const byHour = new Int32Array(pieces);
  const filled = hourFrom.slice(0, hours);
  for (let p = 0; p < pieces; p++) byHour[filled[hourOf[p]]++] = p;
  const weeks = new Float64Array(hours);
  for (let hour = 0, slot = 0; hour < hours; hour++) {
    for (const end = slot + each; slot < end; slot++) if (repeats[slot] > weeks[hour]) weeks[hour] = repeats[slot];
  }
  return { each, hourOf, buckets, isPartial, partial, hourFrom, byHour, weeks };
}
