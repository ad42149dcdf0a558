import type { AlarmState } from '../alarm/rule.js';
import type { Anomaly } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';

/**
 * What a notice is about.
 * - `anomaly`: use outside what is normal
 * - `change`: a critical operation, of a kind that is rare here
 * - `first-seen`: a caller that never used the key, a pair of caller and operation that never was
 * - `lifecycle`: a key that is needed and about to be gone, material that expires, rotation overdue
 * - `health`: the watch itself: a source that is not heard of
 */
export type NoticeKind = 'anomaly' | 'change' | 'first-seen' | 'lifecycle' | 'health';

/** Something that somebody is told, once. Plain data; {@link noticeJson} is its form outside. */
export interface Notice {
  /** The same whenever it is told again, as after a crash between deciding and telling: who is told can tell by it. */
  readonly id: string;
  /** Of the alarm that this opens, and of the notice that it is over; the notice's own where nothing goes on. */
  readonly alarm: string;
  readonly plan: string;
  readonly owner: string;
  readonly kind: NoticeKind;
  readonly state: AlarmState;
  /** The end of the bucket on which it was decided; of what has a time of its own, that. Epoch ms. */
  readonly at: number;
  /** One line in words. */
  readonly text: string;
  readonly key: SeriesKey | null;
  /** Whose calls it was, where that is known. */
  readonly callers: readonly string[];
  /** With an anomaly: what was found. */
  readonly anomaly: Anomaly | null;
}

/** Who or what is told. Plain functions, which throw when it did not work: then it is told again later. */
export interface Notifier {
  /** A name of its own among the plan's. */
  readonly name: string;
  tell(notice: Notice, signal?: AbortSignal): void | Promise<void>;
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
  readonly at: string;
  readonly text: string;
  readonly key: SeriesKey | null;
  readonly callers: readonly string[];
  readonly anomaly: (Omit<Anomaly, 'from' | 'to'> & { readonly from: string; readonly to: string }) | null;
}

export function noticeJson(notice: Notice): NoticeJson {
  const { anomaly } = notice;
  const iso = (time: number) => new Date(time).toISOString();
  return {
    schemaVersion: 1,
    ...notice,
    at: iso(notice.at),
    anomaly: anomaly === null ? null : { ...anomaly, from: iso(anomaly.from), to: iso(anomaly.to) },
  };
}
