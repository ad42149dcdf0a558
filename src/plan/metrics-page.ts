import { ABOVE, BELOW, NORMAL, type Scores, UNKNOWN } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';
import { valueAt } from '../series/series-set.js';
import { SECOND } from '../time/grid.js';
import type { Health } from './health.js';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** One metric: without `_total`, which counters get where the format asks for it. */
interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The last bucket of one row. */
interface Row {
  readonly key: SeriesKey;
  readonly calls: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  readonly surprise: number;
  readonly verdict: number;
}

/** So many series are on a page unless more are asked for: what a Prometheus keeps is paid for by the series. */
const MOST_SERIES = 100;

export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
export const PLAIN_METRICS = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * What a plan knows, as Prometheus reads it: counts, expectations, limits, surprises and verdicts of the last settled bucket,
 * and the plan's health. Of the series only the most surprising ones, then those with most calls, since labels are as many as
 * keys and callers; how many were left out is a metric itself.
 */
export class MetricsPage {
  readonly #plan: string;
  readonly #most: number;
  #rows: readonly Row[] = [];
  #start = Number.NaN;
  #counted: Readonly<Record<'normal' | 'above' | 'below' | 'unknown', number>> | null = null;
  #health: Health | null = null;

  /** @param plan its name, a label of all metrics */
  constructor(plan: string, most = MOST_SERIES) {
    this.#plan = plan;
    this.#most = most;
  }

  /** Takes scores; what was judged again of earlier times is not the last bucket. */
  takeScores(scores: Scores): void {
    const { grid, keys } = scores.window;
    const last = grid.length - 1;
    const start = grid.start + last * grid.step;
    if (last < 0 || start < this.#start) return;
    this.#start = start;
    const counted = { normal: 0, above: 0, below: 0, unknown: 0 };
    const rows: Row[] = [];
    for (const [row, key] of keys.entries()) {
      const cell = row * grid.length + last;
      const verdict = scores.verdicts[cell];
      counted[verdict === ABOVE ? 'above' : verdict === BELOW ? 'below' : verdict === NORMAL ? 'normal' : 'unknown']++;
      if (verdict === UNKNOWN) continue;
      rows.push({
        key,
        calls: valueAt(scores.window, row, last),
        expected: scores.expected[cell],
        lower: scores.lower[cell],
        upper: scores.upper[cell],
        surprise: scores.surprise[cell],
        verdict,
      });
    }
    rows.sort((a, b) => Math.abs(b.surprise) - Math.abs(a.surprise) || b.expected - a.expected);
    this.#counted = counted;
    this.#rows = rows;
  }

  takeHealth(health: Health): void {
    this.#health = health;
  }

  /** The page in OpenMetrics 1.0, or in the older text format. */
  text(format: 'openmetrics' | 'plain'): string {
    const lines: string[] = [];
    for (const { name, type, help, samples } of this.#families()) {
      if (samples.length === 0) continue;
      const full = type === 'counter' ? `${name}_total` : name;
      // In OpenMetrics it is the family that is described, in the text format the sample.
      const described = format === 'openmetrics' ? name : full;
      lines.push(`# HELP ${described} ${help}`, `# TYPE ${described} ${type}`);
      for (const [labels, value] of samples)
        lines.push(`${full}${labelsText({ plan: this.#plan, ...labels })} ${number(value)}`);
    }
    if (format === 'openmetrics') lines.push('# EOF');
    return `${lines.join('\n')}\n`;
  }

  #families(): Family[] {
    return [...this.#seriesFamilies(), ...(this.#health === null ? [] : healthFamilies(this.#health))];
  }

  #seriesFamilies(): Family[] {
    if (this.#counted === null) return [];
    const shown = this.#rows.slice(0, this.#most);
    const of = (name: string, help: string, value: (row: Row) => number): Family => ({
      name: `kms_baseline_${name}`,
      type: 'gauge',
      help: `${help}, in the last settled bucket, of the ${this.#most} most surprising series.`,
      samples: shown.map((row) => [labelsOf(row.key), value(row)]),
    });
    const one = (name: string, help: string, value: number): Family => ({
      name: `kms_baseline_${name}`,
      type: 'gauge',
      help,
      samples: [[{}, value]],
    });
    return [
      of('calls', 'Calls', ({ calls }) => calls),
      of('expected_calls', 'Calls that were expected', ({ expected }) => expected),
      of('lower_limit_calls', 'The least calls that are normal', ({ lower }) => lower),
      of('upper_limit_calls', 'The most calls that are normal', ({ upper }) => upper),
      of(
        'surprise',
        'Signed -log10 of the probability, positive above and negative below what was expected',
        ({ surprise }) => surprise,
      ),
      of('verdict', '1 above, -1 below, 0 normal', ({ verdict }) =>
        verdict === ABOVE ? 1 : verdict === BELOW ? -1 : 0,
      ),
      {
        name: 'kms_baseline_series',
        type: 'gauge',
        help: 'Series by their verdict in the last settled bucket, all of them.',
        samples: Object.entries(this.#counted).map(([verdict, series]) => [{ verdict }, series]),
      },
      one(
        'series_left_out',
        'Series that were judged and have no metrics of their own here.',
        this.#rows.length - shown.length,
      ),
      one('bucket_start_timestamp_seconds', 'When the last settled bucket began, Unix time.', this.#start / SECOND),
    ];
  }
}

function healthFamilies(health: Health): Family[] {
  const counter = (name: string, help: string, value: number): Family => ({
    name: `kms_baseline_${name}`,
    type: 'counter',
    help,
    samples: [[{}, value]],
  });
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name: `kms_baseline_${name}`,
    type: 'gauge',
    help,
    samples,
  });
  const { coverage, failing, notices, verdicts, lag } = health;
  return [
    counter('polls', 'Polls of the sources since the state began.', health.polls),
    counter('calls_counted', 'Calls that sources brought since the state began.', health.calls),
    counter('calls_duplicate', 'Of those, copies that were left out.', health.duplicates),
    counter('calls_late', 'Of those, came when their bucket was judged already.', health.late),
    counter('calls_too_late', 'Of the late ones, came too late to correct anything.', health.tooLate),
    counter(
      'records_rejected',
      'Records that could not be read, and calls that lie over an hour in the future.',
      health.rejected,
    ),
    {
      name: 'kms_baseline_verdicts',
      type: 'counter',
      help: 'Buckets of series that were judged since the state began, by verdict.',
      samples: Object.entries(verdicts).map(([verdict, buckets]) => [{ verdict }, buckets]),
    },
    counter('notices_decided', 'Notices decided since the state began.', notices.decided),
    counter('notices_sent', 'Of those, sent to all notifiers that are to have them.', notices.told),
    gauge('notices_waiting', 'Notices that wait to be sent.', [[{}, notices.waiting]]),
    gauge('learning', '1 while the plan learns and reports nothing, 0 once it judges.', [
      [{}, health.phase === 'learning' ? 1 : 0],
    ]),
    gauge('lag_seconds', 'Time since the end of what is judged.', lag === null ? [] : [[{}, lag / SECOND]]),
    gauge(
      'source_coverage_ratio',
      'Share of the last day in which a source was listening.',
      Object.entries(coverage).map(([source, share]) => [{ source }, share]),
    ),
    gauge(
      'source_failing',
      '1 where the last poll of a source failed.',
      Object.keys(coverage).map((source) => [{ source }, failing.some((one) => one.source === source) ? 1 : 0]),
    ),
    gauge('quiet_keys', 'Keys without calls for now, whose silence would be reported.', [[{}, health.quiet.length]]),
  ];
}

/** An empty label is none to Prometheus, and two series that differ in it alone are one: what is summed over is left out. */
function labelsOf({ operation, keyArn, account, region, caller, outcome, metric }: SeriesKey): Labels {
  const labels = { operation, key_arn: keyArn, account, region, caller, outcome, metric };
  return Object.fromEntries(
    Object.entries(labels).filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== ''),
  );
}

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${parts.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
