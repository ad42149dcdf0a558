import { arch, cpus, platform, release } from 'node:os';

/** One way to do a thing, by name. Whatever it returns is used, so that no engine can leave the work out. */
export interface Way {
  readonly name: string;
  run(): unknown | Promise<unknown>;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds. */
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
}

/** Keeps results alive: what is never looked at may be optimised away. */
let sink: unknown;

/**
 * Times several ways of one thing in one process: each is warmed up once, then they take turns for `rounds` rounds, so
 * that a change of clock speed or a busy neighbour meets all of them.
 */
export async function measure(ways: readonly Way[], rounds = 7): Promise<Timing[]> {
  for (const way of ways) sink = await way.run();
  const times = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of ways.entries()) {
      const start = performance.now();
      sink = await way.run();
      times[i].push(performance.now() - start);
    }
  }
  if (sink === times) throw new Error('unreachable: the sink holds what the ways return');
  return ways.map(({ name }, i) => {
    const sorted = times[i].sort((a, b) => a - b);
    return { name, median: sorted[rounds >> 1], fastest: sorted[0], slowest: sorted[rounds - 1] };
  });
}

/** The machine and the versions, in one line. */
export function machine(): string {
  const [cpu] = cpus();
  return `${cpu?.model.trim() ?? 'unknown CPU'} x ${cpus().length}, ${platform()} ${release()} ${arch()}, Node ${process.version}`;
}

/** Prints timings beside the first one's: how many times as fast, and what `unit`s a second that makes. */
export function report(title: string, amount: number, unit: string, timings: readonly Timing[]): void {
  console.log(`\n${title}`);
  for (const { name, median, fastest, slowest } of timings) {
    const rate = (amount / median / 1000).toFixed(2);
    const ratio = (timings[0].median / median).toFixed(2);
    const spread = `${fastest.toFixed(0)}–${slowest.toFixed(0)}`;
    console.log(
      `  ${name.padEnd(44)} ${median.toFixed(1).padStart(8)} ms (${spread})  ${rate.padStart(8)} M ${unit}/s  ${ratio}x`,
    );
  }
}
