import { parseEventTime } from '../kms/event-time.js';
import { at, textOf } from '../kms/raw-record.js';
import { mergeRanges, type TimeRange } from '../series/builder.js';
import { RECORDS_ALL, type RecordedKms, recordedKms } from './event-selectors.js';

/** The operations that change what a trail records. */
export const TRAIL_CHANGES = ['CreateTrail', 'PutEventSelectors', 'StartLogging', 'StopLogging'] as const;

/** A change to a trail, from its record in the event history. */
export interface TrailChange {
  readonly time: number;
  readonly change: (typeof TRAIL_CHANGES)[number];
  /** The trail, by name or ARN, as the caller named it. */
  readonly trail: string;
  /** What it records from then on, of a PutEventSelectors. */
  readonly records: RecordedKms | null;
}

/** What is known of a trail now. */
export interface TrailNow {
  readonly logging: boolean;
  /** When logging was last started and stopped; null where it never was. */
  readonly started: number | null;
  readonly stopped: number | null;
  readonly records: RecordedKms;
}

/** A change from a CloudTrail record, an object or its text; null when it is none, or failed. */
export function trailChange(record: unknown): TrailChange | null {
  let raw = record;
  if (typeof record === 'string') {
    try {
      raw = JSON.parse(record);
    } catch {
      return null;
    }
  }
  if (at(raw, 'eventSource') !== 'cloudtrail.amazonaws.com' || textOf(at(raw, 'errorCode'), 1024) !== null) return null;
  const change = TRAIL_CHANGES.find((name) => name === at(raw, 'eventName'));
  const time = parseEventTime(textOf(at(raw, 'eventTime'), 30) ?? '');
  const asked = at(raw, 'requestParameters');
  const trail = textOf(at(asked, 'trailName'), 2048) ?? textOf(at(asked, 'name'), 2048);
  if (change === undefined || Number.isNaN(time) || trail === null) return null;
  return { time, change, trail, records: change === 'PutEventSelectors' ? recordedKms(asked) : null };
}

/**
 * When a trail recorded KMS events of each class, up to `now`, told backwards from what it does now and the changes on
 * record, in any order. Before the first change of the selectors on record nobody knows what they were: nothing counts as
 * recorded there. Before `since`, where the record of changes begins, the trail is taken to have been as it was then.
 */
export function recordedTimes(
  now: number,
  trail: TrailNow,
  changes: readonly TrailChange[],
): { read: TimeRange[]; write: TimeRange[] } {
  const ordered = [...changes].sort((a, b) => a.time - b.time);
  const created = ordered.findLast(({ change }) => change === 'CreateTrail')?.time ?? -Infinity;
  const logging = loggingTimes(now, trail, ordered, created);
  const selections = ordered.filter(({ change, time }) => change === 'PutEventSelectors' && time >= created);
  const eras: { from: number; to: number; records: RecordedKms }[] = [];
  if (selections.length === 0) eras.push({ from: created, to: now, records: trail.records });
  // A new trail records all management events until it is told otherwise.
  else if (created > -Infinity) eras.push({ from: created, to: selections[0].time, records: RECORDS_ALL });
  for (const [i, { time, records }] of selections.entries()) {
    // The last change made it what it is now; that answer is whole, where a record may have been cut.
    const last = i === selections.length - 1;
    eras.push({
      from: time,
      to: last ? now : selections[i + 1].time,
      records: last ? trail.records : (records ?? NOTHING),
    });
  }
  const timesOf = (kind: 'read' | 'write'): TimeRange[] =>
    mergeRanges(
      eras
        .filter(({ records }) => records[kind] === 'all')
        .flatMap((era) => logging.map(({ from, to }) => ({ from: Math.max(from, era.from), to: Math.min(to, era.to) })))
        .filter(({ from, to }) => from < to),
    );
  return { read: timesOf('read'), write: timesOf('write') };
}

const NOTHING: RecordedKms = { read: 'none', write: 'none' };

function loggingTimes(now: number, trail: TrailNow, ordered: readonly TrailChange[], created: number): TimeRange[] {
  const switches = ordered
    .filter(({ change, time }) => (change === 'StartLogging' || change === 'StopLogging') && time >= created)
    .map(({ change, time }) => ({ time, on: change === 'StartLogging' }));
  // The status knows the last of them, of before the record of changes too, or not on record yet.
  for (const [time, on] of [
    [trail.started, true],
    [trail.stopped, false],
  ] as const) {
    if (
      time !== null &&
      time >= created &&
      !switches.some((known) => known.on === on && Math.abs(known.time - time) < 60_000)
    ) {
      switches.push({ time, on });
    }
  }
  switches.sort((a, b) => a.time - b.time);
  const times: TimeRange[] = [];
  // A trail that was stopped first must have been started before, but from when on is not known: not before the record.
  let from: number | null = null;
  for (const { time, on } of switches) {
    if (on) from ??= time;
    else {
      if (from !== null) times.push({ from, to: time });
      from = null;
    }
  }
  // Without any switch on record it has been on all the while.
  if (trail.logging) times.push({ from: from ?? (switches.length === 0 ? created : now), to: now });
  return times.filter((range) => range.from < range.to);
}
