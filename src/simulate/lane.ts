import { checkTime } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import type { SeriesKey } from '../series/key.js';
import { SECOND } from '../time/grid.js';
import { binomial } from './draws.js';
import { overlap, type Process, type Pulse, wholeSecond, without } from './process.js';
import { processOf } from './process-of.js';
import { Random } from './random.js';
import type { CallSubject, Source } from './source.js';

/** A subject and how its calls end. */
export interface CallKind extends CallSubject {
  /** `errorCode` of the calls; `null` when they succeed. */
  readonly error: string | null;
}

/** Some calls of one kind, not yet told apart: counting needs no more. */
export interface Batch extends Pulse {
  readonly kind: CallKind;
  /** Names the random stream of the batch's times and ids. */
  readonly seed: number;
  /** The source that made it; `null` for an incident's. */
  readonly source: string | null;
}

/** Pulses as batches of a kind; the seeds are drawn from `random`. */
export function batchesOf(random: Random, pulses: readonly Pulse[], kind: CallKind, source: string | null): Batch[] {
  return pulses.map((pulse) => ({ ...pulse, kind, seed: random.uint53(), source }));
}

/** Whether the calls of a kind count under a series key; absent names and `null` ask nothing. */
export function countsUnder(kind: CallKind, key: Partial<SeriesKey>): boolean {
  return (
    (key.operation ?? kind.operation) === kind.operation &&
    (key.keyArn == null || kind.keyArns.includes(key.keyArn)) &&
    (key.account ?? kind.account) === kind.account &&
    (key.region ?? kind.region) === kind.region &&
    (key.caller ?? kind.caller) === kind.caller &&
    (key.outcome == null || key.outcome === outcomeOf(kind))
  );
}

export function outcomeOf(kind: CallKind): 'ok' | 'error' | 'dry-run' {
  if (kind.error === null) return 'ok';
  return kind.error === 'DryRunOperationException' ? 'dry-run' : 'error';
}

/** One source at work: its law, its calls that succeed and those that fail, its own random stream. */
export class Lane {
  readonly source: Source;
  readonly process: Process;
  readonly #since: number;
  readonly #until: number;
  readonly #random: Random;
  readonly #kinds: readonly [CallKind, CallKind];

  /** @param random forked for this source by its name */
  constructor(source: Source, from: number, to: number, random: Random) {
    this.source = source;
    this.process = processOf(source, from, to, random.fork('level'));
    this.#random = random;
    this.#since = source.since === undefined ? -Infinity : wholeSecond(checkTime(source.since, 'since'));
    this.#until = source.until === undefined ? Infinity : wholeSecond(checkTime(source.until, 'until'));
    const { operation, keyArns, account, region, caller, record } = source;
    const subject = { operation, keyArns, account, region, caller, ...(record && { record }) };
    this.#kinds = [
      { ...subject, error: null },
      { ...subject, error: source.errorCode ?? 'AccessDeniedException' },
    ];
  }

  /** Expected calls of this source in `[from, to)` that count under a key. */
  mean(from: number, to: number, key: Partial<SeriesKey> = {}): number {
    const errors = this.source.errorRate ?? 0;
    let share = 0;
    if (countsUnder(this.#kinds[0], key)) share += 1 - errors;
    if (countsUnder(this.#kinds[1], key)) share += errors;
    const begin = Math.max(from, this.#since);
    const end = Math.min(to, this.#until);
    return share > 0 && begin < end ? share * this.process.mean(begin, end) : 0;
  }

  /** The batches that begin in the UTC day that starts at `day`; runs may go on into the next. */
  draw(day: number): Batch[] {
    const random = this.#random.fork(day);
    let pulses = this.process.draw(day, random);
    if (overlap(-Infinity, this.#since, day, Infinity) > 0) pulses = without(random, pulses, -Infinity, this.#since);
    if (this.#until < Infinity) pulses = without(random, pulses, this.#until, Infinity);
    const errors = this.source.errorRate ?? 0;
    return pulses.flatMap((pulse) => {
      const failed = binomial(random, pulse.calls, errors);
      const parts = [
        { ...pulse, calls: pulse.calls - failed },
        { ...pulse, calls: failed },
      ];
      return parts.flatMap((part, i) =>
        part.calls > 0 ? batchesOf(random, [part], this.#kinds[i as 0 | 1], this.source.name) : [],
      );
    });
  }
}

/** The batch's calls, each at its own second, in no order. */
export function* callsOf(batch: Batch): Generator<KmsCall> {
  const { kind, from, to } = batch;
  // An incident may cut a batch in two: the parts share a seed, not a beginning.
  const random = new Random('calls', batch.seed, from);
  // What a service or another account asks for is logged on both sides, under one shared id.
  const shared = !kind.caller.startsWith('arn:');
  for (let i = 0; i < batch.calls; i++) {
    yield {
      time: from + random.below((to - from) / SECOND) * SECOND,
      operation: kind.operation,
      keyArns: kind.keyArns,
      account: kind.account,
      region: kind.region,
      caller: kind.caller,
      error: kind.error,
      eventId: random.uuid(),
      sharedEventId: shared ? random.uuid() : null,
    };
  }
}
