import type { PutDashboardCommandInput } from '@aws-sdk/client-cloudwatch';
import { checkBudget } from '../engine/alert-budget.js';
import type { Baseline } from '../engine/baseline.js';
import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { type DefinitionOf, fittingName, NAMESPACE, partsOfKey } from './definitions.js';
import { bandProbability, type LearnedPair, learnedPairs, periodOf, weekBand } from './definitions-band.js';

export type DashboardDefinition = DefinitionOf<'PutDashboard', PutDashboardCommandInput>;

export interface DashboardOptions {
  /** False alarms a week that the drawn bands stand for, over all pairs; 1 by default. */
  readonly alertBudget?: { readonly perWeek: number };
  /** How many pairs are drawn, busiest first; 100 by default, at most 496. */
  readonly pairs?: number;
  /** ARNs of alarms to be shown on top, at most 100. */
  readonly alarms?: readonly string[];
  /** Whether the surprise of each pair, as `publishScores` sends it, is drawn beside its calls; false by default. */
  readonly published?: boolean;
  /** What stands on top, in Markdown. */
  readonly title?: string;
}

/** A dashboard holds so many widgets (CloudWatch API Reference, Dashboard Body Structure); four are for title, alarms and note. */
const MOST_WIDGETS = 496;

/**
 * The `DashboardBody` of PutDashboard: a graph for each key and operation with the band of the week to come, three in a
 * row, in the Region of its key. What finds no room is named in a note at the end.
 * @throws InputError for options out of range, and when the baseline's step is no multiple of a minute
 */
export function dashboardBody(baseline: Baseline, options: DashboardOptions = {}): string {
  checkOptions(options, DASHBOARD_OPTIONS);
  const period = periodOf(baseline);
  const shownPairs = checkInteger(options.pairs ?? 100, 'pairs', 1, MOST_WIDGETS);
  const perWeek = checkBudget(options.alertBudget);
  const { alarms = [], title = '# KMS activity against its baseline' } = options;
  checkInteger(alarms.length, 'alarms.length', 0, 100);
  if (typeof title !== 'string' || title === '') throw new InputError(`title must be a text, got ${shown(title)}`);
  const all = learnedPairs(baseline);
  const pairs = all.slice(0, shownPairs);
  const probability = bandProbability(baseline, all.length, perWeek);
  const widgets: object[] = [{ type: 'text', x: 0, y: 0, width: 24, height: 2, properties: { markdown: title } }];
  if (alarms.length > 0) {
    const properties = { alarms: [...alarms], title: 'Alarms', sortBy: 'stateUpdatedTimestamp' };
    widgets.push({ type: 'alarm', x: 0, y: 2, width: 24, height: 3, properties });
  }
  const top = alarms.length > 0 ? 5 : 2;
  for (const [i, pair] of pairs.entries()) {
    const properties = graph(pair, weekBand(baseline, pair.key, probability), period, options.published === true);
    widgets.push({ type: 'metric', x: (i % 3) * 8, y: top + Math.floor(i / 3) * 6, width: 8, height: 6, properties });
  }
  if (all.length > pairs.length) {
    const markdown = `${all.length - pairs.length} more pairs of key and operation, less busy than these, are not drawn.`;
    const y = top + Math.ceil(pairs.length / 3) * 6;
    widgets.push({ type: 'text', x: 0, y, width: 24, height: 2, properties: { markdown } });
  }
  return JSON.stringify({ start: '-P7D', periodOverride: 'inherit', widgets });
}

/**
 * The same as a definition, beside those of alarms and rules. Dashboards belong to no Region.
 * @param options as those of `dashboardBody`, and the dashboard's `name`, `kms-baseline` by default
 */
export function dashboardDefinition(
  baseline: Baseline,
  { name = 'kms-baseline', ...options }: DashboardOptions & { readonly name?: string } = {},
): DashboardDefinition {
  return {
    operation: 'PutDashboard',
    region: null,
    why: 'The calls of each key and operation, with the band of the week to come.',
    input: { DashboardName: fittingName(name, 255, /[^\w-]/g), DashboardBody: dashboardBody(baseline, options) },
  };
}

const DASHBOARD_OPTIONS: OptionNames<DashboardOptions> = {
  alertBudget: true,
  pairs: true,
  alarms: true,
  published: true,
  title: true,
};

function graph(
  { keyArn, operation }: LearnedPair,
  { lower, upper }: { lower: number; upper: number },
  period: number,
  published: boolean,
): object {
  const { region, id } = partsOfKey(keyArn);
  const calls = [
    'AWS/KMS',
    'SuccessfulRequest',
    'KeyArn',
    keyArn,
    'Operation',
    operation,
    { label: 'calls', stat: 'Sum' },
  ];
  const surprise = [
    NAMESPACE,
    'Surprise',
    'KeyArn',
    keyArn,
    'Operation',
    operation,
    { label: 'surprise', yAxis: 'right', stat: 'Maximum' },
  ];
  return {
    title: `${operation} on ${id.slice(0, 12)}`,
    region,
    view: 'timeSeries',
    stacked: false,
    period,
    metrics: published ? [calls, surprise] : [calls],
    yAxis: { left: { min: 0 } },
    annotations: {
      horizontal: [
        [
          { label: 'normal up to', value: upper },
          { value: lower, label: 'from' },
        ],
      ],
    },
  };
}
