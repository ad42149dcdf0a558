import { KEPT } from '../../../stats/kept-limits.js';
import { WIDE_CELL } from '../../../stats/limits.js';
import { MOST_WINDOWS, type Windows } from '../../windows.js';
import { RATE_STATE } from '../rate-filter.js';

// The state of a series of counts, in one Float64Array: it is copied, compared and written out as one. First the rate
// filters (rate-filter.ts), then these slots, then the rings. What is not said to be otherwise is in calls.

export const BLOCK = RATE_STATE; // number of the block under way; NaN before the first
export const BLOCK_TRAIN_CALLS = BLOCK + 1; // what of the block may teach so far: clipped calls and their exposure
export const BLOCK_TRAIN_EXPOSURE = BLOCK + 2;
export const SUM = BLOCK + 3; // the block's part in the long windows: calls, exposure, exposure · profile variance
export const SUM_EXPOSURE = BLOCK + 4;
export const SUM_EXPOSURE_VAR = BLOCK + 5;
export const SILENCE_NATS = BLOCK + 6; // evidence of the silence that goes on
export const SILENT_BUCKETS = BLOCK + 7; // observed buckets since the last call
export const INCIDENT_SIDE = BLOCK + 8; // of the open incident: ABOVE, BELOW; 0 none
export const INCIDENT_RATIO = BLOCK + 9; // of its calls to those expected
export const INCIDENT_LLR = BLOCK + 10; // evidence that it goes on (nats)
export const INCIDENT_FROM = BLOCK + 11; // its beginning (ms): that of the window that opened it
export const INCIDENT_LAST_BREACH = BLOCK + 12; // the last bucket of it that was reported
export const INCIDENT_CALLS = BLOCK + 13; // calls and mean since it opened
export const INCIDENT_MEAN = BLOCK + 14;
export const PRE_SHIFT_RATE = BLOCK + 15; // the rate before an accepted shift; 0 none
export const PRE_SHIFT_LLR = BLOCK + 16; // evidence that it is back
export const PRE_SHIFT_UNTIL = BLOCK + 17; // when it is forgotten (ms)
export const RING_INDEX = BLOCK + 18; // next place in the ring of buckets
export const EVER_CALLED = BLOCK + 19; // 1 once a call was seen, in the history or since
export const SHIFT_VARIANCE = BLOCK + 20; // what is not known of a rate just accepted: relative variance, ages by the hour
export const INCIDENT_LLR_CAP = BLOCK + 21; // the most evidence that is kept of the open incident
export const CARRIED_SHORTFALL = BLOCK + 22; // what the last bucket lacked, of a series whose runs straddle buckets
export const SHAPE_HOUR = BLOCK + 23; // local hour of what was learned last
export const MERGE_SIDE = BLOCK + 24; // side of the last incident, open or closed, while another would be its continuation
export const SHAPE_HOUR_CALLS = BLOCK + 25; // what that hour has shown so far, and what was expected of it uncorrected
export const SHAPE_HOUR_MEAN = BLOCK + 26;
export const RING_PARTIAL_SUM = BLOCK + 27; // sums over the ring's present round: calls, exposure, exposure · variance
export const RING_PARTIAL_EXPOSURE = BLOCK + 28;
export const RING_PARTIAL_EXPOSURE_VAR = BLOCK + 29;
export const AWAKE = BLOCK + 30; // 0 of a series that has never called: its state ends with the first part
export const LAST_CALL = BLOCK + 31; // the end of the bucket of the last call, in steps since 1970; NaN without one
export const SILENCE_RATE = BLOCK + 32; // what was known of the rate before the silence that goes on, see silence.ts
export const SILENCE_VARIANCE = BLOCK + 33;
export const SILENCE_MEAN = BLOCK + 34; // calls expected since the last one, at that rate
export const PENDING_EXPOSURE = BLOCK + 35; // quiet blocks that teach once a call ends their silence: exposure, hours
export const PENDING_HOURS = BLOCK + 36;
export const INCIDENT_LAST_REPORT = BLOCK + 37; // the last bucket of the incident with a verdict
export const INCIDENT_REPORTS = BLOCK + 42; // buckets of it that were reported by themselves; a window counts as two
export const ANCHOR_RATE = BLOCK + 38; // the rate that was fitted or signed off, and its relative variance
export const ANCHOR_VARIANCE = BLOCK + 39;
export const DRIFT_CALLS = BLOCK + 40; // discounted calls and exposure of the last days, beside the anchored rate
export const DRIFT_EXPOSURE = BLOCK + 41;
export const ANCHOR_SLOWEST = BLOCK + 43; // the anchored rate by the slowest filter alone
/** What is written of the first part of a state. */
export const WRITTEN = BLOCK + 44;
export const EVENTS = BLOCK + 44; // the last blocks that held a bucket that was not plain, see event-blocks.ts
export const EARLIER_EVENTS = BLOCK + 45;
/**
 * The ring of the hour's buckets. Places before RING_INDEX hold the buckets of the present round, those from it on the sums
 * of the round before from there to its end: what is left of the hour once the oldest has gone is one of them and the
 * present round's sums, where adding up the ring took as long as the rest of a bucket. A place of zeros ends it.
 */
export const RING = WRITTEN + 2;
/** Of a bucket in its ring: calls, exposure, exposure · profile variance. */
export const PER_BUCKET = 3;
/** Of a block in its ring: calls, exposure, exposure · profile variance, rate in force and its relative variance. */
export const PER_BLOCK = 5;
/** Corrections of a young series' hours, those of working days and then of week ends: calls and what was expected of each. */
export const DAY_HOURS = 24;
export const SHAPE_HOURS = 2 * DAY_HOURS;

// What follows from model, rules and state stands behind the state: a tick of 100,000 series waits for memory, and following
// the model's objects to it took three times as long as all else (Node 20).
/** Per window: batchiness and noise, and the model's nats at the limits. */
export const PHI = 0;
export const ALPHA = PHI + MOST_WINDOWS;
export const NATS_ABOVE = ALPHA + MOST_WINDOWS;
export const NATS_BELOW = NATS_ABOVE + MOST_WINDOWS;
export const SILENCE_SHIFT = NATS_BELOW + MOST_WINDOWS;
/** What bursts are more surprising by in the hour that the limits above are set for, see `burstShift`. */
export const BURST_SHIFT = SILENCE_SHIFT + 1;
/** Shape, variance and the hour's variance of a week that is flat; the first NaN of any other. */
export const FLAT = BURST_SHIFT + 1;
/** Per window: sums over its whole blocks, the rate when it began and its relative variance. */
export const PAST = FLAT + 3;
export const PAST_EXPOSURE = PAST + MOST_WINDOWS;
export const PAST_EXPOSURE_VAR = PAST_EXPOSURE + MOST_WINDOWS;
export const PAST_RATE = PAST_EXPOSURE_VAR + MOST_WINDOWS;
export const PAST_VARIANCE = PAST_RATE + MOST_WINDOWS;
/** Per window: what was found last of how far its limits are away, see `LimitsNear.arm`. */
export const WIDE = PAST_VARIANCE + MOST_WINDOWS;
/** Per window: what is kept of its limit above, see kept-limits.ts. */
export const NEAR = WIDE + WIDE_CELL * MOST_WINDOWS;
/** The mean rate of the history. */
export const ANCHOR = NEAR + KEPT * MOST_WINDOWS;
export const DERIVED = ANCHOR + 1;

/** Where the parts of a state begin that depend on the windows. */
export interface StateLayout {
  /** Places of the ring of blocks. */
  readonly ringBlocks: number;
  readonly blocksAt: number;
  readonly shapeAt: number;
  /** Entries of a state without corrections of hours, and with them. */
  readonly length: number;
  readonly youngLength: number;
}

export function layoutOf({ hourBuckets, blocks }: Windows): StateLayout {
  const ringBlocks = Math.max(0, ...blocks);
  const blocksAt = RING + (hourBuckets === 0 ? 0 : PER_BUCKET * (hourBuckets + 1));
  const length = blocksAt + PER_BLOCK * ringBlocks;
  return { ringBlocks, blocksAt, shapeAt: length, length, youngLength: length + 2 * SHAPE_HOURS };
}
