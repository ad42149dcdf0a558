import type { Anomaly, CallerShare } from '../engine/types.js';
import { accountOfCaller, accountOfKey, callerName } from './names.js';
import { counted, grouped, mean } from './numbers.js';

/** So many callers are named; the others are counted. */
const NAMED = 3;
/** A caller with less than this share of what there is too much or too little of had no part in it. */
const PART = 0.05;
/** Other callers took a caller's place where they make up for this share of what it departs by. */
const TAKEN_OVER = 0.5;

/**
 * Which callers made the calls of an anomaly, in a sentence: `role/Support made 420 of them; none in the history.`, or
 * which ceased: `role/Gateway stopped; in these hours it usually makes 65.` Empty without callers.
 */
export function whoIn(anomaly: Anomaly): string {
  if (anomaly.key.caller !== null) return insteadOf(anomaly);
  const callers = (anomaly.callers ?? []).filter((share) => departure(anomaly, share) > 0);
  // A caller's calls are among those of the row: where they were counted otherwise, they say nothing of it.
  const all = (anomaly.callers ?? []).reduce((sum, { calls }) => sum + calls, 0);
  if (callers.length === 0 || all > Math.round(anomaly.value)) return '';
  const sum = (shares: readonly CallerShare[]) => shares.reduce((total, share) => total + departure(anomaly, share), 0);
  const least = PART * sum(callers);
  const named = callers.slice(0, NAMED).filter((share, i) => i === 0 || departure(anomaly, share) >= least);
  const others = callers.slice(named.length);
  const home = homeOf(anomaly, callers);
  const isAlone = callers.length === 1;
  const parts = named.map((share, i) => {
    const name = callerName(share.caller, home);
    if (anomaly.verdict === 'below') return missed(name, share);
    return i === 0 ? made(name, share, anomaly, isAlone) : `${name} ${grouped(share.calls)}${inBrackets(share)}`;
  });
  if (others.length > 0 && sum(others) >= least) parts.push(rest(others));
  // Names of roles and services stay as they are, at the beginning of a sentence too.
  return `${parts.join(anomaly.verdict === 'below' ? '; ' : ', ')}.`.replace(/^account /, 'Account ');
}

/**
 * Of one caller's row, whose place it took or who took its own, in a sentence: `Meanwhile role/Stranger made 51 (none in the
 * history).` Empty where no other caller departs the other way.
 */
function insteadOf(anomaly: Anomaly): string {
  const { key, verdict } = anomaly;
  if (key.metric !== null) return '';
  const other: Anomaly = { ...anomaly, verdict: verdict === 'above' ? 'below' : 'above' };
  const callers = (anomaly.callers ?? [])
    .filter((share) => share.caller !== key.caller && departure(other, share) > 0)
    .sort((a, b) => departure(other, b) - departure(other, a));
  const least = TAKEN_OVER * Math.abs(anomaly.value - anomaly.expected);
  if (callers.reduce((sum, share) => sum + departure(other, share), 0) < least) return '';
  const home = homeOf(anomaly, callers);
  const named = callers.slice(0, NAMED).map((share) => {
    const name = callerName(share.caller, home);
    return verdict === 'above' ? missed(name, share) : `${name} made ${grouped(share.calls)}${inBrackets(share)}`;
  });
  const rest = callers.length - named.length;
  return `Meanwhile ${named.join(', ')}${rest > 0 ? ` and ${counted(rest, 'other')} more` : ''}.`;
}

/** Calls of a caller too many, or too few; all of them where it is not known what is usual. */
function departure({ verdict }: Anomaly, { calls, usual }: CallerShare): number {
  if (verdict === 'above') return calls - (usual ?? 0);
  return usual === null ? 0 : usual - calls;
}

/** The account that needs no mention: the key's, else the row's, else the one that all the callers share. */
export function homeOf({ key }: Anomaly, callers: readonly CallerShare[]): string | null {
  const known = key.keyArn === null ? key.account : accountOfKey(key.keyArn);
  if (known !== null) return known;
  const accounts = new Set(callers.map(({ caller }) => accountOfCaller(caller)).filter((account) => account !== null));
  return accounts.size === 1 ? ([...accounts][0] ?? null) : null;
}

function made(name: string, share: CallerShare, { value, key }: Anomaly, isAlone: boolean): string {
  const failed = key.outcome === 'error' ? ' failed calls' : '';
  const part =
    share.calls < Math.round(value)
      ? `${grouped(share.calls)} of ${failed === '' ? 'them' : `the ${grouped(value)}${failed}`}`
      : share.calls === 1
        ? 'it'
        : `all ${grouped(share.calls)}${failed}`;
  if (!isAlone) return `${name} made ${part}${inBrackets(share)}`;
  const before = usually(share);
  return `${name} made ${part}${before === '' ? '' : `; ${before}`}`;
}

function missed(name: string, { calls, usual }: CallerShare): string {
  const before = usual === null ? '' : `; in these hours it usually makes ${mean(usual)}`;
  if (calls === 0) return `${name} stopped${before}`;
  return `${name} made ${grouped(calls)}${usual === null ? '' : ` instead of about ${mean(usual)}`}`;
}

/** What a caller did before: `none in the history`, `at these hours it usually makes 2`; empty where it is not known. */
function usually({ usual, before }: CallerShare): string {
  if (before === 0) return 'none in the history';
  return usual === null ? '' : `at these hours it usually makes ${usualCalls(usual)}`;
}

function inBrackets({ usual, before }: CallerShare): string {
  if (before === 0) return ' (none in the history)';
  return usual === null ? '' : ` (usually ${usualCalls(usual)})`;
}

function usualCalls(usual: number): string {
  if (usual === 0) return 'none';
  return mean(usual) === '0' ? 'almost none' : mean(usual);
}

function rest(others: readonly CallerShare[]): string {
  const calls = others.reduce((sum, share) => sum + share.calls, 0);
  const isKnown = others.every(({ usual }) => usual !== null);
  const usual = others.reduce((sum, share) => sum + (share.usual ?? 0), 0);
  return `${counted(others.length, 'other')} ${grouped(calls)} together${isKnown ? ` (usually ${usualCalls(usual)})` : ''}`;
}
