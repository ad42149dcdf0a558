import type { KmsCall } from '../kms/call.js';
import { kmsEventsIn } from '../kms/events-in.js';
import type { CallSource } from './source.js';

/** A source that is handed events, rather than asking for them. */
export interface EventSource extends CallSource {
  /**
   * Takes an event as EventBridge, or a queue behind it, hands it over: calls of KMS in it are part of the next poll.
   * @returns how many calls of KMS were in it
   */
  push(event: unknown): number;
}

/**
 * Events that come by themselves, as those of an EventBridge rule do, as a source of a plan. What it is not handed did not
 * happen, as far as it knows: give a rule on some operations a plan of its own, with `resources.operations` or without, and not
 * that of a trail.
 */
export function eventSource(name = 'events'): EventSource {
  let calls: KmsCall[] = [];
  let rejected = 0;
  return {
    name,
    about: 'events as they come: the operations of its rule, with callers',
    push(event) {
      const before = calls.length;
      for (const found of kmsEventsIn(event)) {
        if (found.kind === 'call') calls.push(found.call);
        // Such as a schedule's.
        else if (found.kind === 'rejected' && found.rejection.reason !== 'not-kms') rejected++;
      }
      return calls.length - before;
    },
    poll({ from, now, cursor }) {
      const poll = {
        calls,
        coverage: [{ from: typeof cursor === 'number' ? cursor : from, to: now }],
        cursor: now,
        rejected,
      };
      calls = [];
      rejected = 0;
      return poll;
    },
  };
}
