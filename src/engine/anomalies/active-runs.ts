import { type SeriesKey, sameKey, sameKeys } from '../../series/key.js';
import { ABOVE, BELOW, type Scores } from '../types.js';
import { byRow, type Run, type RunFinder } from './breach-runs.js';

/** The runs that are under way, findings or not, by the rows of the scores that come. */
export class ActiveRuns {
  /** The keys that rows are numbered by. */
  #keys: readonly SeriesKey[] = [];
  /** By {@link placeOf}. */
  #active = new Map<number, Run>();
  /** Those whose rows the last scores lacked. */
  #absent: Run[];

  /** @param runs under way already, in any order */
  constructor(runs: readonly Run[] = []) {
    this.#absent = [...runs];
  }

  get isEmpty(): boolean {
    return this.#active.size === 0 && this.#absent.length === 0;
  }

  /** Those that are no findings yet, in an order that does not depend on rows. */
  get pending(): Run[] {
    return [...this.#active.values(), ...this.#absent].filter(({ isReported }) => !isReported).sort(byRow);
  }

  /** Whether a run is under way at a place of {@link placeOf}. */
  has(place: number): boolean {
    return this.#active.has(place);
  }

  /** Numbers the runs under way by the rows of these keys. */
  number(keys: readonly SeriesKey[]): void {
    if (keys === this.#keys || sameKeys(keys, this.#keys)) {
      this.#keys = keys;
      return;
    }
    this.#keys = keys;
    const runs = [...this.#active.values(), ...this.#absent];
    this.#active = new Map();
    this.#absent = [];
    // Few of many rows: their keys are looked for among the others by ARN, which is a tenth of the work of naming all.
    const byArn = new Map<string | null, Run[]>();
    for (const run of runs) {
      const { keyArn } = run.key;
      byArn.set(keyArn, [...(byArn.get(keyArn) ?? []), run]);
    }
    const found = new Set<Run>();
    for (let row = 0; runs.length > 0 && row < keys.length; row++) {
      for (const run of byArn.get(keys[row].keyArn) ?? []) {
        if (!sameKey(run.key, keys[row])) continue;
        this.#active.set(placeOf(row, run.direction), run);
        found.add(run);
      }
    }
    this.#absent = runs.filter((run) => !found.has(run));
  }

  /**
   * Takes a bucket of all rows.
   * @param evidence places of what breaches or leads to a breach in it
   * @param over is handed the findings that are over
   * @returns the findings that have a breach, or a shoulder, in it
   */
  step(
    scores: Scores,
    bucket: number,
    finder: RunFinder,
    evidence: readonly number[],
    over: (run: Run) => void,
  ): Run[] {
    const breaching: Run[] = [];
    if (evidence.length === 0 && this.isEmpty) return breaching;
    const { start, step } = scores.window.grid;
    const end = start + (bucket + 1) * step;
    for (const place of evidence) {
      const direction = place % 2 === 0 ? ABOVE : BELOW;
      const run = finder.next(this.#active.get(place), scores, place >> 1, bucket, direction, over);
      if (run === undefined) continue;
      this.#active.set(place, run);
      if (run.isReported) breaching.push(run);
    }
    for (const [place, run] of this.#active) {
      // What is passed over is seen, and no part of the run yet.
      if (run.seen === end) continue;
      if (finder.next(run, scores, place >> 1, bucket, run.direction, over) === undefined) this.#active.delete(place);
    }
    this.#absent = this.#absent.filter((run) => !finder.isBlind(run, end, over));
    return breaching;
  }
}

/** `2 · row`, and 1 more for runs below. */
export function placeOf(row: number, direction: number): number {
  return 2 * row + (direction === ABOVE ? 0 : 1);
}
