import { DAY } from '../time/grid.js';
import { Lanes } from './lanes.js';
import type { Notice, Notifier } from './notice.js';
import { NotifyError } from './notify-error.js';
import { messageOf } from './poll-sources.js';
import type { Watch } from './watch.js';
import type { Outgoing, Undelivered } from './watch-data.js';
import { type Limit, withinLimit } from './within-limit.js';

/** Notices that could not be sent for so long are let go: whoever should have had them is not there. */
const PATIENCE = 7 * DAY;

/** A notifier that failed; the notice that is set aside because of it, or null where it is tried again. */
type OnProblem = (name: string, error: unknown, setAside: Notice | null) => void;

/**
 * Sends what was decided and kept, to each notifier in a queue of its own: one that hangs or fails holds up nobody else.
 * Within a queue the order is that of the decisions. A notice that is refused for good is set aside, reported, and those
 * behind it are sent.
 */
export class NoticeQueues {
  readonly #watch: Watch;
  readonly #limit: Limit;
  readonly #onProblem: OnProblem;
  readonly #lanes = new Lanes();
  /** Decided, and in a state that was saved: what is not is sent to nobody. */
  readonly #kept = new WeakSet<Outgoing>();
  /** Something was sent or set aside since {@link settle}. */
  #changed = false;

  constructor(watch: Watch, limit: Limit, onProblem: OnProblem) {
    this.#watch = watch;
    this.#limit = limit;
    this.#onProblem = onProblem;
    this.keep(watch.data.outbox);
  }

  /** These were saved. */
  keep(outgoing: readonly Outgoing[]): void {
    for (const one of outgoing) this.#kept.add(one);
  }

  /** Sends what waits, of the notifiers that are not sending yet. */
  start(): void {
    for (const notifier of this.#watch.plan.notify) {
      if (this.#next(notifier.name) !== undefined) this.#lanes.start(notifier.name, () => this.#send(notifier));
    }
  }

  /** Waits until all is sent, or as much as can be now; at most so long. */
  wait(ms: number): Promise<void> {
    return this.#lanes.wait(ms, this.#limit.clock);
  }

  ended(): Promise<void> {
    return this.#lanes.ended();
  }

  /** Lets go of what everybody has, or what has waited for too long; true when the state has changed since the last time. */
  settle(now: number): boolean {
    const { data, plan } = this.#watch;
    for (const one of data.outbox) {
      if (now - (one.since ?? now) <= PATIENCE) continue;
      for (const { name } of plan.notify) {
        if (isOpen(one, name)) this.#setAside(name, one, new Error('could not be sent for a week'));
      }
    }
    const before = data.outbox.length;
    const waiting = data.outbox.filter((one) => plan.notify.some(({ name }) => isOpen(one, name)));
    data.tallies.told += data.outbox.filter((one) => !waiting.includes(one) && (one.refused ?? []).length === 0).length;
    data.outbox = waiting;
    const hasChanged = this.#changed || waiting.length < before;
    this.#changed = false;
    return hasChanged;
  }

  #next(name: string, but: ReadonlySet<Outgoing> = new Set()): Outgoing | undefined {
    return this.#watch.data.outbox.find((one) => this.#kept.has(one) && isOpen(one, name) && !but.has(one));
  }

  async #send(notifier: Notifier): Promise<void> {
    const { name } = notifier;
    // Refused for a reason that may be the notifier's: when it takes another, it was the notice's.
    const doubtful = new Map<Outgoing, unknown>();
    for (let one = this.#next(name); one !== undefined; one = this.#next(name, new Set(doubtful.keys()))) {
      if (this.#limit.signal.aborted) return;
      const { notice } = one;
      try {
        await withinLimit(this.#limit, (signal) => notifier.tell(notice, signal));
      } catch (error) {
        if (this.#limit.signal.aborted) return;
        if (error instanceof NotifyError && error.isOfNotice) {
          this.#setAside(name, one, error);
          continue;
        }
        this.#fail(name, error);
        // Those after it would fare no better, and order is kept.
        if (!(error instanceof NotifyError)) return;
        doubtful.set(one, error);
        continue;
      }
      one.told.push(name);
      this.#changed = true;
      this.#of(name).failing = null;
      for (const [before, error] of doubtful) this.#setAside(name, before, error);
      doubtful.clear();
    }
  }

  #fail(name: string, error: unknown): void {
    this.#of(name).failing = messageOf(error);
    this.#onProblem(name, error, null);
  }

  #setAside(name: string, one: Outgoing, error: unknown): void {
    one.refused = [...(one.refused ?? []), name];
    const of = this.#of(name);
    of.refused++;
    of.last = { id: one.notice.id, message: messageOf(error) };
    this.#changed = true;
    this.#onProblem(name, error, one.notice);
  }

  #of(name: string): Undelivered {
    const { undelivered } = this.#watch.data;
    if (!Object.hasOwn(undelivered, name)) undelivered[name] = { failing: null, refused: 0, last: null };
    return undelivered[name];
  }
}

/** Whether a notifier is still to have it. */
function isOpen({ told, refused = [] }: Outgoing, name: string): boolean {
  return !told.includes(name) && !refused.includes(name);
}
