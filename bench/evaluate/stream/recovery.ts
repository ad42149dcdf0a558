import { inPieces, POLICIES, type Policy, rowOf, type Sheet, UTC } from './sheet.js';
import { counts, DAY, HOUR, MONDAY, officeHours, poisson, type Shape, STEP, steady } from './traffic.js';

const HISTORY = 56;
/** Days before the outage, and after it. */
const BEFORE = 2;
const AFTER = 8;

const OUTAGES = [
  { perDay: 10, hours: 4 * 24 },
  { perDay: 40, hours: 2 * 24 },
  { perDay: 300, hours: 12 },
] as const;

/** Keys whose calls stop for a while and come back as before. */
export function recoveryPart(sheet: Sheet): void {
  const { page, lib } = sheet;
  const rows: string[][] = [];
  for (const { perDay, hours } of OUTAGES) {
    const name = `${perDay} a day, ${hours} h`;
    for (const learn of POLICIES) {
      let [seen, after, without, differing, runs] = [0, 0, 0, 0, 0];
      for (const { random } of sheet.seeds(16, `recovery ${perDay}`)) {
        const from = MONDAY + HISTORY * DAY + Math.floor((BEFORE + random()) * 24) * HOUR;
        const to = from + hours * HOUR;
        const end = to + AFTER * DAY;
        const values = counts(random, MONDAY, (end - MONDAY) / STEP, () => (perDay * STEP) / DAY);
        const quiet = values.map((count, i) => (MONDAY + i * STEP >= from && MONDAY + i * STEP < to ? 0 : count));
        const judge = (calls: Float64Array) => {
          const set = rowOf(lib, MONDAY, calls, STEP);
          const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, MONDAY + HISTORY * DAY), UTC);
          const judged = lib.sliceWindow(set, MONDAY + HISTORY * DAY, end);
          const make = () => new lib.Detector(baseline, { learn, alertBudget: { perWeek: 1 } });
          return { judged, make, scores: make().observe(judged) };
        };
        const { judged, make, scores } = judge(quiet);
        const first = (from - judged.grid.start) / STEP;
        const last = (to - judged.grid.start) / STEP;
        seen += Number(scores.verdicts.subarray(first, last).includes(-1));
        after += lib.findAnomalies(scores).filter((one) => one.from >= to).length;
        without += lib.findAnomalies(judge(values).scores).filter((one) => one.from >= to).length;
        const cut = inPieces(lib, make(), judged, random).verdicts;
        differing += Number(cut.some((verdict, i) => verdict !== scores.verdicts[i]));
        runs++;
      }
      rows.push([name, learn, `${seen}/${runs}`, String(after), String(without), String(differing)]);
      const enough = runs - Math.floor(runs / 16);
      const kind = `${name}, ${learn}`;
      sheet.later('outages: reported in 15 of 16 while they last', kind, seen >= enough, `${seen} of ${runs}`);
      sheet.later(
        'outages: at most one finding after the end in 16',
        kind,
        after <= Math.ceil(runs / 16),
        `${after}, without an outage ${without}`,
      );
      sheet.later('the same verdicts cut and restored', kind, differing === 0, `${differing} runs`);
    }
  }
  page.heading('Recovery: outages that end');
  page.line(`Findings of the ${AFTER} days after the end, and of the same days without an outage.`);
  page.line();
  page.table(['outage', 'policy', 'reported', 'after', 'without', 'cut differs'], rows);
  sheet.settle();
}

interface Living {
  readonly name: string;
  readonly perDay: number;
  readonly shape: Shape;
  readonly job?: number;
}

const LIVING: readonly Living[] = [
  ...[1 / 7, 1, 3, 8, 20, 40, 300].map((perDay) => ({
    name: perDay < 1 ? '1 a week' : `${perDay} a day`,
    perDay,
    shape: steady,
  })),
  { name: '8 a working day', perDay: (8 * 5) / 7, shape: officeHours },
  { name: '400 a working day', perDay: (400 * 5) / 7, shape: officeHours },
  { name: 'job of 50 over 3 an hour', perDay: 72, shape: steady, job: 50 },
];
const LIVED = 56;

/** Keys that simply go on: what is reported of them is false, and what the budget is for. */
export function cleanPart(sheet: Sheet): void {
  const { lib, page } = sheet;
  const sums: Record<string, number> = {};
  let weeks = 0;
  const rows = LIVING.map(({ name, perDay, shape, job = 0 }) => {
    const found = { scoreWindow: 0, 'accept-shifts': 0, hold: 0 } satisfies Record<Policy | 'scoreWindow', number>;
    let own = 0;
    for (const { random } of sheet.seeds(10, `clean ${name}`)) {
      const values = counts(
        random,
        MONDAY,
        ((HISTORY + LIVED) * DAY) / STEP,
        (time) => (shape(time) * perDay * STEP) / DAY,
      );
      for (let at = (2 * HOUR) / STEP; job > 0 && at < values.length; at += DAY / STEP)
        values[at] += poisson(random, job);
      const set = rowOf(lib, MONDAY, values, STEP);
      const from = MONDAY + HISTORY * DAY;
      const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, from), UTC);
      const judged = lib.sliceWindow(set, from, from + LIVED * DAY);
      found.scoreWindow += lib.findAnomalies(lib.scoreWindow(baseline, judged, { alertBudget: { perWeek: 1 } })).length;
      for (const learn of POLICIES) {
        const detector = new lib.Detector(baseline, { learn, alertBudget: { perWeek: 1 } });
        found[learn] += lib.findAnomalies(detector.observe(judged)).length;
      }
      own += LIVED / 7;
    }
    weeks += own;
    for (const [way, count] of Object.entries(found)) sums[way] = (sums[way] ?? 0) + count;
    return [name, ...Object.values(found).map((count) => (count / own).toFixed(3))];
  });
  page.heading('Clean keys: findings a week, where the budget is 1 a week');
  page.table(['calls', 'scoreWindow', ...POLICIES], rows);
  for (const [way, count] of Object.entries(sums)) {
    sheet.check(count <= weeks, `${way}: at most 1 a week on clean keys`, (count / weeks).toFixed(3));
  }
}
