import { DAY, HOUR, MINUTE, SECOND } from '../time/grid.js';
import { between, logBetween } from './fleet-draws.js';
import { drawOfficeHours } from './fleet-profile.js';
import { CRON_EVERY, type FlatTraffic, type FleetNoise, type HumanTraffic, type Traffic } from './fleet-traffic.js';
import type { Random } from './random.js';

/** What kind of life a row of a fleet has. */
export type FleetKind =
  /** People at work in one of the fleet's zones. */
  | 'human'
  /** A job by the clock, its runs inside one bucket each. */
  | 'cron'
  /** A job whose start lies on either side of a bucket's edge. */
  | 'cron-straddling'
  /** Machines at one rate, day and night. */
  | 'flat'
  /** People or machines, with bursts at deployments that are normal here. */
  | 'deploy'
  /** A few calls a week. */
  | 'sparse'
  /** Control-plane calls, a few a month or fewer, in working hours. */
  | 'control'
  /** People, a machine or a job that began two to eight days before the judged part. */
  | 'young'
  /** A pair of key and operation that the history does not know. */
  | 'unseen';

/** Shares of a fleet, of 100. */
export const FLEET_SHARES: Readonly<Record<FleetKind, number>> = {
  human: 32,
  cron: 15,
  'cron-straddling': 5,
  flat: 13,
  deploy: 8,
  sparse: 8,
  control: 6,
  young: 8,
  unseen: 5,
};

/** All that a row is before its counts are drawn. */
export interface RowPlan {
  readonly kind: FleetKind;
  /** In whose time the row lives. */
  readonly zone: string;
  readonly operation: string;
  /** No calls before this time; −∞ for a row as old as the history. */
  readonly bornAt: number;
  readonly traffic: Traffic;
  readonly noise: FleetNoise;
}

const OPERATIONS: Readonly<Record<FleetKind, readonly string[]>> = {
  human: ['Decrypt', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'Verify', 'Sign', 'GenerateMac'],
  cron: ['GenerateDataKey', 'Decrypt', 'ReEncrypt', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey'],
  'cron-straddling': ['GenerateDataKey', 'Decrypt', 'ReEncrypt', 'DescribeKey'],
  flat: ['Decrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'VerifyMac', 'Verify'],
  deploy: ['Decrypt', 'CreateGrant', 'DescribeKey', 'GenerateDataKey'],
  sparse: ['Encrypt', 'CreateGrant', 'RetireGrant', 'GetPublicKey', 'GetKeyPolicy', 'Sign'],
  control: ['PutKeyPolicy', 'EnableKeyRotation', 'DisableKey', 'ScheduleKeyDeletion', 'TagResource', 'UpdateAlias'],
  young: ['Decrypt', 'GenerateDataKey', 'Encrypt', 'Verify'],
  unseen: ['Decrypt', 'Encrypt', 'ReEncrypt', 'Sign', 'CreateGrant', 'ScheduleKeyDeletion', 'PutKeyPolicy'],
};

/** @param judgedFrom where the judged part begins, epoch ms */
export function drawPlan(kind: FleetKind, zones: readonly string[], judgedFrom: number, random: Random): RowPlan {
  const own = random.pick(zones);
  const operation = random.pick(OPERATIONS[kind]);
  const plan = (traffic: Traffic, noise: FleetNoise, zone = own, bornAt = Number.NEGATIVE_INFINITY): RowPlan => ({
    kind,
    zone,
    operation,
    bornAt,
    traffic,
    noise,
  });
  switch (kind) {
    case 'human':
      return plan(drawHuman(random), drawNoise(random, 0.004, 0.12));
    case 'flat':
      return plan(drawFlat(random), drawNoise(random, 0.001, 0.05), 'UTC');
    case 'cron':
    case 'cron-straddling':
      return plan(drawCron(random, kind === 'cron-straddling', CRON_EVERY), drawJobNoise(random));
    case 'deploy':
      return drawDeploy(random, plan);
    case 'sparse':
      return plan(drawSparse(random, 2, 15), { dispersion: 0, batch: 1 });
    case 'control':
      return plan(drawRare(random, 0.15, 1), { dispersion: 0, batch: 1 });
    case 'young':
      return drawYoung(random, judgedFrom, plan);
    case 'unseen':
      return plan({ nature: 'none' }, { dispersion: 0, batch: 1 }, 'UTC');
  }
}

type Planner = (traffic: Traffic, noise: FleetNoise, zone?: string, bornAt?: number) => RowPlan;

export function drawHuman(random: Random, low = 0.3, high = 3000): HumanTraffic {
  return { nature: 'human', hours: drawOfficeHours(random), ...drawLevel(random, low, high) };
}

export function drawFlat(random: Random, low = 0.05, high = 3000): FlatTraffic {
  return { nature: 'flat', ...drawLevel(random, low, high) };
}

function drawLevel(
  random: Random,
  low: number,
  high: number,
): Pick<HumanTraffic, 'peak' | 'growthPerWeek' | 'wanderPerDay'> {
  const growing = random.uniform() < 0.6;
  return {
    peak: logBetween(random, low, high),
    growthPerWeek: growing ? between(random, -0.06, 0.1) : 0,
    wanderPerDay: logBetween(random, 0.005, 0.04),
  };
}

/** Callers that batch are a third; a job's runs are as noisy as their work varies. */
export function drawNoise(random: Random, low: number, high: number): FleetNoise {
  return { dispersion: logBetween(random, low, high), batch: random.uniform() < 0.33 ? between(random, 1.2, 3) : 1 };
}

function drawJobNoise(random: Random): FleetNoise {
  const sd = logBetween(random, 0.01, 0.1);
  return { dispersion: sd * sd, batch: 1 };
}

function drawCron(random: Random, straddling: boolean, schedules: readonly number[]): Traffic {
  // Jobs of a quarter of an hour, an hour and a day are as common as all that run every few hours.
  const few = schedules.filter((every) => every > HOUR && every < DAY);
  const groups = [[15 * MINUTE], [HOUR], few, [DAY]].filter((group) =>
    group.every((every) => schedules.includes(every)),
  );
  const every = random.pick(random.pick(groups.filter((group) => group.length > 0)));
  const late = straddling ? between(random, 60, 180) : between(random, 0, 25);
  const duration = straddling ? between(random, 20, 90) : between(random, 10, 100);
  // Seconds of the bucket of five minutes in which a run may begin.
  const within = straddling
    ? 300 - between(random, 0.25, 0.75) * (late + duration)
    : between(random, 0, 290 - late - duration);
  const bucket = firstBucket(random, every);
  return {
    nature: 'cron',
    every,
    first: bucket * 5 * MINUTE + Math.floor(within) * SECOND,
    weekdaysOnly: every >= 12 * HOUR && random.uniform() < 0.2,
    late: Math.floor(late) * SECOND,
    duration: Math.floor(duration) * SECOND,
    batch: logBetween(random, 6, 1500),
  };
}

/** The first run's bucket of the day; no run is due at two o'clock, the hour that clocks leave out or repeat. */
function firstBucket(random: Random, every: number): number {
  const perRun = every / (5 * MINUTE);
  for (;;) {
    const bucket = random.below(perRun);
    const hours = Array.from({ length: DAY / every }, (_, run) => Math.floor((bucket + run * perRun) / 12));
    if (every <= HOUR || !hours.includes(2)) return bucket;
  }
}

function drawDeploy(random: Random, plan: Planner): RowPlan {
  const people = random.uniform() < 0.6;
  const base = people ? drawHuman(random, 0.5, 60) : drawFlat(random, 0.2, 30);
  const size = Math.max(8 * base.peak, logBetween(random, 30, 2500));
  const traffic: Traffic = {
    nature: 'bursts',
    base,
    perWeek: between(random, 2, 6),
    size,
    spread: between(random, 0.2, 0.6),
  };
  return plan(traffic, drawNoise(random, 0.004, 0.08));
}

/** People's or a machine's traffic of `low` to `high` calls a week. */
function drawSparse(random: Random, low: number, high: number): Traffic {
  const perWeek = logBetween(random, low, high);
  if (random.uniform() < 0.5) return { nature: 'flat', peak: perWeek / 2016, growthPerWeek: 0, wanderPerDay: 0 };
  return drawRare(random, perWeek, perWeek);
}

/** Office hours whose nights are empty; about a quarter of the week's buckets are busy. */
function drawRare(random: Random, low: number, high: number): Traffic {
  const perWeek = logBetween(random, low, high);
  const hours = { ...drawOfficeHours(random), night: 0, evening: 0, saturday: 0, sunday: 0 };
  return { nature: 'human', hours, peak: perWeek / 550, growthPerWeek: 0, wanderPerDay: 0 };
}

function drawYoung(random: Random, judgedFrom: number, plan: Planner): RowPlan {
  const age = Math.floor(between(random, 2, 8) * 288) * 5 * MINUTE;
  const bornAt = judgedFrom - age;
  const kind = random.uniform();
  if (kind < 0.5) return plan(drawHuman(random), drawNoise(random, 0.004, 0.12), undefined, bornAt);
  if (kind < 0.75) return plan(drawFlat(random), drawNoise(random, 0.001, 0.05), 'UTC', bornAt);
  return plan(
    drawCron(random, false, [15 * MINUTE, HOUR, 3 * HOUR, 4 * HOUR]),
    drawJobNoise(random),
    undefined,
    bornAt,
  );
}
