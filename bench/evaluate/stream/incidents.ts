import { type Anomaly, KEY, POLICIES, rowOf, type Scores, type Sheet, UTC } from './sheet.js';
import { counts, DAY, HOUR, MONDAY, median, STEP } from './traffic.js';

const HISTORY = 28;
const JUDGED = 10;
const CUTS = [
  ['whole', JUDGED * DAY],
  ['by day', DAY],
  ['by hour', HOUR],
  ['by bucket', STEP],
] as const;

const SHAPES = [
  { name: 'x3 for six days, 7 a bucket', perBucket: 7, factor: 3, from: 1, to: 7 },
  { name: 'x0.3 for six days, 7 a bucket', perBucket: 7, factor: 0.3, from: 1, to: 7 },
  { name: 'x2 for three days, 12 a day', perBucket: (12 * STEP) / DAY, factor: 2, from: 1, to: 4 },
  { name: 'none for five days, 60 a day', perBucket: (60 * STEP) / DAY, factor: 0, from: 2, to: 7 },
] as const;

/** An incident has an identity where the build gives it one. */
type Identified = Anomaly & { readonly id?: string };

/** One incident, however the stream is cut: the same anomalies with the same figures, restored in between or not. */
export function incidentsPart(sheet: Sheet): void {
  const { lib, page } = sheet;
  const rows: string[][] = [];
  for (const shape of SHAPES) {
    for (const learn of POLICIES) {
      const found = CUTS.map(([name]) => ({ name, anomalies: [] as number[], differ: 0 }));
      for (const { random } of sheet.seeds(2, `incident ${shape.name}`)) {
        const mean = (time: number) => {
          const day = (time - MONDAY) / DAY - HISTORY;
          const daily = 1 + 0.5 * Math.sin((2 * Math.PI * time) / DAY);
          return shape.perBucket * daily * (day >= shape.from && day < shape.to ? shape.factor : 1);
        };
        const values = counts(random, MONDAY, ((HISTORY + JUDGED) * DAY) / STEP, mean);
        const set = rowOf(lib, MONDAY, values, STEP);
        const from = MONDAY + HISTORY * DAY;
        const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, from), UTC);
        let whole = '';
        for (const [i, [, cut]] of CUTS.entries()) {
          let detector = new lib.Detector(baseline, { learn, alertBudget: { perWeek: 1 } });
          const scores: Scores[] = [];
          for (let at = from; at < from + JUDGED * DAY; at += cut) {
            scores.push(detector.observe(lib.sliceWindow(set, at, at + cut)));
            if (cut === HOUR && random() < 0.3) detector = lib.Detector.fromBytes(detector.toBytes());
          }
          const anomalies = lib.findAnomalies(scores);
          found[i].anomalies.push(anomalies.length);
          const all = JSON.stringify(anomalies.map(identityOf).sort());
          if (i === 0) whole = all;
          else found[i].differ += Number(all !== whole);
        }
      }
      rows.push([
        shape.name,
        learn,
        ...found.map(({ anomalies }) => anomalies.join(' ')),
        String(sumOf(found.map(({ differ }) => differ))),
      ]);
      const most = Math.max(...found.flatMap(({ anomalies }) => anomalies));
      const differ = sumOf(found.map((one) => one.differ));
      const kind = `${shape.name}, ${learn}`;
      sheet.later('at most 2 anomalies, however cut', kind, most <= 2, String(most));
      const cuts = (CUTS.length - 1) * found[0].anomalies.length;
      sheet.later('the same ids, times and figures, however cut', kind, differ === 0, `${differ} of ${cuts} cuts`);
    }
  }
  page.heading('One incident, however the stream is cut');
  page.table(['incident', 'policy', ...CUTS.map(([name]) => name), 'cuts that differ'], rows);
  sheet.settle();
}

function identityOf({ id, from, to, kind, verdict, value, expected }: Identified): string {
  return [id, from, to, kind, verdict, value, expected.toFixed(6)].join(' ');
}

const KEPT_QUIET = 6 * HOUR;
const MARKED = [8, 40, 288] as const;

/** After a silence that was marked as expected, a new one lasts as long as any other (reliability, M4). */
export function markedPart(sheet: Sheet): void {
  const { lib, page } = sheet;
  const rows = MARKED.map((perDay) => {
    const runs = Array.from(sheet.seeds(10, `marked ${perDay}`), ({ random }) => {
      const from = MONDAY + 56 * DAY;
      const silent = 14 * DAY;
      const values = new Float64Array((56 * DAY + silent) / STEP);
      values.set(counts(random, MONDAY, (56 * DAY) / STEP, () => (perDay * STEP) / DAY));
      // The key calls in its last bucket: a silence begins where the history ends.
      values[(56 * DAY) / STEP - 1] = 1;
      const set = rowOf(lib, MONDAY, values, STEP);
      const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, from), UTC);
      const reported = (scores: Scores, begun: number) => {
        const at = scores.verdicts.indexOf(-1);
        return at < 0 ? Number.POSITIVE_INFINITY : scores.window.grid.start + (at + 1) * STEP - begun;
      };
      const make = () => new lib.Detector(baseline, { learn: 'hold', alertBudget: { perWeek: 1 } });
      const quiet = lib.sliceWindow(set, from, from + KEPT_QUIET);
      const rest = lib.sliceWindow(set, from + KEPT_QUIET, from + silent);
      const ahead = make();
      ahead.markExpected(KEY, from, from + KEPT_QUIET);
      ahead.observe(quiet);
      const afterwards = make();
      afterwards.observe(quiet);
      afterwards.markExpected(KEY, from, from + KEPT_QUIET);
      return {
        plain: reported(make().observe(lib.sliceWindow(set, from, from + silent)), from),
        ahead: reported(ahead.observe(rest), from + KEPT_QUIET),
        afterwards: reported(afterwards.observe(rest), from + KEPT_QUIET),
      };
    });
    const middle = (way: 'plain' | 'ahead' | 'afterwards') => median(runs.map((run) => run[way])) / HOUR;
    for (const way of ['ahead', 'afterwards'] as const) {
      const ratio = middle(way) / middle('plain');
      const kind = `${perDay} a day, marked ${way}`;
      const isSame = ratio >= 0.8 && ratio <= 1.25;
      sheet.later('a silence after what was marked takes as long as any', kind, isSame, `${ratio.toFixed(2)} x`);
    }
    return [`${perDay} a day`, ...(['plain', 'ahead', 'afterwards'] as const).map((way) => middle(way).toFixed(1))];
  });
  page.heading(`Marked as expected: ${KEPT_QUIET / HOUR} h of a silence`);
  page.line('Hours from the end of what was marked (plain: from the last call) to the report, medians.');
  page.line();
  page.table(['calls', 'plain', 'marked ahead', 'marked afterwards'], rows);
  sheet.settle();
}

const STEPS = [
  ['1 min', 60_000],
  ['5 min', STEP],
  ['1 h', HOUR],
  ['12 h', 12 * HOUR],
  ['1 day', DAY],
] as const;
const RESTORED_BUCKETS = 60;

/** A detector that is written and read back before every bucket goes on as one that never stopped (reliability, H1). */
export function restoredPart(sheet: Sheet): void {
  const { lib, page } = sheet;
  const rows = STEPS.map(([name, step]) => {
    let [differ, scores] = [0, 0];
    for (const { random } of sheet.seeds(4, `restored ${name}`)) {
      for (const perBucket of [0.3, 3]) {
        const learned = Math.max(60, Math.round((14 * DAY) / step));
        const values = counts(random, MONDAY, learned + RESTORED_BUCKETS, () => perBucket, step);
        // A silence, so that its clock runs.
        values.fill(0, learned + 20, learned + 45);
        const set = rowOf(lib, MONDAY, values, step);
        const time = (bucket: number) => MONDAY + bucket * step;
        const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, time(learned)), UTC);
        const never = new lib.Detector(baseline);
        let restored = new lib.Detector(baseline);
        for (let bucket = learned; bucket < learned + RESTORED_BUCKETS; bucket++) {
          const next = lib.sliceWindow(set, time(bucket), time(bucket + 1));
          restored = lib.Detector.fromBytes(restored.toBytes());
          differ += Number(!same(never.observe(next), restored.observe(next)));
          scores++;
        }
      }
    }
    const kind = `a step of ${name}`;
    sheet.later('restored as if it had never stopped', kind, differ === 0, `${differ} of ${scores} scores differ`);
    return [name, String(differ), String(scores)];
  });
  page.heading('Restored before every bucket');
  page.table(['step', 'scores that differ', 'scores'], rows);
  sheet.settle();
}

function same(a: Scores, b: Scores): boolean {
  return (['expected', 'lower', 'upper', 'surprise', 'verdicts', 'spans'] as const).every((column) =>
    a[column].every((value, i) => Object.is(value, b[column][i])),
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
