// Whether a stream says the same however it is cut: `npm run soak -- stream --seeds=200 --first=1`. For each seed a fleet of its own
// (buckets of five minutes to a day, gaps, outages and bursts, a key that comes later, marks, sign-offs, holidays) is observed in one
// piece, and again
//
// - tick by tick, in pieces of any length, and with pieces that re-state the last two days, wrong at first;
// - with rows left out where they have no call, in any order, and with the detector read back from its bytes now and then.
//
// Every column has to be the same to the last bit, and so have incidents, bands and quiet keys. The seeds that fail are named.
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Detector, fitBaseline, type Scores, type SeriesKey, type SeriesSet, seriesSet } from 'kms-baseline';
import { simulateFleet } from 'kms-baseline/simulate';
import { seeded } from '../../test/support/random.js';
import { printHeader } from '../harness.js';

const COLUMNS = ['verdicts', 'expected', 'lower', 'upper', 'surprise', 'spans', 'reasons', 'ongoing'] as const;
const DAY = 86_400_000;
const RESTATED = 2 * DAY;
const WAYS = ['tick by tick', 'in pieces', 'in pieces that re-state'] as const;

/** Counts of a fleet, `[rows × length]`, of which the first `history` buckets are learned from; NaN where not observed. */
interface Traffic {
  readonly keys: readonly SeriesKey[];
  readonly start: number;
  readonly step: number;
  readonly length: number;
  readonly history: number;
  readonly values: Float64Array;
  /** Rows that the history has; the others are not observed before they come. */
  readonly known: number;
}

/** What is said to the detector before the bucket `at`. */
interface Remark {
  readonly at: number;
  say(detector: Detector): void;
}

interface Stream {
  readonly traffic: Traffic;
  readonly remarks: readonly Remark[];
  fresh(): Detector;
}

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '200' }, first: { type: 'string', default: '1' } },
});
const [seeds, first] = [options.seeds, options.first].map(Number);
if (!Number.isSafeInteger(seeds) || !Number.isSafeInteger(first) || seeds < 1) {
  throw new Error('--seeds and --first must be whole numbers, --seeds from 1 on');
}

printHeader('A stream, however it is cut', { seed: first, shape: `${seeds} fleets` });
const failed: string[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  const found = faultOf(seed);
  if (found !== undefined) failed.push(`seed ${seed}, ${found}`);
}
console.log(`\n${seeds - failed.length} of ${seeds} fleets say the same however their time is cut.`);
if (failed.length > 0) {
  console.error(failed.join('\n'));
  process.exit(1);
}

/** The first way in which a fleet says something else than in one piece; nothing where all are alike. */
function faultOf(seed: number): string | undefined {
  const stream = streamOf(seed);
  const whole = observed(stream, undefined, seeded(seed));
  for (const way of WAYS) {
    try {
      const other = observed(stream, way, seeded(seed + 1));
      const fault = differenceOf(stream, whole, other);
      if (fault !== undefined) return `${way}: ${fault}`;
    } catch (error) {
      return `${way}: ${error instanceof Error ? error.stack : error}`;
    }
  }
  return undefined;
}

function streamOf(seed: number): Stream {
  const random = seeded(seed);
  const traffic = trafficOf(seed, random);
  const { start, step, history, known, keys, length } = traffic;
  const timeZone = [undefined, 'UTC', 'Europe/Berlin', 'America/New_York'][Math.floor(random() * 4)];
  const learned = setOf(
    traffic,
    keys.slice(0, known).map((_, row) => row),
    0,
    history,
  );
  const baseline = fitBaseline(learned, timeZone === undefined ? {} : { timeZone });
  const learn = random() < 0.5 ? 'hold' : 'accept-shifts';
  const alertBudget = { perWeek: random() < 0.5 ? 1 : 5 };
  const remarks = Array.from({ length: Math.floor(random() * 5) }, (): Remark => {
    const at = history + 1 + Math.floor(random() * (length - history - 1));
    const key = keys[Math.floor(random() * known)];
    const time = start + at * step;
    const [kind, back, ahead, day] = [random(), Math.ceil(random() * 30), Math.ceil(random() * 60), random()];
    const date = new Date(time - DAY + Math.floor(3 * day) * DAY).toISOString().slice(0, 10);
    return {
      at,
      say: (detector) => {
        if (kind < 0.25) detector.markExpected(key, time - back * step, time + ahead * step);
        else if (kind < 0.5) detector.accept(key, time - back * step);
        else if (kind < 0.75) detector.retire(key);
        else detector.addCalendar({ like: [{ date, weekday: 0 }] });
      },
    };
  });
  remarks.sort((a, b) => a.at - b.at);
  return { traffic, remarks, fresh: () => new Detector(baseline, { learn, alertBudget }) };
}

function trafficOf(seed: number, random: () => number): Traffic {
  const per = [1, 1, 1, 3, 12, 288][Math.floor(random() * 6)];
  const historyDays = per === 288 ? 56 : 14 + Math.floor(random() * 28);
  const judgedDays = per === 288 ? 20 : 3 + Math.floor(random() * 5);
  const fleet = simulateFleet({ seed, series: 5 + Math.floor(random() * 8), historyDays, judgedDays });
  const { keys, grid } = fleet.history;
  const history = grid.length / per;
  const length = history + fleet.judged.grid.length / per;
  const values = new Float64Array(keys.length * length);
  for (let row = 0; row < keys.length; row++) {
    const at = row * length;
    addUp(fleet.history, row, per, values.subarray(at, at + history));
    addUp(fleet.judged, row, per, values.subarray(at + history, at + length));
  }
  const known = keys.length - (random() < 0.5 ? 1 : 0);
  const traffic = { keys, start: grid.start, step: grid.step * per, length, history, values, known };
  disturb(traffic, random);
  return traffic;
}

/** Sums of so many buckets of a row. */
function addUp({ values, grid }: SeriesSet, row: number, per: number, into: Float64Array): void {
  if (!(values instanceof Uint32Array || values instanceof Float64Array)) throw new Error('a fleet is dense');
  for (let i = 0; i < into.length; i++) {
    for (let k = 0; k < per; k++) into[i] += values[row * grid.length + i * per + k];
  }
}

/** Gaps, outages and bursts of some rows in what is judged; a row that the history lacks comes some time after it. */
function disturb({ keys, length, history, values, known }: Traffic, random: () => number): void {
  const judged = length - history;
  const stretches = (chance: number, change: (count: number) => number) => {
    if (random() > chance) return;
    const row = Math.floor(random() * keys.length);
    const from = history + Math.floor(random() * judged);
    const to = Math.min(length, from + Math.floor(random() ** 3 * judged));
    for (let i = row * length + from; i < row * length + to; i++) values[i] = change(values[i]);
  };
  for (let n = 0; n < 4; n++) stretches(0.4, () => Number.NaN);
  for (let n = 0; n < 5; n++) {
    const factor = random() < 0.5 ? 0 : 1 + 20 * random();
    stretches(0.6, (count) => Math.round(factor * count + (factor > 1 ? 3 * random() : 0)));
  }
  const comes = history + Math.floor(0.7 * random() * judged);
  if (known < keys.length) values.fill(Number.NaN, known * length, known * length + comes);
}

/** Buckets `[from, to)` of some rows. */
function setOf({ keys, start, step, length, values }: Traffic, rows: readonly number[], from: number, to: number) {
  const series = rows.map((row) => ({
    key: keys[row],
    values: values.subarray(row * length + from, row * length + to),
  }));
  return seriesSet({ start: start + from * step, step, series });
}

interface Said {
  readonly detector: Detector;
  /** `[rows × judged]` each; undefined of a row that had not come. */
  readonly columns: ReadonlyMap<string, readonly (number | undefined)[]>;
}

/** Observes what is judged in one of {@link WAYS}; in one piece, but for what is said on the way, without one. */
function observed(
  { traffic, remarks, fresh }: Stream,
  way: (typeof WAYS)[number] | undefined,
  random: () => number,
): Said {
  const { length, history, keys, known, step } = traffic;
  const judged = length - history;
  const columns = new Map(COLUMNS.map((name) => [name, new Array<number | undefined>(keys.length * judged)]));
  const left = [...remarks];
  let detector = fresh();
  let rows = keys.map((_, row) => row).slice(0, way === undefined ? keys.length : known);
  for (let at = history; at < length; ) {
    while (left.length > 0 && left[0].at <= at) left.shift()?.say(detector);
    if (way !== undefined && random() < (way === 'tick by tick' ? 0.004 : 0.15)) {
      detector = Detector.fromBytes(detector.toBytes());
    }
    if (way === 'in pieces that re-state' && at > history && random() < 0.3) {
      const back = 1 + Math.floor(random() * Math.min(at - history, RESTATED / step));
      if (random() < 0.5) detector.observe(wrong(setOf(traffic, rows, at - back, at), random));
      detector.observe(setOf(traffic, rows, at - back, at));
    }
    const width = way === undefined ? judged : way === 'tick by tick' ? 1 : 1 + Math.floor(random() ** 2 * 400);
    const end = Math.min(length, at + width, left[0]?.at ?? length);
    if (rows.length < keys.length && hasCome(traffic, known, at, end)) rows = keys.map((_, row) => row);
    const given = way === undefined ? rows : givenOf(traffic, rows, at, end, random);
    keep(detector.observe(setOf(traffic, given, at, end)), traffic, at, columns);
    at = end;
  }
  return { detector, columns };
}

function wrong(set: SeriesSet, random: () => number): SeriesSet {
  const values = Float64Array.from(set.values as Float64Array, (count) =>
    random() < 0.05 ? Math.floor(50 * random()) : count,
  );
  return { ...set, values };
}

function hasCome({ length, values }: Traffic, row: number, from: number, to: number): boolean {
  return values.subarray(row * length + from, row * length + to).some((count) => !Number.isNaN(count));
}

/** Rows as they may be given: those without a call may be left out where all were observed, and the order is any. */
function givenOf({ length, values }: Traffic, rows: readonly number[], from: number, to: number, random: () => number) {
  const part = (row: number) => values.subarray(row * length + from, row * length + to);
  const isWhole = rows.every((row) => !part(row).some(Number.isNaN));
  const given = rows.filter((row) => !isWhole || part(row).some((count) => count > 0) || random() < 0.3);
  if (given.length === 0) given.push(rows[0]);
  return random() < 0.3 ? given.reverse() : given;
}

function keep(
  scores: Scores,
  { keys, length, history }: Traffic,
  at: number,
  columns: Map<string, (number | undefined)[]>,
): void {
  const { grid } = scores.window;
  const places = new Map(keys.map((key, row) => [JSON.stringify(key), row]));
  for (const [row, key] of scores.window.keys.entries()) {
    const place = (places.get(JSON.stringify(key)) ?? 0) * (length - history) + at - history;
    for (const name of COLUMNS) {
      const column = columns.get(name) ?? [];
      for (let i = 0; i < grid.length; i++) column[place + i] = scores[name]?.[row * grid.length + i];
    }
  }
}

function differenceOf({ traffic }: Stream, whole: Said, other: Said): string | undefined {
  const { keys, start, step, length, history, known } = traffic;
  const judged = length - history;
  for (const name of COLUMNS) {
    const [all, own] = [whole.columns.get(name) ?? [], other.columns.get(name) ?? []];
    const cell = own.findIndex((figure, i) => figure !== undefined && !Object.is(figure, all[i]));
    if (cell < 0) continue;
    return `${name} of row ${Math.floor(cell / judged)}, bucket ${cell % judged}: ${own[cell]}, in one piece ${all[cell]}`;
  }
  if (JSON.stringify(other.detector.incidents) !== JSON.stringify(whole.detector.incidents)) return 'other incidents';
  const end = start + length * step;
  for (const key of keys.slice(0, known)) {
    if (!isDeepStrictEqual(other.detector.band(key, end), whole.detector.band(key, end)))
      return `another band of ${key.operation}`;
  }
  return isDeepStrictEqual(other.detector.quietKeys(), whole.detector.quietKeys()) ? undefined : 'other quiet keys';
}
