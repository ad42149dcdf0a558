import { type SeriesKey, type SeriesSet, seriesKey, type TimeGrid } from 'kms-baseline';
import { type Fleet, simulateFleet } from 'kms-baseline/simulate';

export const SEED = 20260209;

const DAY = 86_400_000;
const STEP = 300_000;
const BUCKETS_PER_DAY = DAY / STEP;
/** Days of history and days judged of every shape: 8,064 buckets teach, 4,032 are scored. */
const HISTORY_DAYS = 28;
const JUDGED_DAYS = 14;

/** A simulated account: every row has a history and the weeks after it. */
export interface FleetShape {
  readonly name: string;
  /** What it is there to show. */
  readonly why: string;
  readonly rows: number;
  /** Share of the histories that hold an incident. */
  readonly contaminated: number;
}

export const SHAPES = {
  small: {
    name: 'small',
    why: 'what a first look at one account costs, start-up included',
    rows: 10,
    contaminated: 0.25,
  },
  account: {
    name: 'account',
    why: 'an account of some size, columns no longer in the cache',
    rows: 200,
    contaminated: 0.25,
  },
  fleet: { name: 'fleet', why: 'what acceptance is measured on', rows: 1_000, contaminated: 0 },
  contaminated: {
    name: 'contaminated',
    why: 'every history holds an incident, so that clipping and tails are never idle',
    rows: 1_000,
    contaminated: 1,
  },
} as const satisfies Readonly<Record<string, FleetShape>>;

/**
 * The fleet of a shape: people in five zones, jobs, machines, deploys, keys that are hardly used and young ones, by their
 * usual shares, in buckets of five minutes. Pairs never seen are left out, so that history and judged part have the same rows.
 */
export function fleetOf({ rows, contaminated }: FleetShape, seed = SEED): Fleet {
  return simulateFleet({
    seed,
    series: rows,
    historyDays: HISTORY_DAYS,
    judgedDays: JUDGED_DAYS,
    contaminated,
    only: ['human', 'cron', 'cron-straddling', 'flat', 'deploy', 'sparse', 'control', 'young'],
  });
}

/** The zone of each row, as `timeZone` of a fit wants it. */
export function zonesOf(fleet: Fleet): (key: SeriesKey) => string | undefined {
  const zones = new Map(fleet.judged.keys.map((key, row) => [key, fleet.zones[row]]));
  return (key) => zones.get(key);
}

/** A shape in words, for a table's head. */
export function shapeLine({ name, why, rows }: FleetShape): string {
  return `shape ${name}: ${rows.toLocaleString('en')} series x ${HISTORY_DAYS * BUCKETS_PER_DAY} buckets (${why})`;
}

/** An organisation: very many rows, nine in ten of which have under 100 calls in four weeks. */
export interface Organisation {
  readonly keys: readonly SeriesKey[];
  /** Four weeks of five-minute buckets. */
  readonly history: TimeGrid;
  /** Sparse counts of any stretch of time; the same seed and grid give the same counts. */
  counts(grid: TimeGrid): SeriesSet;
}

/**
 * `rows` pairs of key and operation that call at a steady rate or in working hours: 1 to 100 calls in four weeks for nine
 * in ten of them (evenly in the logarithm), 100 to 20,000 for the tenth.
 */
export function organisation(rows: number, seed = SEED): Organisation {
  const random = mulberry(seed);
  const operations = ['Decrypt', 'GenerateDataKey', 'Encrypt', 'Sign', 'GetPublicKey', 'CreateGrant'];
  const keys = Array.from({ length: rows }, (_, row) =>
    seriesKey({
      operation: operations[row % operations.length],
      keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${uuid(random)}`,
    }),
  );
  const perBucket = new Float64Array(rows);
  const officeHours = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const [least, most] = row % 10 === 9 ? [100, 20_000] : [1, 100];
    perBucket[row] = (least * Math.exp(random() * Math.log(most / least))) / (HISTORY_DAYS * BUCKETS_PER_DAY);
    officeHours[row] = random() < 0.5 ? 1 : 0;
  }
  const history = { start: Date.UTC(2026, 1, 9), step: STEP, length: HISTORY_DAYS * BUCKETS_PER_DAY };
  return { keys, history, counts: (grid) => drawCounts(grid, keys, perBucket, officeHours, seed) };
}

/** Poisson processes, drawn call by call, so that the work is that of the calls. */
function drawCounts(
  grid: TimeGrid,
  keys: readonly SeriesKey[],
  perBucket: Float64Array,
  officeHours: Uint8Array,
  seed: number,
): SeriesSet {
  const random = mulberry(seed ^ Math.floor(grid.start / grid.step));
  const offsets = new Float64Array(keys.length + 1);
  let buckets = new Uint32Array(1 << 20);
  let counts = new Float64Array(1 << 20);
  let n = 0;
  for (let row = 0; row < keys.length; row++) {
    // Office hours are 50 of 168 and hold nine calls in ten: twice the rate is drawn there, and a tenth of it outside.
    const rate = perBucket[row] * (officeHours[row] === 1 ? (0.9 * 168) / 50 : 1);
    const wait = () => -Math.log(1 - random()) / rate;
    let last = -1;
    for (let at = wait(); at < grid.length; at += wait()) {
      const bucket = Math.floor(at);
      const isQuiet = officeHours[row] === 1 && !isOffice(grid.start + bucket * grid.step);
      // 0.1 · 168/118 over 0.9 · 168/50.
      if (isQuiet && random() > 0.047) continue;
      if (bucket === last) {
        counts[n - 1]++;
        continue;
      }
      if (n === buckets.length) {
        buckets = grown(buckets, new Uint32Array(2 * n));
        counts = grown(counts, new Float64Array(2 * n));
      }
      buckets[n] = last = bucket;
      counts[n++] = 1;
    }
    offsets[row + 1] = n;
  }
  return {
    grid,
    keys,
    measure: 'count',
    values: { offsets, buckets: buckets.slice(0, n), counts: counts.slice(0, n) },
    observed: new Uint8Array(grid.length).fill(1),
  };
}

function grown<A extends Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(from: A, into: A): A {
  into.set(from);
  return into;
}

/** Monday to Friday, 08:00 to 18:00 UTC. */
function isOffice(time: number): boolean {
  const hour = Math.floor(time / 3_600_000);
  // 1970-01-01 was a Thursday.
  return (Math.floor(hour / 24) + 3) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 18;
}

function uuid(random: () => number): string {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [hex(), hex(), hex(), hex()];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

function mulberry(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
