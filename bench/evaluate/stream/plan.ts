import { POLICIES, rowOf, type Sheet, UTC } from './sheet.js';
import { exactHours, KINDS, livingCounts, meanOf, odds } from './silence.js';
import { counts, DAY, HOUR, MONDAY, median, STEP } from './traffic.js';

/** The account of a made-up key. */
const ACCOUNT = '111122223333';
const keyArn = (n: number) =>
  `arn:aws:kms:eu-central-1:${ACCOUNT}:key/0a1b63c4-5d1e-4f7a-9b28-30c1d2e4f6${String(n).padStart(2, '0')}`;

interface Notice {
  readonly kind: string;
  readonly state: string;
  readonly at: number;
  readonly text: string;
  readonly anomaly: { readonly verdict: string } | null;
}

/** Calls of some keys, bucket by bucket, as CloudTrail hands them over. */
function callsOf(values: readonly Float64Array[], start: number) {
  return values.flatMap((row, key) =>
    Array.from(row).flatMap((count, bucket) =>
      Array.from({ length: count }, (_, i) => ({
        time: start + bucket * STEP + Math.floor((i * STEP) / count),
        operation: 'Decrypt',
        keyArns: [keyArn(key)],
        account: ACCOUNT,
        region: 'eu-central-1',
        caller: `arn:aws:iam::${ACCOUNT}:role/Shop`,
        error: null,
        eventId: `call-${key}-${bucket}-${i}`,
        sharedEventId: null,
      })),
    ),
  );
}

interface PlanRun {
  /** `[keys][buckets]`. */
  readonly values: readonly Float64Array[];
  readonly start: number;
  readonly learnFor: number;
  readonly learn: (typeof POLICIES)[number];
  /** Between two polls. */
  readonly every: number;
}

/** What a plan sends that is run from the end of its history to that of the series, without waiting. */
async function noticesOf({ lib }: Sheet, { values, start, learnFor, learn, every }: PlanRun): Promise<Notice[]> {
  const calls = callsOf(values, start).sort((a, b) => a.time - b.time);
  const stop = new AbortController();
  const end = start + values[0].length * STEP;
  const grace = 15 * 60_000;
  let now = start + learnFor + grace;
  const notices: Notice[] = [];
  const source = {
    name: 'log',
    poll: ({ cursor, now: until }: { cursor: unknown; now: number }) => {
      const from = typeof cursor === 'number' ? cursor : start;
      return {
        calls: calls.filter(({ time }) => time >= from && time < until),
        coverage: [{ from, to: until }],
        cursor: until,
      };
    },
  };
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
      if (now > end) stop.abort();
    },
  };
  const plan = lib.definePlan({
    purpose: 'Measure',
    owner: 'Evaluation',
    sources: [source],
    notify: [{ name: 'kept', tell: (notice) => void notices.push(notice) }],
    timeZone: UTC.timeZone,
    every,
    grace,
    learnFor,
    learn,
  });
  await lib.runPlan(plan, { store: lib.memoryStore(), clock, signal: stop.signal });
  return notices.filter(({ kind }) => kind === 'anomaly');
}

/** Keys that stop for good, by a plan whose rows are the key's, the operation's and theirs together. */
export async function planSilencePart(sheet: Sheet): Promise<void> {
  const { lib, page } = sheet;
  const rows: string[][] = [];
  for (const kind of KINDS) {
    const { name, perDay, shape, history, silent } = kind;
    const times: Record<string, number[]> = { window: [], exact: [], hold: [], 'accept-shifts': [] };
    for (const { random } of sheet.seeds(3, `plan ${name}`)) {
      const start = MONDAY + Math.floor(random() * 7 * 24) * HOUR;
      const living = (history * DAY) / STEP;
      const values = new Float64Array(((history + silent) * DAY) / STEP);
      const mean = meanOf(perDay, shape, STEP);
      values.set(livingCounts(kind, random, start));
      const last = values.findLastIndex((count) => count > 0);
      const begun = start + (last + 1) * STEP;
      const set = rowOf(lib, start, values, STEP);
      const baseline = lib.fitBaseline(lib.sliceWindow(set, start, start + history * DAY), UTC);
      const judged = lib.sliceWindow(set, start + history * DAY, start + values.length * STEP);
      const at = lib.scoreWindow(baseline, judged, { alertBudget: { perWeek: 1 } }).verdicts.indexOf(-1);
      times['window'].push(at < 0 ? Number.POSITIVE_INFINITY : ((living + at - last) * STEP) / HOUR);
      const calls = values.reduce((sum, count) => sum + count, 0);
      // The rows of a plan share its budget: the key, the operation, the failed calls, and the key's operation.
      times['exact'].push(exactHours(calls, odds(4), last + 1, living, mean, start, STEP));
      for (const learn of POLICIES) {
        const notices = await noticesOf(sheet, { values: [values], start, learnFor: history * DAY, learn, every: DAY });
        const first = notices.find(
          (notice) => notice.state === 'ALARM' && notice.anomaly?.verdict === 'below' && notice.at > begun,
        );
        times[learn].push(first === undefined ? Number.POSITIVE_INFINITY : (first.at - begun) / HOUR);
      }
    }
    for (const learn of POLICIES) {
      const seen = times[learn].filter(Number.isFinite).length;
      sheet.later(
        `plan, ${learn}: reported in all runs`,
        name,
        seen === times[learn].length,
        `${seen} of ${times[learn].length}`,
      );
      const ratio = median(times[learn]) / median(times['window']);
      sheet.later(
        `plan, ${learn}: median at most 1.3 x that of scoreWindow`,
        name,
        ratio <= 1.3,
        `${ratio.toFixed(2)} x`,
      );
    }
    const column = (values: readonly number[]) => {
      const seen = values.filter(Number.isFinite).length;
      return `${Number.isFinite(median(values)) ? median(values).toFixed(1) : '–'} (${seen}/${values.length})`;
    };
    rows.push([
      name,
      median(times['exact']).toFixed(1),
      column(times['window']),
      ...POLICIES.map((learn) => column(times[learn])),
    ]);
  }
  page.heading('Silence by a plan');
  page.line('Hours from the last call to the bucket that the notice names, medians; "exact" at the odds of four rows.');
  page.line();
  page.table(['calls', 'exact', 'scoreWindow', ...POLICIES], rows);
  sheet.settle();
}

const STOPPED = 6;

/** Six keys that stop together beside two busy ones: who is named, and how often somebody is disturbed. */
export async function planSixKeysPart(sheet: Sheet): Promise<void> {
  const { page } = sheet;
  const rows: string[][] = [];
  for (const learn of POLICIES) {
    for (const { run, random } of sheet.seeds(2, 'six keys')) {
      const learned = 14 * DAY;
      const stops = MONDAY + learned + DAY + 10 * HOUR;
      const days = 21;
      const values = Array.from({ length: STOPPED + 2 }, (_, key) =>
        counts(random, MONDAY, (days * DAY) / STEP, (time) => {
          if (key >= STOPPED) return (1000 * STEP) / DAY;
          return time >= stops ? 0 : (60 * STEP) / DAY;
        }),
      );
      const notices = await noticesOf(sheet, { values, start: MONDAY, learnFor: learned, learn, every: HOUR });
      const below = notices.filter(({ at }) => at > stops);
      // Named anywhere in what is sent: in its text, its rows, or what it calls related.
      const named = (first: number) => {
        const sent = below
          .slice(0, first)
          .map((notice) => JSON.stringify(notice))
          .join(' ');
        return Array.from({ length: STOPPED }, (_, key) => key).filter((key) => sent.includes(keyArn(key))).length;
      };
      rows.push([
        learn,
        String(run),
        String(below.length),
        String(named(1)),
        String(named(2)),
        String(named(below.length)),
      ]);
      sheet.later(
        'plan: six keys that stop together are named within two notices',
        learn,
        named(2) === STOPPED,
        `${named(2)} of ${STOPPED}`,
      );
      sheet.later(
        'plan: at most a notice for each key and one for the end',
        learn,
        below.length <= STOPPED + 1,
        `${below.length} notices`,
      );
    }
  }
  page.heading('Six keys that stop together, beside two busy ones');
  page.table(['policy', 'run', 'notices', 'named by the first', 'by two', 'by all'], rows);
  sheet.settle();
}
