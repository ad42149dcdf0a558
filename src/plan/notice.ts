import type { AlarmState } from '../alarm/rule.js';
import type { Anomaly, Severity } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';
import { isoText } from '../time/iso.js';

/**
 * What a notice is about.
 * - `anomaly`: use outside what is normal
 * - `change`: a critical operation, of a kind that is rare here
 * - `first-seen`: a caller that never used the key, a pair of caller and operation that never was
 * - `lifecycle`: a key that is needed and about to be gone, material that expires, rotation overdue
 * - `health`: the watch itself: a source that is not heard of
 */
export type NoticeKind = 'anomaly' | 'change' | 'first-seen' | 'lifecycle' | 'health';

/**
 * What a notice says of its alarm: that it opens, has become worse, or is over. What goes on is an incident, or a source
 * that does not deliver.
 */
export type NoticeChange = 'opened' | 'updated' | 'closed';

/** Something that somebody is told, once. Plain data; {@link noticeJson} is its form outside. */
export interface Notice {
  /** The same whenever it is told again, as after a crash between deciding and telling: who is told can tell by it. */
  readonly id: string;
  /** The id of the notice that opened what this is about; its own where this opens it, or nothing goes on. */
  readonly alarm: string;
  readonly plan: string;
  readonly owner: string;
  readonly kind: NoticeKind;
  readonly state: AlarmState;
  /** What has become of the alarm; null where nothing goes on, such as a change that was made. */
  readonly change: NoticeChange | null;
  /** The end of the bucket on which it was decided; of what has a time of its own, that. Epoch ms. */
  readonly at: number;
  /** One line in words. */
  readonly text: string;
  readonly key: SeriesKey | null;
  /** All rows that it is about, the worst first, at most 100; none where `key` is null. */
  readonly keys: readonly SeriesKey[];
  /** Whose calls it was, where that is known. */
  readonly callers: readonly string[];
  /** Of an incident: the id that `Detector.incidents` and `IncidentTracker` give it, and how much it matters; else null. */
  readonly incident: string | null;
  readonly severity: Severity | null;
  /** Of an incident: its worst anomaly, with the figures known when this was decided; else null. */
  readonly anomaly: Anomaly | null;
}

/** Who or what is told. Plain functions, which throw when it did not work: then it is told again later. */
export interface Notifier {
  /** A name of its own among the plan's. */
  readonly name: string;
  /** Where it sends, and what of the notices, in a line for those who review the plan. */
  readonly about?: string;
  /** Which notices are for it; all where it is left out. What `tell` is handed besides counts as sent. */
  takes?(notice: Notice): boolean;
  tell(notice: Notice, signal?: AbortSignal): void | Promise<void>;
}

/** Whether a notifier takes a notice. */
export function isFor({ takes }: Pick<Notifier, 'takes'>, notice: Notice): boolean {
  return takes?.(notice) ?? true;
}

/** A notice as it stands on a line, in a message or an event: times are ISO 8601 in UTC. Schema version 1. */
export interface NoticeJson {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly alarm: string;
  readonly plan: string;
  readonly owner: string;
  readonly kind: NoticeKind;
  readonly state: AlarmState;
  readonly change: NoticeChange | null;
  readonly at: string;
  readonly text: string;
  readonly key: SeriesKey | null;
  readonly keys: readonly SeriesKey[];
  readonly callers: readonly string[];
  readonly incident: string | null;
  readonly severity: Severity | null;
  readonly anomaly: (Omit<Anomaly, 'from' | 'to' | 'decidedBy'> & IsoRange & { readonly decidedBy: IsoRange }) | null;
}

interface IsoRange {
  readonly from: string;
  readonly to: string;
}

/** The form of a notice outside of this library: plain JSON, its times as text. */
export function noticeJson(notice: Notice): NoticeJson {
  const { anomaly } = notice;
  return {
    schemaVersion: 1,
    ...notice,
    at: isoText(notice.at),
    anomaly:
      anomaly === null
        ? null
        : { ...anomaly, ...isoRange(anomaly), decidedBy: { ...anomaly.decidedBy, ...isoRange(anomaly.decidedBy) } },
  };
}

function isoRange({ from, to }: { readonly from: number; readonly to: number }): IsoRange {
  return { from: isoText(from), to: isoText(to) };
}
