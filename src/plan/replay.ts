import { checkInteger, checkOptions, checkTime, InputError, type OptionNames } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import type { TimeRange } from '../series/builder.js';
import type { SeriesSet } from '../series/series-set.js';
import { sliceWindow } from '../series/slice.js';
import { DAY, gridEnd, MINUTE } from '../time/grid.js';
import { isoText } from '../time/iso.js';
import { machineClock } from './clock.js';
import type { Health } from './health.js';
import { detectors, type Judges } from './judge.js';
import { isFor, type Notice } from './notice.js';
import type { MonitoringPlan } from './plan.js';
import { coverageOf, given } from './poll-sources.js';
import type { CallSource, Poll } from './source.js';
import { Watch } from './watch.js';
import { newWatchData } from './watch-data.js';

export interface ReplayOptions {
  /**
   * What happened from then on is reported, as by a plan that had learned from `learnFor` of history before it and ran ever
   * since. By default as soon as the sources hold so much history.
   */
  readonly from?: number | Date;
  /** What happened up to then is reported; by default up to the end of what the sources hold, and at most up to now. */
  readonly to?: number | Date;
  /** How long after a call its record is taken to have been delivered, ms; 5 minutes, CloudTrail's average, by default. */
  readonly delivery?: number;
  /** Another judge than the library's detector. */
  readonly judges?: Judges;
  readonly signal?: AbortSignal;
  /** Is handed each notice as soon as it is decided. */
  readonly onNotice?: (replayed: ReplayedNotice) => void;
  /** Is handed how many of the polls are done, of how many. */
  readonly onProgress?: (done: number, polls: number) => void;
  /** The time now, epoch ms; the machine's by default. */
  readonly now?: number;
}

/** A notice that a plan would have sent. */
export interface ReplayedNotice {
  /** The time of the poll that would have sent it, epoch ms. */
  readonly sentAt: number;
  readonly notice: Notice;
  /** Names of the notifiers that take it; none where it would have gone to nobody. */
  readonly to: readonly string[];
}

/** What a plan would have reported of past logs. Times are epoch ms. */
export interface Replay {
  /** What happened in `[from, to)` was judged and reported. */
  readonly from: number;
  readonly to: number;
  /** From when on there was history to learn from: `learnFor` before `from`, or later where the sources hold no more. */
  readonly learnedFrom: number;
  readonly polls: number;
  /** In the order in which they would have been sent. */
  readonly notices: readonly ReplayedNotice[];
  /** What a source could not read, in words: the replay knows nothing of that. */
  readonly problems: readonly { readonly source: string; readonly message: string }[];
  /** As it would have been after the last poll. */
  readonly health: Health;
}

/** Where no beginning is given, sources are asked for so much. */
const LONGEST = 366 * DAY;
/** After so many polls others have their turn: an abort, a line of progress. */
const AT_ONCE = 50;

/**
 * What a plan would have reported of past logs, had it run then: its sources are read once, and every poll of the past is
 * handed what had been delivered by then. Nothing is sent to its notifiers and nothing is kept. An inventory of keys is of
 * today and not asked for, so that no notice is about a key's deletion date, expiry or rotation.
 *
 * The calls of the replayed time, and of the history before it, are held in memory, some 300 bytes each.
 * @throws InputError when the range holds nothing to replay; whatever a source throws
 */
export async function replayPlan(plan: MonitoringPlan, options: ReplayOptions = {}): Promise<Replay> {
  checkOptions(options, REPLAY_OPTIONS);
  const { signal, judges = detectors } = options;
  const delivery = checkInteger(options.delivery ?? 5 * MINUTE, 'delivery', 0, 2 * DAY);
  const now = checkTime(options.now ?? machineClock.now(), 'now');
  const end = Math.min(now, options.to === undefined ? now : checkTime(options.to, 'to'));
  const given = options.from === undefined ? undefined : checkTime(options.from, 'from');
  if (given !== undefined && given >= end) {
    throw new InputError(`from must be earlier than to and now, got ${isoText(given)} and ${isoText(end)}`);
  }
  const asked = given === undefined ? end - LONGEST : given - plan.learnFor - plan.step;
  const held: Held[] = [];
  for (const source of plan.sources) held.push(await readAll(source, asked, end, plan.step, signal));
  const span = spanOf(plan, held, given, end, delivery);
  // As after a first poll: what it would report besides is what a plan that has run for long has reported already.
  const running: MonitoringPlan = { ...plan, judgeFirst: 0 };
  return run(new Watch(running, judges, { data: newWatchData('replay') }), held, { ...span, delivery, options });
}

const REPLAY_OPTIONS: OptionNames<ReplayOptions> = {
  from: true,
  to: true,
  delivery: true,
  judges: true,
  signal: true,
  onNotice: true,
  onProgress: true,
  now: true,
};

/** What a source holds, all of it; calls in the order of their times. */
interface Held {
  readonly source: string;
  readonly calls: readonly KmsCall[];
  readonly counts: readonly SeriesSet[];
  readonly listened: readonly TimeRange[];
  readonly rejected: number;
  readonly problems: readonly string[];
}

async function readAll(
  source: CallSource,
  from: number,
  now: number,
  step: number,
  signal: AbortSignal | undefined,
): Promise<Held> {
  const calls: KmsCall[] = [];
  const counts: SeriesSet[] = [];
  const listened: TimeRange[] = [];
  const problems: string[] = [];
  let rejected = 0;
  let cursor: Exclude<Poll['cursor'], () => unknown> = null;
  for (let more = true; more; ) {
    const poll = await source.poll({ cursor, from, now, step, signal });
    for await (const call of poll.calls ?? []) if (call.time >= from && call.time < now) calls.push(call);
    signal?.throwIfAborted();
    const stated = given(poll.counts);
    if (stated !== undefined) counts.push(stated);
    for (const range of coverageOf(poll)) listened.push(range);
    rejected += given(poll.rejected ?? 0);
    const problem = given(poll.problem ?? null);
    if (problem !== null) problems.push(problem);
    cursor = given(poll.cursor);
    more = given(poll.more ?? false);
  }
  calls.sort((a, b) => a.time - b.time);
  return { source: source.name, calls, counts, listened, rejected, problems };
}

/** What is replayed: where reports begin and end, the first poll and the last. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly learnedFrom: number;
  readonly first: number;
  readonly last: number;
}

function spanOf(
  { step, grace, learnFor, every, sources }: MonitoringPlan,
  held: readonly Held[],
  given: number | undefined,
  end: number,
  delivery: number,
): Span {
  const ranges = held.flatMap(({ listened }) => listened.filter(({ from, to }) => from < to));
  let [begins, ends] = [Infinity, -Infinity];
  for (const { from, to } of ranges) [begins, ends] = [Math.min(begins, from), Math.max(ends, to)];
  const names = sources.map(({ name }) => name).join(', ');
  const why = held.flatMap(({ source, problems }) => problems.map((problem) => `; ${source}: ${problem}`)).join('');
  if (begins >= Math.min(ends, end)) {
    throw new InputError(`there is nothing to replay: ${names} cover no time before ${isoText(end)}${why}`);
  }
  const to = Math.floor(Math.min(end, ends) / step) * step;
  const learned = Math.ceil(learnFor / step) * step;
  const from = given === undefined ? Math.ceil(begins / step) * step + learned : Math.floor(given / step) * step;
  if (from >= to) {
    const need = given === undefined ? 'more history than plan.learnFor, or a time from which on to report' : 'logs';
    throw new InputError(
      `there is nothing to replay: ${names} cover ${isoText(begins)} to ${isoText(ends)}; it takes ${need}${why}`,
    );
  }
  return {
    from,
    to,
    learnedFrom: Math.max(from - learned, begins),
    // The poll by which the history before `from` is what it learns from.
    first: from - learned + learnFor + grace,
    // By then all buckets before `to` have been waited for.
    last: Math.ceil((to + Math.max(grace, delivery)) / every) * every,
  };
}

const NOTHING = { calls: [], listened: [], cursor: null, rejected: 0 };

/** The polls of the past, one after the other. */
async function run(
  watch: Watch,
  held: readonly Held[],
  { from, to, learnedFrom, first, last, delivery, options }: Span & { delivery: number; options: ReplayOptions },
): Promise<Replay> {
  const { plan, data } = watch;
  const { signal, onNotice, onProgress } = options;
  const notices: ReplayedNotice[] = [];
  const next = held.map(() => 0);
  let now = first;
  let seen = -Infinity;
  for (let polls = 1; ; polls++) {
    watch.begin(now);
    const delivered = now - delivery;
    for (const [i, { source, calls, counts, listened, rejected }] of held.entries()) {
      const begin = next[i];
      let after = begin;
      while (after < calls.length && calls[after].time < delivered) after++;
      next[i] = after;
      const known = listened
        .map((range) => ({ from: range.from, to: Math.min(range.to, delivered) }))
        .filter((range) => range.from < range.to);
      const [stated, ...more] = deliveredOf(counts, seen, delivered);
      for (const counts of more) watch.take(source, { ...NOTHING, counts }, now);
      watch.take(
        source,
        {
          calls: calls.slice(begin, after),
          counts: stated,
          listened: known,
          cursor: null,
          rejected: polls === 1 ? rejected : 0,
        },
        now,
      );
    }
    seen = delivered;
    data.tallies.polls++;
    watch.settle(now);
    for (const { notice } of data.outbox) {
      // What happened later is judged no more than in part.
      if (notice.at > to) continue;
      const takers = plan.notify.filter((notifier) => isFor(notifier, notice));
      const replayed = { sentAt: now, notice, to: takers.map(({ name }) => name) };
      notices.push(replayed);
      onNotice?.(replayed);
    }
    data.tallies.told += data.outbox.length;
    data.outbox = [];
    onProgress?.(polls, Math.ceil((last - first) / plan.every) + 1);
    if (now >= last) {
      const problems = held.flatMap(({ source, problems }) => problems.map((message) => ({ source, message })));
      return { from, to, learnedFrom, polls, notices, problems, health: watch.health(now) };
    }
    now = Math.min(last, (Math.floor(now / plan.every) + 1) * plan.every);
    if (polls % AT_ONCE === 0) await machineClock.sleep(0, signal);
    signal?.throwIfAborted();
  }
}

/** What had come by then of counts, and had not at the poll before. */
function deliveredOf(counts: readonly SeriesSet[], seen: number, delivered: number): SeriesSet[] {
  return counts.flatMap((set) => {
    const { start, step } = set.grid;
    const from = Number.isFinite(seen) ? Math.max(start, Math.floor(seen / step) * step) : start;
    const to = Math.min(gridEnd(set.grid), Math.floor(delivered / step) * step);
    return from < to ? [sliceWindow(set, from, to)] : [];
  });
}
