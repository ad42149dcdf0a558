import { InputError } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import type { TimeRange } from '../series/builder.js';
import { Lanes } from './lanes.js';
import type { CallSource, Poll, PolledPart, PollRequest } from './source.js';
import type { Watch } from './watch.js';
import { type Limit, withinLimit } from './within-limit.js';

/** Parts of one back-fill that are taken in one go, before the next poll begins anew. */
const MOST_PARTS = 10_000;

/** What of a poll is known once its calls are read. */
interface Part extends PolledPart {
  readonly problem: string | null;
  readonly more: boolean;
}

/**
 * Polls the sources of a plan side by side. What a source brings is taken as soon as it is whole, and never in part: a part
 * of a poll that failed would be counted twice.
 */
export class SourcePolls {
  readonly #watch: Watch;
  readonly #limit: Limit;
  readonly #onProblem: (name: string, error: unknown) => void;
  readonly #lanes = new Lanes();
  /** Sources that have answered in this run. */
  readonly #answered = new Set<string>();

  /** @param onProblem hears of sources that failed, and of what they could not read */
  constructor(watch: Watch, limit: Limit, onProblem: (name: string, error: unknown) => void) {
    this.#watch = watch;
    this.#limit = limit;
    this.#onProblem = onProblem;
  }

  /** Asks the sources that are not being asked yet. */
  start(now: number): void {
    for (const source of this.#watch.plan.sources) this.#lanes.start(source.name, () => this.#poll(source, now));
  }

  /**
   * Waits until all have answered or failed, at most so long.
   * @throws InputError for a source that never answered and is handed what cannot be, such as a folder that does not exist
   */
  wait(ms: number): Promise<void> {
    return this.#lanes.wait(ms, this.#limit.clock);
  }

  ended(): Promise<void> {
    return this.#lanes.ended();
  }

  async #poll(source: CallSource, now: number): Promise<void> {
    const { name } = source;
    const watch = this.#watch;
    const { signal } = this.#limit;
    const isNew = !this.#answered.has(name) && !Object.hasOwn(watch.data.cursors, name);
    try {
      const problems: string[] = [];
      for (let part = 0; part < MOST_PARTS; part++) {
        const cursor = Object.hasOwn(watch.data.cursors, name) ? watch.data.cursors[name] : null;
        const poll = await this.#part(source, { cursor, from: watch.begin(now), now, step: watch.plan.step });
        if (signal.aborted) return;
        const refused = watch.take(name, poll, now);
        for (const problem of [poll.problem, refused]) if (problem !== null) problems.push(problem);
        if (!poll.more) break;
      }
      this.#answered.add(name);
      if (problems.length > 0) this.#fail(name, new Error(problems.join('; ')));
    } catch (error) {
      if (signal.aborted) return;
      // A mistake in the plan: whoever wrote it is to know at once, rather than those it notifies.
      if (error instanceof InputError && isNew) throw error;
      this.#answered.add(name);
      this.#fail(name, error);
    }
  }

  #fail(name: string, error: unknown): void {
    this.#watch.fail(name, messageOf(error));
    this.#onProblem(name, error);
  }

  #part(source: CallSource, request: Omit<PollRequest, 'signal'>): Promise<Part> {
    return withinLimit(this.#limit, async (signal, getsOn) => {
      const poll = await source.poll({ ...request, signal });
      getsOn();
      const calls: KmsCall[] = [];
      for await (const call of poll.calls ?? []) {
        calls.push(call);
        getsOn();
      }
      return {
        calls,
        counts: given(poll.counts),
        levels: given(poll.levels),
        listened: coverageOf(poll),
        cursor: given(poll.cursor),
        rejected: given(poll.rejected ?? 0),
        problem: given(poll.problem ?? null),
        more: given(poll.more ?? false),
      };
    });
  }
}

/** @throws InputError for a poll that does not say what it covers, or says it twice */
export function coverageOf({ coverage, listened }: Poll): readonly TimeRange[] {
  const found = coverage ?? listened;
  if (found === undefined || (coverage !== undefined && listened !== undefined)) {
    const got = found === undefined ? 'neither it' : 'both it';
    throw new InputError(`poll() must give coverage, a list of { from, to }, got ${got} and its former name listened`);
  }
  return given(found);
}

/** What a source answers, be it a function of what it has read. */
export function given<T>(value: T | (() => T)): T {
  return typeof value === 'function' ? (value as () => T)() : value;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
