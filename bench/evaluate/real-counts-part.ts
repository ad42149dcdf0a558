import { hasData, readCsv } from './files.js';
import type { Page } from './page.js';
import { type Detector, type Library, type SeriesSet, Sheet, UTC } from './stream/sheet.js';
import { DAY, STEP } from './stream/traffic.js';

const WEEK = 7 * DAY;
const WEEK_BUCKETS = WEEK / STEP;
const HISTORY_BUCKETS = 6 * WEEK_BUCKETS;
/** Runs no further apart than this are one. */
const BRIDGED = 12;
/** Weeks before and after that are looked at in hindsight. */
const HINDSIGHT = [-4, -3, -2, -1, 1, 2, 3, 4];

interface Collection {
  readonly name: string;
  readonly file: string;
  /** The time of bucket 0. */
  readonly start: number;
  readonly ways: readonly { readonly fitted: 'once' | 'every week'; readonly most: Partial<Tally> }[];
}

const COLLECTIONS: readonly Collection[] = [
  {
    name: 'openstack',
    file: 'real-counts/openstack-2019.csv.gz',
    start: Date.UTC(2018, 11, 31),
    ways: [{ fitted: 'once', most: { reported: 1.3, notStanding: 0.45, carried: 0.1 } }],
  },
  {
    name: 'flights',
    file: 'real-counts/flights-2001.csv.gz',
    start: Date.UTC(2001, 0, 1),
    ways: [
      { fitted: 'once', most: {} },
      { fitted: 'every week', most: { reported: 4.5, notStanding: 1.5 } },
    ],
  },
];

/** A run of verdicts of one direction on one row, in buckets of the collection. */
interface Run {
  readonly row: number;
  readonly verdict: number;
  readonly first: number;
  last: number;
  /** The largest |surprise| within it. */
  surprise: number;
}

/** A week. */
interface Tally {
  reported: number;
  notStanding: number;
  carried: number;
}

/**
 * Real counts of many entities without labels: six weeks of history, the rest observed with a budget of 1 a week over all of
 * them. A run (gaps of an hour bridged) whose rarest bucket is ten times likelier than what the budget can report has only
 * been reported because an incident was open; the others are reported. They stand in hindsight when their calls lie beyond
 * those of the same time of the week in all of the four weeks before and after, and are rarer than 1 in 100 by the negative
 * binomial law of these.
 */
export function realCountsPart(lib: Library, page: Page, only: readonly string[] = []): void {
  page.heading('3. Real counts');
  if (!hasData('real-counts')) {
    page.line('Not measured: the data are not here (KMS_BASELINE_SHARED_DATA names their folder).');
    return;
  }
  page.line('A week, with a budget of 1 a week over all entities; the development half of each collection.');
  page.line();
  const sheet = new Sheet(lib, page);
  const rows: string[][] = [];
  for (const collection of COLLECTIONS) {
    if (only.length > 0 && !only.includes(collection.name)) continue;
    const set = read(collection);
    for (const { fitted, most } of collection.ways) {
      const begun = performance.now();
      const tally = tallyOf(set, runsOf(lib, set, fitted === 'every week'));
      console.error(`${collection.name}, ${fitted}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
      const { reported, notStanding, carried } = tally;
      const figures = [reported, reported - notStanding, notStanding, carried].map((value) => value.toFixed(2));
      rows.push([`${collection.name}, fitted ${fitted}`, String(set.keys.length), ...figures]);
      for (const [what, bound] of Object.entries(most)) {
        const value = tally[what as keyof Tally];
        sheet.later(
          LAWS[what as keyof Tally],
          `${collection.name}, ${fitted}`,
          value <= bound,
          `${value.toFixed(2)} of ${bound}`,
        );
      }
    }
  }
  page.table(['collection', 'entities', 'reported', 'stand', 'do not', 'only carry on'], rows);
  sheet.settle();
}

const LAWS: Readonly<Record<keyof Tally, string>> = {
  reported: 'reported a week',
  notStanding: 'reported a week that does not stand in hindsight',
  carried: 'runs a week that only carry an incident on',
};

function read({ file, start }: Collection): SeriesSet {
  const cells = new Map<string, [bucket: number, count: number][]>();
  let last = 0;
  for (const [entity, bucket, count] of readCsv(file).slice(1)) {
    const own = cells.get(entity) ?? [];
    own.push([Number(bucket), Number(count)]);
    cells.set(entity, own);
    last = Math.max(last, Number(bucket));
  }
  // Whole days.
  const length = Math.floor((last + 1) / (DAY / STEP)) * (DAY / STEP);
  const offsets = new Float64Array(cells.size + 1);
  const all = [...cells.values()].flatMap((own, row) => {
    const kept = own.filter(([bucket]) => bucket < length).sort((a, b) => a[0] - b[0]);
    offsets[row + 1] = offsets[row] + kept.length;
    return kept;
  });
  const values = {
    offsets,
    buckets: Uint32Array.from(all, ([bucket]) => bucket),
    counts: Float64Array.from(all, ([, count]) => count),
  };
  const nobody = { keyArn: null, account: null, region: null, caller: null, outcome: null, metric: null };
  const keys = [...cells.keys()].map((operation) => ({ operation, ...nobody }));
  return {
    grid: { start, step: STEP, length },
    keys,
    measure: 'count',
    values,
    observed: new Uint8Array(length).fill(1),
  };
}

/** All runs of verdicts after the history, observed week by week. */
function runsOf(lib: Library, set: SeriesSet, isRefitted: boolean): Run[] {
  const { start, length } = set.grid;
  const time = (bucket: number) => start + bucket * STEP;
  const runs: Run[] = [];
  const latest = new Map<number, Run>();
  let detector: Detector | undefined;
  for (let first = HISTORY_BUCKETS; first < length; first += WEEK_BUCKETS) {
    if (detector === undefined || isRefitted) {
      const history = lib.sliceWindow(set, time(first - HISTORY_BUCKETS), time(first));
      detector = new lib.Detector(lib.fitBaseline(history, UTC), { alertBudget: { perWeek: 1 } });
    }
    const end = Math.min(first + WEEK_BUCKETS, length);
    const { verdicts, surprise } = detector.observe(lib.sliceWindow(set, time(first), time(end)));
    for (let row = 0, cell = 0; row < set.keys.length; row++) {
      for (let bucket = first; bucket < end; bucket++, cell++) {
        const verdict = verdicts[cell];
        if (verdict !== 1 && verdict !== -1) continue;
        let run = latest.get(row);
        if (run === undefined || run.verdict !== verdict || bucket - run.last > BRIDGED + 1) {
          run = { row, verdict, first: bucket, last: bucket, surprise: 0 };
          latest.set(row, run);
          runs.push(run);
        }
        run.last = bucket;
        run.surprise = Math.max(run.surprise, Math.abs(surprise[cell]));
      }
    }
  }
  return runs;
}

function tallyOf(set: SeriesSet, runs: readonly Run[]): Tally {
  const weeks = (set.grid.length - HISTORY_BUCKETS) / WEEK_BUCKETS;
  // 205 looks a day in 14 days, as the budget is shared out.
  const least = Math.log10(14 * 205 * set.keys.length) - 1;
  const reported = runs.filter(({ surprise }) => surprise >= least);
  const standing = reported.filter((run) => stands(set, run));
  return {
    reported: reported.length / weeks,
    notStanding: (reported.length - standing.length) / weeks,
    carried: (runs.length - reported.length) / weeks,
  };
}

function stands(set: SeriesSet, { row, verdict, first, last }: Run): boolean {
  const own = callsIn(set, row, first, last + 1);
  const others = HINDSIGHT.map((week) => week * WEEK_BUCKETS)
    .filter((shift) => first + shift >= 0 && last + 1 + shift <= set.grid.length)
    .map((shift) => callsIn(set, row, first + shift, last + 1 + shift));
  const isBeyond = verdict > 0 ? others.every((count) => own > count) : others.every((count) => own < count);
  return isBeyond && tailOf(own, others, verdict) < 0.01;
}

function callsIn({ values }: SeriesSet, row: number, from: number, to: number): number {
  if (ArrayBuffer.isView(values)) throw new Error('sparse counts are needed');
  let calls = 0;
  for (let at = values.offsets[row]; at < values.offsets[row + 1]; at++) {
    if (values.buckets[at] >= from && values.buckets[at] < to) calls += values.counts[at];
  }
  return calls;
}

/** P(as many or more), or as few or fewer, by the gamma-Poisson law of the others, whose scatter is that of moments. */
function tailOf(count: number, others: readonly number[], verdict: number): number {
  const sum = others.reduce((total, other) => total + other, 0);
  const mean = (sum + 0.5) / others.length;
  const variance = others.reduce((total, other) => total + (other - sum / others.length) ** 2, 0) / (others.length - 1);
  const excess = Math.min(2, Math.max(0, (variance - mean) / mean ** 2));
  const shape = 1 / (excess + 1 / (sum + 0.5));
  // The mass at 0, then each from the one before; beyond the mean by ten sd nothing is left.
  let mass = (shape / (shape + mean)) ** shape;
  let below = 0;
  for (let k = 0; k < count; k++) {
    below += mass;
    mass *= ((k + shape) / (k + 1)) * (mean / (shape + mean));
  }
  return verdict > 0 ? Math.max(0, 1 - below) : below + mass;
}
