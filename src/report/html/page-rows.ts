import { SEVERITIES } from '../../engine/anomalies/anomaly-of-runs.js';
import { ABOVE, type Anomaly, BELOW, NORMAL, REASONS } from '../../engine/types.js';
import { keyId, type SeriesKey } from '../../series/key.js';
import { observedRow, readRow, rowsById } from '../../series/series-set.js';
import { DAY, gridEnd, HOUR } from '../../time/grid.js';
import { facetsOf } from '../facets.js';
import { keyNamesOf } from '../key-names.js';
import { callerName, seriesName } from '../names.js';
import { counted } from '../numbers.js';
import { printable } from '../printable.js';
import type { Report } from '../report.js';
import { homeOf } from '../who.js';
import { wholeRows } from '../whole-rows.js';
import { decidingView } from './deciding-view.js';
import { addHours, HOURS_A_WEEK, usualWeek } from './hours.js';
import { packCounts, packMeans } from './pack.js';
import type { PageData, PageFinding, PageSeries, PageView } from './page-data.js';

/** Buckets of a series that belongs to no anomaly; more are drawn together. Those of an anomaly's own may be more. */
const BUCKETS = 576;
const BUCKETS_OF_ANOMALY = 4032;
/** Anomalies of a page's list; an analysis with more has another trouble. */
export const MOST_ANOMALIES = 3000;

type Columns = { -readonly [name in keyof PageSeries]: PageSeries[name][number][] };

/** The series of a page in columns: those with an anomaly first, then those with most calls, `most` in all. */
export function pageData(report: Report, most: number): PageData {
  const { analysis, evidence } = report;
  const { scores, baseline, history } = evidence;
  const { grid, keys } = scores.window;
  const rows = rowsById(keys);
  const told = analysis.anomalies.slice(0, MOST_ANOMALIES);
  const own = new Set(told.map(({ key }) => rows.get(keyId(key)) ?? -1));
  const calls = callsOf(report);
  const order = [...keys.keys()].sort(
    (a, b) => Number(own.has(b)) - Number(own.has(a)) || calls[b] - calls[a] || a - b,
  );
  const shown = order.slice(0, most);
  const place = new Map(shown.map((row, i) => [row, i]));
  const learned = history === null ? undefined : { set: history, rows: rowsById(history.keys) };
  const known = rowsById(baseline.keys);
  const whole = wholeRows(keys);
  const end = gridEnd(grid);
  // Hours of UTC: where a clock is half an hour off they straddle two of its own, which a picture of a week bears.
  const recentFrom = Math.ceil(end / HOUR) * HOUR - 7 * DAY;
  const arns = new Map<string, number>();
  const columns = emptyColumns();
  const y = new Float64Array(Math.max(grid.length, history?.grid.length ?? 0));
  for (const row of shown) {
    const key = keys[row];
    const id = keyId(key);
    columns.name.push(seriesName(key, evidence.nameOf));
    columns.arn.push(key.keyArn === null ? -1 : numberOf(arns, printable(key.keyArn, 256)));
    columns.level.push(levelOf(key, whole.has(row)));
    columns.calls.push(calls[row]);
    // Its own silence costs up to a millisecond to find, which is what limits a page's making.
    const summary = known.has(id) && !baseline.learning ? baseline.describe(key) : undefined;
    columns.rate.push(summary === undefined ? 0 : Number(summary.callsPerHour.toPrecision(4)));
    columns.silence.push(summary?.timeToDetectSilence ?? 0);
    pushWindow(columns, report, row, own.has(row) ? BUCKETS_OF_ANOMALY : BUCKETS, y);
    const lastHere = lastCall(y, grid.length);
    columns.last.push(lastHere >= 0 ? grid.start + lastHere * grid.step : (summary?.lastCall ?? 0));
    columns.week.push(packMeans(baseline.learning ? [] : usualWeek(baseline, key)));
    const recent = new Float64Array(HOURS_A_WEEK).fill(Number.NaN);
    const before = learned?.rows.get(id);
    if (learned !== undefined && before !== undefined) addHours(learned.set, before, recentFrom, recent, y);
    addHours(scores.window, row, recentFrom, recent, y);
    columns.recent.push(packCounts(recent));
  }
  const operations = shown.filter((row) => levelOf(keys[row], whole.has(row)) === 0).slice(0, 60);
  return {
    timeZone: analysis.timeZone,
    from: grid.start,
    to: end,
    recentFrom,
    arns: [...arns.keys()],
    series: columns,
    left: keys.length - shown.length,
    heat: {
      names: operations.map((row) => seriesName(keys[row]).replace(/ \(all keys\)$/, '')),
      hours: operations.map((row) => columns.week[place.get(row) ?? 0]),
    },
    step: grid.step,
    anomalies: told.map((anomaly) => pageFinding(report, anomaly, place.get(rows.get(keyId(anomaly.key)) ?? -1) ?? -1)),
  };
}

function emptyColumns(): Columns {
  return {
    ...{ name: [], arn: [], level: [], state: [], rank: [], rate: [], calls: [], last: [], silence: [], step: [] },
    ...{ values: [], expected: [], lower: [], upper: [], verdicts: [], week: [], recent: [] },
  };
}

function callsOf({ evidence: { scores } }: Report): Float64Array {
  const { grid, keys } = scores.window;
  const y = new Float64Array(grid.length);
  return Float64Array.from(keys, (_, row) => {
    readRow(scores.window, row, y);
    return y.reduce((sum, calls) => sum + calls, 0);
  });
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}

function levelOf(key: SeriesKey, whole: boolean): number {
  const others = [key.account, key.region, key.caller, key.metric].some((name) => name !== null);
  if (others || !whole) return 3;
  if (key.keyArn === null) return key.operation === null ? 3 : 0;
  return key.operation === null ? 1 : 2;
}

function lastCall(y: Float64Array, length: number): number {
  for (let i = length - 1; i >= 0; i--) if (y[i] > 0) return i;
  return -1;
}

/** The judged buckets of one row, several together where there are too many; leaves the row's counts in `y`. */
function pushWindow(columns: Columns, report: Report, row: number, most: number, y: Float64Array): void {
  const { scores } = report.evidence;
  const { grid } = scores.window;
  const width = Math.ceil(grid.length / most);
  const length = Math.ceil(grid.length / width);
  const at = row * grid.length;
  readRow(scores.window, row, y);
  const observed = observedRow(scores.window, row);
  const gaps = () => new Float64Array(length).fill(Number.NaN);
  const [values, expected, lower, upper] = [gaps(), gaps(), gaps(), gaps()];
  const verdicts = new Float64Array(length).fill(3);
  const tally = { above: 0, below: 0, normal: 0 };
  const add = (column: Float64Array, c: number, value: number) => {
    column[c] = (Number.isNaN(column[c]) ? 0 : column[c]) + value;
  };
  let reason = 0;
  for (let i = 0; i < grid.length; i++) {
    const c = Math.floor(i / width);
    const verdict = scores.verdicts[at + i];
    if (verdict === ABOVE) tally.above++;
    else if (verdict === BELOW) tally.below++;
    else if (verdict === NORMAL) tally.normal++;
    else reason = scores.reasons[at + i];
    if (verdict === ABOVE || verdict === BELOW) verdicts[c] = verdict === ABOVE ? 1 : 2;
    else if (verdict === NORMAL && verdicts[c] === 3) verdicts[c] = 0;
    if (observed[i] === 0) continue;
    add(values, c, y[i]);
    if (Number.isNaN(scores.expected[at + i])) continue;
    add(expected, c, scores.expected[at + i]);
    add(lower, c, Math.max(0, scores.lower[at + i]));
    add(upper, c, Math.max(0, scores.upper[at + i]));
  }
  columns.step.push(width * grid.step);
  columns.values.push(packCounts(values));
  columns.expected.push(packMeans(expected));
  columns.lower.push(packCounts(lower));
  columns.upper.push(packCounts(upper));
  columns.verdicts.push(packCounts(verdicts));
  columns.state.push(stateOf(tally, scores.known[row] === 1, REASONS[reason] ?? 'not observed'));
  columns.rank.push(tally.above > 0 ? 3 : tally.below > 0 ? 2 : tally.normal > 0 ? 0 : 1);
}

function stateOf(
  { above, below, normal }: { above: number; below: number; normal: number },
  known: boolean,
  reason: string,
): string {
  const parts: string[] = [];
  if (above > 0) parts.push(`above in ${counted(above, 'bucket')}`);
  if (below > 0) parts.push(`below in ${counted(below, 'bucket')}`);
  if (parts.length === 0) parts.push(normal > 0 ? 'normal' : `unknown: ${reason}`);
  if (!known) parts.push('new');
  return parts.join(', ');
}

/** Buckets of a view on each side of what it shows; a page has no room for months of one finding. */
const REACH = 1000;

/** What a page's script is given of an anomaly. @param row of its series in the page, or −1 */
function pageFinding({ analysis, evidence }: Report, anomaly: Anomaly, row: number): PageFinding {
  const { from, to, kind, verdict, severity, value, expected, callers = [] } = anomaly;
  const facets = facetsOf(anomaly, analysis.sources);
  const home = homeOf(anomaly, callers);
  const shown = (names: readonly string[]) => names.map((name) => printable(name, 80));
  const view = viewOf(evidence, anomaly);
  return {
    ...{ row, from, to, kind, verdict, severity: SEVERITIES.indexOf(severity) },
    size: Number(Math.abs(value - expected).toPrecision(6)),
    names: {
      key: facets.keys.map(keyNamesOf(analysis.keys)),
      operation: shown(facets.operations),
      caller: facets.callers.map((caller) => callerName(caller, home)),
      account: shown(facets.accounts),
      region: shown(facets.regions),
    },
    ...(view === undefined ? {} : { view }),
  };
}

function viewOf(evidence: Report['evidence'], anomaly: Anomaly): PageView | undefined {
  const view = decidingView(evidence, anomaly);
  if (view === undefined || view.span <= view.grid.step) return undefined;
  const { grid, span, mark, fine } = view;
  const first = Math.max(0, Math.floor((anomaly.from - grid.start) / grid.step) - REACH);
  const end = Math.min(grid.length, Math.max(mark + 1, Math.ceil((anomaly.to - grid.start) / grid.step)) + REACH);
  const part = (column: ArrayLike<number> | undefined) =>
    Array.prototype.slice.call(column ?? [], first, end) as number[];
  const whole = (column: ArrayLike<number> | undefined, round: (value: number) => number) =>
    packCounts(part(column).map(round));
  return {
    ...{ from: grid.start + first * grid.step, span, mark: mark - first, fine },
    // Calls of an incident before count as what was expected then: windows hold parts of calls.
    values: whole(view.values, anomaly.verdict === 'above' ? Math.ceil : Math.floor),
    expected: packMeans(part(view.expected)),
    lower: whole(view.lower, Math.ceil),
    upper: whole(view.upper, Math.floor),
  };
}
