import { MINUTE } from '../time/grid.js';
import type { Analysis, LogHole } from './analysis.js';
import { civilRange, civilTime } from './civil-time.js';
import type { LogSource } from './log-source.js';
import { counted, duration, grouped } from './numbers.js';
import { printable } from './printable.js';
import { wrap } from './wrap.js';

/** So many sources and holes are named in a line. */
const NAMED = 4;

/** Whose logs they are, the time learned from and the time judged, with their holes, and what one is judged by. */
export function renderSpans(analysis: Analysis, timeZone: string, width: number): string[] {
  const { history, window, step, alertBudget, unknown } = analysis;
  const fact = (label: string, text: string) => wrap(text, width, label.padEnd(10));
  const learned = [
    `${civilRange(history.from, history.to, timeZone)} ${timeZone} (${duration(history.to - history.from)})`,
  ];
  learned.push(
    history.firstKmsCall === null
      ? 'no KMS call in it'
      : `KMS calls since ${civilTime(history.firstKmsCall, timeZone)}`,
  );
  const judged = `${civilRange(window.from, window.to, timeZone)} ${timeZone} (${duration(window.to - window.from)})`;
  // Of counts that came without logs, or were learned long ago, no gaps are known.
  const holes = (list: readonly LogHole[]) => (analysis.sources.length === 0 ? '' : `; ${holesPhrase(list, timeZone)}`);
  const alarms = alertBudget.perWeek === 1 ? '1 false alarm' : `${alertBudget.perWeek} false alarms`;
  return [
    ...(analysis.sources.length === 0 ? [] : fact('logs of', sourcesPhrase(analysis.sources))),
    ...fact('history', `${learned.join(', ')}${holes(history.holes)}`),
    ...fact('judged', `${judged} in buckets of ${duration(step)}${holes(window.holes)}`),
    ...fact('budget', `${alarms} a week, both directions, across ${counted(unknown.series, 'series', 'series')}`),
  ];
}

function sourcesPhrase(sources: readonly LogSource[]): string {
  const withCalls = sources.filter(({ kmsCalls }) => kmsCalls > 0);
  const named = withCalls
    .slice(0, NAMED)
    .map(({ account, region }) => `${printable(account, 40)} ${printable(region, 40)}`);
  if (withCalls.length > NAMED) named.push(`${grouped(withCalls.length - NAMED)} more`);
  const without = sources.length - withCalls.length;
  const others =
    without === 0 ? '' : `; ${counted(without, 'account and Region', 'accounts and Regions')} without KMS calls`;
  return `${named.join(', ')}${others}`;
}

/** The longest first. Gaps shorter than this are not named: one log may end some minutes before another. */
const LEAST_HOLE = 15 * MINUTE;

function holesPhrase(holes: readonly LogHole[], timeZone: string): string {
  const long = holes.filter(({ from, to }) => to - from >= LEAST_HOLE).sort((a, b) => b.to - b.from - (a.to - a.from));
  if (long.length === 0) return 'no coverage gaps';
  const named = long
    .slice(0, NAMED)
    .map(
      ({ account, region, from, to }) =>
        `${civilRange(from, to, timeZone)} (${duration(to - from)}) in ${printable(account, 40)} ${printable(region, 40)}`,
    );
  if (long.length > NAMED) named.push(`${grouped(long.length - NAMED)} more`);
  return `${counted(long.length, 'coverage gap')}: ${named.join(', ')}`;
}
