import type { Anomaly } from '../../src/engine/types.js';
import type { KmsCall } from '../../src/kms/call.js';
import { BY_CALLER } from '../../src/kms/call-rows.js';
import { countCalls } from '../../src/kms/count-calls.js';
import { judgeWithEvidence } from '../../src/report/judge.js';
import { keyNamesOf } from '../../src/report/key-names.js';
import { wordsFor } from '../../src/report/words.js';
import { concatSets } from '../../src/series/concat.js';
import { sliceWindow } from '../../src/series/slice.js';
import { simulateFleet } from '../../src/simulate/fleet.js';
import { SHOP_CALLERS, SHOP_KEYS, type SimulatedIncident, shopCall, simulateCalls } from '../../src/simulate/index.js';
import { Random } from '../../src/simulate/random.js';
import { DAY, gridEnd, HOUR, MINUTE } from '../../src/time/grid.js';
import { SentenceCheck } from './sentence-truth.js';

/** What was read, and what of it is untrue. */
export interface SentencesRead {
  readonly findings: number;
  readonly untrue: readonly { readonly seed: number; readonly text: string; readonly faults: readonly string[] }[];
}

/** The findings of a simulated fleet, every sentence held against its counts. */
export function fleetSentences(seed: number, options: { series?: number; judgedDays?: number } = {}): SentencesRead {
  const { series = 60, judgedDays = 7 } = options;
  // No zone changes its offset in these weeks: the same hours of UTC are the same hours of every series.
  const start = Date.UTC(2026, 3, 13);
  const fleet = simulateFleet({ seed, series, start, historyDays: 28, judgedDays });
  const until = gridEnd(fleet.judged.grid);
  const { judgement, evidence } = judgeWithEvidence(concatSets([fleet.history, fleet.judged]), {
    historyUntil: fleet.judged.grid.start,
    until,
  });
  const check = new SentenceCheck({ history: fleet.history, judged: evidence.scores.window });
  return read(seed, judgement.anomalies, until, check, evidence.nameOf ?? keyNamesOf(judgement.keys));
}

/** The findings of a shop with a few incidents drawn by the seed, their callers and error codes held against its calls. */
export async function shopSentences(seed: number): Promise<SentencesRead> {
  const start = Date.UTC(2026, 4, 4);
  const historyUntil = start + 28 * DAY;
  const until = historyUntil + 2 * DAY;
  const simulation = simulateCalls({ seed, start, end: until, incidents: incidentsOf(seed, historyUntil) });
  const calls: KmsCall[] = [...simulation.calls()];
  const counts = await countCalls(calls, { start, end: until, by: BY_CALLER });
  const { judgement, evidence } = judgeWithEvidence(counts, { historyUntil, until });
  const history = sliceWindow(counts, start, historyUntil);
  const check = new SentenceCheck({ history, judged: evidence.scores.window, calls });
  return read(seed, judgement.anomalies, until, check, evidence.nameOf ?? keyNamesOf(judgement.keys));
}

function incidentsOf(seed: number, from: number): SimulatedIncident[] {
  const random = new Random('sentences', seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)];
  const codes = ['AccessDeniedException', 'ThrottlingException', 'DisabledException', 'KMSInvalidStateException'];
  const keys = Object.values(SHOP_KEYS);
  const callers = Object.values(SHOP_CALLERS).filter((caller) => caller.startsWith('arn:'));
  const note = 'an incident';
  const begin = (hours: number) => from + Math.floor((hours + 4 * random.uniform()) * 60) * MINUTE;
  const burst = (hours: number, error?: string): SimulatedIncident => {
    const at = begin(hours);
    const call = shopCall(
      pick(['Decrypt', 'GenerateDataKey', 'Sign', 'DisableKey', 'ReEncrypt']),
      pick(callers),
      pick(keys),
    );
    const length = pick([4, 12, 45, 200]) * MINUTE;
    const calls = Math.ceil(8 + 300 * random.uniform() ** 2);
    return error === undefined
      ? { kind: 'spike', from: at, to: at + length, call, calls, note }
      : { kind: 'error-burst', from: at, to: at + length, call, calls, error, note };
  };
  const silent = begin(20);
  return [
    burst(1),
    burst(8, pick(codes)),
    burst(9, pick(codes)),
    burst(30),
    burst(36, pick(codes)),
    { kind: 'outage', from: silent, to: silent + (3 + 5 * random.uniform()) * HOUR, key: { keyArn: pick(keys) }, note },
  ].map((incident) => ({ ...incident, to: Math.floor(Number(incident.to) / 1000) * 1000 }) as SimulatedIncident);
}

function read(
  seed: number,
  anomalies: readonly Anomaly[],
  judgedUntil: number,
  check: SentenceCheck,
  nameOf: (keyArn: string) => string,
): SentencesRead {
  const untrue = anomalies.flatMap((anomaly) => {
    const text = wordsFor(anomaly, { judgedUntil, nameOf });
    const faults = check.faults(text, anomaly);
    return faults.length === 0 ? [] : [{ seed, text, faults }];
  });
  return { findings: anomalies.length, untrue };
}
