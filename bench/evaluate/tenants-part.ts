import type { Anomaly, Incident } from '../../src/engine/types.js';
import type { SeriesKey } from '../../src/series/key.js';
import { DAY, WEEK } from '../../src/time/grid.js';
import type { Page } from './page.js';
import type { Library } from './stream/sheet.js';
import {
  END,
  HISTORY_WEEKS,
  JUDGED,
  JUDGED_WEEKS,
  type Tenant,
  type TenantFleet,
  tenantFleet,
  tenantOf,
} from './tenants.js';

/** The alert budget, and whether each tenant's holidays are handed in; builds from before the calendar do not heed it. */
const WAYS = [
  [1, false],
  [10, false],
  [1, true],
  [10, true],
] as const;

interface Reported {
  /** Incidents opened, and anomalies found. */
  incidents: number;
  anomalies: number;
  /** Of the incidents: those about a tenant on holiday. */
  onHolidays: number;
  /** Holidays of which something was reported, and the most incidents that one of them had. */
  holidays: number;
  most: number;
}

/**
 * What is reported of clean fleets of tenants: all of it is too much, but for one incident a holiday and tenant.
 * @param isListed prints every incident
 */
export function tenantsPart(page: Page, seeds: readonly number[], lib: Library, isListed = false): void {
  page.heading('5. Clean fleets of tenants');
  page.line(
    `${seeds.length} fleets (seeds ${seeds.join(', ')}) of 10 tenants with holidays, deployments, retries and jobs; ${HISTORY_WEEKS} weeks of history, ` +
      `${JUDGED_WEEKS} judged, one holiday a tenant among them. Incidents opened a week.`,
  );
  page.line('To reach: at 1 a week at most 1.5 beside holidays, at 10 between 4 and 12; a holiday is one incident.');
  page.line();
  const rows: string[][] = [];
  for (const [perWeek, calendar] of WAYS) {
    const sum: Reported = { incidents: 0, anomalies: 0, onHolidays: 0, holidays: 0, most: 0 };
    for (const seed of seeds) addFleet(lib, tenantFleet(seed), perWeek, calendar, sum, isListed);
    const weeks = JUDGED_WEEKS * seeds.length;
    const rate = (count: number) => (count / weeks).toFixed(2);
    rows.push([
      `${perWeek} a week${calendar ? ', holidays known' : ''}`,
      rate(sum.incidents),
      rate(sum.incidents - sum.onHolidays),
      rate(sum.onHolidays),
      `${sum.onHolidays} of ${sum.holidays}, at most ${sum.most}`,
      rate(sum.anomalies),
    ]);
  }
  page.table(['budget', 'incidents', 'beside holidays', 'on holidays', 'incidents a holiday', 'anomalies'], rows);
}

function addFleet(
  lib: Library,
  fleet: TenantFleet,
  perWeek: number,
  isKnown: boolean,
  sum: Reported,
  isListed: boolean,
): void {
  const { set } = fleet;
  const timeZone = ({ keyArn }: SeriesKey) => tenantOf(fleet, keyArn)?.zone ?? 'UTC';
  const calendar = ({ keyArn }: SeriesKey) => {
    const like = tenantOf(fleet, keyArn)?.holidays.map((day) => ({ date: dateOf(day), weekday: 0 }) as const);
    return like === undefined ? undefined : { like };
  };
  const history = lib.sliceWindow(set, set.grid.start, JUDGED);
  const baseline = lib.fitBaseline(history, isKnown ? { timeZone, calendar } : { timeZone });
  const detector = new lib.Detector(baseline, { alertBudget: { perWeek } });
  const seen = new Map<string, Incident>();
  const scores = [];
  for (let from = JUDGED; from < END; from += DAY) {
    scores.push(detector.observe(lib.sliceWindow(set, from, from + DAY)));
    for (const incident of detector.incidents) seen.set(incident.id, incident);
  }
  sum.incidents += seen.size;
  sum.anomalies += lib.findAnomalies(scores).length;
  if (isListed) list(fleet, [...seen.values()]);
  const byHoliday = new Map<Tenant, number>();
  for (const incident of seen.values()) {
    const tenant = onHoliday(fleet, incident);
    if (tenant === undefined) continue;
    sum.onHolidays++;
    byHoliday.set(tenant, (byHoliday.get(tenant) ?? 0) + 1);
  }
  sum.holidays += byHoliday.size;
  sum.most = Math.max(sum.most, ...byHoliday.values());
}

function list(fleet: TenantFleet, incidents: readonly Incident[]): void {
  for (const incident of incidents) {
    const { opened, closed, anomalies } = incident;
    const accounts = new Set(anomalies.map(({ key }) => tenantOf(fleet, key.keyArn)?.account ?? 'all'));
    const time = (at: number | null) => (at === null ? 'open' : new Date(at).toISOString().slice(0, 16));
    const [{ key, kind, value, expected, surprise }] = anomalies;
    const about = `${anomalies.length} rows of ${[...accounts].join(' ')}, ${kind} ${value} (${expected.toFixed(1)}) at ${surprise.toFixed(1)}`;
    const name = `${key.operation} ${key.keyArn?.slice(-36, -28) ?? ''}`;
    console.log(`${time(opened)} to ${time(closed)} ${onHoliday(fleet, incident) ? 'holiday ' : ''}${about} ${name}`);
  }
}

function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** The tenant that an incident of missing calls is about, where it is its holiday. */
function onHoliday(fleet: TenantFleet, { anomalies }: Incident): Tenant | undefined {
  for (const { key, verdict, from, to } of anomalies) {
    const tenant = tenantOf(fleet, key.keyArn);
    if (verdict === 'below' && tenant !== undefined && isDuringOne(tenant, { from, to })) return tenant;
  }
  return undefined;
}

function isDuringOne({ holidays, offset }: Tenant, { from, to }: Pick<Anomaly, 'from' | 'to'>): boolean {
  return holidays.some((day) => from < (day + 1) * DAY - offset && to > day * DAY - offset && to - from < WEEK);
}
