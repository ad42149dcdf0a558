import { spawnSync } from 'node:child_process';
import { arch, cpus, platform, release } from 'node:os';

/** One way to do a thing. What it returns is kept, so that no engine can leave the work out. */
export interface Way {
  readonly name: string;
  run(): unknown | Promise<unknown>;
}

/** One way's times, one for each round, in milliseconds. Rounds of the ways compared belong together. */
export interface Timing {
  readonly name: string;
  readonly rounds: readonly number[];
}

/** Where results go: what is never looked at may be optimised away. */
const sink: unknown[] = [];

/**
 * Times several ways of one thing in one process. Each runs `warmUps` times unmeasured; then they take turns for `rounds`
 * rounds, every other one backwards, so that a change of clock speed, a busy neighbour and the garbage of the way before
 * meet all of them alike.
 */
export async function compare(
  ways: readonly Way[],
  { rounds = 7, warmUps = 1 }: { rounds?: number; warmUps?: number } = {},
): Promise<Timing[]> {
  for (let i = 0; i < warmUps; i++) for (const way of ways) sink[0] = await way.run();
  const timings = ways.map(({ name }) => ({ name, rounds: [] as number[] }));
  const order = ways.map((way, i) => ({ way, times: timings[i].rounds }));
  for (let round = 0; round < rounds; round++) {
    for (const { way, times } of order) {
      const start = performance.now();
      sink[0] = await way.run();
      times.push(performance.now() - start);
    }
    order.reverse();
  }
  return timings;
}

/** The median of any numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/**
 * How many times as fast as `base` a way is: the median over the rounds of the ratio within each round, which a
 * disturbance that lasts longer than a round leaves as it is.
 */
export function speedup(way: Timing, base: Timing): number {
  return median(way.rounds.map((time, i) => base.rounds[i] / time));
}

/** What a way reached: `amount` units of work in its median time, in units a second. */
export function rate(way: Timing, amount: number): number {
  return (amount / median(way.rounds)) * 1000;
}

/** The timing of that name. */
export function timingOf(timings: readonly Timing[], name: string): Timing {
  const found = timings.find((timing) => timing.name === name);
  if (found === undefined) throw new Error(`no way is called ${name}`);
  return found;
}

/** The machine and the versions, in one line. */
export function machine(): string {
  const [cpu] = cpus();
  const system = `${platform()} ${release()} ${arch()}`;
  return `${cpu?.model.trim() ?? 'unknown CPU'} x ${cpus().length}, ${system}, Node ${process.version}`;
}

/** Prints a title with the date, the machine and what is measured: `seed` and `shape` are the input's. */
export function printHeader(title: string, { seed, shape }: { seed?: number; shape: string }): void {
  console.log(`\n# ${title}`);
  console.log(`${new Date().toISOString().slice(0, 10)}; ${machine()}`);
  console.log(seed === undefined ? shape : `seed ${seed}; ${shape}`);
}

/**
 * Prints ways as a Markdown table: median, spread (fastest to slowest), millions of units a second, and how many times as
 * fast as the way called `base`, by default the first.
 */
export function printTable(
  title: string,
  timings: readonly Timing[],
  { amount, unit, base = timings[0].name }: { amount: number; unit: string; base?: string },
): void {
  const baseTiming = timingOf(timings, base);
  const width = Math.max(3, ...timings.map(({ name }) => name.length));
  console.log(`\n${title}\n`);
  console.log(`| ${'way'.padEnd(width)} | median ms | spread ms | M ${unit}/s | x as fast |`);
  console.log(`|${'-'.repeat(width + 2)}|---:|---:|---:|---:|`);
  for (const timing of timings) {
    const { name, rounds } = timing;
    const spread = `${figure(Math.min(...rounds))}–${figure(Math.max(...rounds))}`;
    const cells = [figure(median(rounds)), spread, figure(rate(timing, amount) / 1e6)];
    console.log(`| ${name.padEnd(width)} | ${cells.join(' | ')} | ${speedup(timing, baseTiming).toFixed(2)} |`);
  }
}

/** Prints one measure beside what it is to reach. */
export function printGoal(measure: string, reached: number, goal: number, unit = 'x', atMost = false): void {
  const good = atMost ? reached <= goal : reached >= goal;
  const bound = atMost ? 'at most' : 'at least';
  console.log(
    `- ${measure}: ${figure(reached)} ${unit} (to reach: ${bound} ${goal}) ${good ? 'reached' : 'NOT REACHED'}`,
  );
}

/** Three significant digits, or whole from 100 on. */
export function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

export interface Peak {
  readonly ms: number;
  /** The largest resident set of the whole process, in bytes, as the system counts it. */
  readonly peak: number;
  /** What the process had before the work. */
  readonly before: number;
}

/**
 * Runs JavaScript in a Node of its own and tells its peak memory: in one process, each stage would bear the peaks of all
 * before it. `work` is the body of an async function; `setUp` the module code around it, whose memory counts as `before`.
 */
export function peakOf(setUp: string, work: string): Peak {
  const program = `${setUp}
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    const begun = performance.now();
    globalThis.kept = await (async () => { ${work} })();
    const ms = performance.now() - begun;
    // Linux counts into maxRSS what the process was before it became Node: a copy of this one, however large.
    const own = await import('node:fs').then(({ readFileSync }) => readFileSync('/proc/self/status', 'utf8')).catch(() => '');
    const peak = 1024 * Number(/VmHWM:\\s*(\\d+)/.exec(own)?.[1] ?? process.resourceUsage().maxRSS);
    console.log(JSON.stringify({ ms, peak, before }));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--expose-gc', '--input-type=module', '--eval', program],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`the measured process failed with status ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Peak;
}
