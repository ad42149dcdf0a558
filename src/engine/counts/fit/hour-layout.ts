/**
 * The pieces of a training layout by the hours of the week: where none crosses an hour, all buckets of one have the same
 * expected value for a series that has no more than hours.
 */
export interface HourLayout {
  /** Slots of an hour. */
  readonly each: number;
  /** `[pieces]`: the hour of the week of each, and its buckets. */
  readonly hourOf: Int32Array;
  readonly buckets: Float64Array;
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
  const hourOf = new Int32Array(pieces);
  const buckets = new Float64Array(pieces);
  for (let p = 0; p < pieces; p++) {
    hourOf[p] = Math.floor(pieceSlot[p] / each);
    buckets[p] = pieceFrom[p + 1] - pieceFrom[p];
  }
  const weeks = new Float64Array(repeats.length / each);
  for (let slot = 0; slot < repeats.length; slot++) {
    const hour = Math.floor(slot / each);
    if (repeats[slot] > weeks[hour]) weeks[hour] = repeats[slot];
  }
  return { each, hourOf, buckets, weeks };
}
