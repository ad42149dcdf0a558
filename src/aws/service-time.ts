/**
 * The time of day of a service, by the `Date` of its answers: those who share what it keeps go by one time, whatever their
 * machines take it for. To the second.
 */
export class ServiceTime {
  readonly #now: () => number;
  /** The service's time less the machine's, ms; 0 until there was an answer. */
  #ahead = 0;

  /** @param now the machine's, epoch ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Epoch ms. */
  now(): number {
    return this.#now() + this.#ahead;
  }

  /** The command, which from now on notes the time of its answers, refusals among them. */
  of<Command extends object>(command: Command): Command {
    (command as Command & Stacked).middlewareStack.add(
      (next) => async (args) => {
        try {
          const result = await next(args);
          this.#note(result.response);
          return result;
        } catch (error) {
          this.#note((error as { $response?: unknown } | null)?.$response);
          throw error;
        }
      },
      { step: 'deserialize', name: 'kmsBaselineServiceTime' },
    );
    return command;
  }

  #note(response: unknown): void {
    const { headers = {} } = (response ?? {}) as { headers?: Readonly<Record<string, string>> };
    const time = Date.parse(headers['date'] ?? '');
    if (!Number.isNaN(time)) this.#ahead = time - this.#now();
  }
}

/** What of a command's middleware is used, alike in all clients. */
interface Stacked {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<{ response: unknown }>) => (args: never) => Promise<unknown>,
      options: { step: 'deserialize'; name: string },
    ): void;
  };
}
