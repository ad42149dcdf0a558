/** Where the body ends and the tail begins, in nats: above a probability of 0.05 the model's figure stands as it is. */
const PIVOT = Math.log(20);
/** The tail is measured from the third most surprising day on: one or two incidents in the history do not move it. */
const RANK = 3;
/** The rank up to which days tell how the far tail goes on. */
const FAR_RANK = 10;
/** Days of history from which on a series has shown its tail; before, it is taken to be longer than the model's. */
export const KNOWN_AFTER = 14;
/** How many times as long, with no history at all. */
const UNKNOWN = 5;

/**
 * How the model's −ln p is turned into a calibrated one: as it is up to the pivot, then divided by `stretch` up to `knee`
 * (in the model's nats), then by `far`. All the same unit: nats.
 */
export interface Tail {
  readonly stretch: number;
  readonly knee: number;
  readonly far: number;
}

/** The stretches that a young series has at least, as those of its kind have: `[windows]` on either side. */
export interface LeastTails {
  readonly above: readonly number[];
  readonly below: readonly number[];
  readonly silence: number;
}

/** The tail of a series of which `days` have been seen, whatever they held. */
export function leastTail(days: number): Tail {
  const stretch = leastStretch(days);
  return { stretch, knee: PIVOT, far: stretch };
}

export function leastStretch(days: number): number {
  return 1 + (UNKNOWN - 1) * Math.max(0, 1 - days / KNOWN_AFTER);
}

/**
 * The tail that the daily maxima of −ln p of a history show. −ln p is Exp(1) under the model, so that the k-th largest of
 * n tests is near ln(n/k). The line from the pivot through the third largest day gives `stretch`; days of a rank between
 * 3 and 10 give the slope beyond (the spacings of an exponential tail, Rényi 1953): a series of rare, large bursts has a
 * small share of buckets that are far out, and what lies beyond them falls as their sizes do, not as the line from the
 * pivot does. Days next to one of the two largest do not count: an incident of some hours may touch two dates, and a silence after
 * it a third. Never shorter than the model's, nor than what little history leaves open.
 * @param daily `[days]` largest −ln p of each day
 * @param tests independent tests in the history
 * @param least the least stretch, see {@link leastStretch}
 */
export function fitTail(daily: Float64Array, tests: number, least: number): Tail {
  const expected = Math.log(tests / RANK) - PIVOT;
  if (daily.length < RANK || !(expected > 1)) return { stretch: least, knee: PIVOT, far: least };
  const left = withoutIncidents(daily);
  const third = left[0];
  const stretch = Math.max(least, (third - PIVOT) / expected);
  const rank = Math.min(FAR_RANK, Math.floor(daily.length / 4));
  // The far slope is that of the tail, not of the body.
  if (rank < 2 * RANK || third < PIVOT + 2) return { stretch, knee: Math.max(PIVOT, third), far: stretch };
  const slope = (third - left[rank - RANK]) / Math.log(rank / RANK);
  return { stretch, knee: third, far: Math.max(stretch, slope) };
}

/** The days in descending order, without the two largest that are not next to one another, and without their neighbours. */
function withoutIncidents(daily: Float64Array): Float64Array {
  const left = daily.slice();
  for (let rank = 1; rank < RANK; rank++) {
    let top = 0;
    for (let d = 1; d < left.length; d++) if (left[d] > left[top]) top = d;
    left.fill(0, Math.max(0, top - 1), top + 2);
  }
  return left.sort().reverse();
}

/**
 * What −ln p of a silence must have lost before it tells anything: as far as the third most surprising silence of the
 * history went beyond what `silences` of the model's would. A shift, not a stretch: a series of few busy buckets, such as
 * a nightly job that starts now before and now after a bucket's edge, has long silences every night, and none longer.
 */
export function silenceTail(daily: Float64Array, silences: number, least: number): { shift: number; tail: Tail } {
  const left = withoutIncidents(daily);
  const third = left[0] ?? 0;
  const shift = Math.max(0, third - Math.max(Math.log(Math.max(1, silences / RANK)), PIVOT));
  const rank = Math.min(FAR_RANK, Math.floor(daily.length / 4));
  const slope = shift > 0 && rank >= 2 * RANK ? (third - left[rank - RANK]) / Math.log(rank / RANK) : 1;
  return { shift, tail: { stretch: Math.max(least, slope), knee: PIVOT, far: Math.max(least, slope) } };
}

/** The model's nats, calibrated. */
export function calibrate(nats: number, { stretch, knee, far }: Tail): number {
  if (nats <= PIVOT) return nats;
  if (nats <= knee) return PIVOT + (nats - PIVOT) / stretch;
  return PIVOT + (knee - PIVOT) / stretch + (nats - knee) / far;
}

/** The model's nats that calibrate to `nats`: what a limit must be sought at. Inverse of {@link calibrate}. */
export function uncalibrate(nats: number, { stretch, knee, far }: Tail): number {
  if (nats <= PIVOT) return nats;
  const atKnee = PIVOT + (knee - PIVOT) / stretch;
  return nats <= atKnee ? PIVOT + (nats - PIVOT) * stretch : knee + (nats - atKnee) * far;
}
