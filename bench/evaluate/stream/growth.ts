import { inPieces, POLICIES, rowOf, type Sheet, UTC } from './sheet.js';
import { counts, DAY, MONDAY, median, STEP } from './traffic.js';

const HISTORY = 42;
const GROWS = 30;
const PER_DAY = DAY / STEP;

/** Growth a day, or a change that comes at once and stays. */
interface Change {
  readonly name: string;
  readonly factor: (days: number) => number;
  readonly up: boolean;
}

const creeping = (rate: number): Change => ({
  name: `${rate > 1 ? '+' : ''}${Math.round((rate - 1) * 100)} % a day`,
  factor: (days) => rate ** Math.max(0, days),
  up: rate > 1,
});
const atOnce = (factor: number): Change => ({
  name: `x${factor} at once`,
  factor: (days) => (days < 1 ? 1 : factor),
  up: factor > 1,
});

const HELD: readonly { readonly change: Change; readonly rates: readonly number[] }[] = [
  { change: creeping(1.04), rates: [40, 400, 4000] },
  { change: creeping(1.08), rates: [40, 400, 4000] },
  { change: creeping(1.03), rates: [100, 1000] },
  { change: creeping(1.06), rates: [100, 1000] },
  { change: atOnce(2), rates: [12, 100, 1000] },
  { change: creeping(0.94), rates: [100, 1000] },
];

/** `learn: 'hold'`: what creeps is reported, and not learned. */
export function holdPart(sheet: Sheet): void {
  const { lib, page } = sheet;
  const learned: { name: string; factor: number }[] = [];
  const late: { name: string; factor: number }[] = [];
  const rows = HELD.flatMap(({ change, rates }) =>
    rates.map((perDay) => {
      const name = `${perDay} a day, ${change.name}`;
      const runs = Array.from(sheet.seeds(5, `hold ${name}`), ({ random }) => {
        const mean = (time: number) => ((perDay * STEP) / DAY) * change.factor((time - MONDAY) / DAY - HISTORY);
        const set = rowOf(lib, MONDAY, counts(random, MONDAY, (HISTORY + GROWS) * PER_DAY, mean), STEP);
        const from = MONDAY + HISTORY * DAY;
        const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, from), UTC);
        const judged = lib.sliceWindow(set, from, from + GROWS * DAY);
        const hold = new lib.Detector(baseline, { learn: 'hold', alertBudget: { perWeek: 1 } });
        const { verdicts, expected } = inPieces(lib, hold, judged, random);
        // Grown so far: what has been reached where the first bucket of the right verdict ends.
        const grown = (seen: Int8Array) => {
          const at = seen.indexOf(change.up ? 1 : -1);
          return at < 0 ? Number.POSITIVE_INFINITY : change.factor((at + 1) / PER_DAY);
        };
        const day = (first: number) => expected.subarray(first, first + PER_DAY).reduce((sum, each) => sum + each, 0);
        return {
          stream: grown(verdicts),
          window: grown(lib.scoreWindow(baseline, judged, { alertBudget: { perWeek: 1 } }).verdicts),
          learned: day(expected.length - PER_DAY) / day(0),
        };
      });
      const learnedMost = change.up
        ? Math.max(...runs.map((run) => run.learned))
        : 1 / Math.min(...runs.map((run) => run.learned));
      learned.push({ name, factor: learnedMost });
      const latest = Math.max(
        ...runs.map(({ stream }) => (change.up || stream === Number.POSITIVE_INFINITY ? stream : 1 / stream)),
      );
      late.push({ name, factor: latest });
      const seen = runs.filter(({ stream }) => Number.isFinite(stream)).length;
      return [
        name,
        `${seen}/${runs.length}`,
        factor(median(runs.map(({ stream }) => stream))),
        factor(
          change.up ? Math.max(...runs.map(({ stream }) => stream)) : Math.min(...runs.map(({ stream }) => stream)),
        ),
        factor(median(runs.map(({ window }) => window))),
        factor(median(runs.map((run) => run.learned))),
        factor(change.up ? learnedMost : 1 / learnedMost),
      ];
    }),
  );
  page.heading("Hold: growth after 42 days of history under 'hold', for 30 days");
  page.line(
    'How far it had grown when it was first reported, and what is expected at the end over what was at the start.',
  );
  page.line();
  page.table(['calls', 'reported', 'grown to', 'latest', 'scoreWindow', 'learned', 'most learned'], rows);
  for (const isUp of [true, false]) {
    const kinds = HELD.filter(({ change }) => isUp === /^\+/.test(change.name)).map(({ change }) => change.name);
    const of = (all: typeof learned) => all.filter(({ name }) => kinds.some((kind) => name.endsWith(kind)));
    const what = isUp ? 'creeping growth' : 'at once, or downwards';
    worst(sheet, `${what}: never learned, expected at the end at most 1.5 x`, of(learned), 1.5);
    worst(sheet, `${what}: reported before it has changed 2.2-fold`, of(late), 2.2);
  }
}

function worst(sheet: Sheet, law: string, all: readonly { name: string; factor: number }[], most: number): void {
  const { name, factor: value } = all.reduce((a, b) => (b.factor > a.factor ? b : a));
  const bad = all.filter((one) => one.factor > most).length;
  sheet.check(value <= most, law, `worst ${factor(value)} (${name}); ${bad} of ${all.length} kinds beyond`);
}

function factor(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'never';
}

const WEEKLY = 1.1;
const STREAM_DAYS = 42;

/** Growth of 10 % a week under `accept-shifts`, in the history too or from its end on. */
export function growthPart(sheet: Sheet): void {
  const { lib, page } = sheet;
  const rows = [40, 400, 4000].flatMap((perDay) =>
    [true, false].map((always) => {
      const found = { 'accept-shifts': 0, hold: 0 };
      let weeks = 0;
      for (const { random } of sheet.seeds(5, `growth ${perDay} ${always}`)) {
        const mean = (time: number) => {
          const days = (time - MONDAY) / DAY - HISTORY;
          return ((perDay * STEP) / DAY) * WEEKLY ** ((always ? days : Math.max(0, days)) / 7);
        };
        const set = rowOf(lib, MONDAY, counts(random, MONDAY, (HISTORY + STREAM_DAYS) * PER_DAY, mean), STEP);
        const from = MONDAY + HISTORY * DAY;
        const baseline = lib.fitBaseline(lib.sliceWindow(set, MONDAY, from), UTC);
        const judged = lib.sliceWindow(set, from, from + STREAM_DAYS * DAY);
        for (const learn of POLICIES) {
          found[learn] += lib.findAnomalies(
            new lib.Detector(baseline, { learn, alertBudget: { perWeek: 1 } }).observe(judged),
          ).length;
        }
        weeks += STREAM_DAYS / 7;
      }
      return { name: `${perDay} a day, ${always ? 'in the history too' : 'from its end on'}`, found, weeks };
    }),
  );
  page.heading('Growth of 10 % a week: findings in six weeks');
  page.table(
    ['calls', ...POLICIES, 'weeks'],
    rows.map(({ name, found, weeks }) => [name, ...POLICIES.map((policy) => String(found[policy])), String(weeks)]),
  );
  const sum = rows.reduce((total, { found }) => total + found['accept-shifts'], 0);
  const weeks = rows.reduce((total, row) => total + row.weeks, 0);
  sheet.check(
    sum <= Math.round(GROWTH_BEFORE * weeks),
    'accept-shifts: growth of 10 % a week raises no more than build 935c615',
    `${sum} in ${weeks} weeks`,
  );
}

/** Findings a week of build 935c615, with the usual seeds. */
const GROWTH_BEFORE = 49 / 180;
