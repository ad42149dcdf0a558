import { type Anomaly, POLICIES, type Policy, rowOf, type Sheet, UTC } from './sheet.js';
import { counts, DAY, HOUR, MONDAY, poisson, STEP } from './traffic.js';

const HISTORY = 42;
const JOB = 2 * HOUR;
/** From the job of another size on; the next night's job, of the usual size, is in it. */
const AFTER = 30 * HOUR;
const BASE_AN_HOUR = 3;

interface Job {
  readonly usual: number;
  readonly once: number;
  /** Whether it has to be reported. */
  readonly must: boolean;
  /** Whether the usual size scatters as a Poisson count does; else it is the same every night. */
  readonly scatters: boolean;
}

const SIZES = [
  { usual: 500, once: 650, must: true },
  { usual: 500, once: 1500, must: true },
  { usual: 50, once: 90, must: true },
  { usual: 500, once: 350, must: true },
  // So near to what chance gives that whether they are reported is left open.
  { usual: 40, once: 70, must: false },
  { usual: 40, once: 80, must: false },
] as const;
const JOBS: readonly Job[] = SIZES.flatMap((size) => [
  { ...size, scatters: true },
  { ...size, scatters: false },
]);

type Way = 'scoreWindow' | Policy;
const WAYS: readonly Way[] = ['scoreWindow', ...POLICIES];

interface Found {
  runs: number;
  reported: number;
  phantoms: number;
  stretched: number;
  /** Findings whose limits stand on the wrong side of what is expected; by more than half a call. */
  contradictions: number;
  gross: number;
  /** In the day before the job of another size. */
  before: number;
}

/** A nightly job of another size, once: it is reported, and nothing after it. */
export function aftermathPart(sheet: Sheet): void {
  const { lib, page } = sheet;
  const rows: string[][] = [];
  const totals = new Map(WAYS.map((way) => [way, nothing()]));
  for (const job of JOBS) {
    const name = `${job.usual} -> ${job.once}${job.scatters ? '' : ', never scattering'}`;
    const byWay = new Map(WAYS.map((way) => [way, nothing()]));
    for (const { random } of sheet.seeds(30, `aftermath ${name}`)) {
      const night = MONDAY + (HISTORY + 1) * DAY + JOB;
      const end = night + AFTER;
      const values = counts(random, MONDAY, (end - MONDAY) / STEP, () => (BASE_AN_HOUR * STEP) / HOUR);
      for (let at = MONDAY + JOB; at < end; at += DAY) {
        const size = at === night ? job.once : job.scatters ? poisson(random, job.usual) : job.usual;
        values[(at - MONDAY) / STEP] += size;
      }
      const set = rowOf(lib, MONDAY, values, STEP);
      const from = MONDAY + HISTORY * DAY;
      const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, from), UTC);
      const judged = lib.sliceWindow(set, from, end);
      for (const [way, found] of byWay) {
        const scores =
          way === 'scoreWindow'
            ? lib.scoreWindow(baseline, judged, { alertBudget: { perWeek: 1 } })
            : new lib.Detector(baseline, { learn: way, alertBudget: { perWeek: 1 } }).observe(judged);
        count(lib.findAnomalies(scores), night, job, found);
      }
    }
    for (const [way, found] of byWay) {
      rows.push([name, way, `${found.reported}/${found.runs}`, ...columns(found).map(String)]);
      const total = totals.get(way) as Found;
      for (const field of Object.keys(found) as (keyof Found)[]) total[field] += found[field];
      const bad = found.phantoms + found.stretched;
      if (job.must) {
        sheet.later(
          `${way}: the job is reported`,
          name,
          found.reported === found.runs,
          `${found.reported} of ${found.runs}`,
        );
      }
      sheet.later(
        `${way}: at most one phantom or stretched finding in 30`,
        name,
        bad <= Math.ceil(found.runs / 30),
        String(bad),
      );
    }
  }
  page.heading('Aftermath of a nightly job of another size');
  page.line(
    `Over ${BASE_AN_HOUR} calls an hour, ${HISTORY} days of history; the ${AFTER / HOUR} h after it hold the next job, of the usual size.`,
  );
  page.line(
    'Phantoms do not touch the job; stretched findings do, and last for more than an hour; "by > 0.5": contradictions of more than half a call.',
  );
  page.line();
  page.table(['job', 'way', 'reported', 'phantoms', 'stretched', 'contradict', 'by > 0.5', 'day before'], rows);
  sheet.settle();
  for (const [way, { contradictions, gross, phantoms, runs }] of totals) {
    sheet.check(
      contradictions === 0,
      `${way}: lower <= expected <= upper in every finding`,
      `${contradictions} not, ${gross} by more than half a call`,
    );
    page.line(`      ${way}: ${phantoms} phantoms in ${runs} runs`);
  }
}

function count(anomalies: readonly Anomaly[], night: number, { usual, once }: Job, found: Found): void {
  const right = once > usual ? 'above' : 'below';
  const touches = ({ from, to }: Anomaly) => from < night + STEP && to > night;
  found.runs++;
  found.reported += Number(anomalies.some((one) => touches(one) && one.verdict === right));
  found.phantoms += anomalies.filter((one) => one.from >= night + STEP).length;
  found.stretched += anomalies.filter((one) => touches(one) && one.to - one.from > HOUR).length;
  found.before += anomalies.filter((one) => one.to <= night).length;
  for (const { lower, expected, upper } of anomalies) {
    // Sums of many buckets: as equal as their rounding.
    const slack = 1e-9 * (1 + Math.abs(expected));
    found.contradictions += Number(!(lower <= expected + slack && expected <= upper + slack));
    found.gross += Number(!(lower <= expected + 0.5 && expected <= upper + 0.5));
  }
}

function columns({ phantoms, stretched, contradictions, gross, before }: Found): number[] {
  return [phantoms, stretched, contradictions, gross, before];
}

function nothing(): Found {
  return { runs: 0, reported: 0, phantoms: 0, stretched: 0, contradictions: 0, gross: 0, before: 0 };
}
