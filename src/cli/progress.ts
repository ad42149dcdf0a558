import type { ReadProgress } from '../node/index.js';
import { counted, duration, grouped } from '../report/numbers.js';
import { SECOND } from '../time/grid.js';
import type { Output } from './output.js';

/** Before so much time nothing is known of a rate. */
const WARM = SECOND;

/**
 * One line on a terminal that overwrites itself, and is gone at the end; nothing at all where nobody watches. With a clock it
 * tells the rate and, once it has one, the time left.
 */
export class ProgressLine {
  readonly #output: Output;
  readonly #clock: (() => number) | undefined;
  readonly #began: number;
  #shown = 0;

  /** @param clock ms, only running forward */
  constructor(output: Output, clock?: () => number) {
    this.#output = output;
    this.#clock = clock;
    this.#began = clock?.() ?? 0;
  }

  tell({ files, filesTotal, bytes, bytesTotal, records, calls }: ReadProgress): void {
    if (this.#output.isTTY !== true) return;
    const share = bytesTotal === 0 ? 100 : Math.min(100, Math.floor((100 * bytes) / bytesTotal));
    this.#show(
      `reading ${share} %${this.#left(bytes, bytesTotal)}: ${grouped(files)} of ${counted(filesTotal, 'file')}${this.#rate(records)}, ${counted(records, 'record')}, ${grouped(calls)} of KMS`,
    );
  }

  /** Work of another kind: `simulating 40 %, 12 s left`. */
  step(what: string, done: number, all: number): void {
    if (this.#output.isTTY !== true) return;
    this.#show(`${what} ${Math.floor((100 * done) / Math.max(1, all))} %${this.#left(done, all)}`);
  }

  #elapsed(): number {
    return this.#clock === undefined ? 0 : this.#clock() - this.#began;
  }

  #rate(records: number): string {
    const elapsed = this.#elapsed();
    return elapsed < WARM ? '' : `, ${grouped(records / (elapsed / SECOND))} records a second`;
  }

  #left(done: number, all: number): string {
    const elapsed = this.#elapsed();
    if (elapsed < WARM || done <= 0 || done >= all) return '';
    return `, ${duration(Math.max(SECOND, Math.ceil(((all - done) * elapsed) / done / SECOND) * SECOND))} left`;
  }

  #show(text: string): void {
    // A line as wide as the terminal wraps, and cannot be taken back.
    const line = text.slice(0, Math.max(10, (this.#output.columns ?? 80) - 1));
    this.#output.write(`\r${line.padEnd(this.#shown)}`);
    this.#shown = line.length;
  }

  clear(): void {
    if (this.#shown > 0) this.#output.write(`\r${' '.repeat(this.#shown)}\r`);
    this.#shown = 0;
  }
}
