import type { Incident } from '../engine/types.js';
import { REFUSED_KEYS } from '../kms/refused-keys.js';
import { affectedText } from '../report/affected-words.js';
import { seriesName } from '../report/names.js';
import { counted, duration, mean } from '../report/numbers.js';
import { factsFor } from '../report/words.js';
import type { SeriesKey } from '../series/key.js';
import type { MonitoringPlan } from './plan.js';

/** So many rows are named; the others are counted. */
const NAMED = 20;

/** Why an incident is reported again. */
export interface Reasons {
  /** The severity that was reported, where it is worse now. */
  readonly severity: Incident['severity'] | null;
  /** How many keys have joined since. */
  readonly joined: number;
  /** Calls above what was expected that were reported, where they have grown at least twofold. */
  readonly grownFrom: number | null;
}

type PlanWords = Pick<MonitoringPlan, 'timeZone' | 'step' | 'learn'>;

/**
 * The rows that an incident is about: those of its anomalies, worst first, then the keys that they stand for. Totals that
 * its keys make up are not among them.
 */
export function rowsOf({ anomalies }: Incident): readonly SeriesKey[] {
  const rows = anomalies.map(({ key }) => key);
  const keys = new Set(rows.map(({ keyArn }) => keyArn));
  for (const { related } of anomalies) {
    for (const key of related) {
      if (key.keyArn === null || keys.has(key.keyArn)) continue;
      keys.add(key.keyArn);
      rows.push(key);
    }
  }
  return rows;
}

/**
 * What is known of an incident at `at`, when it opens: its worst anomaly, and the other rows that it is about.
 * @param suspects keys that may be about to join it
 */
export function openingText(incident: Incident, suspects: readonly SeriesKey[], plan: PlanWords, at: number): string {
  const { severity } = incident;
  return `${severity.charAt(0).toUpperCase()}${severity.slice(1)}. ${knownText(incident, suspects, plan, at)}`;
}

/** What is known at `at`, without how bad it is. */
function knownText(incident: Incident, suspects: readonly SeriesKey[], plan: PlanWords, at: number): string {
  const { timeZone = 'UTC', step } = plan;
  const [, ...others] = rowsOf(incident);
  return [
    ...factsFor(incident.anomalies[0], { timeZone, step, judgedUntil: at }),
    ...affectedText(incident.affected, incident.anomalies[0].verdict),
    ...(others.length === 0 ? [] : [`Also affected: ${listed(others)}.`]),
    ...(suspects.length === 0 ? [] : [`Fewer calls too, though not yet unusual alone: ${listed(suspects)}.`]),
  ].join(' ');
}

/** The same later, with what has become of it since it was last reported. */
export function updateText(
  incident: Incident,
  why: Reasons,
  suspects: readonly SeriesKey[],
  plan: PlanWords,
  at: number,
): string {
  const parts = [
    ...(why.severity === null ? [] : [`${incident.severity} instead of ${why.severity}`]),
    ...(why.joined === 0 ? [] : [counted(why.joined, 'more key')]),
    ...(why.grownFrom === null
      ? []
      : [
          `${counted(excessOf(incident).calls, unitOf(incident.anomalies[0].key))} more than expected, ${counted(why.grownFrom, 'call')} before`,
        ]),
  ];
  return `Update after ${duration(at - fromOf(incident))}: ${parts.join('; ')}. ${knownText(incident, suspects, plan, at)}`;
}

/** An incident that never was, as records that came late have shown, or a baseline that the plan went back to. */
export function correctedText(incident: Incident): string {
  const rows = rowsOf(incident);
  return `Resolved: by what is known now, ${listed(rows)} ${rows.length === 1 ? 'is' : 'are'} normal.`;
}

/**
 * An incident that is over: how long it was, and what it came to.
 * @param callsSince on the row of its worst anomaly, since the end of that
 */
export function closingText(incident: Incident, callsSince: number, { learn }: PlanWords): string {
  const { key, kind, value, expected, verdict } = incident.anomalies[0];
  const rows = rowsOf(incident);
  const are = rows.length === 1 ? 'is' : 'are';
  const after = duration(Math.max(...incident.anomalies.map(({ to }) => to)) - fromOf(incident));
  const usual = `expected about ${mean(expected)}`;
  const unit = unitOf(key);
  const calls = value === 0 ? `No calls meanwhile (${usual}).` : `${counted(value, unit)} in all (${usual}).`;
  const whose = rows.length === 1 ? '' : `${seriesName(rows[0])}: `;
  // A change that lasted is at an end as an incident; what is expected has followed it.
  if (verdict === 'below' && value + callsSince === 0) {
    return `Closed after ${after}: ${listed(rows)}. Still no calls, and none are expected any more.`;
  }
  const isFollowed = kind === 'level-shift' && learn === 'accept-shifts';
  const end = isFollowed ? `${are} as expected now that the baseline has followed` : `${are} back to normal`;
  return `Resolved after ${after}: ${listed(rows)} ${end}. ${whose}${calls}`;
}

/** The first time that an incident is about, epoch ms: of a silence, the first bucket without a call. */
export function fromOf({ anomalies, opened }: Incident): number {
  return Math.min(opened, ...anomalies.map(({ from }) => from));
}

/** Calls above what was expected over its anomalies, and what was expected there; keys where its worst row counts keys. */
export function excessOf({ anomalies }: Incident): { readonly calls: number; readonly expected: number } {
  let [calls, expected] = [0, 0];
  for (const anomaly of anomalies) {
    if (anomaly.verdict !== 'above' || unitOf(anomaly.key) !== unitOf(anomalies[0].key)) continue;
    calls += anomaly.value - anomaly.expected;
    expected += anomaly.expected;
  }
  return { calls, expected };
}

function listed(rows: readonly SeriesKey[]): string {
  const names = rows.slice(0, NAMED).map((row) => seriesName(row));
  if (rows.length > NAMED) names.push(`${rows.length - NAMED} more`);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** What a row counts. */
function unitOf({ metric }: SeriesKey): 'call' | 'key' {
  return metric === REFUSED_KEYS ? 'key' : 'call';
}
