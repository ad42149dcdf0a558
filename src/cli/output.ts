/** Where text goes: a part of `process.stdout` and `process.stderr`, so that tests can stand in for them. */
export interface Output {
  write(text: string): unknown;
  /** A person is watching. */
  readonly isTTY?: boolean;
  /** Of the terminal. */
  readonly columns?: number;
}

export interface CliIo {
  /** Results, and nothing else. */
  readonly stdout: Output;
  /** Progress, and what went wrong. */
  readonly stderr: Output;
  /** What is piped in, for `-` as a path; none by default. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Environment variables, as `process.env` has them; none by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The time, epoch ms; none by default. */
  readonly now?: () => number;
  /** Ms of a clock that only runs forward, for rates and time left; without one neither is told. */
  readonly clock?: () => number;
  /** Aborted when the user interrupts the reading of logs. */
  readonly signal?: AbortSignal;
  /** Called when all is read: from there on nothing waits, and no handler of an interrupt would have its turn. */
  readonly onRead?: () => void;
}
