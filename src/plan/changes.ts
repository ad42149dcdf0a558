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
  /** What was told lately, and when: an errand of an hour is told once. */
  readonly told: readonly (readonly [string, number])[];
}

/** A notice before it has an id. */
export type Finding = Pick<Notice, 'kind' | 'at' | 'text' | 'key' | 'callers'>;

/** So long the same doing is the same errand. */
const ERRAND = HOUR;

/**
 * Critical operations as rare events, with who and on what; callers that never used a key before, and pairs of a caller and
 * an operation that never were. Each kind has a small budget of its own: where they are common, only the rarest are told.
 * Failed calls and dry runs change nothing, and teach nothing.
 */
export class ChangeWatch {
  readonly #plan: MonitoringPlan;
  readonly #operations: RareKinds;
  readonly #callers: RareKinds;
  readonly #pairs: RareKinds;
  readonly #told: Map<string, number>;

  constructor(plan: MonitoringPlan, data?: ChangesData) {
    this.#plan = plan;
    this.#operations = new RareKinds(data?.operations);
    this.#callers = new RareKinds(data?.callers);
    this.#pairs = new RareKinds(data?.pairs);
    this.#told = new Map(data?.told ?? []);
  }

  /** Since when it has been listening: what comes first is not new for that. */
  begin(time: number): void {
    for (const kinds of [this.#operations, this.#callers, this.#pairs]) kinds.begin(time);
  }

  /** Takes a call, learns from it, and says what there is to tell; nothing but learns where `tells` is false. */
  take(call: KmsCall, tells: boolean): Finding[] {
    if (call.error !== null) return [];
    const info = operationInfo(call.operation);
    const found: Finding[] = [];
    const { changes, firstSeen } = this.#plan.alertBudget;
    if (info?.critical === true && info.origin === 'api') {
      const rarity = this.#operations.add('', call.operation, call.time);
      if (tells && rarity.perWeek <= changes && this.#isErrand(`change ${call.operation} ${call.caller}`, call.time)) {
        found.push(finding('change', call, `${whatIn(call)} by ${whoIn(call)}`, rarity));
      }
    }
    const told = found.length > 0;
    for (const keyArn of call.keyArns) {
      // The callers of a key that is new itself are no news beside it: its first call is an anomaly of its own.
      const known = this.#callers.knows(keyArn);
      const rarity = this.#callers.add(keyArn, call.caller, call.time);
      if (!tells || told || !known || !rarity.isNew || rarity.perWeek > firstSeen) continue;
      if (this.#isErrand(`caller ${call.caller}`, call.time)) {
        found.push(
          finding(
            'first-seen',
            call,
            `${whoIn(call)} used ${keyName(keyArn)} for the first time (${call.operation})`,
            rarity,
          ),
        );
      }
    }
    const known = this.#pairs.knows(call.caller);
    const rarity = this.#pairs.add(call.caller, call.operation, call.time);
    if (tells && found.length === 0 && known && rarity.isNew && rarity.perWeek <= firstSeen) {
      if (this.#isErrand(`caller ${call.caller}`, call.time)) {
        found.push(finding('first-seen', call, `${whoIn(call)} called ${whatIn(call)} for the first time`, rarity));
      }
    }
    return found;
  }

  /** False for what was told within the hour; late calls of before it count as told too. */
  #isErrand(what: string, time: number): boolean {
    const last = this.#told.get(what);
    if (last !== undefined && Math.abs(time - last) < ERRAND) {
      this.#told.set(what, Math.max(last, time));
      return false;
    }
    this.#told.set(what, time);
    return true;
  }

  /** Whether a change by this operation was told of that time, or of the hour before. */
  hasTold(operation: string | null, from: number, to: number): boolean {
    for (const [what, time] of this.#told) {
      if (what.startsWith(`change ${operation} `) && time >= from - ERRAND && time < to) return true;
    }
    return false;
  }

  /** Forgets what was told more than two days before `time`. */
  forgetBefore(time: number): void {
    for (const [what, last] of this.#told) if (last < time - 2 * DAY) this.#told.delete(what);
  }

  data(): ChangesData {
    return {
      operations: this.#operations.data(),
      callers: this.#callers.data(),
      pairs: this.#pairs.data(),
      told: [...this.#told],
    };
  }
}

function whatIn({ operation, keyArns }: KmsCall): string {
  return keyArns.length === 0 ? operation : `${operation} on ${keyArns.map(keyName).join(' and ')}`;
}

function whoIn({ caller, account }: KmsCall): string {
  return callerName(caller, account);
}

function finding(kind: NoticeKind, call: KmsCall, what: string, { perWeek }: Rarity): Finding {
  const weeks = 1 / perWeek;
  const often = weeks >= 1.5 ? `one in ${Math.round(weeks)} weeks` : 'about one a week';
  return {
    kind,
    at: call.time,
    text: `${what}. Such news is to be expected ${often}.`,
    key: seriesKey({ operation: call.operation, keyArn: call.keyArns[0] ?? null }),
    callers: [call.caller],
  };
}
