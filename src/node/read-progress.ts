export interface ReadProgress {
  /** Files done with. */
  readonly files: number;
  /** Of streams, those that came so far. */
  readonly filesTotal: number;
  /** Read from disk, and to be read: compressed, as they are there. */
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly records: number;
  readonly calls: number;
  /** The file being read; empty when there was none. */
  readonly path: string;
}

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 100;

/** Tells of progress now and then. */
export class Progress {
  files = 0;
  filesTotal = 0;
  bytesTotal = 0;
  path = '';
  readonly #tally: { readonly bytes: number; readonly records: number; readonly calls: number };
  readonly #onProgress: ((progress: ReadProgress) => void) | undefined;
  #told = performance.now();

  constructor(
    tally: { readonly bytes: number; readonly records: number; readonly calls: number },
    onProgress: ((progress: ReadProgress) => void) | undefined,
  ) {
    this.#tally = tally;
    this.#onProgress = onProgress;
  }

  /** Counts logs among those to be read. */
  expect(logs: readonly { readonly size: number }[]): void {
    this.filesTotal += logs.length;
    for (const { size } of logs) this.bytesTotal += size;
  }

  tell(always = false): void {
    if (this.#onProgress === undefined) return;
    const now = performance.now();
    if (!always && now - this.#told < PROGRESS_INTERVAL) return;
    this.#told = now;
    const { bytes, records, calls } = this.#tally;
    const { files, filesTotal, path } = this;
    this.#onProgress({ files, filesTotal, bytes, bytesTotal: Math.max(bytes, this.bytesTotal), records, calls, path });
  }
}
