import { Baseline } from '../engine/baseline.js';
import { ABOVE, BELOW, type Scores, UNKNOWN } from '../engine/types.js';
import { InputError, shown } from '../errors.js';
import { observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { gridText, INSPECT } from '../time/inspect.js';
import { seriesName } from './names.js';
import { counted, grouped, mean } from './numbers.js';
import { textTable } from './table.js';

/** So many series are listed. */
const LISTED = 8;

/**
 * What a set, a baseline or scores hold, on one screen: how many series, from when to when, by which step, how much of it was
 * observed; then the busiest series of a set, those of scores that were unusual most often, or the busiest of a baseline.
 * Times are UTC.
 *
 * @throws InputError for anything else
 *
 * @example
 * import { simulateCalls } from 'kms-baseline';
 * import { summaryText } from 'kms-baseline/report';
 *
 * console.log(summaryText(simulateCalls({ seed: 1, weeks: 1, by: [['operation']] }).set));
 */
export function summaryText(of: SeriesSet | Scores | Baseline): string {
  if (of instanceof Baseline) return ofBaseline(of);
  const given = of as Partial<SeriesSet & Scores> | null | undefined;
  if (given?.window !== undefined && given.verdicts !== undefined) return ofScores(of as Scores);
  if (given?.grid !== undefined && given.keys !== undefined && given.observed !== undefined)
    return ofSet(of as SeriesSet);
  throw new InputError(`of must be a SeriesSet, Scores or a Baseline, got ${shown(of)}`);
}

interface RowSummary {
  readonly row: number;
  /** Observed buckets, and the sum of their values. */
  readonly observed: number;
  readonly sum: number;
  readonly max: number;
}

function rowsOf(set: SeriesSet): RowSummary[] {
  const values = new Float64Array(set.grid.length);
  return set.keys.map((_, row) => {
    readRow(set, row, values);
    const known = observedRow(set, row);
    let [observed, sum, max] = [0, 0, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < values.length; i++) {
      if (known[i] !== 1) continue;
      observed++;
      sum += values[i];
      max = Math.max(max, values[i]);
    }
    return { row, observed, sum, max };
  });
}

function headOf(set: SeriesSet, rows: readonly RowSummary[]): string[] {
  const what = set.measure === 'count' ? 'counts' : 'levels';
  const head = `${grouped(set.keys.length)} series of ${what}, ${gridText(set.grid)} (${counted(set.grid.length, 'bucket')})`;
  const cells = set.keys.length * set.grid.length;
  const observed = rows.reduce((sum, row) => sum + row.observed, 0);
  return [head, cells === 0 ? 'observed: nothing' : `observed: ${percent(observed / cells)} of all buckets`];
}

function ofSet(set: SeriesSet): string {
  const rows = rowsOf(set);
  const lines = headOf(set, rows);
  if (set.measure === 'count')
    lines[1] += `, ${counted(
      rows.reduce((sum, row) => sum + row.sum, 0),
      'call',
    )}`;
  const isCount = set.measure === 'count';
  const rank = ({ sum, observed }: RowSummary): number => (isCount || observed === 0 ? sum : sum / observed);
  const busiest = [...rows].sort((a, b) => rank(b) - rank(a) || a.row - b.row).slice(0, LISTED);
  const table = textTable(
    [
      { title: isCount ? 'busiest' : 'highest mean' },
      { title: isCount ? 'calls' : 'mean', align: 'right' },
      { title: isCount ? 'most in a bucket' : 'highest', align: 'right' },
      { title: 'observed', align: 'right' },
    ],
    busiest.map(({ row, sum, max, observed }) => [
      seriesName(set.keys[row]),
      isCount ? grouped(sum) : observed === 0 ? '' : mean(sum / observed),
      observed === 0 ? '' : isCount ? grouped(max) : mean(max),
      percent(set.grid.length === 0 ? 0 : observed / set.grid.length),
    ]),
  );
  return text(lines, table, rows.length);
}

function ofScores(scores: Scores): string {
  const { window, verdicts } = scores;
  const { length } = window.grid;
  const unusual = window.keys.map((_, row) => {
    const own = verdicts.subarray(row * length, (row + 1) * length);
    let [above, below, unknown] = [0, 0, 0];
    for (const verdict of own) {
      if (verdict === ABOVE) above++;
      else if (verdict === BELOW) below++;
      else if (verdict === UNKNOWN) unknown++;
    }
    return { row, above, below, unknown };
  });
  const sum = (name: 'above' | 'below' | 'unknown') => unusual.reduce((total, row) => total + row[name], 0);
  const normal = verdicts.length - sum('above') - sum('below') - sum('unknown');
  const lines = headOf(window, rowsOf(window));
  lines.push(
    `verdicts: ${grouped(normal)} normal, ${grouped(sum('above'))} above, ${grouped(sum('below'))} below, ${grouped(sum('unknown'))} unknown`,
  );
  const most = unusual
    .filter(({ above, below }) => above + below > 0)
    .sort((a, b) => b.above + b.below - a.above - a.below || a.row - b.row);
  if (most.length === 0) return lines.join('\n');
  const table = textTable(
    [
      { title: 'unusual most often' },
      ...['above', 'below', 'unknown'].map((title) => ({ title, align: 'right' as const })),
    ],
    most
      .slice(0, LISTED)
      .map(({ row, above, below, unknown }) => [seriesName(window.keys[row]), ...[above, below, unknown].map(grouped)]),
  );
  return text(lines, table, most.length);
}

function ofBaseline(baseline: Baseline): string {
  const lines = [baseline[INSPECT]()];
  if (baseline.measure === 'level') return lines[0];
  const rows = baseline.keys.map((key) => baseline.describe(key)).sort((a, b) => b.callsPerHour - a.callsPerHour);
  const table = textTable(
    [{ title: 'busiest' }, { title: 'calls an hour', align: 'right' }, { title: 'time zone' }],
    rows.slice(0, LISTED).map(({ key, callsPerHour, timeZone }) => [seriesName(key), mean(callsPerHour), timeZone]),
  );
  return text(lines, table, rows.length);
}

function text(lines: readonly string[], table: readonly string[], rows: number): string {
  const more = rows > LISTED ? [`and ${counted(rows - LISTED, 'more series', 'more series')}`] : [];
  return [...lines, ...(rows === 0 ? [] : ['', ...table, ...more])].join('\n');
}

/** `98.4 %`; never 100 or 0 where it is not. */
function percent(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1)} %`;
}
