import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Alarm } from '../../src/alarm/alarm.js';
import { IncidentTracker } from '../../src/engine/anomalies/incident-tracker.js';
import { Baseline } from '../../src/engine/baseline.js';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { InputError } from '../../src/errors.js';
import { summaryText } from '../../src/report/summary-text.js';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.UTC(2026, 4, 4);

/** Three weeks by the hour; Decrypt by day, twelve operations once a day, and Sign not observed on the last day. */
function counts(): SeriesSet {
  const hours = 21 * 24;
  const day = (i: number) => i % 24 >= 8 && i % 24 < 18;
  return seriesSet({
    start,
    step: HOUR,
    series: [
      {
        key: { operation: 'Decrypt' },
        values: Array.from({ length: hours }, (_, i) => (i === hours - 3 ? 900 : day(i) ? 10 : 1)),
      },
      {
        key: { operation: 'Sign' },
        values: Array.from({ length: hours }, (_, i) => (i >= hours - 24 ? Number.NaN : 2)),
      },
      ...Array.from({ length: 12 }, (_, n) => ({
        key: { operation: `Op${n}` },
        values: Array.from({ length: hours }, (_, i) => (i % 24 === n ? 1 : 0)),
      })),
    ],
  });
}
const set = counts();
const today = start + 20 * DAY;
const baseline = fitBaseline(sliceWindow(set, start, today), { timeZone: 'Europe/Berlin' });
const window = sliceWindow(set, today, today + DAY);

describe('summaryText', () => {
  it('says of a set how much there is, and which series are busiest', () => {
    const lines = summaryText(set).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '14 series of counts, 2026-05-04T00:00Z to 2026-05-25T00:00Z by 1 h (504 buckets)',
      'observed: 99.7 % of all buckets, 4,505 calls',
      '',
      'busiest             calls  most in a bucket  observed',
      expect.stringMatching(/^Decrypt.* +3,293 +900 +100 %$/),
    ]);
    expect(lines[5]).toMatch(/^Sign.* +960 +2 +95\.2 %$/);
    expect(lines.at(-1)).toBe('and 6 more series');
    expect(lines).toHaveLength(13);
  });

  it('says of scores what the verdicts were, and where', () => {
    const text = summaryText(scoreWindow(baseline, window));
    expect(text).toMatch(/^verdicts: \d+ normal, [1-9]\d* above, \d+ below, 24 unknown$/m);
    expect(text).toMatch(/^Decrypt.* +[1-9]\d* +\d+ +0$/m);
  });

  it('says of a baseline what it learned from', () => {
    const lines = summaryText(baseline).split('\n');
    expect(lines[0]).toBe(
      'Baseline <14 series of counts, 2026-05-04T00:00Z to 2026-05-24T00:00Z by 1 h, 100 % observed; Europe/Berlin (14)>',
    );
    expect(lines[3]).toMatch(/^Decrypt.* +4\.8 +Europe\/Berlin$/);
  });

  it('has something to say of nothing, and of levels', () => {
    expect(summaryText(seriesSet({ start: 0, step: 1, series: [] }))).toBe(
      '0 series of counts, 1970-01-01T00:00Z to 1970-01-01T00:00Z by 1 ms (0 buckets)\nobserved: nothing, 0 calls',
    );
    const level = seriesSet({
      ...{ start: 0, step: HOUR, measure: 'level' },
      series: [
        { key: { metric: 'latency' }, values: [1.5, Number.NaN, 2.5] },
        { key: { metric: 'x' }, values: [Number.NaN, Number.NaN, Number.NaN] },
      ],
    });
    const lines = summaryText(level).split('\n');
    expect(lines[4]).toMatch(/latency +2 +2\.5 +66\.7 %$/);
    expect(lines[5]).toMatch(/metric x +0 %$/);
  });

  it('refuses what is none of these', () => {
    for (const other of [null, undefined, 1, {}, 'set']) {
      expect(() => summaryText(other as never)).toThrow(InputError);
    }
  });
});

describe('at a prompt', () => {
  it('each class is a line, and says nothing of its insides', () => {
    const detector = new Detector(baseline);
    expect(inspect(detector)).toMatch(/^Detector <nothing observed yet, 0 open incidents; Baseline <14 series.*>>$/);
    detector.observe(window);
    expect(inspect({ detector })).toContain('observed to 2026-05-25T00:00Z');
    const tracker = new IncidentTracker();
    expect(inspect(tracker)).toBe('IncidentTracker <scores to never, 0 open incidents>');
    tracker.take(scoreWindow(baseline, window));
    expect(inspect(tracker)).toMatch(/^IncidentTracker <scores to 2026-05-25T00:00Z, \d+ open incidents?>$/);
    expect(inspect(Baseline.fromBytes(baseline.toBytes()))).toBe(inspect(baseline));
    const builder = new SeriesSetBuilder({ step: 90_000 });
    builder.add({ operation: 'Decrypt' }, start);
    expect(inspect(builder)).toBe('SeriesSetBuilder <1 series by 90 s>');
    const condition = { on: 'value', statistic: 'Sum', comparison: 'GreaterThanThreshold', threshold: 3 } as const;
    const alarm = new Alarm({ name: 'many', condition, step: HOUR, evaluationPeriods: 1 });
    expect(inspect(alarm)).toBe('Alarm <many: INSUFFICIENT_DATA>');
    alarm.observe(start, 5);
    expect(inspect(alarm)).toBe('Alarm <many: ALARM since 2026-05-04T01:00Z>');
  });
});
