import type { Anomaly, Scores } from '../engine/types.js';
import type { KmsCall } from '../kms/call.js';
import { isCallerOfKey } from '../kms/judged-rows.js';
import type { KmsKey } from '../kms/lifecycle.js';
import { printable } from '../report/printable.js';
import type { TimeRange } from '../series/builder.js';
import type { SeriesSet } from '../series/series-set.js';
import { selectRows } from '../series/slice.js';
import { DAY, gridEnd, HOUR } from '../time/grid.js';
import { reportBlindness } from './blindness.js';
import { ChangeWatch, type Finding } from './changes.js';
import { checkStated, refusedText } from './check-stated.js';
import { deadlineFindings } from './deadlines.js';
import { decideNotice, type NoticeParts } from './decide-notice.js';
import { DeferredCalls } from './deferred-calls.js';
import { type Health, healthOf, tally } from './health.js';
import { noticeOfIncident } from './incident-notice.js';
import { IncidentWatch, type Report } from './incident-watch.js';
import type { Judge, Judges } from './judge.js';
import { judgedWindows } from './judged-windows.js';
import { Ledger } from './ledger.js';
import { lifecycleFindings } from './lifecycle-watch.js';
import { firstPoll, type MonitoringPlan } from './plan.js';
import { RecentIds } from './recent-ids.js';
import { MOST_REMEMBERED, nextRefit, rememberedSince } from './refits.js';
import { callFilter, rowFilter } from './resources.js';
import type { PolledPart } from './source.js';
import { isCatchingUp, type WatchData, type WatchParts } from './watch-data.js';

/** How far back late records correct what was judged, and how far past the last data of any source time may be settled. */
const KEPT = 2 * DAY;
/** A call may be so far ahead of this machine's clock. */
const AHEAD = HOUR;
/** The judge's bytes, 100 ms a thousand rows, are taken so often; what it observed since is observed again after a restart. */
const SNAPSHOT = 6 * HOUR;

/**
 * The state of a plan that is being run, and the pure step that moves it on: it takes calls, settles buckets when their
 * grace is over, and decides what is to be told. It does not poll, save or tell; given the same calls at the same times it
 * decides the same, however it was stopped in between.
 */
export class Watch {
  readonly plan: MonitoringPlan;
  readonly data: WatchData;
  readonly ledger: Ledger;
  readonly ids: RecentIds;
  readonly incidents: IncidentWatch;
  readonly changes: ChangeWatch;
  /** Until there is a judge: calls that are to be looked at once all history before them is known. */
  readonly deferred: DeferredCalls;
  readonly #judges: Judges;
  readonly #filter: (call: KmsCall) => KmsCall | undefined;
  #judge: Judge | null = null;
  #judgeBytes: Uint8Array | null;
  /** The earliest bucket that was judged and has changed since. */
  #restate = Infinity;
  readonly #onScores: ((scores: Scores) => void) | undefined;

  constructor(plan: MonitoringPlan, judges: Judges, parts: WatchParts, onScores?: (scores: Scores) => void) {
    this.plan = plan;
    this.data = parts.data;
    this.ledger = parts.ledger ?? new Ledger(plan.step);
    this.ids = parts.ids ?? new RecentIds();
    this.incidents = parts.incidents ?? IncidentWatch.begin(plan);
    if (parts.data.reverted != null) this.incidents.hold(parts.data.reverted);
    this.changes = new ChangeWatch(plan, parts.changes);
    this.deferred = new DeferredCalls(parts.deferred);
    this.#judges = judges;
    this.#filter = callFilter(plan.resources);
    this.#onScores = onScores;
    this.#judgeBytes = parts.judge ?? null;
    if (this.#judgeBytes !== null) this.#judge = this.#restored(this.#judgeBytes);
  }

  /** The judge as its bytes have it, then what it has observed since. */
  #restored(bytes: Uint8Array): Judge {
    const judge = this.#judges.fromBytes(bytes, this.plan);
    const { snapshot, settled } = this.data;
    const from = Math.min(snapshot?.end ?? Infinity, snapshot?.restated ?? Infinity);
    for (const window of this.#windows(from, settled ?? from)) judge.observe(window);
    return judge;
  }

  #windows(from: number, until: number): Generator<SeriesSet> {
    return judgedWindows(this.plan, this.ledger, from, until);
  }

  /** Of the judge as it was at `data.snapshot`; null while it is learning. */
  get judgeBytes(): Uint8Array | null {
    return this.#judgeBytes;
  }

  #snapshot(judge: Judge, end: number): void {
    this.#judgeBytes = judge.toBytes();
    this.data.snapshot = { end, restated: null };
  }

  /** Where the first poll begins to read; what comes later goes on from there. */
  begin(now: number): number {
    if (this.data.began === null) {
      const { began, reportsFrom, until } = firstPoll(this.plan, now);
      this.data.began = began;
      this.data.reportsFrom = reportsFrom;
      this.data.relearnAt = until > reportsFrom ? until : null;
      this.data.settled = began;
      this.changes.begin(began);
    }
    return this.data.began;
  }

  /**
   * Takes what one poll of a source brought; with the cursor from which the next goes on.
   * @returns what of it is not counted, in words, or null
   * @throws InputError, with nothing taken, for counts that do not fit the plan's buckets
   */
  take(source: string, poll: PolledPart, now: number): string | null {
    const { tallies } = this.data;
    const began = this.begin(now);
    if (poll.counts !== undefined) checkStated(poll.counts, this.plan.step, `${source}: counts`, 'count');
    if (poll.levels !== undefined) checkStated(poll.levels, this.plan.step, `${source}: levels`, 'level');
    for (const whole of poll.calls) {
      const call = this.#filter(whole);
      if (call === undefined || call.time < began) continue;
      if (call.time > now + AHEAD) tallies.rejected++;
      else this.#count(call, source);
    }
    tallies.rejected += poll.rejected;
    this.data.cursors[source] = poll.cursor;
    delete this.data.failing[source];
    this.#listen(source, poll.listened, began, now);
    if (poll.levels !== undefined) {
      const found = deadlineFindings(poll.levels, now, this.data.deadlines ?? {});
      this.data.deadlines = found.told;
      for (const finding of found.findings) this.#tell(finding);
    }
    return poll.counts === undefined ? null : this.#state(source, poll.counts, began, now);
  }

  /** Counts what a source states of whole buckets; what was judged without it is judged again. */
  #state(source: string, counts: SeriesSet, began: number, now: number): string | null {
    const { tallies, settled } = this.data;
    const isJudging = this.#judge !== null && settled !== null;
    const from = isJudging ? this.#reach(settled) : began;
    const own = selectRows(counts, rowFilter(this.plan.resources));
    const { changed, calls, tooLate, refused } = this.ledger.state(own, source, from, now);
    tallies.calls += calls;
    tallies.tooLate += tooLate;
    if (isJudging && changed < settled) {
      tallies.late++;
      this.#restate = Math.min(this.#restate, changed);
    }
    return refusedText(refused);
  }

  #count(call: KmsCall, source: string): void {
    const { tallies, settled } = this.data;
    tallies.calls++;
    if (!this.ids.add(call)) {
      tallies.duplicates++;
      return;
    }
    const bucket = Math.floor(call.time / this.plan.step) * this.plan.step;
    if (this.#judge !== null && settled !== null && bucket < settled) {
      tallies.late++;
      if (bucket < this.#reach(settled)) {
        tallies.tooLate++;
        return;
      }
      this.#restate = Math.min(this.#restate, bucket);
    }
    this.ledger.add(call, source);
    if (call.operation === 'DeleteKey' && call.error === null) this.data.deleted.push(...call.keyArns);
    if (call.time < this.#reportsFrom) this.changes.take(call, false);
    else if (this.#judge === null) this.deferred.add(call);
    else for (const finding of this.changes.take(call, true)) this.#tell(finding);
  }

  /** Before the first poll: never. */
  get #reportsFrom(): number {
    return this.data.reportsFrom ?? Infinity;
  }

  /** The earliest bucket that can still be corrected: of the last two days, and none that was learned from. */
  #reach(settled: number): number {
    return Math.max(this.incidents.reach(settled - KEPT), this.data.learnedUntil ?? Infinity);
  }

  #listen(source: string, ranges: readonly TimeRange[], began: number, now: number): void {
    const { settled } = this.data;
    for (const range of ranges) {
      const from = Math.max(range.from, began);
      // A source that says it has heard the future has a clock of its own.
      const to = Math.min(range.to, now);
      if (from >= to) continue;
      if (this.#judge !== null && settled !== null && from < settled) {
        const isNew = !this.#knows(source, from, Math.min(to, settled));
        const bucket = Math.floor(from / this.plan.step) * this.plan.step;
        if (isNew) this.#restate = Math.min(this.#restate, Math.max(this.#reach(settled), bucket));
      }
      this.ledger.listen(source, [{ from, to }]);
    }
  }

  #knows(source: string, from: number, to: number): boolean {
    return this.ledger.listenedBy(source).some((range) => range.from <= from && range.to >= to);
  }

  /** A poll that failed: the source is asked again next time, from where it was. */
  fail(source: string, message: string): void {
    this.data.failing[source] = printable(message, 300);
  }

  /** Judges all buckets whose grace is over, and again those that late records changed; decides what is to be told. */
  settle(now: number): void {
    const { step, grace } = this.plan;
    const began = this.begin(now);
    const horizon = Math.floor((now - grace) / step) * step;
    // A clock that jumps ahead must not settle a year of nothing: no further than two days past any news.
    const heard = Math.floor((this.ledger.heardUntil + KEPT) / step) * step;
    const until = Math.min(horizon, Number.isFinite(heard) ? heard : began);
    if (this.#judge === null) {
      if (until < this.#reportsFrom) {
        this.data.settled = Math.max(this.data.settled ?? began, until);
        reportBlindness(this.plan, this.data, this.ledger, now);
        return;
      }
      this.#judge = this.#learn();
    }
    if (isCatchingUp(this.data, until, now)) {
      reportBlindness(this.plan, this.data, this.ledger, now);
      return;
    }
    const judge = this.#judge;
    const settled = this.data.settled ?? began;
    if (this.#restate < settled) this.#judgeAgain(judge, Math.max(this.#restate, this.#reach(settled)), settled);
    this.#restate = Infinity;
    this.#retireDeleted(judge);
    this.#judgeUntil(judge, settled, until);
    this.data.reverted = null;
    reportBlindness(this.plan, this.data, this.ledger, now);
    this.#forget();
  }

  /** A judge that knows the history up to `until`. */
  #learned(until: number): Judge {
    const history = this.ledger.window(this.data.began ?? until, until, 'judged', this.plan.exclude);
    const judge = this.#judges.fit(history, this.plan);
    this.data.learnedUntil = until;
    this.data.refitAt = nextRefit(this.plan, until);
    this.data.settled = until;
    this.#snapshot(judge, until);
    return judge;
  }

  /** The first judge; reports what is new of the calls since where reports begin. */
  #learn(): Judge {
    const judge = this.#learned(this.#reportsFrom);
    for (const call of this.deferred.drain()) {
      for (const finding of this.changes.take(call, true)) this.#tell(finding);
    }
    return judge;
  }

  /**
   * Judges the buckets from `from` on, and learns from them. Once all that the first poll brought is judged, another judge
   * learns from all of it as history: of two weeks, a weekly job on the last day was seen once before it, and twice with it.
   * Not while an incident goes on, which the new one would not know; then a day later, and two, before it is too late.
   */
  #judgeUntil(judge: Judge, from: number, until: number): void {
    const { relearnAt, refitAt } = this.data;
    if (relearnAt === null && refitAt !== null && until >= refitAt) {
      const at = Math.max(from, refitAt);
      this.#judgeOn(judge, from, at);
      this.#judgeUntil(this.#refitted(at), at, until);
      return;
    }
    if (relearnAt === null || until < relearnAt) {
      this.#judgeOn(judge, from, until);
      return;
    }
    this.#judgeOn(judge, from, relearnAt);
    const tooLate = (this.data.began ?? 0) + this.plan.learnFor + KEPT;
    this.data.relearnAt = this.incidents.isAnyOpen && relearnAt + DAY <= tooLate ? relearnAt + DAY : null;
    let next = judge;
    if (!this.incidents.isAnyOpen) {
      next = this.#learned(relearnAt);
      this.incidents.mark();
      this.#judge = next;
      this.#retire(next, this.data.retired);
    }
    if (this.data.relearnAt === null && this.plan.refitEvery === 0) this.data.retired = [];
    this.#judgeUntil(next, relearnAt, until);
  }

  /**
   * A judge that has learned from the last weeks as history, up to where late records may still correct; what came since it
   * has observed, so that it knows what goes on.
   */
  #refitted(at: number): Judge {
    const { step, exclude } = this.plan;
    const until = at - Math.ceil(KEPT / step) * step;
    const from = Math.max(this.data.began ?? until, rememberedSince(this.plan, until), this.ledger.since);
    const judge = this.#judges.fit(this.ledger.window(from, until, 'judged', exclude), this.plan);
    for (const window of this.#windows(until, at)) judge.observe(window);
    this.data.learnedUntil = until;
    this.data.refitAt = nextRefit(this.plan, at);
    this.#judge = judge;
    this.#retire(judge, this.data.retired);
    this.#snapshot(judge, at);
    return judge;
  }

  /** Judges the buckets from `from` on, and learns from them. */
  #judgeOn(judge: Judge, from: number, until: number): void {
    for (const window of this.#windows(from, until)) {
      const scores = judge.observe(window);
      this.#onScores?.(scores);
      for (let b = 0; b < window.grid.length; b++) {
        this.incidents.take(scores, b, this.#isReported, this.#sendIncident);
        tally(this.data.tallies, scores, b, this.incidents.rowsInAlarm(scores.window.keys));
      }
      this.data.settled = gridEnd(window.grid);
    }
  }

  /** Judges buckets again with what late records have added; the first verdicts stay counted. */
  #judgeAgain(judge: Judge, from: number, settled: number): void {
    const since = Math.max(this.incidents.before(from), this.#reach(settled));
    this.incidents.again(this.#scoresAgain(judge, since, settled), this.#isReported, this.#sendIncident);
    const { snapshot } = this.data;
    if (snapshot !== null) this.data.snapshot = { ...snapshot, restated: Math.min(since, snapshot.restated ?? since) };
  }

  *#scoresAgain(judge: Judge, since: number, settled: number): Generator<Scores> {
    for (const window of this.#windows(since, settled)) {
      const scores = judge.observe(window);
      this.#onScores?.(scores);
      this.data.tallies.corrected += window.grid.length;
      yield scores;
    }
  }

  /** The silence of a key that is no more is no news. Kept at once, for a restart to know it too. */
  #retireDeleted(judge: Judge): void {
    const { deleted } = this.data;
    if (deleted.length === 0) return;
    this.#retire(judge, deleted);
    if (this.data.relearnAt !== null || this.plan.refitEvery > 0) this.data.retired.push(...deleted);
    deleted.length = 0;
  }

  #retire(judge: Judge, arns: readonly string[]): void {
    if (arns.length === 0) return;
    for (const key of this.ledger.judgedKeys()) {
      if (key.keyArn !== null && arns.includes(key.keyArn)) judge.retire(key);
    }
    this.#snapshot(judge, this.data.settled ?? 0);
  }

  #forget(): void {
    const settled = this.data.settled ?? 0;
    const isOld = settled - (this.data.snapshot?.end ?? settled) >= SNAPSHOT;
    if (isOld && this.#judge !== null) this.#snapshot(this.#judge, settled);
    // Until then, all that the first poll brought is still to be learned from.
    const until = settled - KEPT - DAY;
    if (this.data.relearnAt === null) this.ledger.forget(rememberedSince(this.plan, until), until, MOST_REMEMBERED);
    this.ids.forgetBefore(settled);
    this.changes.forgetBefore(settled);
    this.incidents.forget(settled - KEPT - DAY, settled - KEPT);
  }

  /** A critical operation was reported as such already, and at once; new callers have a budget of their own. */
  readonly #isReported = ({ key, kind, from, to }: Anomaly): boolean =>
    (kind === 'first-seen' && isCallerOfKey(key)) || this.changes.hasTold(key.operation, from, to);

  readonly #sendIncident = (report: Report): string => {
    const { finding, more } = noticeOfIncident(report, this.plan, this.ledger);
    return this.#tell(finding, more);
  };

  /** Decides a notice; returns its id. */
  #tell(finding: Finding, more: NoticeParts = {}): string {
    return decideNotice(this.plan, this.data, finding, more);
  }

  /** Takes an inventory of the keys: what of them is to be reported, once each. */
  takeInventory(keys: readonly KmsKey[], now: number): void {
    const settled = this.data.settled ?? now;
    const counts = this.ledger.window(settled - KEPT, settled, 'judged', []);
    const { findings, told } = lifecycleFindings(keys, counts, now, this.data.told);
    this.data.told = told;
    this.data.lastInventory = now;
    for (const finding of findings) this.#tell(finding);
  }

  health(now: number): Health {
    return healthOf(this.plan, this.data, this.ledger, this.#judge, now);
  }
}
