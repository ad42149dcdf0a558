import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { StoreConflict } from '../plan/store.js';
import { MINUTE, SECOND } from '../time/grid.js';
import { inWords } from './store-words.js';

/** Who has a claim to a state. */
export interface Claim {
  /** Of this claim alone. */
  readonly token: string;
  /** Which run, for people. */
  readonly holder: string;
  /** When it was taken, and last renewed, by the service's time; epoch ms. */
  readonly since: number;
  readonly renewed: number;
  /** Given up. */
  readonly over: boolean;
}

/** A place for one claim, which of several writers at once only one can write. */
export interface ClaimCell {
  /** This machine's time of day, epoch ms. */
  machine(): number;
  /** The service's time of day, as of its last answer; epoch ms. */
  now(): number;
  /** The claim that is there and its version; null for none, and for what is no claim. */
  read(): Promise<{ readonly claim: Claim | null; readonly version: string | null }>;
  /** Writes a claim over that version, or where there is none; its own version, or null when another is there by now. */
  write(claim: Claim, over: string | null): Promise<string | null>;
}

/** So often a claim is renewed while its run goes on. */
const BEAT = 30 * SECOND;
/** A claim is over so long after it was renewed: its run was killed, or cannot reach the service. */
const LAPSE = 3 * MINUTE;
/** What is written at the same time by another one is read again at most so often. */
const MOST_ROUNDS = 20;

/**
 * The right of one run to a state that machines share, for as long as it is renewed. It keeps others from beginning; that
 * none of two saves over the other is the versions' doing, since a run may be asleep for longer than its claim.
 */
export class Lease {
  readonly #cell: ClaimCell;
  readonly #place: string;
  readonly #token = randomUUID();
  readonly #since = { machine: 0, service: 0 };
  #version: string | null = null;
  #state: 'not taken' | 'held' | 'lost' = 'not taken';
  #beat: NodeJS.Timeout | undefined;
  /** A renewal that is under way. */
  #renewal: Promise<void> = Promise.resolve();

  /** @param place what is claimed, in words */
  constructor(cell: ClaimCell, place: string) {
    this.#cell = cell;
    this.#place = place;
  }

  /** @throws StoreConflict where another run has it, and whatever the service throws */
  async take(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { claim, version } = await this.#cell.read();
      const now = this.#cell.now();
      // One from the future is of a machine whose time was wrong, and over as soon.
      if (claim !== null && !claim.over && Math.abs(now - claim.renewed) < LAPSE) {
        throw new StoreConflict(this.#place, `${claim.holder}, since ${new Date(claim.since).toISOString()}`);
      }
      this.#since.service = now;
      if (await this.#write(version)) {
        this.#state = 'held';
        this.#beat = setInterval(() => void this.#renew().catch(() => undefined), BEAT);
        this.#beat.unref();
        return;
      }
    }
    throw new StoreConflict(this.#place);
  }

  /**
   * Makes sure that it is still this run's, if it ever was; asks the service where it may not be.
   * @throws StoreConflict where another run has taken it
   */
  async hold(): Promise<void> {
    if (this.#state === 'not taken') return;
    if (this.#state === 'lost') throw new StoreConflict(this.#place);
    const age = this.#cell.machine() - this.#since.machine;
    if (age < 0 || age >= BEAT) await this.#renew();
    else await this.#renewal;
  }

  /** Gives it up. */
  async release(): Promise<void> {
    clearInterval(this.#beat);
    await this.#renewal.catch(() => undefined);
    const wasHeld = this.#state === 'held';
    this.#state = 'not taken';
    if (!wasHeld) return;
    // One that another run has taken since is left alone: the version is another.
    await this.#cell.write(this.#claim(true), this.#version);
  }

  /** One after the other: two at once would each find the other's version. */
  #renew(): Promise<void> {
    this.#renewal = this.#renewal
      .catch(() => undefined)
      .then(async () => {
        if (this.#state !== 'held' || (await this.#write(this.#version))) return;
        this.#state = 'lost';
        clearInterval(this.#beat);
        throw new StoreConflict(this.#place);
      });
    return this.#renewal;
  }

  async #write(over: string | null): Promise<boolean> {
    const began = this.#cell.machine();
    const version = await this.#cell.write(this.#claim(false), over);
    if (version === null) return false;
    this.#version = version;
    // From before it was sent: the service may have written it at once, and answered late.
    this.#since.machine = began;
    return true;
  }

  #claim(over: boolean): Claim {
    return { token: this.#token, holder: HOLDER, since: this.#since.service, renewed: this.#cell.now(), over };
  }
}

/** What a store has of leases: one at a time, each with a token of its own. */
export class StoreLease {
  readonly #cell: ClaimCell;
  readonly #place: string;
  #lease: Lease | null = null;

  /** @param place what is claimed, in words */
  constructor(cell: ClaimCell, place: string) {
    this.#cell = cell;
    this.#place = place;
  }

  /** @throws StoreConflict where another run has it, or this very store; and in words whatever the service throws */
  async claim(): Promise<void> {
    if (this.#lease !== null) throw new StoreConflict(this.#place, 'with this very store');
    const lease = new Lease(this.#cell, this.#place);
    await inWords('kept', this.#place, () => lease.take());
    this.#lease = lease;
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    await lease?.release();
  }

  /** As {@link Lease.hold}; nothing without a claim. */
  async hold(): Promise<void> {
    await this.#lease?.hold();
  }
}

/** In a Lambda function the stream of its log, by which the invocation is found. */
const HOLDER = process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? `process ${process.pid} on ${hostname()}`;

/** A claim as it was written; null for anything else. */
export function claimIn(text: string): Claim | null {
  try {
    const { token, holder, since, renewed, over } = (JSON.parse(text) ?? {}) as Record<keyof Claim, unknown>;
    const isClaim =
      typeof token === 'string' &&
      typeof holder === 'string' &&
      Number.isSafeInteger(since) &&
      Number.isSafeInteger(renewed) &&
      typeof over === 'boolean';
    return isClaim ? ({ token, holder, since, renewed, over } as Claim) : null;
  } catch {
    return null;
  }
}
