import { fitBaseline } from '../../src/engine/fit-baseline.js';
import type { Analysis } from '../../src/report/analysis.js';
import { judgeWindow, judgeWithEvidence } from '../../src/report/judge.js';
import type { Report } from '../../src/report/report.js';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import type { SeriesKey } from '../../src/series/key.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { simulateFleet } from '../../src/simulate/fleet.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, MONDAY, STEP, WEEK } from '../support/sets.js';

/** What an enemy would name a role, an operation or a key, to be run by whoever opens a report. */
export const HOSTILE = [
  '<img src=x onerror="globalThis.hacked=1">',
  '</script><script>globalThis.hacked=2</script>',
  '"><svg/onload=globalThis.hacked=3>',
  "'-globalThis.hacked=4-'",
  `\${globalThis.hacked=5}`,
  '<!--<script>',
  '\u202egnp.exe\u001b[2J',
  '[x](javascript:globalThis.hacked=6) | `code` | <b>',
] as const;

/** What must not come through to a page or a terminal. */
export const CONTROLS = ['\u202e', '\u001b'] as const;

export const BURST = MONDAY + 2 * WEEK + DAY / 2;

export function arnOf(i: number): string {
  return `arn:aws:kms:eu-central-1:111122223333:key/${i.toString(16).padStart(8, '0')}-12ab-34cd-56ef-1234567890ab`;
}

const END = MONDAY + 2 * WEEK + DAY;
const UNOBSERVED = { from: END - DAY / 12, to: END - DAY / 24 };

/**
 * Two weeks and a day of `keys` keys, each with Poisson calls of one operation, the first with a burst of calls by a new
 * caller, and a hole in the coverage an hour before it ends.
 */
export function reportOf(keys: number, names: readonly string[] = []): Report {
  const builder = new SeriesSetBuilder({ step: STEP, start: MONDAY, end: END });
  const random = seeded(11);
  const add = (names: Partial<SeriesKey>, time: number, calls: number) => builder.add(names, time, calls);
  for (let i = 0; i < keys; i++) {
    const operation = names[i % Math.max(1, names.length)] ?? 'Decrypt';
    const keyArn = names.length > 0 && i > 0 ? `${arnOf(i)}${operation}` : arnOf(i);
    for (let time = MONDAY; time < END; time += STEP) {
      const calls = poisson(random, 4);
      if (calls === 0) continue;
      for (const key of [{ operation, keyArn }, { operation }, { keyArn }]) add(key, time, calls);
      if (i === 0) add({ operation, keyArn, caller: 'arn:aws:iam::111122223333:role/App' }, time, calls);
    }
  }
  const operation = names[0] ?? 'Decrypt';
  const caller = names[0] ?? 'arn:aws:iam::111122223333:role/Mallory';
  for (const key of [{ operation }, { keyArn: arnOf(0) }, { operation, keyArn: arnOf(0) }]) add(key, BURST, 300);
  add({ operation, keyArn: arnOf(0), caller }, BURST, 300);
  builder.markUnobserved(UNOBSERVED.from, UNOBSERVED.to);
  return judgedReport(builder.finish(), names);
}

/** The same time with a row for each of many keys, of 0.02 to 4 calls a bucket, and the same burst on the first. */
export function fleetReport(keys: number): Report {
  const length = (END - MONDAY) / STEP;
  const random = seeded(12);
  const rows = Array.from({ length: 40 }, (_, i) =>
    Float64Array.from({ length }, () => poisson(random, 0.02 + i / 10)),
  );
  const series = Array.from({ length: keys }, (_, i) => {
    // Forty rows, each key's turned by a time of its own.
    const row = rows[i % rows.length];
    const turn = (i * 37) % length;
    const values = new Float64Array(length);
    values.set(row.subarray(turn));
    values.set(row.subarray(0, turn), length - turn);
    return { key: { operation: 'Decrypt', keyArn: arnOf(i) }, values };
  });
  series[0].values[(BURST - MONDAY) / STEP] += 300;
  return judgedReport(seriesSet({ start: MONDAY, step: STEP, series }), []);
}

/** A simulated fleet of 500 series, judged at a generous budget: hundreds of findings of every kind. */
export function findingsReport(): Report {
  const { history, judged } = simulateFleet({ seed: 11, series: 500, historyDays: 21, judgedDays: 1 });
  const baseline = fitBaseline(history, {});
  const { judgement, evidence } = judgeWindow(baseline, judged, { history, alertBudget: { perWeek: 700 } });
  const { analysis } = reportOf(1);
  return { analysis: { ...analysis, ...judgement, paths: ['a simulated fleet'], sources: [] }, evidence };
}

function judgedReport(counts: SeriesSet, names: readonly string[]): Report {
  const place = { account: '111122223333', region: 'eu-central-1' };
  const sources = [{ ...place, kmsCalls: 1000, from: MONDAY, to: END }];
  const coverage = [
    { ...place, from: MONDAY, to: UNOBSERVED.from },
    { ...place, from: UNOBSERVED.to, to: END },
  ];
  const { judgement, evidence } = judgeWithEvidence(counts, {
    historyUntil: MONDAY + 2 * WEEK,
    until: END,
    timeZone: 'Europe/Berlin',
    sources,
    coverage,
  });
  const analysis: Analysis = {
    schemaVersion: 1,
    paths: names.length > 0 ? [...names] : ['logs'],
    logs: {
      files: 1,
      filesRead: 1,
      filesSkipped: [],
      filesUnreadable: names.map((path) => ({ path, reason: 'truncated' })),
      bytes: 1000,
      records: 1000,
      kmsRecords: 1000,
      otherServices: 0,
      setAside: [],
    },
    calls: {
      calls: 1000,
      counted: 1000,
      duplicates: 0,
      sharedCopies: 0,
      late: 0,
      overlapping: 0,
      outside: 0,
      withoutId: 0,
    },
    sources,
    ...judgement,
    notes: [...names],
  };
  return { analysis, evidence };
}
