import type { Windows } from '../../windows.js';
import { RATE_STATE as LEVEL_STATE } from '../rate-filter.js';

// The state of a row of counts, in one Float64Array: it is copied, compared and written out as one. First the level
// filters (level-filter.ts), then:
export const BLOCK = LEVEL_STATE; // number of the block under way; NaN before the first
export const TAUGHT = BLOCK + 1; // what the block has taught so far: clipped calls and their exposure
export const TAUGHT_X = BLOCK + 2;
export const SUM = BLOCK + 3; // the block's part in the long windows: calls, exposure, exposure · profile variance
export const SUM_X = BLOCK + 4;
export const SUM_V = BLOCK + 5;
export const CLOCK = BLOCK + 6;
export const SILENT = BLOCK + 7;
export const DIRECTION = BLOCK + 8; // of the open incident: 0 none
export const RATIO = BLOCK + 9; // of its calls to those expected
export const EVIDENCE = BLOCK + 10;
export const BEGAN = BLOCK + 11; // its beginning (ms): that of the window that opened it
export const HEARD = BLOCK + 12; // the last bucket of it that was told
export const INCIDENT = BLOCK + 13; // calls and mean since it opened
export const INCIDENT_M = BLOCK + 14;
export const OLD = BLOCK + 15; // the level before an accepted shift over the one now; 0 none
export const OLD_EVIDENCE = BLOCK + 16;
export const OLD_UNTIL = BLOCK + 17;
export const AT = BLOCK + 18; // next place in the ring of buckets
export const SEEN = BLOCK + 19; // 1 once a call was seen, in the history or since
export const FRESH = BLOCK + 20; // what is not known of a level just accepted: relative variance, ages by the hour
export const MOST = BLOCK + 21; // the most evidence that is kept of the open incident
export const LATE = BLOCK + 22; // what the last bucket lacked, of a series whose runs straddle buckets
export const HOUR_CELL = BLOCK + 23; // local hour of what was last taught
export const LINE = BLOCK + 24; // direction of the last incident, open or closed, while another would be its continuation
export const HOUR_TAUGHT = BLOCK + 25; // what that hour has taught so far, and what was expected of it uncorrected
export const HOUR_MEAN = BLOCK + 26;
export const ROUND = BLOCK + 27; // sums over the ring's present round: calls, exposure, exposure · profile variance
export const ROUND_X = BLOCK + 28;
export const ROUND_V = BLOCK + 29;
/**
 * The ring of the hour's buckets. Places before AT hold the buckets of the present round, those from AT on the sums of the
 * round before from there to its end: what is left of the hour once the oldest has gone is one of them and the present
 * round's sums, where adding up the ring took as long as the rest of a bucket. A place of zeros ends it.
 */
export const RING = BLOCK + 30;
/** Of a bucket in its ring: calls, exposure, exposure · profile variance. */
export const PER_BUCKET = 3;
/** Of a block in its ring: calls, exposure, exposure · profile variance, level in force and its relative variance. */
export const PER_BLOCK = 5;
/** Corrections of a young series' hours: calls and what was expected of each. */
export const SHAPE_HOURS = 24;

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
