import { median } from 'simple-statistics';
import type { EventOutcome, VerdictScore } from './score-verdicts.js';

/** What became of the events of one kind and side. */
export interface KindResult {
  readonly kind: string;
  readonly verdict: 'above' | 'below';
  readonly events: number;
  readonly found: number;
  /** Buckets from an event's start to its first verdict, over those found; NaN where none was. */
  readonly medianDelay: number;
}

/** Detection in a few numbers. */
export interface BacktestSummary {
  /** Share of the events that were found; NaN without events. */
  readonly recall: number;
  readonly events: number;
  readonly found: number;
  readonly falseEpisodes: number;
  readonly falsePerSeriesWeek: number;
  /** Share of observed buckets whose verdict was unknown. */
  readonly unknownShare: number;
  readonly medianDelay: number;
  /** By kind and side, in the order in which they first come. */
  readonly kinds: readonly KindResult[];
}

export function summaryOf(score: VerdictScore): BacktestSummary {
  const { events, falseEpisodes, observed, unknown, weeks } = score;
  const groups = new Map<string, EventOutcome[]>();
  for (const event of events) {
    const name = `${event.kind} ${event.label.verdict}`;
    groups.set(name, [...(groups.get(name) ?? []), event]);
  }
  const episodes = falseEpisodes.reduce((sum, n) => sum + n, 0);
  return {
    ...resultOf(events),
    falseEpisodes: episodes,
    falsePerSeriesWeek: episodes / (falseEpisodes.length * weeks),
    unknownShare: unknown.reduce((sum, n) => sum + n, 0) / observed.reduce((sum, n) => sum + n, 0),
    kinds: [...groups.values()].map((group) => {
      const { events, found, medianDelay } = resultOf(group);
      return {
        kind: group[0].kind,
        verdict: group[0].label.verdict,
        events,
        found,
        medianDelay,
      };
    }),
  };
}

function resultOf(events: readonly EventOutcome[]) {
  const delays = events.filter(({ found }) => found).map(({ delay }) => delay);
  return {
    events: events.length,
    found: delays.length,
    recall: delays.length / events.length,
    medianDelay: delays.length === 0 ? Number.NaN : median(delays),
  };
}
