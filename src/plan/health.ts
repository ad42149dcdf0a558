import { NORMAL, type QuietKey, type Scores, UNKNOWN } from '../engine/types.js';
import type { TimeRange } from '../series/builder.js';
import { DAY } from '../time/grid.js';
import type { Judge } from './judge.js';
import type { Ledger } from './ledger.js';
import type { MonitoringPlan } from './plan.js';
import { LEVELS, type Tallies, type WatchData } from './watch-data.js';

/** So many quiet keys are listed. */
const MOST_QUIET = 100;

/** How the watch itself is doing. Counts are since it began; times epoch ms, durations ms. */
export interface Health {
  readonly plan: string;
  readonly phase: 'learning' | 'watching';
  /** Everything before this is judged, or learned from; null before the first poll. */
  readonly settledUntil: number | null;
  /** What happened before this is learned from and not reported; null before the first poll. */
  readonly reportsFrom: number | null;
  /** From `settledUntil` to now. */
  readonly lag: number | null;
  readonly polls: number;
  readonly calls: number;
  readonly duplicates: number;
  /** Of the calls: came when their bucket was judged already. */
  readonly late: number;
  /** Of the late ones: too late to correct anything (48 hours). */
  readonly tooLate: number;
  /** Records that sources could not read, and calls with a time that cannot be. */
  readonly rejected: number;
  /** Buckets of rows that were judged, by verdict. */
  readonly verdicts: {
    readonly normal: number;
    readonly above: number;
    readonly below: number;
    readonly unknown: number;
  };
  /** Buckets that were judged again, with what late records added to them or to those before. */
  readonly corrected: number;
  /** Share of the settled buckets of the last day in which each source was listening. */
  readonly coverage: Readonly<Record<string, number>>;
  /** Sources whose last poll failed, and why. */
  readonly failing: readonly { readonly source: string; readonly message: string }[];
  /** Notifiers that did not take the last notice sent to them, or for which notices were set aside. */
  readonly undelivered: readonly {
    readonly notifier: string;
    /** Why it did not take the last one, which is tried again; null when it did. */
    readonly failing: string | null;
    /** Notices that still wait for it. */
    readonly waiting: number;
    /** Notices set aside since the state began: refused for good, or not taken for a week. */
    readonly refused: number;
    /** The last of those, and why. */
    readonly last: { readonly id: string; readonly message: string } | null;
  }[];
  /**
   * Shares of judged buckets as surprising as this on a side, where calibrated ones are `nominal`. Buckets of a row whose
   * alarm is open are left out: an incident says nothing of how quiet buckets are judged.
   */
  readonly calibration: readonly {
    readonly surprise: number;
    readonly nominal: number;
    readonly above: number;
    readonly below: number;
  }[];
  /** Keys without calls for now, those first whose silence would be reported first; at most 100, none while learning. */
  readonly quiet: readonly QuietKey[];
  /** Notices decided, sent to everyone, and still to be sent to someone. */
  readonly notices: { readonly decided: number; readonly told: number; readonly waiting: number };
}

/** Adds the verdicts of one bucket. @param inAlarm rows whose alarm is open, that it opened in this bucket or before */
export function tally(tallies: Tallies, scores: Scores, bucket: number, inAlarm: ReadonlySet<number>): void {
  const { length } = scores.window.grid;
  for (let row = 0; row < scores.window.keys.length; row++) {
    const verdict = scores.verdicts[row * length + bucket];
    if (verdict === UNKNOWN) tallies.unknown++;
    else if (verdict === NORMAL) tallies.normal++;
    else if (verdict > 0) tallies.above++;
    else tallies.below++;
    if (verdict === UNKNOWN || inAlarm.has(row)) continue;
    tallies.quiet++;
    const surprise = scores.surprise[row * length + bucket];
    for (const [i, level] of LEVELS.entries()) {
      if (surprise >= level) tallies.surprising[2 * i]++;
      if (surprise <= -level) tallies.surprising[2 * i + 1]++;
    }
  }
}

export function healthOf(
  plan: MonitoringPlan,
  data: WatchData,
  ledger: Ledger,
  judge: Judge | null,
  now: number,
): Health {
  const { tallies, settled, failing, outbox, sequence } = data;
  const { normal, above, below, unknown, polls, calls, duplicates, late, tooLate, rejected, corrected, told } = tallies;
  return {
    plan: plan.name,
    phase: judge === null ? 'learning' : 'watching',
    settledUntil: settled,
    reportsFrom: data.reportsFrom,
    lag: settled === null ? null : now - settled,
    polls,
    calls,
    duplicates,
    late,
    tooLate,
    rejected,
    verdicts: { normal, above, below, unknown },
    corrected,
    coverage: Object.fromEntries(
      plan.sources.map(({ name }) => [name, shareOfDay(ledger.listenedBy(name), settled ?? now)]),
    ),
    failing: Object.entries(failing).map(([source, message]) => ({ source, message })),
    undelivered: undeliveredOf(plan, data),
    calibration: calibrationOf(tallies),
    quiet: [...(judge?.quietKeys?.() ?? [])].sort((a, b) => a.reportedAt - b.reportedAt).slice(0, MOST_QUIET),
    notices: { decided: sequence, told, waiting: outbox.length },
  };
}

/** In the order of the plan's notifiers. */
function undeliveredOf({ notify }: MonitoringPlan, { outbox, undelivered }: WatchData): Health['undelivered'] {
  return notify
    .filter(({ name }) => Object.hasOwn(undelivered, name))
    .map(({ name }) => {
      const waiting = outbox.filter(({ told, refused = [] }) => !told.includes(name) && !refused.includes(name)).length;
      return { notifier: name, ...undelivered[name], waiting };
    })
    .filter(({ failing, refused }) => failing !== null || refused > 0);
}

/** Of the day before `end`, the share that lies in ranges which do not overlap. */
function shareOfDay(ranges: readonly TimeRange[], end: number): number {
  const overlap = ({ from, to }: TimeRange) => Math.max(0, Math.min(to, end) - Math.max(from, end - DAY));
  return ranges.reduce((sum, range) => sum + overlap(range), 0) / DAY;
}

function calibrationOf({ quiet, surprising }: Tallies): Health['calibration'] {
  const judged = Math.max(1, quiet);
  return LEVELS.map((surprise, i) => ({
    surprise,
    nominal: [0.01, 0.001, 0.0001][i],
    above: surprising[2 * i] / judged,
    below: surprising[2 * i + 1] / judged,
  }));
}
