import type { Analysis } from '../../src/report/analysis.js';
import { judgeWithEvidence } from '../../src/report/judge.js';
import type { Report } from '../../src/report/report.js';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import type { SeriesKey } from '../../src/series/key.js';
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

/**
 * Two weeks and a day of `keys` keys, each with Poisson calls of one operation, the first with a burst of calls by a new
 * caller, and a hole in the coverage an hour before it ends.
 */
export function reportOf(keys: number, names: readonly string[] = []): Report {
  const end = MONDAY + 2 * WEEK + DAY;
  const builder = new SeriesSetBuilder({ step: STEP, start: MONDAY, end });
  const random = seeded(11);
  const add = (names: Partial<SeriesKey>, time: number, calls: number) => builder.add(names, time, calls);
  for (let i = 0; i < keys; i++) {
    const operation = names[i % Math.max(1, names.length)] ?? 'Decrypt';
    const keyArn = names.length > 0 && i > 0 ? `${arnOf(i)}${operation}` : arnOf(i);
    const mean = keys > 100 ? 0.02 + (i % 40) / 10 : 4;
    for (let time = MONDAY; time < end; time += STEP) {
      const calls = poisson(random, mean);
      if (calls === 0) continue;
      add({ operation, keyArn }, time, calls);
      if (keys <= 100) for (const key of [{ operation }, { keyArn }]) add(key, time, calls);
      if (i === 0) add({ operation, keyArn, caller: 'arn:aws:iam::111122223333:role/App' }, time, calls);
    }
  }
  const operation = names[0] ?? 'Decrypt';
  const caller = names[0] ?? 'arn:aws:iam::111122223333:role/Mallory';
  for (const key of [{ operation }, { keyArn: arnOf(0) }, { operation, keyArn: arnOf(0) }]) add(key, BURST, 300);
  add({ operation, keyArn: arnOf(0), caller }, BURST, 300);
  builder.markUnobserved(end - DAY / 12, end - DAY / 24);
  const place = { account: '111122223333', region: 'eu-central-1' };
  const sources = [{ ...place, kmsCalls: 1000, from: MONDAY, to: end }];
  const coverage = [
    { ...place, from: MONDAY, to: end - DAY / 12 },
    { ...place, from: end - DAY / 24, to: end },
  ];
  const { judgement, evidence } = judgeWithEvidence(builder.finish(), {
    historyUntil: MONDAY + 2 * WEEK,
    until: end,
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
    calls: { calls: 1000, counted: 1000, duplicates: 0, sharedCopies: 0, late: 0, outside: 0, withoutId: 0 },
    sources,
    ...judgement,
    notes: [...names],
  };
  return { analysis, evidence };
}
