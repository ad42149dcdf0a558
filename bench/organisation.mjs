// An organisation: very many series, nine in ten of which have under 100 calls in four weeks. Plain JavaScript, since the processes
// that measure memory run it with no compiler beside them.

const DAY = 86_400_000;
const STEP = 300_000;
const HISTORY_DAYS = 28;
const HISTORY = (HISTORY_DAYS * DAY) / STEP;
/** Buckets drawn at a time: a day of 100,000 series is 20 MB. */
const AT_ONCE = 288;

/**
 * `rows` pairs of key and operation that call at a steady rate or in working hours: 1 to 100 calls in four weeks for nine
 * in ten of them (evenly in the logarithm), 100 to 20,000 for the tenth.
 */
export function organisation(rows, seed) {
  const random = mulberry(seed);
  const operations = ['Decrypt', 'GenerateDataKey', 'Encrypt', 'Sign', 'GetPublicKey', 'CreateGrant'];
  const nobody = { account: null, region: null, caller: null, outcome: null, metric: null };
  const keys = Array.from({ length: rows }, (_, row) => ({
    operation: operations[row % operations.length],
    keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${uuid(random)}`,
    ...nobody,
  }));
  const perBucket = new Float64Array(rows);
  const officeHours = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const [least, most] = row % 10 === 9 ? [100, 20_000] : [1, 100];
    perBucket[row] = (least * Math.exp(random() * Math.log(most / least))) / HISTORY;
    officeHours[row] = random() < 0.5 ? 1 : 0;
  }
  const history = { start: Date.UTC(2026, 1, 9), step: STEP, length: HISTORY };
  return { keys, history, counts: (grid) => drawCounts(grid, keys, perBucket, officeHours, seed) };
}

/** The time after the history: `length` buckets from `first` on. */
export function gridAfter({ start, step, length }, first, buckets) {
  return { start: start + (length + first) * step, step, length: buckets };
}

/** `ticks` buckets after the history one by one, as a counter hands them over: dense counts, and arrays of their own for each. */
export function* ticksAfter({ keys, history, counts }, ticks) {
  for (let first = 0; first < ticks; first += AT_ONCE) {
    const grid = gridAfter(history, first, Math.min(AT_ONCE, ticks - first));
    const { ends, rows, calls: of } = byBucket(counts(grid));
    for (let i = 0, at = 0; i < grid.length; i++) {
      const calls = new Uint32Array(keys.length);
      for (; at < ends[i]; at++) calls[rows[at]] = of[at];
      const observed = new Uint8Array([1]);
      yield { grid: gridAfter(history, first + i, 1), keys, measure: 'count', values: calls, observed };
    }
  }
}

/** The counts of a window bucket by bucket: up to which entry those of each go, and whose they are. */
function byBucket({ grid, keys, values: { offsets, buckets, counts } }) {
  const ends = new Float64Array(grid.length);
  for (const bucket of buckets) if (bucket + 1 < grid.length) ends[bucket + 1]++;
  for (let i = 1; i < grid.length; i++) ends[i] += ends[i - 1];
  const rows = new Uint32Array(buckets.length);
  const calls = new Uint32Array(buckets.length);
  for (let row = 0; row < keys.length; row++) {
    for (let k = offsets[row]; k < offsets[row + 1]; k++) {
      const at = ends[buckets[k]]++;
      rows[at] = row;
      calls[at] = counts[k];
    }
  }
  return { ends, rows, calls };
}

/** Poisson processes, drawn call by call, so that the work is that of the calls. */
function drawCounts(grid, keys, perBucket, officeHours, seed) {
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
  const values = { offsets, buckets: buckets.slice(0, n), counts: counts.slice(0, n) };
  return { grid, keys, measure: 'count', values, observed: new Uint8Array(grid.length).fill(1) };
}

function grown(from, into) {
  into.set(from);
  return into;
}

/** Monday to Friday, 08:00 to 18:00 UTC. */
function isOffice(time) {
  const hour = Math.floor(time / 3_600_000);
  // 1970-01-01 was a Thursday.
  return (Math.floor(hour / 24) + 3) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 18;
}

function uuid(random) {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [hex(), hex(), hex(), hex()];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

function mulberry(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
