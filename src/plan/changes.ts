import type { KmsCall } from '../kms/call.js';
import { operationInfo } from '../kms/operations.js';
import { callerName, keyName } from '../report/names.js';
import { seriesKey } from '../series/key.js';
import { DAY, HOUR } from '../time/grid.js';
import type { Notice, NoticeKind } from './notice.js';
import type { MonitoringPlan } from './plan.js';
import { RareKinds, type RareKindsData, type Rarity } from './rare-kinds.js';

/** Plain data of {@link ChangeWatch}. */
export interface ChangesData {
  readonly operations: RareKindsData;
  readonly callers: RareKindsData;
  readonly pairs: RareKindsData;
  /** What was reported lately, and its first and last call: an errand of an hour is reported once. */
  readonly told: readonly (readonly [what: string, first: number, last: number])[];
}

/** A notice before it has an id. */
export type Finding = Pick<Notice, 'kind' | 'at' | 'text' | 'key' | 'callers'>;

/** A budget without a bound: what is critical is reported, whatever was before, and from the first call on. */
const EVERY = Number.POSITIVE_INFINITY;
/** So long the same doing is the same errand. */
const ERRAND = HOUR;

/**
 * Critical operations as rare events, with who and on what, those of KMS's own doing among them (a key is deleted, imported
 * material has expired); callers that never used a key before, and pairs of a caller and an operation that never were. Each
 * of the three has a small budget of its own: where they are common, only the rarest are told. A call is told once, for the
 * first of the three. Failed calls and dry runs change nothing, and teach nothing.
 */
export class ChangeWatch {
  readonly #plan: MonitoringPlan;
  readonly #operations: RareKinds;
  readonly #callers: RareKinds;
  readonly #pairs: RareKinds;
  /** Errands by what they were; several of each, since what was taken may be judged days later. */
  readonly #told = new Map<string, { first: number; last: number }[]>();

  constructor(plan: MonitoringPlan, data?: ChangesData) {
    this.#plan = plan;
    this.#operations = new RareKinds(data?.operations);
    this.#callers = new RareKinds(data?.callers);
    this.#pairs = new RareKinds(data?.pairs);
    for (const [what, first, last] of data?.told ?? []) this.#note(what, { first, last });
  }

  /** Since when it has been listening: what comes first is not new for that. */
  begin(time: number): void {
    for (const kinds of [this.#operations, this.#callers, this.#pairs]) kinds.begin(time);
  }

  /** Takes a call, learns from it, and says what there is to tell; nothing but learns where `tells` is false. */
  take(call: KmsCall, tells: boolean): Finding[] {
    if (call.error !== null) return [];
    const found = tells ? this.#news(call) : [];
    const { operation, caller, keyArns, time } = call;
    if (isCritical(operation)) this.#operations.note('', operation, time);
    for (const keyArn of keyArns) this.#callers.note(keyArn, caller, time);
    this.#pairs.note(caller, operation, time);
    return found;
  }

  /** The most telling of what is new about a call. */
  #news(call: KmsCall): Finding[] {
    const { operation, caller, keyArns, time } = call;
    const { changes, firstSeen, firstPair } = this.#plan.alertBudget;
    if (isCritical(operation)) {
      const rarity = this.#operations.rarity('', operation, time);
      const what = `${whatIn(call)} by ${whoIn(call)} (critical operation)`;
      if (changes === EVERY) {
        // However common: each key of its own.
        const isNew = this.#isErrand(`change ${operation} ${caller} ${keyArns.join(' ')}`, time);
        if (isNew) return [finding('change', call, what, 'Events like this are', null)];
      } else if (rarity.perWeek <= changes && this.#isErrand(`change ${operation} ${caller}`, time)) {
        return [finding('change', call, what, 'Events like this are', rarity)];
      }
    }
    if (NOTABLE.has(operation) && !this.#pairs.has(caller)) {
      const rarity = this.#pairs.rarity(caller, operation, time);
      if (rarity.perWeek <= changes && this.#isErrand(`change ${operation} ${caller}`, time)) {
        const what = `${whatIn(call)} by ${whoIn(call)}, a caller not seen before`;
        return [finding('change', call, what, 'Events like this are', rarity)];
      }
    }
    // Beside a key that is new itself, its callers need no notice: its first call is an anomaly of its own.
    const newTo = keyArns.find((keyArn) => this.#callers.has(keyArn) && !this.#callers.has(keyArn, caller));
    if (newTo !== undefined) {
      const rarity = this.#callers.rarity(newTo, caller, time);
      if (rarity.perWeek <= firstSeen && this.#isErrand(`caller ${caller}`, time)) {
        const what = `${whoIn(call)} used ${keyName(newTo)} for the first time (${operation})`;
        return [finding('first-seen', call, what, 'A new caller is', rarity)];
      }
    }
    if (this.#pairs.has(caller) && !this.#pairs.has(caller, operation)) {
      const rarity = this.#pairs.rarity(caller, operation, time);
      if (rarity.perWeek <= firstPair && this.#isErrand(`caller ${caller}`, time)) {
        const what = `${whoIn(call)} called ${whatIn(call)} for the first time`;
        return [finding('first-seen', call, what, 'A new use is', rarity)];
      }
    }
    return [];
  }

  /** False for what was reported within the hour; late calls of before it belong to it too. */
  #isErrand(what: string, time: number): boolean {
    const told = this.#told.get(what)?.find(({ first, last }) => time > first - ERRAND && time < last + ERRAND);
    if (told === undefined) {
      this.#note(what, { first: time, last: time });
      return true;
    }
    told.first = Math.min(told.first, time);
    told.last = Math.max(told.last, time);
    return false;
  }

  #note(what: string, errand: { first: number; last: number }): void {
    const before = this.#told.get(what);
    if (before === undefined) this.#told.set(what, [errand]);
    else before.push(errand);
  }

  /** Whether a change by this operation was reported of that time, or of the hour before. */
  hasTold(operation: string | null, from: number, to: number): boolean {
    for (const [what, errands] of this.#told) {
      if (!what.startsWith(`change ${operation} `)) continue;
      if (errands.some(({ first, last }) => last >= from - ERRAND && first < to)) return true;
    }
    return false;
  }

  /** Forgets what was reported more than two days before `time`. */
  forgetBefore(time: number): void {
    for (const [what, errands] of this.#told) {
      const left = errands.filter(({ last }) => last >= time - 2 * DAY);
      if (left.length === 0) this.#told.delete(what);
      else this.#told.set(what, left);
    }
  }

  data(): ChangesData {
    return {
      operations: this.#operations.data(),
      callers: this.#callers.data(),
      pairs: this.#pairs.data(),
      told: [...this.#told].flatMap(([what, errands]) =>
        errands.map(({ first, last }) => [what, first, last] as const),
      ),
    };
  }
}

/** Not critical by themselves, but worth a word of a caller that was never seen before. */
const NOTABLE: ReadonlySet<string> = new Set([
  'CreateKey',
  'EnableKeyRotation',
  'RotateKeyOnDemand',
  'UpdateKeyDescription',
]);

function isCritical(operation: string): boolean {
  return operationInfo(operation)?.critical === true;
}

function whatIn({ operation, keyArns }: KmsCall): string {
  return keyArns.length === 0 ? operation : `${operation} on ${keyArns.map(keyName).join(' and ')}`;
}

function whoIn({ caller, account }: KmsCall): string {
  return callerName(caller, account);
}

/**
 * @param subject of the sentence on how often such things are expected
 * @param rarity null where it plays no part, and nothing is said of it
 */
function finding(kind: NoticeKind, call: KmsCall, what: string, subject: string, rarity: Rarity | null): Finding {
  return {
    kind,
    at: call.time,
    text: rarity === null ? `${what}.` : `${what}. ${subject} expected about ${oftenIn(rarity)}.`,
    key: seriesKey({ operation: call.operation, keyArn: call.keyArns[0] ?? null }),
    callers: [call.caller],
  };
}

function oftenIn({ perWeek }: Rarity): string {
  if (perWeek >= 1.5) return `${Math.round(perWeek)} times a week`;
  const weeks = 1 / perWeek;
  return weeks >= 1.5 ? `once in ${Math.round(weeks)} weeks` : 'once a week';
}
