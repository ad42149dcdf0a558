import { describe, expect, it } from 'vitest';
import { ABOVE, BELOW, NORMAL, type Scores, UNKNOWN } from '../../src/engine/types.js';
import type { Health } from '../../src/plan/health.js';
import { MetricsPage } from '../../src/plan/metrics-page.js';
import { seriesKey } from '../../src/series/key.js';
import { seriesSet } from '../../src/series/series-set.js';
import { MINUTE } from '../../src/time/grid.js';

const START = Date.UTC(2026, 5, 1);

describe('the page of metrics', () => {
  const names = ['A', 'B', 'C', 'D', 'E'];
  const scores = (
    start: number,
    part: { verdicts?: number[]; surprise?: number[]; expected?: number[] } = {},
  ): Scores => {
    const wide = (values: readonly number[]) => Float64Array.from(values.flatMap((value) => [99, value]));
    return {
      window: seriesSet({
        start,
        step: MINUTE,
        series: names.map((operation, i) => ({
          key: seriesKey({ operation, ...(i === 0 ? { caller: 'a"b\\c\nd' } : {}) }),
          values: [77, i],
        })),
      }),
      expected: wide(part.expected ?? [1, 2, 3, 4, 5]),
      lower: wide([0, 0, -Infinity, 0, 0]),
      upper: wide([9, 9, Infinity, 9, 9]),
      surprise: wide(part.surprise ?? [0.5, -4, 3, 0.5, 9]),
      verdicts: Int8Array.from(wide(part.verdicts ?? [NORMAL, BELOW, ABOVE, NORMAL, UNKNOWN])),
      reasons: new Uint8Array(10),
      known: Uint8Array.of(1, 1, 1, 1, 1),
      spans: wide([0, 0, 0, 0, 0]),
    };
  };
  const samples = (page: MetricsPage, name: string) =>
    page
      .text('plain')
      .split('\n')
      .filter((line) => line.startsWith(`kms_baseline_${name}{`))
      .map((line) => line.slice(`kms_baseline_${name}{plan="p"`.length));

  it('has the last bucket, the most surprising series first, then those with most calls', () => {
    const page = new MetricsPage('p');
    page.takeScores(scores(START));
    expect(samples(page, 'verdict')).toEqual([
      ',operation="B"} -1',
      ',operation="C"} 1',
      ',operation="D"} 0',
      ',operation="A",caller="a\\"b\\\\c\\nd"} 0',
    ]);
    expect(samples(page, 'calls').map((line) => line.at(-1))).toEqual(['1', '2', '3', '0']);
    expect(samples(page, 'expected_calls').map((line) => line.at(-1))).toEqual(['2', '3', '4', '1']);
    expect(samples(page, 'upper_limit_calls')[1]).toBe(',operation="C"} +Inf');
    expect(samples(page, 'lower_limit_calls')[1]).toBe(',operation="C"} -Inf');
    expect(samples(page, 'surprise').map((line) => line.split(' ')[1])).toEqual(['-4', '3', '0.5', '0.5']);
    expect(samples(page, 'series')).toEqual([
      ',verdict="normal"} 2',
      ',verdict="above"} 1',
      ',verdict="below"} 1',
      ',verdict="unknown"} 1',
    ]);
    expect(samples(page, 'series_left_out')).toEqual(['} 0']);
    expect(samples(page, 'bucket_start_timestamp_seconds')).toEqual([`} ${START / 1000 + 60}`]);
  });

  it('has so many series, says how many are left out, and nothing of earlier buckets', () => {
    const page = new MetricsPage('p', 1);
    page.takeScores(scores(START));
    page.takeScores(scores(START - MINUTE, { surprise: [50, 0, 0, 0, 0] }));
    expect(samples(page, 'calls')).toEqual([',operation="B"} 1']);
    expect(samples(page, 'series_left_out')).toEqual(['} 3']);
    // The same bucket, judged again.
    page.takeScores(scores(START, { surprise: [0, 0, 50, 0, 0] }));
    expect(samples(page, 'calls')).toEqual([',operation="C"} 2']);
    page.takeScores(scores(START + MINUTE, { surprise: [0, 0, 0, -60, 0] }));
    expect(samples(page, 'calls')).toEqual([',operation="D"} 3']);
  });

  it('is in either format: what counters are called, and where they are described', () => {
    const health = {
      phase: 'watching',
      lag: 90_000,
      polls: 3,
      calls: 4,
      duplicates: 5,
      late: 6,
      tooLate: 7,
      rejected: 8,
      verdicts: { normal: 1, above: 2, below: 3, unknown: 4 },
      coverage: { x: 0.5, y: 1 },
      failing: [{ source: 'y', message: '' }],
      quiet: [{}, {}],
      notices: { decided: 9, told: 10, waiting: 11 },
    } as unknown as Health;
    const page = new MetricsPage('p');
    expect([page.text('plain'), page.text('openmetrics')]).toEqual(['\n', '# EOF\n']);
    page.takeHealth(health);
    const [plain, open] = [page.text('plain'), page.text('openmetrics')];
    expect(plain).toContain(
      '# HELP kms_baseline_polls_total Polls of the sources since the state began.\n# TYPE kms_baseline_polls_total counter\nkms_baseline_polls_total{plan="p"} 3\n',
    );
    expect(open).toContain('# TYPE kms_baseline_polls counter\nkms_baseline_polls_total{plan="p"} 3\n');
    expect([plain.includes('# EOF'), open.endsWith('\n# EOF\n')]).toEqual([false, true]);
    const counters = [
      'polls',
      'calls_counted',
      'calls_duplicate',
      'calls_late',
      'calls_too_late',
      'records_rejected',
      'notices_decided',
      'notices_sent',
    ];
    expect(counters.flatMap((name) => samples(page, `${name}_total`))).toEqual(
      [3, 4, 5, 6, 7, 8, 9, 10].map((count) => `} ${count}`),
    );
    expect(samples(page, 'verdicts_total')).toEqual([
      ',verdict="normal"} 1',
      ',verdict="above"} 2',
      ',verdict="below"} 3',
      ',verdict="unknown"} 4',
    ]);
    expect(['notices_waiting', 'learning', 'lag_seconds', 'quiet_keys'].flatMap((name) => samples(page, name))).toEqual(
      ['} 11', '} 0', '} 90', '} 2'],
    );
    expect(samples(page, 'source_coverage_ratio')).toEqual([',source="x"} 0.5', ',source="y"} 1']);
    expect(samples(page, 'source_failing')).toEqual([',source="x"} 0', ',source="y"} 1']);
    page.takeHealth({ ...health, phase: 'learning', lag: null });
    expect([samples(page, 'learning'), samples(page, 'lag_seconds')]).toEqual([['} 1'], []]);
  });
});
