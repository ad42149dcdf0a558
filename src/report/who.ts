import type { Anomaly, CallerShare } from '../engine/types.js';
import { accountOfCaller, accountOfKey, callerName } from './names.js';
import { counted, grouped, mean } from './numbers.js';

/** So many callers are named; the others are counted. */
const NAMED = 3;
/** A caller with less than this share of what there is too much or too little of had no part in it. */
const PART = 0.05;

/**
 * Who is behind an anomaly, as a part of a sentence: `role/Support made 420 of the calls (0.05 on average)`, or
 * `missing: role/Gateway (none, 65 on average)`. Empty without callers.
 */
export function whoIn(anomaly: Anomaly): string {
  const sign = anomaly.verdict === 'above' ? 1 : -1;
  const departure = ({ calls, usual }: CallerShare) => sign * (calls - usual);
  const sum = (shares: readonly CallerShare[]) => shares.reduce((total, share) => total + departure(share), 0);
  const callers = (anomaly.callers ?? []).filter((share) => departure(share) > 0);
  if (callers.length === 0) return '';
  const least = PART * sum(callers);
  const named = callers.slice(0, NAMED).filter((share, i) => i === 0 || departure(share) >= least);
  const others = callers.slice(named.length);
  const home = homeOf(anomaly, callers);
  const parts = named.map((share, i) => {
    const name = callerName(share.caller, home);
    return sign > 0
      ? made(name, share, i === 0 ? anomaly.value : undefined, callers.length === 1)
      : missed(name, share);
  });
  if (others.length > 0 && sum(others) >= least) parts.push(rest(others));
  return `${sign > 0 ? '' : 'missing: '}${listed(parts)}`;
}

/** The account that needs no mention: the key's, else the row's, else the one that all the callers share. */
export function homeOf({ key }: Anomaly, callers: readonly CallerShare[]): string | null {
  const known = key.keyArn === null ? key.account : accountOfKey(key.keyArn);
  if (known !== null) return known;
  const accounts = new Set(callers.map(({ caller }) => accountOfCaller(caller)).filter((account) => account !== null));
  return accounts.size === 1 ? ([...accounts][0] ?? null) : null;
}

/** @param all calls of the anomaly, for the caller named first */
function made(name: string, { calls, usual }: CallerShare, all: number | undefined, alone: boolean): string {
  if (all === undefined) return `${name} ${grouped(calls)} (${usually(usual)})`;
  const share = calls < all || !alone ? `${grouped(calls)} of the calls` : calls === 1 ? 'it' : `all ${grouped(calls)}`;
  return `${name} made ${share} (${usually(usual)})`;
}

function missed(name: string, { calls, usual }: CallerShare): string {
  return `${name} (${calls === 0 ? 'none' : grouped(calls)}, ${usually(usual)})`;
}

function rest(others: readonly CallerShare[]): string {
  const calls = others.reduce((sum, share) => sum + share.calls, 0);
  const usual = others.reduce((sum, share) => sum + share.usual, 0);
  return `${counted(others.length, 'other')} ${grouped(calls)} together (${usually(usual)})`;
}

/** An average over all hours, where what was expected is that of the hour: so it says "on average". */
function usually(usual: number): string {
  if (usual === 0) return 'usually none';
  return mean(usual) === '0' ? 'hardly any on average' : `${mean(usual)} on average`;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
