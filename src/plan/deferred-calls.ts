import type { KmsCall } from '../kms/call.js';
import { operationInfo } from '../kms/operations.js';
import { DAY, HOUR } from '../time/grid.js';

/** What calls of one kind have in common, and the first and last of them in an hour or a day. */
interface Span {
  readonly call: Omit<KmsCall, 'time' | 'error' | 'eventId' | 'sharedEventId'>;
  first: number;
  last: number;
}

/** Plain data of {@link DeferredCalls}. */
export type DeferredData = readonly Span[];

/**
 * Calls of the span that a first poll judges, until all of the history before it has been read: sources bring calls in any
 * order, and a caller is new only when nothing before it knows it. What is kept is what can be reported of them: of each
 * kind of call, the first of a day; of critical operations, the first and last of an hour, so that what is one errand stays
 * one.
 */
export class DeferredCalls {
  readonly #spans = new Map<string, Span>();

  constructor(data: DeferredData = []) {
    for (const { call, first, last } of data) {
      this.add({ ...call, time: first, ...SUCCESS });
      this.add({ ...call, time: last, ...SUCCESS });
    }
  }

  add({ time, operation, caller, keyArns, account, region, error }: KmsCall): void {
    // Failed calls change nothing, and are not reported as changes.
    if (error !== null) return;
    const length = operationInfo(operation)?.critical === true ? HOUR : DAY;
    const id = JSON.stringify([Math.floor(time / length), operation, caller, keyArns, account, region]);
    const span = this.#spans.get(id);
    if (span === undefined) {
      this.#spans.set(id, { call: { operation, caller, keyArns, account, region }, first: time, last: time });
    } else {
      span.first = Math.min(span.first, time);
      span.last = Math.max(span.last, time);
    }
  }

  /** All calls in the order of their times; none are left. */
  drain(): KmsCall[] {
    const calls = [...this.#spans].flatMap(([id, { call, first, last }]) =>
      (first === last ? [first] : [first, last]).map((time) => ({ id, call: { ...call, time, ...SUCCESS } })),
    );
    this.#spans.clear();
    calls.sort((a, b) => a.call.time - b.call.time || (a.id < b.id ? -1 : 1));
    return calls.map(({ call }) => call);
  }

  data(): DeferredData {
    return [...this.#spans.values()];
  }
}

const SUCCESS = { error: null, eventId: '', sharedEventId: null } as const;
