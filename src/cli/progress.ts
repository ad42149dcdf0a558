import type { ReadProgress } from '../node/read-cloudtrail.js';
import { counted, grouped } from '../report/numbers.js';
import type { Output } from './output.js';

/** One line on a terminal that overwrites itself, and is gone at the end; nothing at all where nobody watches. */
export class ProgressLine {
  readonly #output: Output;
  #shown = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  tell({ files, filesTotal, bytes, bytesTotal, records, calls }: ReadProgress): void {
    if (this.#output.isTTY !== true) return;
    const share = bytesTotal === 0 ? 100 : Math.min(100, Math.floor((100 * bytes) / bytesTotal));
    const text = `reading ${share} %: ${grouped(files)} of ${counted(filesTotal, 'file')}, ${counted(records, 'record')}, ${grouped(calls)} of KMS`;
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
