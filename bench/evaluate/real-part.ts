import { bestDelayedF1, NAB_PROFILES, nabBest, recallAt } from '../../src/evaluate/index.js';
import { aiopsSeries, type FileSeries, hasData, microsoftSeries, nabSeries, readCsv } from './files.js';
import { LEVEL_RIVALS, type LevelJudge } from './level-rivals.js';
import { libraryLevel } from './library.js';
import type { Page } from './page.js';

const WAYS: readonly (readonly [name: string, judge: LevelJudge])[] = [
  ['kms-baseline', libraryLevel],
  ...Object.entries(LEVEL_RIVALS),
];

/** Acceptance, section 3, on the parts of the collections that are there for development. */
export const REAL_PARTS: Readonly<Record<string, (page: Page) => void>> = {
  nab: (page) => {
    if (!present(page, 'nab', 'Numenta Anomaly Benchmark')) return;
    const series = nabSeries();
    page.line(
      `${series.length} files; the first 15 % (at most 750 rows) is the history. Normalised scores, best threshold for all files. To reach 55.`,
    );
    page.line();
    const profiles = Object.entries(NAB_PROFILES);
    const rows = WAYS.map(([name, judge]) => {
      const files = series.map((one) => ({ scores: byRow(one, judge(one)), windows: one.windows }));
      return [name, ...profiles.map(([, profile]) => nabBest(files, profile).normalised.toFixed(1))];
    });
    const published = readCsv('benchmarks/nab-scoreboard-this-half.csv')
      .slice(1)
      .filter(([name]) => name !== 'null');
    page.table(
      ['way', 'standard', 'few false alarms', 'few missed'],
      [...rows, ...published.map(([name, ...scores]) => [`${name} (published, these files)`, ...scores])],
    );
  },
  aiops: (page) => {
    if (!present(page, 'aiops-kpi', 'AIOps KPI')) return;
    const series = aiopsSeries();
    page.line(
      `${series.length} series; the first half is the history. F1 with delay 7, one threshold for all. To reach 0.75.`,
    );
    page.line();
    const published = readCsv('benchmarks/aiops-kpi-delayed-f1.csv').slice(1);
    page.table(
      ['way', 'F1', 'precision', 'recall'],
      [
        ...WAYS.map(([name, judge]) => {
          const { f1, precision, recall } = bestDelayedF1(series.map((one) => judged(one, judge)));
          return [name, f1.toFixed(3), precision.toFixed(3), recall.toFixed(3)];
        }),
        ...published.map(([name, , f1]) => [`${name} (published, all 29 series)`, f1, '', '']),
      ],
    );
  },
  microsoft: (page) => {
    if (!present(page, 'ms-cloud-monitoring', 'Microsoft cloud monitoring')) return;
    const series = microsoftSeries();
    page.line(
      `${series.length} series; the first fifth is the history. Recall of labelled runs at 1 false episode per series-week, one threshold for all. To reach 0.70.`,
    );
    page.line();
    page.table(
      ['way', 'recall', 'found', 'false episodes per series-week'],
      WAYS.map(([name, judge]) => {
        const result = recallAt(
          series.map((one) => judged(one, judge)),
          1,
        );
        return [
          name,
          result.recall.toFixed(3),
          `${result.found} of ${result.events}`,
          result.falsePerSeriesWeek.toFixed(2),
        ];
      }),
    );
  },
};

function present(page: Page, folder: string, title: string): boolean {
  page.heading(`3. ${title}`);
  if (hasData(folder)) return true;
  page.line('Not measured: the data are not here (KMS_BASELINE_SHARED_DATA names their folder).');
  return false;
}

function judged(series: FileSeries, judge: LevelJudge) {
  return { scores: judge(series), labels: series.labels.subarray(series.history), step: series.step };
}

/** One score a row of the file, from one a judged bucket. */
function byRow({ bucketOfRow, history }: FileSeries, scores: Float64Array): Float64Array {
  return Float64Array.from(bucketOfRow, (bucket) => (bucket < history ? Number.NaN : scores[bucket - history]));
}
