// Clean fleets of many tenants, drawn by a generator of their own: what src/simulate believes of traffic is not what is
// measured. Nothing happens in them but what happens anywhere: people at work, holidays, deployments, retries, jobs.
import { type SeriesSet, seriesSet } from '../../src/series/index.js';
import { DAY, HOUR, MINUTE, WEEK } from '../../src/time/grid.js';
import { poisson, uniforms } from './stream/traffic.js';

export const STEP = 5 * MINUTE;
/** A Monday; no zone below changes its offset from here to the end. */
export const BEGIN = Date.UTC(2026, 3, 13);
export const HISTORY_WEEKS = 8;
export const JUDGED_WEEKS = 4;
export const JUDGED = BEGIN + HISTORY_WEEKS * WEEK;
export const END = JUDGED + JUDGED_WEEKS * WEEK;

/** Offsets as they stand from April to July. */
const ZONES = [
  { zone: 'Europe/Berlin', offset: 2 * HOUR, region: 'eu-central-1' },
  { zone: 'America/New_York', offset: -4 * HOUR, region: 'us-east-1' },
  { zone: 'Asia/Tokyo', offset: 9 * HOUR, region: 'ap-northeast-1' },
  { zone: 'Europe/London', offset: HOUR, region: 'eu-west-2' },
  { zone: 'Australia/Sydney', offset: 10 * HOUR, region: 'ap-southeast-2' },
  { zone: 'America/Sao_Paulo', offset: -3 * HOUR, region: 'sa-east-1' },
] as const;

export interface Tenant {
  readonly account: string;
  readonly region: string;
  readonly zone: string;
  /** Of its zone, in ms. */
  readonly offset: number;
  /** Days off, as days of civil time since 1970. */
  readonly holidays: readonly number[];
}

export interface TenantFleet {
  readonly tenants: readonly Tenant[];
  readonly set: SeriesSet;
}

/** A stretch in which a key is busier by a factor, epoch ms. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly factor: number;
}

type Kind = 'people' | 'service' | 'job';

/** `[bucket]` calls of one key and operation. */
type Row = { readonly operation: string; readonly keyArn: string; readonly values: Float64Array };

export function tenantFleet(seed: number, count = 10): TenantFleet {
  const random = uniforms(seed);
  const tenants: Tenant[] = [];
  const rows: Row[] = [];
  for (let t = 0; t < count; t++) {
    const { zone, offset, region } = ZONES[t % ZONES.length];
    const account = String(111122223333 + 1000 * t + (seed % 1000));
    const tenant = { account, region, zone, offset, holidays: holidaysOf(random) };
    tenants.push(tenant);
    rows.push(...rowsOf(tenant, random));
  }
  return { tenants, set: withTotals(rows) };
}

/** One or two working days of the history, one of the weeks that are judged. */
function holidaysOf(random: () => number): number[] {
  const working = (week: number) => BEGIN / DAY + 7 * week + Math.floor(5 * random());
  const past = new Set([working(Math.floor(4 * random())), working(4 + Math.floor(4 * random()))]);
  if (random() < 0.5) past.delete([...past][0]);
  return [...past, working(HISTORY_WEEKS + Math.floor(JUDGED_WEEKS * random()))];
}

function rowsOf(tenant: Tenant, random: () => number): Row[] {
  const keys = 6 + Math.floor(8 * random());
  // Calls a day of the busiest key, and of others by Zipf's law.
  const most = 300 * 60 ** random();
  const deployments = stretches(random, 2, 10 * MINUTE, 25 * MINUTE, 1.3, 1.9, tenant.offset);
  // How busy the tenant's days are.
  const days = Array.from({ length: (END - BEGIN) / DAY + 2 }, () => Math.exp(0.06 * normal(random)));
  const rows: Row[] = [];
  for (let k = 0; k < keys; k++) {
    const u = random();
    const kind: Kind = k > 0 && u < 0.15 ? 'job' : u < 0.35 ? 'service' : 'people';
    const id = Array.from({ length: 8 }, () => Math.floor(16 * random()).toString(16)).join('');
    const keyArn = `arn:aws:kms:${tenant.region}:${tenant.account}:key/${id}-5d1e-4f7a-9b28-30c1d2e4f511`;
    const own = random() < 0.5 ? deployments : [];
    const retries = stretches(random, 0.5, 5 * MINUTE, 10 * MINUTE, 1.4, 2.2, tenant.offset);
    const perDay = most / (k + 1) ** 1.1;
    const operations = random() < 0.4 ? ['Decrypt', 'GenerateDataKey'] : ['Decrypt'];
    for (const [i, operation] of operations.entries()) {
      const values = calls(kind, i === 0 ? perDay : perDay / 4, tenant, days, [...own, ...retries], random);
      rows.push({ operation, keyArn, values });
    }
  }
  return rows;
}

/** So many stretches a week on average, in working hours. */
function stretches(
  random: () => number,
  perWeek: number,
  shortest: number,
  longest: number,
  least: number,
  greatest: number,
  offset: number,
): Stretch[] {
  const found: Stretch[] = [];
  for (let week = BEGIN; week < END; week += WEEK) {
    for (let left = poisson(random, perWeek); left > 0; left--) {
      const from = week + Math.floor(5 * random()) * DAY + (9 + 8 * random()) * HOUR - offset;
      const to = from + shortest + (longest - shortest) * random();
      found.push({ from, to, factor: least + (greatest - least) * random() });
    }
  }
  return found;
}

function calls(
  kind: Kind,
  perDay: number,
  { offset, holidays }: Tenant,
  days: readonly number[],
  busier: readonly Stretch[],
  random: () => number,
): Float64Array {
  const length = (END - BEGIN) / STEP;
  const values = new Float64Array(length);
  const weekend = kind === 'people' ? 0.03 + 0.1 * random() : 0.5 + 0.3 * random();
  const every = random() < 0.5 ? HOUR : 6 * HOUR;
  const minute = Math.floor(random() * 12) * STEP;
  let wander = 0;
  for (let i = 0; i < length; i++) {
    const time = BEGIN + i * STEP;
    const local = time + offset;
    const day = Math.floor(local / DAY);
    // 1970-01-01 was a Thursday.
    const isOff = (day + 3) % 7 >= 5 || holidays.includes(day);
    const hour = (local % DAY) / HOUR;
    wander = 0.9 * wander + 0.03 * normal(random);
    let mean = (perDay * STEP) / DAY;
    if (kind === 'job') mean = local % every === minute ? (perDay * every) / DAY : 0;
    else mean *= (kind === 'people' ? people(hour) : service(hour)) * (isOff ? weekend : 1) * Math.exp(wander);
    if (kind !== 'job') mean *= days[day - BEGIN / DAY + 1];
    for (const { from, to, factor } of busier) if (time < to && time + STEP > from) mean *= factor;
    values[i] = poisson(random, mean);
    // Now and then a call is tried again.
    for (let left = poisson(random, 0.01 * mean); left > 0; left--) values[i] += 1 + Math.floor(4 * random());
  }
  return values;
}

/** How busy people are at an hour, relative to the day's mean. */
function people(hour: number): number {
  const morning = Math.exp(-(((hour - 10) / 1.7) ** 2) / 2);
  const afternoon = Math.exp(-(((hour - 15) / 2) ** 2) / 2);
  return 0.03 + 2.5 * (morning + 0.95 * afternoon);
}

function service(hour: number): number {
  return 1 + 0.45 * Math.sin((2 * Math.PI * (hour - 9)) / 24);
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** As `countCalls` counts them: by operation, by key, by both. */
function withTotals(rows: readonly Row[]): SeriesSet {
  const sums = new Map<string, { key: { operation?: string; keyArn?: string }; values: Float64Array }>();
  for (const { operation, keyArn, values } of rows) {
    for (const key of [{ operation }, { keyArn }, { operation, keyArn }]) {
      const id = JSON.stringify(key);
      const sum = sums.get(id)?.values ?? new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) sum[i] += values[i];
      sums.set(id, { key, values: sum });
    }
  }
  return seriesSet({ start: BEGIN, step: STEP, series: [...sums.values()] });
}

/** The tenant that a key's ARN names. */
export function tenantOf({ tenants }: TenantFleet, keyArn: string | null): Tenant | undefined {
  return tenants.find(({ account }) => account === keyArn?.split(':')[4]);
}
