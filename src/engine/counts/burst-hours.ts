import type { WeekSlots } from '../../time/week.js';

/** Hours of a day from Monday to Friday, then those of a day at the weekend. */
const HOUR_CELLS = 48;
/** A burst within so many hours, on a day of the same kind, makes an hour one in which bursts come. */
const NEAR = 2;
/** Fewer bursts than this do not show when they come. */
const LEAST_BURSTS = 3;

/** In which hours the bursts of a series came: those of deployments, say, when people are at work. */
export interface BurstHours {
  /** `[48]`: 1 for an hour near which the history holds no burst; hours from Monday to Friday first, then of the weekend. */
  readonly quiet: Uint8Array;
  /** Nats by which a burst in a quiet hour is more surprising than the tail of all hours together says. */
  readonly gain: number;
  /** Nats by which one in any other hour is less so. */
  readonly loss: number;
}

/** Which of the 48 kinds of hour a slot of the week falls into. */
export function hourCell(slot: number, perDay: number): number {
  return (slot >= 5 * perDay ? 24 : 0) + Math.floor(((slot % perDay) * 24) / perDay);
}

/** Nats that a burst in a slot of the week is more surprising by than the tail of all hours says; less where negative. */
export function burstShift(bursts: BurstHours | null, slot: number, perDay: number): number {
  if (bursts === null) return 0;
  return bursts.quiet[hourCell(slot, perDay)] === 1 ? bursts.gain : -bursts.loss;
}

/**
 * When bursts come, by those of a history. That the next one comes where none has come near before has the chance that
 * Good (1953) and Turing give to what is new: as many in n as there are bursts without another near them, and half a one.
 * Against the share of the week that such hours make up, it says how much rarer a burst is there than at any time.
 * @param burstSlots the slot of the week of each
 * @returns null where there are too few, or where the quiet hours are no quieter than their share
 */
export function burstHours(burstSlots: readonly number[], { perDay, perWeek }: WeekSlots): BurstHours | null {
  const n = burstSlots.length;
  if (n < LEAST_BURSTS) return null;
  const bursts = new Int32Array(HOUR_CELLS);
  for (const slot of burstSlots) bursts[hourCell(slot, perDay)]++;
  const quiet = new Uint8Array(HOUR_CELLS);
  let alone = 0;
  for (let cell = 0; cell < HOUR_CELLS; cell++) {
    const near = burstsNear(bursts, cell);
    if (near === 0) quiet[cell] = 1;
    else if (near === 1 && bursts[cell] === 1) alone++;
  }
  let slots = 0;
  for (let slot = 0; slot < perWeek; slot++) slots += quiet[hourCell(slot, perDay)];
  const share = slots / perWeek;
  const chance = (alone + 0.5) / (n + 1);
  if (!(chance < share)) return null;
  return { quiet, gain: Math.log(share / chance), loss: Math.log((1 - chance) / (1 - share)) };
}

function burstsNear(bursts: Int32Array, cell: number): number {
  const day = cell < 24 ? 0 : 24;
  let near = 0;
  for (let away = -NEAR; away <= NEAR; away++) near += bursts[day + ((cell - day + away + 24) % 24)];
  return near;
}

/** The quiet hours as one whole number, hour k its bit k. */
export function quietToBits(quiet: Uint8Array): number {
  let bits = 0;
  for (let cell = HOUR_CELLS - 1; cell >= 0; cell--) bits = 2 * bits + quiet[cell];
  return bits;
}

export function quietFromBits(bits: number): Uint8Array {
  const quiet = new Uint8Array(HOUR_CELLS);
  // More bits than a shift takes.
  for (let cell = 0, rest = bits; cell < HOUR_CELLS; cell++, rest = Math.floor(rest / 2)) quiet[cell] = rest % 2;
  return quiet;
}

/** Of two histories of one series: quiet is what was in both, and by as much as the less sure of them says. */
export function mergeBurstHours(a: BurstHours | null, b: BurstHours | null): BurstHours | null {
  if (a === null || b === null) return null;
  const quiet = a.quiet.map((is, cell) => is & b.quiet[cell]);
  if (!quiet.includes(1)) return null;
  return { quiet, gain: Math.min(a.gain, b.gain), loss: Math.min(a.loss, b.loss) };
}
