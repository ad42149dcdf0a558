import { inPieces, KEY, POLICIES, rowOf, type Sheet, UTC } from './sheet.js';
import { counts, DAY, HOUR, MONDAY, median, officeHours, type Shape, STEP, steady } from './traffic.js';

/** Odds at which a silence is reported, today's share of its clock in 1 a week: (14 days, 205 looks a day), over all rows. */
export function odds(rows: number): number {
  return 0.2 / (14 * 205 * rows);
}
/** Odds at which `describe()` states a time. */
const STATED_ODDS = 1e-6;

export interface Kind {
  readonly name: string;
  readonly perDay: number;
  readonly shape: Shape;
  /** Days of history, and days of silence that are judged. */
  readonly history: number;
  readonly silent: number;
  readonly step: number;
  /** Days of the stream in which the key still lives. */
  readonly alive: number;
  /** One call a week and no more or less, at any time of it: of Poisson counts some have hardly a call to go by. */
  readonly isWeekly?: boolean;
}

const usual = { shape: steady, history: 56, silent: 14, step: STEP, alive: 0 };

export const KINDS: readonly Kind[] = [
  { ...usual, name: '1 a day', perDay: 1, silent: 40 },
  { ...usual, name: '3 a day', perDay: 3, silent: 20 },
  ...[5, 8, 10, 20, 40].map((perDay) => ({ ...usual, name: `${perDay} a day`, perDay })),
  { ...usual, name: '8 a working day', perDay: (8 * 5) / 7, shape: officeHours },
  { ...usual, name: '1 a week', perDay: 1 / 7, history: 84, silent: 300, isWeekly: true },
];

/** The same law where a key lived in the stream for a while, and on other steps. */
const IN_STREAM: readonly Kind[] = [
  { ...usual, name: '1 a day', perDay: 1, silent: 40, alive: 21 },
  ...[5, 8, 20].map((perDay) => ({ ...usual, name: `${perDay} a day`, perDay, alive: 21 })),
  { ...usual, name: '8 a working day', perDay: (8 * 5) / 7, shape: officeHours, alive: 21 },
];
const ON_STEPS: readonly Kind[] = [
  { ...usual, name: '8 a day, step 1 min', perDay: 8, step: 60_000, history: 28, silent: 7 },
  { ...usual, name: '8 a day, step 1 h', perDay: 8, step: HOUR },
  { ...usual, name: '8 a day, step 6 h', perDay: 8, step: 6 * HOUR },
  { ...usual, name: '8 a day, step 1 day', perDay: 8, step: DAY },
  { ...usual, name: '40 a day, step 1 day', perDay: 40, step: DAY },
];

/** A key that calls and then stops for good: what was reported of it, in hours from the end of the bucket of its last call. */
interface Stop {
  readonly calls: number;
  readonly exact: number;
  readonly exactStated: number;
  readonly stated: number | null;
  readonly window: number;
  readonly stream: Record<(typeof POLICIES)[number], number>;
}

export function silencePart(sheet: Sheet): void {
  sheet.page.heading('Silence: keys that stop for good');
  measure(sheet, KINDS, 10);
}

export function silenceInStreamPart(sheet: Sheet): void {
  sheet.page.heading('Silence of keys that lived three weeks in the stream');
  measure(sheet, IN_STREAM, 10);
}

export function silenceStepsPart(sheet: Sheet): void {
  sheet.page.heading('Silence on other steps');
  measure(sheet, ON_STEPS, 10);
}

function measure(sheet: Sheet, kinds: readonly Kind[], usualRuns: number): void {
  const { page } = sheet;
  page.line('Hours from the last call to the report, medians (runs reported).');
  page.line(
    `"exact" is T (a^(-1/n) - 1) after n calls in a time T, in calls expected where hours differ: at ${odds(1).toPrecision(2)} and at ${STATED_ODDS}.`,
  );
  page.line();
  const results = kinds.map((kind) => ({
    kind,
    stops: Array.from(sheet.seeds(usualRuns, `silence ${kind.name} ${kind.alive}`), ({ random }) =>
      stopOf(sheet, kind, random),
    ),
  }));
  page.table(
    ['calls', 'exact', 'scoreWindow', ...POLICIES, 'x of window', 'exact, 1e-6', 'stated', 'x of exact'],
    results.map(({ kind, stops }) => [
      kind.name,
      hours(median(stops.map(({ exact }) => exact))),
      reported(stops.map(({ window }) => window)),
      ...POLICIES.map((policy) => reported(stops.map(({ stream }) => stream[policy]))),
      POLICIES.map((policy) => ratio(slowness(stops, policy))).join(' '),
      hours(median(stops.map(({ exactStated }) => exactStated))),
      hours(statedMedian(stops)),
      ratio(statedMedian(stops) / median(stops.map(({ exactStated }) => exactStated))),
    ]),
  );
  verdicts(sheet, results);
}

function verdicts(sheet: Sheet, results: readonly { kind: Kind; stops: readonly Stop[] }[]): void {
  for (const policy of POLICIES) {
    const all = results.flatMap(({ stops }) => stops.map(({ stream }) => stream[policy]));
    const seen = all.filter(Number.isFinite).length;
    sheet.check(seen === all.length, `${policy}: reported in all runs`, `${seen} of ${all.length}`);
    const byWindow = results.map(({ kind, stops }) => ({ name: kind.name, value: slowness(stops, policy) }));
    worst(sheet, `${policy}: median at most 1.3 x that of scoreWindow`, byWindow);
    const byStated = results.map(({ kind, stops }) => ({
      name: kind.name,
      value: median(stops.map(({ stream }) => stream[policy])) / statedMedian(stops),
    }));
    worst(sheet, `${policy}: median at most 1.3 x what describe() states`, byStated);
  }
  const stated = results
    .filter(({ kind }) => kind.perDay >= 3)
    .map(({ kind, stops }) => ({
      name: kind.name,
      value: statedMedian(stops) / median(stops.map(({ exactStated }) => exactStated)),
    }));
  worst(sheet, 'stated time at most 1.3 x the exact one, from 3 a day on', stated);
}

function worst(sheet: Sheet, law: string, ratios: readonly { name: string; value: number }[]): void {
  if (ratios.length === 0) return;
  // A median of runs never reported, or a time never stated, is as bad as can be.
  const bad = ratios.map(({ name, value }) => ({
    name,
    value: Number.isFinite(value) ? value : Number.POSITIVE_INFINITY,
  }));
  const { name, value } = bad.reduce((a, b) => (b.value > a.value ? b : a));
  sheet.check(value <= 1.3, law, `worst ${ratio(value)} (${name})`);
}

function stopOf(sheet: Sheet, kind: Kind, random: () => number): Stop {
  const { lib } = sheet;
  const { perDay, shape, history, silent, step, alive } = kind;
  // At any hour of the week; a step of hours needs its own grid.
  const start = MONDAY + Math.floor((random() * 7 * DAY) / Math.max(step, HOUR)) * Math.max(step, HOUR);
  const learned = Math.round((history * DAY) / step);
  const living = Math.round(((history + alive) * DAY) / step);
  const total = Math.round(((history + alive + silent) * DAY) / step);
  const values = new Float64Array(total);
  const mean = meanOf(perDay, shape, step);
  values.set(livingCounts(kind, random, start));
  const set = rowOf(lib, start, values, step);
  const time = (bucket: number) => start + bucket * step;
  const baseline = lib.fitBaseline(lib.sliceWindow(set, start, time(learned)), UTC);
  const judged = lib.sliceWindow(set, time(learned), time(total));
  const last = values.subarray(0, living).findLastIndex((count) => count > 0);
  const sinceLast = (verdicts: Int8Array) => {
    const at = verdicts.indexOf(-1, living - learned);
    return at < 0 ? Number.POSITIVE_INFINITY : ((learned + at - last) * step) / HOUR;
  };
  const stream = Object.fromEntries(
    POLICIES.map((learn) => {
      const detector = new lib.Detector(baseline, { learn, alertBudget: { perWeek: 1 } });
      return [learn, sinceLast(inPieces(lib, detector, judged, random).verdicts)];
    }),
  ) as Stop['stream'];
  const calls = values.reduce((sum, count) => sum + count, 0);
  // What can be reported is reported where a bucket ends.
  const onGrid = (time: number) => (Math.ceil((time * HOUR) / step) * step) / HOUR;
  const exact = (at: number) => onGrid(exactHours(calls, at, last + 1, living, mean, start, step));
  const stated = baseline.describe(KEY).timeToDetectSilence;
  return {
    calls,
    exact: exact(odds(1)),
    exactStated: exact(STATED_ODDS),
    stated: stated === null || !Number.isFinite(stated) ? null : stated / HOUR,
    window: sinceLast(lib.scoreWindow(baseline, judged, { alertBudget: { perWeek: 1 } }).verdicts),
    stream,
  };
}

/** The counts of a key up to its stop. */
export function livingCounts(kind: Kind, random: () => number, start: number): Float64Array {
  const { perDay, shape, history, alive, step, isWeekly = false } = kind;
  const living = Math.round(((history + alive) * DAY) / step);
  if (!isWeekly) return counts(random, start, living, meanOf(perDay, shape, step), step);
  const values = new Float64Array(living);
  const week = (7 * DAY) / step;
  for (let first = 0; first < living; first += week) values[first + Math.floor(random() * week)] = 1;
  return values;
}

/** Calls expected in the bucket that begins at a time, looked up by the quarter of an hour where the step is longer. */
export function meanOf(perDay: number, shape: Shape, step: number): (time: number) => number {
  const piece = Math.min(step, 15 * 60_000);
  return (time) => {
    let sum = 0;
    for (let at = time; at < time + step; at += piece) sum += shape(at);
    return (sum * perDay * piece) / DAY;
  };
}

/** Hours from a bucket on until n (a^(-1/n) - 1) calls were expected, where n calls came in the buckets before `living`. */
export function exactHours(
  calls: number,
  at: number,
  from: number,
  living: number,
  mean: (time: number) => number,
  start: number,
  step: number,
): number {
  let expected = 0;
  for (let bucket = 0; bucket < living; bucket++) expected += mean(start + bucket * step);
  const wanted = expected * Math.expm1(-Math.log(at) / calls);
  let [missing, bucket] = [0, from];
  for (; missing < wanted; bucket++) missing += mean(start + bucket * step);
  const last = mean(start + (bucket - 1) * step);
  return ((bucket - from - (missing - wanted) / last) * step) / HOUR;
}

function slowness(stops: readonly Stop[], policy: (typeof POLICIES)[number]): number {
  return median(stops.map(({ stream }) => stream[policy])) / median(stops.map(({ window }) => window));
}

function statedMedian(stops: readonly Stop[]): number {
  return median(stops.map(({ stated }) => stated ?? Number.POSITIVE_INFINITY));
}

function reported(times: readonly number[]): string {
  const seen = times.filter(Number.isFinite);
  return `${hours(median(times))} (${seen.length}/${times.length})`;
}

function hours(value: number): string {
  return Number.isFinite(value) ? value.toFixed(value < 100 ? 1 : 0) : '–';
}

function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '–';
}
