import { LimitsNear } from '../../../stats/limits.js';
import { LAW } from '../../../stats/negative-binomial.js';
import { BucketDistributions } from './bucket-distributions.js';
import { IdleLaw } from './idle-law.js';
import { MOST_WINDOWS } from './state.js';
import { Stretch } from './stretch.js';

/** What decided a bucket, in place of the number of a window. */
export const SILENCE = -1;
export const DRIFT = -2;

// Numbers that change with every bucket are fields, each a double from the start (NaN): handed from function to function as
// arguments they are boxed wherever V8 does not inline, 16 bytes of garbage each (Node 20).

/** What is at hand of a series from the beginning of a block to its end: the slots of the same name in its state. */
export class BlockInHand {
  rate = Number.NaN;
  rateVariance = Number.NaN;
  silenceNats = Number.NaN;
  silentBuckets = Number.NaN;
  sum = Number.NaN;
  sumExposure = Number.NaN;
  sumExposureVar = Number.NaN;
  partialSum = Number.NaN;
  partialExposure = Number.NaN;
  partialExposureVar = Number.NaN;
  trainCalls = Number.NaN;
  trainExposure = Number.NaN;
  carriedShortfall = Number.NaN;
  silenceMean = Number.NaN;
  /** The rate that the silence is judged by over the one that is followed, and its relative variance. */
  silenceRatio = Number.NaN;
  silenceVariance = Number.NaN;
  driftCalls = Number.NaN;
  driftExposure = Number.NaN;
  /** How many times what is expected the drift's calls are when they are reported, at least, and how many must be expected; see drift.ts. */
  driftLeast = Number.NaN;
  driftFewest = Number.NaN;
  ringIndex = 0;
  /** Buckets from the beginning of the block to the one that is judged. */
  back = 0;
  /** No incident, no shift that is remembered, nothing that needs the tracker to look twice. */
  isCalm = false;
  /** An incident that is over may still be continued: what comes until then is added to it. */
  isMerging = false;
  isYoung = false;
  /** Young, and what its hours turn out to be is learned. */
  isTraining = false;
}

/** The bucket that is judged, and what is found of it on the way. */
export class BucketInHand {
  time = Number.NaN;
  /** Its calls, and those as the long windows and learning take them: held to the mean ± reach. */
  y = Number.NaN;
  held = Number.NaN;
  /** What the ring and the long windows take, where an incident has them take what was expected. */
  enters = Number.NaN;
  entersLong = Number.NaN;
  slot = 0;
  hour = 0;
  correction = Number.NaN;
  /** Where its distribution stands, see {@link BucketDistributions}; the entries that every test needs. */
  at = 0;
  exposure = Number.NaN;
  exposureVar = Number.NaN;
  mean = Number.NaN;
  reach = Number.NaN;
  isAbove = false;
  /** The counts that would be normal; combined, calibrated nats so far. */
  upper = Number.NaN;
  lower = Number.NaN;
  nats = Number.NaN;
  /** The window that decided: 0 the bucket itself, {@link SILENCE} or {@link DRIFT}; of its calls to those expected. */
  decided = 0;
  ratio = Number.NaN;
  /** The shortest window that reports, else the one that decided; its mean, variance beyond Poisson's, and calls. */
  dates = 0;
  datesMean = Number.NaN;
  datesOver = Number.NaN;
  datesValue = Number.NaN;
  /** Whether a limit of the bucket itself or of a window is passed, and whether an open incident is carried on. */
  isReported = false;
  goesOn = false;
  /** May be an incident that is not reported yet: teaches nothing. */
  isSuspect = false;
  /** Whether a window has said anything of it since it was taken out of a stretch. */
  isChanged = false;
  /** Evidence of the silence after this bucket. */
  silenceAfter = Number.NaN;
  isExpected = false;
  isRetired = false;
  /** Where its verdict is written. */
  cell = 0;
}

/** Bounds of what a bucket may be, and bring, for the window to have nothing to say, see window-screen.ts. */
export class WindowScreen {
  /** Exposure, and exposure · profile variance, of the block so far. */
  mostExposure = -1;
  mostExposureVar = -1;
  /** Departure of the window: that before the block, and the most on the bucket's side and on the other. */
  off = Number.NaN;
  surprising = Number.NaN;
  suspect = Number.NaN;
  /** By how much the limits are at least further from the mean than counts that do not depart. */
  upper = Number.NaN;
  lower = Number.NaN;
}

/** A window longer than the bucket: what stands from the beginning of a block to its end, and its law with the bucket. */
export class WindowInHand {
  /** Made of whole blocks; the other, of an hour, of buckets. */
  isLong = false;
  /** Buckets from the beginning of its first block to that of the one under way. */
  back = 0;
  /** What its whole blocks hold: calls, exposure, exposure · profile variance. */
  past = Number.NaN;
  pastExposure = Number.NaN;
  pastExposureVar = Number.NaN;
  /** The rate that it is judged by, and that times what the hours' doubts add. */
  rate = Number.NaN;
  hourShare = Number.NaN;
  hourRate = Number.NaN;
  /** Its own relative variance and that of the rate; its batchiness. */
  relative = Number.NaN;
  phi = Number.NaN;
  /** Under this mean it has no limit below. */
  leastMean = Number.NaN;
  /** Deviations by which its limit above is away at least, where the law is not too skewed. */
  surely = Number.NaN;
  readonly limits = new LimitsNear(0, 0);
  readonly screen = new WindowScreen();
  /** What it holds without the bucket: exposure, exposure · profile variance; the mean of its first bucket. */
  exposure = Number.NaN;
  exposureVar = Number.NaN;
  oldest = Number.NaN;
  mean = Number.NaN;
  /** Variance beyond Poisson's. */
  over = Number.NaN;
  sd = Number.NaN;
  /** What it holds besides the bucket, and the departure of all it holds from its mean. */
  rest = Number.NaN;
  off = Number.NaN;
  /** The bucket's counts beyond which it is moved no further. */
  least = Number.NaN;
  most = Number.NaN;
  tellsAbove = false;
  tellsBelow = false;
}

/**
 * Working space of whoever runs trackers one after another: a detector, a window that is scored. What it holds of a series
 * is set up anew when another has its turn.
 */
export class TrackScratch {
  /** By their numbers; of that of the bucket itself only its limits are used. */
  readonly windows = Array.from({ length: MOST_WINDOWS }, () => new WindowInHand());
  readonly distributions = new BucketDistributions(this.windows[0].limits);
  readonly block = new BlockInHand();
  readonly bucket = new BucketInHand();
  readonly stretch = new Stretch();
  readonly law = new IdleLaw();
  /** Of the series that learns, as its tracker has it. */
  readonly scatter = { phi: Number.NaN, alpha: Number.NaN };
  /** A window's law, and what is asked of it and then found, see `putUpperNats`. */
  readonly tail = new Float64Array(LAW + 1);
  /** The ratio of the open incident that was followed last, and its logarithm. */
  readonly incident = { ratio: Number.NaN, log: Number.NaN };
  /** The tracker that the rest is set up for. */
  armed: object | undefined;
}
