import { checkInteger, checkNumber, checkOptions, checkTime, InputError, type OptionNames, shown } from '../errors.js';
import { type SeriesKey, seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY, HOUR, MINUTE, type TimeGrid } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import type { FleetEventKind } from './fleet-drafts.js';
import { logBetween } from './fleet-draws.js';
import { drawEvents } from './fleet-events.js';
import { drawCounts } from './fleet-noise.js';
import { drawPlan, FLEET_SHARES, type FleetKind, type RowPlan } from './fleet-plan.js';
import { expectationOf, type FleetNoise } from './fleet-traffic.js';
import { Random } from './random.js';

export interface FleetOptions {
  readonly seed: number;
  /** Rows; default 150. */
  readonly series?: number;
  /** Default 42. */
  readonly historyDays?: number;
  /** Default 14. */
  readonly judgedDays?: number;
  /**
   * Where the history begins, on a bucket of five minutes; by default 2026-02-09T00:00Z, so that the American clock change
   * falls into the history, the European into the judged weeks.
   */
  readonly start?: number | Date;
  /** Whether labelled events happen in the judged part; default true. */
  readonly events?: boolean;
  /** Share of the histories that hold one incident nobody tells of; default 0.25. */
  readonly contaminated?: number;
  /** Kinds of rows; all by default, by their usual shares. */
  readonly only?: readonly FleetKind[];
  /** IANA zones in whose time people and jobs live. */
  readonly zones?: readonly string[];
}

/** One event of a judged part. */
export interface FleetLabel {
  /** Row of {@link Fleet.judged}. */
  readonly row: number;
  readonly key: SeriesKey;
  /** Half-open, whole buckets, epoch ms. A level shift lasts to the end of the judged part. */
  readonly from: number;
  readonly to: number;
  readonly verdict: 'above' | 'below';
  readonly kind: FleetEventKind;
  /** |Σ excess| / √Σ variance over the span (over the first day of a level shift); 8 at least, Infinity where no call is normal. */
  readonly snr: number;
}

/** What an oracle may know. Row-major over history and judged part: `[rows × (history + judged buckets)]`. */
export interface FleetTruth {
  readonly grid: TimeGrid;
  /**
   * Expected calls without incidents and events, given the wandering, the bursts' times and the starts of runs. A level
   * shift is part of it from a day after its start on.
   */
  readonly mean: Float64Array;
  /** Per row: variance (2 · batch − 1) · mean + dispersion · mean². */
  readonly noise: readonly FleetNoise[];
}

/** A simulated account's history and the weeks to be judged. The columns below have one entry a row of `judged`. */
export interface Fleet {
  /** The rows of `judged` except those never seen, in the same order. */
  readonly history: SeriesSet;
  /** Follows on directly. Rows never seen in the history stand last. */
  readonly judged: SeriesSet;
  readonly kinds: readonly FleetKind[];
  /** In whose time each row lives; `UTC` where it keeps no hours. */
  readonly zones: readonly string[];
  /** When each row began, epoch ms: the start of the history, later for a young key, the judged part's start for a pair never seen. */
  readonly bornAt: Float64Array;
  readonly labels: readonly FleetLabel[];
  readonly truth: FleetTruth;
}

const STEP = 5 * MINUTE;
const START = Date.UTC(2026, 1, 9);
const ZONES = ['Europe/Berlin', 'America/New_York', 'America/Los_Angeles', 'Asia/Kolkata', 'Australia/Sydney'];

/**
 * Simulates the KMS use of an account by key and operation, in counts of five minutes: people in several zones, jobs,
 * machines, deployments, keys hardly used, young and never seen; with labelled events in the judged part, of a
 * signal-to-noise ratio of at least 8. The same options give the same counts everywhere.
 *
 * @throws InputError when an option is out of its range
 */
export function simulateFleet(options: FleetOptions): Fleet {
  checkOptions(options, FLEET_OPTIONS);
  const seed = checkInteger(options.seed, 'seed', 0, Number.MAX_SAFE_INTEGER);
  const kinds = kindsOf(checkInteger(options.series ?? 150, 'series', 1, 100_000), options.only);
  const zones = (options.zones ?? ZONES).map((zone, i) => checkZone(zone, `zones[${i}]`));
  if (zones.length === 0) throw new InputError('zones must name a zone at least, got none');
  const { grid, judged } = spanOf(options);
  const judgedFrom = grid.start + judged * STEP;
  const random = new Random('fleet', seed);
  return buildFleet({
    random,
    plans: kinds.map((kind, row) => drawPlan(kind, zones, judgedFrom, random.fork('plan', row))),
    grid,
    judged,
    events: options.events ?? true,
    contaminated: checkNumber(options.contaminated ?? 0.25, 'contaminated', 0, 1),
  });
}

const FLEET_OPTIONS: OptionNames<FleetOptions> = {
  seed: true,
  series: true,
  historyDays: true,
  judgedDays: true,
  start: true,
  events: true,
  contaminated: true,
  only: true,
  zones: true,
};

/** The grid of history and judged part together, and the bucket where the latter begins. */
export function spanOf(options: Pick<FleetOptions, 'start' | 'historyDays' | 'judgedDays'>): {
  grid: TimeGrid;
  judged: number;
} {
  const start = checkTime(options.start ?? START, 'start');
  if (start % STEP !== 0)
    throw new InputError(`start must be on a bucket of five minutes, got ${shown(options.start)}`);
  const judged = (checkInteger(options.historyDays ?? 42, 'historyDays', 1, 1000) * DAY) / STEP;
  const length = judged + (checkInteger(options.judgedDays ?? 14, 'judgedDays', 1, 1000) * DAY) / STEP;
  return { grid: { start, step: STEP, length }, judged };
}

export interface FleetParts {
  readonly random: Random;
  /** Rows that the history does not know last. */
  readonly plans: readonly RowPlan[];
  readonly grid: TimeGrid;
  /** Bucket where the judged part begins. */
  readonly judged: number;
  readonly events: boolean;
  readonly contaminated: number;
}

/** Draws the counts of planned rows, a row at a time: each row's stream is its own. */
export function buildFleet({ random, plans, grid, judged, events, contaminated }: FleetParts): Fleet {
  const keys = keysFor(plans, random.fork('keys'));
  const known = plans.filter(({ kind }) => kind !== 'unseen').length;
  const after = grid.length - judged;
  const judgedFrom = grid.start + judged * STEP;
  const past = new Uint32Array(known * judged);
  const present = new Uint32Array(plans.length * after);
  const truth = new Float64Array(plans.length * grid.length);
  const bornAt = new Float64Array(plans.length);
  const labels: FleetLabel[] = [];
  for (const [row, plan] of plans.entries()) {
    const own = random.fork('row', row);
    const expectation = expectationOf(plan.traffic, plan.zone, grid, judged, own.fork('traffic'));
    const { mean } = expectation;
    bornAt[row] = plan.kind === 'unseen' ? judgedFrom : Math.max(grid.start, plan.bornAt);
    mean.fill(0, 0, plan.kind === 'unseen' ? judged : (bornAt[row] - grid.start) / STEP);
    truth.set(mean, row * grid.length);
    const happening = events ? drawEvents({ plan, expectation, grid, judged }, own.fork('events')) : [];
    for (const { from, to, verdict, kind, snr, mean: changed } of happening) {
      labels.push({
        row,
        key: keys[row],
        from: grid.start + from * STEP,
        to: grid.start + to * STEP,
        verdict,
        kind,
        snr,
      });
      mean.set(changed, from);
      // One that begins on the last day is never the truth.
      const accepted = from + DAY / STEP;
      if (kind === 'level-shift' && accepted < grid.length)
        truth.set(mean.subarray(accepted), row * grid.length + accepted);
    }
    // A young key's two days are not also an incident.
    const old = plan.kind !== 'unseen' && plan.kind !== 'young';
    if (old && own.fork('contaminated').uniform() < contaminated) {
      addIncident(mean, judged, grid, plan, own.fork('incident'));
    }
    const counts = drawCounts(mean, plan.noise, own.fork('counts'));
    if (row < known) past.set(counts.subarray(0, judged), row * judged);
    present.set(counts.subarray(judged), row * after);
  }
  return {
    history: {
      grid: { start: grid.start, step: STEP, length: judged },
      keys: keys.slice(0, known),
      measure: 'count',
      values: past,
      observed: new Uint8Array(judged).fill(1),
    },
    judged: {
      grid: { start: judgedFrom, step: STEP, length: after },
      keys,
      measure: 'count',
      values: present,
      observed: new Uint8Array(after).fill(1),
    },
    kinds: plans.map(({ kind }) => kind),
    zones: plans.map(({ zone }) => zone),
    bornAt,
    labels,
    truth: { grid, mean: truth, noise: plans.map(({ noise }) => noise) },
  };
}

/** Changes the means of one stretch of a history, in place: a spike, hours of excess or an outage, of up to a day and a half. */
function addIncident(mean: Float64Array, judged: number, grid: TimeGrid, plan: RowPlan, random: Random): void {
  const hours = (low: number, high: number) =>
    Math.max(1, Math.round((logBetween(random, low, high) * HOUR) / grid.step));
  const kind = plan.kind === 'sparse' || plan.kind === 'control' ? 0 : random.below(3);
  const length = kind === 0 ? 1 + random.below(3) : hours(1, 36);
  const from = random.below(Math.max(1, judged - length));
  const to = Math.min(judged, from + length);
  const busiest = mean.subarray(0, judged).reduce((a, b) => Math.max(a, b), 0);
  const size = logBetween(random, 1.5, 15);
  for (let i = from; i < to; i++) {
    if (kind === 0) mean[i] += size * Math.max(busiest, 1);
    else mean[i] *= kind === 1 ? 1 + size / 2 : 0;
  }
}

/** Kinds by their shares, by largest remainder; pairs never seen last. */
function kindsOf(series: number, only: readonly FleetKind[] | undefined): FleetKind[] {
  const all = Object.keys(FLEET_SHARES) as FleetKind[];
  const unknown = only?.find((kind) => !all.includes(kind));
  if (unknown !== undefined || only?.length === 0) {
    throw new InputError(`only must name kinds of rows (${all.join(', ')}), got ${shown(unknown ?? '')}`);
  }
  const used = all.filter((kind) => only?.includes(kind) ?? true);
  const total = used.reduce((sum, kind) => sum + FLEET_SHARES[kind], 0);
  const exact = used.map((kind) => (FLEET_SHARES[kind] * series) / total);
  const counts = exact.map(Math.floor);
  const byRemainder = used.map((_, i) => i).sort((a, b) => exact[b] - counts[b] - (exact[a] - counts[a]));
  for (let left = series - counts.reduce((a, b) => a + b, 0), i = 0; left > 0; left--, i++) counts[byRemainder[i]]++;
  return used.flatMap((kind, i) => Array.from({ length: counts[i] }, () => kind));
}

/** A pair of operation and key for each row: keys are shared by a few operations, as in a real account. */
function keysFor(plans: readonly RowPlan[], random: Random): SeriesKey[] {
  const arns = Array.from(
    { length: Math.max(1, Math.ceil(plans.length / 2)) },
    () => `arn:aws:kms:eu-central-1:111122223333:key/${random.uuid()}`,
  );
  const taken = new Set<string>();
  return plans.map(({ operation }) => {
    let keyArn = random.pick(arns);
    // Few keys and one operation: a new key where all are taken.
    if (taken.has(`${operation} ${keyArn}`)) keyArn = arns.find((arn) => !taken.has(`${operation} ${arn}`)) ?? keyArn;
    if (taken.has(`${operation} ${keyArn}`)) keyArn = `arn:aws:kms:eu-central-1:111122223333:key/${random.uuid()}`;
    taken.add(`${operation} ${keyArn}`);
    return seriesKey({ operation, keyArn });
  });
}
