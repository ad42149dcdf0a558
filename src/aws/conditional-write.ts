import { randomUUID } from 'node:crypto';
import { SECOND } from '../time/grid.js';
import type { Clock } from './clock.js';

/** So often in all a write beside another one is tried. */
const MOST_TRIES = 8;

/** A place that several write, each on the condition that it holds the version which they know. */
export interface Place {
  /** Its version and who wrote it; null where there is nothing. */
  look(): Promise<{ readonly version: string; readonly writer: string | undefined } | null>;
  /** Writes it as `writer`, if it is still version `over`, or if there is nothing where that is null; its new version. */
  put(writer: string, over: string | null): Promise<string>;
  /** Of an error of `put`: the condition did not hold, or something else was being written at that moment; else neither. */
  kindOf(error: unknown): 'refused' | 'busy' | 'failed';
}

/**
 * Writes of one store to one place. Each bears an id, so that a write whose answer was lost is known for one's own when its
 * second try is refused: what is refused then is the condition that the first has changed.
 */
export class ConditionalWrites {
  readonly #clock: Clock;
  /** Writes that were begun, without knowing what came of them. */
  readonly #uncertain = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the new version; null when another writer was there first, or what was there is gone */
  async write({ look, put, kindOf }: Place, over: string | null): Promise<string | null> {
    const writer = randomUUID();
    this.#uncertain.add(writer);
    let condition = over;
    for (let tries = 1; ; tries++) {
      try {
        return this.#done(await put(writer, condition));
      } catch (error) {
        const kind = kindOf(error);
        if (kind === 'failed') throw error;
        const found = await look();
        if (found?.writer === writer) return this.#done(found.version);
        if (kind === 'busy') {
          if (tries === MOST_TRIES) throw error;
          await this.#clock.sleep(Math.random() * Math.min(5, tries) * SECOND);
          continue;
        }
        // An earlier write of this store's own came through after all.
        const isOwn = found?.writer !== undefined && this.#uncertain.has(found.writer);
        if (found === null || !isOwn || found.version === condition || tries === MOST_TRIES) {
          this.#uncertain.delete(writer);
          return null;
        }
        condition = found.version;
      }
    }
  }

  /** Whatever was uncertain before is over: its condition holds no more. */
  #done(version: string): string {
    this.#uncertain.clear();
    return version;
  }
}
