import { SEVERITIES } from '../../engine/anomalies/anomaly-of-runs.js';
import type { Anomaly } from '../../engine/types.js';
import { facetsOf } from '../facets.js';
import { keyNamesOf } from '../key-names.js';
import { callerName } from '../names.js';
import { printable } from '../printable.js';
import type { Report } from '../report.js';
import { homeOf } from '../who.js';
import { decidingView } from './deciding-view.js';
import { packCounts, packMeans } from './pack.js';
import type { PageFinding, PageView } from './page-data.js';

/** Buckets of a view on each side of what it shows; a page has no room for months of one finding. */
const REACH = 1000;

/** What a page's script is given of an anomaly. @param row of its series in the page, or −1 */
export function pageFinding({ analysis, evidence }: Report, anomaly: Anomaly, row: number): PageFinding {
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
