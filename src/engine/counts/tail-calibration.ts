/** Where the body ends and the tail begins, in nats: above a probability of 0.05 the model's figure stands as it is. */
export const PIVOT = Math.log(20);
/** The tail is measured from the third most surprising day on: one or two incidents in the history do not move it. */
export const RANK = 3;
/** The rank up to which days show how the far tail goes on. */
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

/** What daily maxima show of one tail, before what is granted at least: 0 where they show nothing. */
export interface TailShown {
  readonly stretch: number;
  readonly knee: number;
  /** The stretch beyond the knee. */
  readonly slope: number;
}

/** What a history shows of all tails of its series. */
export interface TailsShown {
  /** `[windows]` */
  readonly above: readonly TailShown[];
  readonly below: readonly TailShown[];
  readonly silence: {
    /** What −ln p of a silence must have lost before it says anything, see {@link silenceShown}. */
    readonly shift: number;
    readonly slope: number;
  };
}

/**
 * The tail that the daily maxima of −ln p of a history show. −ln p is Exp(1) under the model, so that the k-th largest of
 * n tests is near ln(n/k). The line from the pivot through the third largest day gives `stretch`; days of a rank between
 * 3 and 10 give the slope beyond (the spacings of an exponential tail, Rényi 1953): a series of rare, large bursts has a
 * small share of buckets that are far out, and what lies beyond them falls as their sizes do, not as the line from the
 * pivot does. Days next to one of the two largest do not count: an incident of some hours may touch two dates, and a silence after
 * it a third.
 * @param daily `[days]` largest −ln p of each day
 * @param tests independent tests in the history
 * @param nats −ln p of one day, where `daily` only ranks them
 */
export function tailShown(
  daily: Float64Array,
  tests: number,
  nats: (day: number) => number = (day) => daily[day],
): TailShown {
  const expected = Math.log(tests / RANK) - PIVOT;
  if (daily.length < RANK || !(expected > 1)) return { stretch: 0, knee: PIVOT, slope: 0 };
  const rank = Math.min(FAR_RANK, Math.floor(daily.length / 4));
  const days = withoutIncidents(daily, rank - RANK);
  const of = (day: number) => (day === NO_DAY ? 0 : nats(day));
  const third = of(days[0]);
  const stretch = (third - PIVOT) / expected;
  // The far slope is that of the tail, not of the body.
  if (rank < 2 * RANK || third < PIVOT + 2) return { stretch, knee: Math.max(PIVOT, third), slope: 0 };
  return { stretch, knee: third, slope: (third - of(days[rank - RANK])) / Math.log(rank / RANK) };
}

/**
 * Days in descending order, without the two largest that are not next to one another, and without their neighbours; as
 * many as to rank `to`, counted from 0.
 */
function withoutIncidents(daily: Float64Array, to: number): number[] {
  const n = daily.length;
  const left = daily.slice();
  for (let rank = 1; rank < RANK; rank++) {
    const top = largest(left, n);
    left.fill(0, Math.max(0, top - 1), Math.min(n, top + 2));
  }
  const order: number[] = [];
  // A few of some weeks of days are picked sooner than all are sorted: 0.3 in place of 1.5 µs, nine times a row.
  for (let rank = 0; rank <= Math.max(0, to) && rank < n; rank++) {
    const top = largest(left, n);
    order.push(left[top] > 0 ? top : NO_DAY);
    left[top] = -1;
  }
  return order;
}

/** In place of a day on which nothing was surprising. */
const NO_DAY = -1;

function largest(values: Float64Array, n: number): number {
  let top = 0;
  for (let i = 1; i < n; i++) if (values[i] > values[top]) top = i;
  return top;
}

/**
 * What −ln p of a silence must have lost before it says anything (the shift): as far as the third most surprising silence of the
 * history went beyond what `silences` of the model's would. A shift, not a stretch: a series of few busy buckets, such as
 * a nightly job that starts now before and now after a bucket's edge, has long silences every night, and none longer.
 */
export function silenceShown(daily: Float64Array, silences: number): TailsShown['silence'] {
  const rank = Math.min(FAR_RANK, Math.floor(daily.length / 4));
  const days = withoutIncidents(daily, rank - RANK);
  const of = (day: number) => (day === NO_DAY ? 0 : daily[day]);
  const third = of(days[0]);
  const shift = Math.max(0, third - Math.max(Math.log(Math.max(1, silences / RANK)), PIVOT));
  const isLong = shift > 0 && rank >= 2 * RANK;
  // Spacings of so few scatter by a root of their number: a key whose silences are what chance makes of them shows none.
  const sure = 1 - 1 / Math.sqrt(Math.max(1, rank - RANK));
  return { shift, slope: isLong ? Math.max(1, (sure * (third - of(days[rank - RANK]))) / Math.log(rank / RANK)) : 1 };
}

/** @param least the least stretch, see {@link leastStretch} */
export function tailAtLeast({ stretch, knee, slope }: TailShown, least: number): Tail {
  const longer = Math.max(least, stretch);
  return { stretch: longer, knee, far: Math.max(longer, slope) };
}

/** The tails of a model, by what its history shows; never shorter than what little history leaves open. */
export function tailsAtLeast(
  { above, below, silence }: TailsShown,
  least: LeastTails | number,
): { above: Tail[]; below: Tail[]; silence: Tail; silenceShift: number } {
  const stretch = Math.max(typeof least === 'number' ? least : least.silence, silence.slope);
  return {
    above: above.map((shown, w) => tailAtLeast(shown, typeof least === 'number' ? least : least.above[w])),
    below: below.map((shown, w) => tailAtLeast(shown, typeof least === 'number' ? least : least.below[w])),
    silence: { stretch, knee: PIVOT, far: stretch },
    silenceShift: silence.shift,
  };
}

/** The model's nats, calibrated. */
export function calibrate(nats: number, { stretch, knee, far }: Tail): number {
  if (nats <= PIVOT) return nats;
  if (nats <= knee) return PIVOT + (nats - PIVOT) / stretch;
  return PIVOT + (knee - PIVOT) / stretch + (nats - knee) / far;
}

/**
 * {@link calibrate} in an hour in which bursts are `shift` nats more surprising than in all hours together, or less where
 * that is negative. Never more than the model's own: what its scatter explains needs no burst.
 */
export function calibrateIn(nats: number, tail: Tail, shift: number): number {
  const calibrated = calibrate(nats, tail);
  return shift === 0 || nats <= PIVOT ? calibrated : Math.max(PIVOT, Math.min(nats, calibrated + shift));
}

/** Inverse of {@link calibrateIn}. */
export function uncalibrateIn(nats: number, tail: Tail, shift: number): number {
  if (shift === 0 || nats <= PIVOT) return uncalibrate(nats, tail);
  return Math.max(nats, uncalibrate(nats - shift, tail));
}

/** The model's nats that calibrate to `nats`: what a limit must be sought at. Inverse of {@link calibrate}. */
export function uncalibrate(nats: number, { stretch, knee, far }: Tail): number {
  if (nats <= PIVOT) return nats;
  const atKnee = PIVOT + (knee - PIVOT) / stretch;
  return nats <= atKnee ? PIVOT + (nats - PIVOT) * stretch : knee + (nats - atKnee) * far;
}
