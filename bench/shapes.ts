import type { SeriesKey } from 'kms-baseline';
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
