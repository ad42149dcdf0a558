import type { Anomaly, Incident, Severity } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';
import { HOUR } from '../time/grid.js';
import { excessOf, fromOf, type Reasons, rowsOf } from './incident-text.js';

/** What was reported of an incident, and when. Plain data; times are epoch ms. */
export interface Reported {
  readonly incident: string;
  /** The id of the notice that opened it. */
  readonly alarm: string;
  /** The first time that it was about. */
  readonly from: number;
  /** The end of the bucket on which it was last reported, and how long it had been going on then. */
  readonly at: number;
  readonly age: number;
  readonly severity: Severity;
  readonly verdict: Anomaly['verdict'];
  /** The keys (and, of rows that name none, the operations) that were ever named. */
  readonly subjects: readonly string[];
  /** Calls above what was expected. */
  readonly excess: number;
  /** How fast they came at the most: by the ms, and for each call that was expected. */
  readonly perMs: number;
  readonly perExpected: number;
  readonly closed: boolean;
  /** How it stood at the bucket that was looked at last. */
  readonly seen: Look;
}

/** What is kept of a plan's notices of incidents. */
export interface NoticesData {
  readonly reported: readonly Reported[];
  readonly small: readonly string[];
}

interface Look {
  readonly at: number;
  readonly excess: number;
  readonly expected: number;
}

/** What is to be sent of an incident; the keys that may be about to join it are for whoever sends it to find. */
export type Due =
  | { readonly change: 'opened'; readonly incident: Incident }
  /** `corrected`: records that came late have shown that it never was. */
  | { readonly change: 'closed'; readonly incident: Incident; readonly corrected: boolean }
  | { readonly change: 'updated'; readonly incident: Incident; readonly why: Reasons };

/** From so much more calls than expected, and so much faster than before, an incident has grown. */
const GROWN = 2;
/**
 * Keys that join, and growth, are reported together: an update waits until the incident is half as old again as when it was
 * last reported, at most so long. Keys that stop together are significant hours apart where one alone takes hours, and
 * minutes apart where it takes minutes.
 */
const LONGEST_WAIT = 6 * HOUR;

/** Incidents on one key no further apart than this are one that was corrected. */
const SLACK = HOUR;

const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

/**
 * Which incidents are worth a notice: each when it opens, again when it has become worse, when another key has joined or it
 * has grown at least twofold, and when it is over. One that merely goes on is not reported again.
 */
export class IncidentNotices {
  readonly #minCalls: number;
  #reported: Map<string, Reported>;
  /** Ids of open incidents of too few calls, which may grow to as many. */
  #small: Set<string>;

  /** @param minCalls calls of an incident that is worth a notice, see `plan.alarm` */
  constructor(minCalls: number, { reported, small }: NoticesData = { reported: [], small: [] }) {
    this.#minCalls = minCalls;
    this.#reported = new Map(reported.map((one) => [one.incident, one]));
    this.#small = new Set(small);
  }

  /** What is to be sent of an incident as it stands at the end of a bucket; undefined where nothing is. */
  due(incident: Incident, at: number): Due | undefined {
    const before = this.#reported.get(incident.id);
    if (before === undefined) {
      const isOpen = incident.state === 'open';
      const isSmall = isOpen && !incident.anomalies.some((anomaly) => callsOf(anomaly) >= this.#minCalls);
      if (isSmall) this.#small.add(incident.id);
      else this.#small.delete(incident.id);
      return isOpen && !isSmall ? { change: 'opened', incident } : undefined;
    }
    if (before.closed) return undefined;
    if (incident.state === 'closed') return { change: 'closed', incident, corrected: false };
    const look = lookAt(incident, at);
    this.#reported.set(incident.id, { ...before, seen: look });
    const why = reasons(incident, before, look);
    const waited = at - before.at >= Math.min(LONGEST_WAIT, before.age / 2);
    if (why.severity === null && !(waited && (why.joined > 0 || why.grownFrom !== null))) return undefined;
    this.#reported.set(incident.id, { ...before, ...pace(look, before) });
    return { change: 'updated', incident, why };
  }

  /**
   * Notes what was sent.
   * @param suspects keys that were named before they joined
   * @param notice the id of the notice; it names the alarm if it is the first of the incident
   */
  sent({ change, incident }: Due, at: number, suspects: readonly SeriesKey[], notice: string): void {
    const before = this.#reported.get(incident.id);
    const look = lookAt(incident, at);
    const age = at - fromOf(incident);
    this.#reported.set(incident.id, {
      incident: incident.id,
      alarm: before?.alarm ?? notice,
      from: Math.min(before?.from ?? Infinity, fromOf(incident)),
      at,
      age,
      severity: incident.severity,
      verdict: incident.anomalies[0].verdict,
      subjects: [
        ...new Set([
          ...(before?.subjects ?? []),
          ...subjectsOf(incident),
          ...suspects.flatMap(({ keyArn }) => keyArn ?? []),
        ]),
      ],
      excess: look.excess,
      perMs: Math.max(before?.perMs ?? 0, look.excess / Math.max(1, age)),
      perExpected: Math.max(before?.perExpected ?? 0, perExpected(look.excess, look.expected)),
      closed: change === 'closed',
      seen: look,
    });
  }

  /**
   * After verdicts from `since` on were corrected: an incident that opens at another time than before has another id, and
   * is still the one that was reported. Those that are no more hand their alarm to one that is about one of their keys at
   * about the same time; returned are those which find none.
   * @param now incidents as they are after the correction
   * @param known ids of all incidents since then
   */
  adopt(now: readonly Incident[], known: ReadonlySet<string>, since: number): readonly Reported[] {
    const gone = [...this.#reported.values()].filter(
      ({ incident, closed, at }) => !known.has(incident) && !(closed && at <= since),
    );
    return gone.filter((before) => {
      const heir = now.find(
        (incident) =>
          !this.#reported.has(incident.id) &&
          incident.anomalies[0].verdict === before.verdict &&
          fromOf(incident) <= before.at + SLACK &&
          (incident.closed ?? Infinity) >= before.from - SLACK &&
          subjectsOf(incident).some((subject) => before.subjects.includes(subject)),
      );
      if (heir === undefined) return true;
      this.#reported.delete(before.incident);
      this.#reported.set(heir.id, { ...before, incident: heir.id });
      return false;
    });
  }

  /** Whether an incident is to be looked at again while it is open: it was reported, or was too small for that. */
  isFollowed(incident: string): boolean {
    return this.#reported.has(incident) || this.#small.has(incident);
  }

  /** The alarm of an incident that was reported. */
  alarmOf(incident: string): string | undefined {
    return this.#reported.get(incident)?.alarm;
  }

  /** Forgets those that were over before `time`, and small ones that are no longer `open`. */
  forget(time: number, open: readonly Incident[]): void {
    for (const [id, { closed, at }] of this.#reported) if (closed && at < time) this.#reported.delete(id);
    this.#small = new Set(open.flatMap(({ id }) => (this.#small.has(id) ? [id] : [])));
  }

  data(): NoticesData {
    return { reported: [...this.#reported.values()], small: [...this.#small] };
  }
}

/** The calls that make an anomaly interesting: those made, or, where they are missing, those expected. */
function callsOf({ verdict, value, expected }: Anomaly): number {
  return verdict === 'above' ? value : expected;
}

function reasons(incident: Incident, before: Reported, look: Look): Reasons {
  const worse = SEVERITIES.indexOf(incident.severity) > SEVERITIES.indexOf(before.severity);
  return {
    severity: worse ? before.severity : null,
    joined: subjectsOf(incident).filter((subject) => !before.subjects.includes(subject)).length,
    grownFrom: hasGrown(look, before) ? before.excess : null,
  };
}

/**
 * Twice the calls above what was expected, and the last of them twice as fast as ever before, by the hour and against what
 * was expected: what goes on at the same rate doubles too, and is no worse for that. Calls that are missing cannot grow so:
 * a silence is whole.
 */
function hasGrown(look: Look, before: Reported): boolean {
  if (before.excess <= 0 || look.excess < GROWN * before.excess) return false;
  const { perMs, perExpected } = pace(look, before);
  return perMs >= GROWN * before.perMs && perExpected >= GROWN * before.perExpected;
}

/** How fast calls came since the last look, or ever before. */
function pace({ at, excess, expected }: Look, { seen, ...before }: Reported): Pick<Reported, 'perMs' | 'perExpected'> {
  const more = excess - seen.excess;
  return {
    perMs: Math.max(before.perMs, more / Math.max(1, at - seen.at)),
    perExpected: Math.max(before.perExpected, perExpected(more, expected - seen.expected)),
  };
}

function lookAt(incident: Incident, at: number): Look {
  const { calls, expected } = excessOf(incident);
  return { at, excess: calls, expected };
}

/** Where nothing was expected, one call in a million stands for it. */
function perExpected(excess: number, expected: number): number {
  return excess / Math.max(1e-6, expected);
}

/** What an incident names: its keys; of rows without one, the operation, unless a key names it. */
function subjectsOf(incident: Incident): string[] {
  const rows = rowsOf(incident);
  const operations = new Set(rows.flatMap(({ keyArn, operation }) => (keyArn === null ? [] : [operation])));
  const subjects = rows.flatMap(({ keyArn, operation, outcome }) => {
    if (keyArn !== null) return [keyArn];
    return operations.has(operation) || operations.has(null) ? [] : [JSON.stringify([operation, outcome])];
  });
  return [...new Set(subjects)];
}
