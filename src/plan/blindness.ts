import { duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { Finding } from './changes.js';
import { decideNotice } from './decide-notice.js';
import type { Ledger } from './ledger.js';
import type { MonitoringPlan } from './plan.js';
import { minute } from './plan-text.js';
import type { WatchData } from './watch-data.js';

/** A source that has stopped delivering, or delivers again. */
interface Blindness {
  readonly source: string;
  readonly isBlind: boolean;
  /** The end of what it delivered before. */
  readonly since: number;
  readonly finding: Finding;
}

/** Decides the notices of sources that have stopped delivering, and of those that deliver again. */
export function reportBlindness(plan: MonitoringPlan, data: WatchData, ledger: Ledger, now: number): void {
  const { blind } = data;
  for (const { source, isBlind, since, finding } of blindness(plan, data, ledger, now)) {
    if (isBlind) {
      const alarm = decideNotice(plan, data, finding, { state: 'INSUFFICIENT_DATA', change: 'opened' });
      blind[source] = { alarm, since };
    } else {
      decideNotice(plan, data, finding, { alarm: blind[source].alarm, state: 'OK', change: 'closed' });
      delete blind[source];
    }
  }
}

/** Which sources have stopped or resumed delivering: missing data is never silence of keys. */
function blindness(plan: MonitoringPlan, data: WatchData, ledger: Ledger, now: number): Blindness[] {
  const { grace, noDataAfter, sources } = plan;
  const finding = (text: string): Finding => ({ kind: 'health', at: now, text, key: null, callers: [] });
  return sources.flatMap(({ name }): Blindness[] => {
    const last = ledger.listenedBy(name).at(-1)?.to ?? data.began ?? now;
    const isBlind = now - last > noDataAfter + grace;
    if (isBlind === Object.hasOwn(data.blind, name)) return [];
    const shown = printable(name, 60);
    if (!isBlind) {
      const before = data.blind[name].since;
      const text = `Resolved: ${shown} is delivering data again after ${duration(now - before)}.`;
      return [{ source: name, isBlind, since: before, finding: finding(text) }];
    }
    const why = Object.hasOwn(data.failing, name) ? ` (${data.failing[name]})` : '';
    const since = minute(last);
    const text = `No data from ${shown} for ${duration(now - last)}${why}. Its series are unknown since ${since}.`;
    return [{ source: name, isBlind, since: last, finding: finding(text) }];
  });
}
