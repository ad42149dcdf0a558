import type { Page } from '../page.js';
import { uniforms } from './traffic.js';

type Index = typeof import('../../../src/index.js') & typeof import('../../../src/plan/index.js');

/** What the measures need of a build, this one or another: see bench/library-of.mjs. */
export type Library = Pick<
  Index,
  | 'seriesSet'
  | 'sliceWindow'
  | 'fitBaseline'
  | 'scoreWindow'
  | 'Detector'
  | 'findAnomalies'
  | 'definePlan'
  | 'runPlan'
  | 'memoryStore'
  | 'wordsFor'
>;
export type Detector = InstanceType<Index['Detector']>;
export type SeriesSet = Parameters<Detector['observe']>[0];
export type Scores = ReturnType<Detector['observe']>;
export type Anomaly = ReturnType<Index['findAnomalies']>[number];

export const POLICIES = ['accept-shifts', 'hold'] as const;
export type Policy = (typeof POLICIES)[number];

export const UTC = { timeZone: 'UTC' };

/** What one part of the measures is run with, and where it writes. */
export class Sheet {
  readonly lib: Library;
  readonly page: Page;
  /** Runs of each kind: the part's own number where none is asked for. */
  readonly runs: (usual: number) => number;
  readonly #firstSeed: number;
  #passed = 0;
  #failed = 0;
  readonly #later = new Map<string, { kind: string; isReached: boolean; figure: string }[]>();

  constructor(
    lib: Library,
    page: Page,
    options: { readonly runs?: number | undefined; readonly firstSeed?: number | undefined } = {},
  ) {
    this.lib = lib;
    this.page = page;
    this.runs = (usual) => options.runs ?? usual;
    this.#firstSeed = options.firstSeed ?? 1;
  }

  /** The numbers of the runs of one kind, from 0, each with a generator that no other kind shares. */
  *seeds(usual: number, kind: string): Generator<{ run: number; random: () => number }> {
    let salt = 0;
    for (const letter of kind) salt = (Math.imul(salt, 31) + letter.charCodeAt(0)) | 0;
    for (let run = 0; run < this.runs(usual); run++) yield { run, random: uniforms(salt + this.#firstSeed + run) };
  }

  /** One line of what must be shown. */
  check(isReached: boolean, law: string, figure: string): void {
    if (isReached) this.#passed++;
    else this.#failed++;
    this.page.line(`${isReached ? 'PASS' : 'FAIL'}  ${law}: ${figure}`);
  }

  /** What one kind of runs says of a law, whose line stands below the table that is not yet printed. */
  later(law: string, kind: string, isReached: boolean, figure: string): void {
    const kinds = this.#later.get(law) ?? [];
    kinds.push({ kind, isReached, figure });
    this.#later.set(law, kinds);
  }

  /** One line for each law that was put off, naming the kinds that break it. */
  settle(): void {
    for (const [law, kinds] of this.#later) {
      const broken = kinds.filter(({ isReached }) => !isReached).map(({ kind, figure }) => `${kind}: ${figure}`);
      const named = broken.slice(0, 4).join('; ') + (broken.length > 4 ? '; ...' : '');
      this.check(
        broken.length === 0,
        law,
        `${kinds.length - broken.length} of ${kinds.length} kinds${named && `; not ${named}`}`,
      );
    }
    this.#later.clear();
  }

  summary(): void {
    this.page.line();
    this.page.line(`${this.#passed} passed, ${this.#failed} failed.`);
  }
}

/** One row of counts as a set. */
export function rowOf(lib: Library, start: number, values: Float64Array, step: number): SeriesSet {
  return lib.seriesSet({ start, step, series: [{ key: KEY, values }] });
}

export const KEY = {
  operation: 'Decrypt',
  keyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0a1b63c4-5d1e-4f7a-9b28-30c1d2e4f511',
};

/**
 * Shows a detector a window as a stream comes: in pieces of uneven length, from a bucket to two days, and now and then
 * written to bytes and read back, all of which must change nothing.
 */
export function inPieces(
  lib: Library,
  detector: Detector,
  window: SeriesSet,
  random: () => number,
): { scores: Scores[]; verdicts: Int8Array; expected: Float64Array; detector: Detector } {
  const { start, step, length } = window.grid;
  const scores: Scores[] = [];
  const cells = window.keys.length * length;
  const verdicts = new Int8Array(cells);
  const expected = new Float64Array(cells);
  const longest = Math.max(2, (2 * DAY_MS) / step);
  let current = detector;
  for (let at = 0; at < length; ) {
    const end = Math.min(length, at + Math.ceil(Math.exp(Math.log(longest) * random())));
    if (random() < 0.2) current = lib.Detector.fromBytes(current.toBytes());
    const part = current.observe(lib.sliceWindow(window, start + at * step, start + end * step));
    scores.push(part);
    for (let row = 0; row < window.keys.length; row++) {
      const from = row * (end - at);
      verdicts.set(part.verdicts.subarray(from, from + end - at), row * length + at);
      expected.set(part.expected.subarray(from, from + end - at), row * length + at);
    }
    at = end;
  }
  return { scores, verdicts, expected, detector: current };
}

const DAY_MS = 86_400_000;
