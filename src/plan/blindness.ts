import { duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { Finding } from './changes.js';
import type { Ledger } from './ledger.js';
import type { MonitoringPlan } from './plan.js';
import type { WatchData } from './watch-data.js';

/** A source of which nothing is heard any more, or that is heard of again. */
export interface Blindness {
  readonly source: string;
  readonly isBlind: boolean;
  readonly finding: Finding;
}

/** What is new about which sources are heard of: silence of a source is never silence of keys. */
export function blindness(plan: MonitoringPlan, data: WatchData, ledger: Ledger, now: number): Blindness[] {
  const { grace, blindAfter, sources } = plan;
  const finding = (text: string): Finding => ({ kind: 'health', at: now, text, key: null, callers: [] });
  return sources.flatMap(({ name }): Blindness[] => {
    const last = ledger.listenedBy(name).at(-1)?.to ?? data.began ?? now;
    const isBlind = now - last > blindAfter + grace;
    if (isBlind === Object.hasOwn(data.blind, name)) return [];
    const shown = printable(name, 60);
    if (!isBlind) return [{ source: name, isBlind, finding: finding(`${shown} is heard from again.`) }];
    const why = Object.hasOwn(data.failing, name) ? ` (${data.failing[name]})` : '';
    const since = new Date(last).toISOString();
    const text = `Nothing was heard from ${shown} for ${duration(now - last)}${why}: what it tells of is unknown since ${since}.`;
    return [{ source: name, isBlind, finding: finding(text) }];
  });
}
