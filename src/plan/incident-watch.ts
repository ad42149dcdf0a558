import { IncidentTracker } from '../engine/anomalies/incident-tracker.js';
import { type Anomaly, BELOW, type Incident, type IncidentChange, type Scores } from '../engine/types.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { rowsById } from '../series/series-set.js';
import { DAY, HOUR } from '../time/grid.js';
import { type Due, IncidentNotices, type NoticesData, type Reported } from './incident-notices.js';
import { fromOf } from './incident-text.js';
import type { MonitoringPlan } from './plan.js';

/** What is to be sent, when, and under which alarm; none where it opens one. */
export interface Report {
  readonly due: Due;
  /** The end of the bucket on which it was decided. */
  readonly at: number;
  readonly alarm: string | undefined;
  /** Keys that may be about to join it. */
  readonly suspects: readonly SeriesKey[];
}

/** Returns the id of the notice. */
export type Send = (report: Report) => string;

/** Whether an anomaly was reported as something else, and opens nothing. */
type IsReported = (anomaly: Anomaly) => boolean;

/** The scores of the bucket on which something is due. */
interface Bucket {
  readonly scores: Scores;
  readonly bucket: number;
}

/** Where the tracker can be gone back to: all buckets before `time` are in its bytes. */
interface Checkpoint {
  readonly time: number;
  readonly bytes: Uint8Array;
}

/** A state that was put back to an earlier one, until it has judged anew what came since. Times are epoch ms. */
export interface Reverted {
  /** When that was. */
  readonly at: number;
  /** Everything before this was judged by the state that gave way, and is reported as far as it was to be. */
  readonly until: number;
  /** The incidents that were open then. */
  readonly open: readonly Incident[];
}

/** Up to when another watch has reported, and what was open then. */
type Held = Pick<Reverted, 'until' | 'open'>;
/** With the first bucket taken since, and what was found in those before the time. */
type Holding = Held & { since: number | null; readonly changes: IncidentChange[] };

/** So long an incident that is over is remembered; one that began before is not reported after all. */
const REMEMBERED = 2 * DAY;

/** Distance of the checkpoints, ms: a tracker at rest takes some hundred bytes. */
const CHECKPOINT = HOUR;

/**
 * The incidents of a plan as the verdicts come, bucket by bucket, and what of them is to be sent; corrected verdicts go back
 * to a checkpoint and on from there. Nothing depends on how often it is run.
 */
export class IncidentWatch {
  readonly #minCalls: number;
  #tracker: IncidentTracker;
  readonly #notices: IncidentNotices;
  /** Oldest first. */
  #checkpoints: Checkpoint[];
  /** The open incidents as of the last bucket. */
  #open: readonly Incident[];
  /** What is held back until a time up to which everything was reported already. */
  #held: Holding | null = null;
  /** Rows by id of the keys that were seen last. */
  #index: { readonly keys: readonly SeriesKey[]; readonly rows: ReadonlyMap<string, number> } | undefined;

  constructor(tracker: IncidentTracker, minCalls: number, noticed?: NoticesData, checkpoints: Checkpoint[] = []) {
    this.#tracker = tracker;
    this.#minCalls = minCalls;
    this.#notices = new IncidentNotices(minCalls, noticed);
    this.#checkpoints = checkpoints;
    this.#open = openOf(tracker);
  }

  static begin({ alarm }: MonitoringPlan): IncidentWatch {
    const { minCalls, ...rest } = alarm;
    return new IncidentWatch(new IncidentTracker({ alarm: rest }), minCalls);
  }

  /** Takes the verdicts of the next bucket. */
  take(scores: Scores, bucket: number, isReported: IsReported, send: Send): void {
    const { start, step } = scores.window.grid;
    const time = start + bucket * step;
    if (this.#held !== null && time >= this.#held.until) this.#resume(this.#held, isReported, send);
    const changes = this.#take(scores, bucket);
    if (this.#held === null) this.#report(changes, isReported, send, { scores, bucket });
    else {
      this.#held.since ??= time;
      this.#held.changes.push(...changes);
    }
  }

  /** What other incidents were reported by another watch, which had judged everything before a time. */
  withReportedBy(other: IncidentWatch): IncidentWatch {
    return new IncidentWatch(this.#tracker, this.#minCalls, other.#notices.data(), this.#checkpoints);
  }

  /** The open incidents as of the last bucket. */
  get open(): readonly Incident[] {
    return this.#open;
  }

  /** Reports nothing of the buckets before a time, until they are all taken: then, what was not reported of them. */
  hold(held: Held): void {
    this.#held = { ...held, since: null, changes: [] };
  }

  #resume({ until, open, since, changes }: Holding, isReported: IsReported, send: Send): void {
    this.#held = null;
    const now = this.#tracker.incidents;
    const known = new Set([...now, ...changes.map(({ incident }) => incident)].map(({ id }) => id));
    const gone = this.#notices.adopt(now, known, since ?? until);
    const isLate = ({ incident }: IncidentChange): boolean =>
      fromOf(incident) < until - REMEMBERED && !this.#open.some(({ id }) => id === incident.id);
    this.#report(
      changes.filter((change) => this.#notices.alarmOf(change.incident.id) !== undefined || !isLate(change)),
      isReported,
      send,
    );
    this.#closeGone(gone, open, until, send);
  }

  #take(scores: Scores, bucket: number): readonly IncidentChange[] {
    const { start, step } = scores.window.grid;
    const time = start + bucket * step;
    const last = this.#checkpoints.at(-1);
    if (last === undefined || Math.floor(time / CHECKPOINT) > Math.floor(last.time / CHECKPOINT)) {
      this.#checkpoints.push({ time, bytes: this.#tracker.toBytes() });
    }
    const changes = this.#tracker.take(scores, { from: time, to: time + step });
    if (changes.length > 0 || this.#open.length > 0) this.#open = openOf(this.#tracker);
    return changes;
  }

  /** Reports what has changed, then what has been waiting to be reported again. */
  #report(changes: readonly IncidentChange[], isReported: IsReported, send: Send, where?: Bucket): void {
    for (const { incident, at } of changes) {
      if (this.#notices.alarmOf(incident.id) !== undefined || !incident.anomalies.every(isReported)) {
        this.#reportOne(incident, at, send, where);
      }
    }
    for (const incident of this.#open) {
      if (this.#notices.isFollowed(incident.id)) {
        this.#reportOne(incident, this.#tracker.end, send, where);
      }
    }
  }

  #reportOne(incident: Incident, at: number, send: Send, where: Bucket | undefined): void {
    const due = this.#notices.due(incident, at);
    if (due === undefined) return;
    const isOpen = due.change !== 'closed' && where !== undefined;
    const suspects = isOpen ? suspectsOf(where.scores, where.bucket, incident, this.#open) : [];
    this.#send({ due, at, alarm: this.#notices.alarmOf(incident.id), suspects }, send);
  }

  #send(report: Report, send: Send): void {
    this.#notices.sent(report.due, report.at, report.suspects, send(report));
  }

  get isAnyOpen(): boolean {
    return this.#open.length > 0;
  }

  /** What was taken so far is final: nothing goes back before it. */
  mark(): void {
    this.#checkpoints = [{ time: this.#tracker.end, bytes: this.#tracker.toBytes() }];
  }

  /** The earliest time from `limit` on to which {@link again} can go back. */
  reach(limit: number): number {
    return this.#checkpoints.find(({ time }) => time >= limit)?.time ?? limit;
  }

  /** The latest time before or at `from` to which {@link again} goes back. */
  before(from: number): number {
    return this.#checkpoints.findLast(({ time }) => time <= from)?.time ?? from;
  }

  /**
   * Takes buckets again, from what {@link before} gave to the last one taken: what was reported is not reported again, what
   * was not is, and an incident that never was is over.
   */
  again(scores: Iterable<Scores>, isReported: IsReported, send: Send): void {
    const before = this.#tracker.incidents;
    const end = this.#tracker.end;
    let since: number | undefined;
    const changes: IncidentChange[] = [];
    for (const part of scores) {
      since ??= this.#goBack(part.window.grid.start);
      for (let b = 0; b < part.window.grid.length; b++) changes.push(...this.#take(part, b));
    }
    if (since === undefined) return;
    const now = this.#tracker.incidents;
    const known = new Set([...now, ...changes.map(({ incident }) => incident)].map(({ id }) => id));
    const gone = this.#notices.adopt(now, known, since);
    this.#report(changes, isReported, send);
    this.#closeGone(gone, before, end, send);
  }

  /** Closes the alarms of incidents that never were, as is known by now. @param before as they were then */
  #closeGone(gone: readonly Reported[], before: readonly Incident[], at: number, send: Send): void {
    for (const { incident: id, alarm, closed } of gone) {
      const incident = before.find((one) => one.id === id);
      if (closed || incident === undefined) continue;
      const due: Due = { change: 'closed', incident: { ...incident, state: 'closed', closed: at }, corrected: true };
      this.#send({ due, at, alarm, suspects: [] }, send);
    }
  }

  #goBack(time: number): number {
    while (this.#checkpoints.length > 1 && (this.#checkpoints.at(-1)?.time ?? 0) > time) this.#checkpoints.pop();
    const checkpoint = this.#checkpoints.at(-1);
    if (checkpoint !== undefined) this.#tracker = IncidentTracker.fromBytes(checkpoint.bytes);
    this.#open = openOf(this.#tracker);
    return time;
  }

  /** Rows that an open incident is about, with those that moved with it. */
  rowsInAlarm(keys: readonly SeriesKey[]): ReadonlySet<number> {
    const found = new Set<number>();
    if (this.#open.length === 0) return found;
    if (this.#index?.keys !== keys) this.#index = { keys, rows: rowsById(keys) };
    for (const { anomalies } of this.#open) {
      for (const { key, related } of anomalies) {
        for (const one of [key, ...related]) {
          const row = this.#index.rows.get(keyId(one));
          if (row !== undefined) found.add(row);
        }
      }
    }
    return found;
  }

  /** Forgets incidents that were over before `time`, and checkpoints before `limit`. */
  forget(time: number, limit: number): void {
    this.#notices.forget(time, this.#open);
    this.#checkpoints = this.#checkpoints.filter((checkpoint) => checkpoint.time >= limit);
  }

  write(out: ByteWriter): void {
    writeBytes(out, this.#tracker.toBytes());
    const { reported, small } = this.#notices.data();
    out.string(JSON.stringify(small.length === 0 ? reported : { reported, small }));
    out.varint(this.#checkpoints.length);
    for (const { time, bytes } of this.#checkpoints) {
      out.signed(time);
      writeBytes(out, bytes);
    }
  }

  static read(from: ByteReader, { alarm }: MonitoringPlan): IncidentWatch {
    const tracker = IncidentTracker.fromBytes(readBytes(from));
    const noticed = JSON.parse(from.string()) as readonly Reported[] | NoticesData;
    const checkpoints: Checkpoint[] = [];
    for (let left = from.varint(); left > 0; left--) checkpoints.push({ time: from.signed(), bytes: readBytes(from) });
    const data = 'small' in noticed ? noticed : { reported: noticed, small: [] };
    return new IncidentWatch(tracker, alarm.minCalls, data, checkpoints);
  }
}

function openOf(tracker: IncidentTracker): readonly Incident[] {
  return tracker.incidents.filter(({ state }) => state === 'open');
}

function writeBytes(out: ByteWriter, bytes: Uint8Array): void {
  out.varint(bytes.length);
  out.bytes(bytes);
}

/** A copy, for the rest of the bytes to be let go. */
function readBytes(from: ByteReader): Uint8Array {
  return from.bytes(from.varint()).slice();
}

/** Expected number of keys that chance alone would name in one notice. */
const BY_CHANCE = 0.1;

/**
 * Keys that have fewer calls than expected since about when an incident of missing calls began, and not yet few enough to be
 * unusual alone: keys that stop together become significant hours apart. So few of all rows come so far by chance that a
 * tenth of such notices names one too many.
 * @param open all incidents, of whose keys none is named
 */
function suspectsOf(scores: Scores, bucket: number, incident: Incident, open: readonly Incident[]): SeriesKey[] {
  if (incident.anomalies[0].verdict !== 'below') return [];
  const { window, surprise, spans, verdicts } = scores;
  const { start, step, length } = window.grid;
  const at = start + (bucket + 1) * step;
  const from = fromOf(incident);
  // Begun no longer before it than it has been going on.
  const earliest = from - (at - from);
  const threshold = Math.log10(Math.max(1, window.keys.length) / BY_CHANCE);
  const named = new Set(
    open
      .flatMap(({ anomalies }) => anomalies.flatMap(({ key, related }) => [key, ...related]))
      .map(({ keyArn }) => keyArn),
  );
  const found: SeriesKey[] = [];
  for (const [row, key] of window.keys.entries()) {
    const cell = row * length + bucket;
    if (!(surprise[cell] <= -threshold) || verdicts[cell] === BELOW) continue;
    if (key.keyArn === null || key.operation === null || key.caller !== null || named.has(key.keyArn)) continue;
    if (at - spans[cell] < earliest) continue;
    named.add(key.keyArn);
    found.push(key);
  }
  return found;
}
