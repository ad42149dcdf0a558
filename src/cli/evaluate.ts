import { Detector } from '../engine/detector.js';
import { fitBaseline } from '../engine/fit-baseline.js';
import { InputError } from '../errors.js';
import { type ObservedScores, observeChunks } from '../evaluate/observe-chunks.js';
import { scoreVerdicts } from '../evaluate/score-verdicts.js';
import { summaryOf } from '../evaluate/summary.js';
import { type CalibrationTable, calibrationText, tallySurprise } from '../evaluate/tally.js';
import { jsonDocument } from '../report/analysis-json.js';
import { duration } from '../report/numbers.js';
import { textTable } from '../report/table.js';
import { keyId } from '../series/key.js';
import { type Fleet, simulateFleet } from '../simulate/fleet.js';
import { simulateCleanFleet } from '../simulate/fleet-clean.js';
import { Random } from '../simulate/random.js';
import { readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { ProgressLine } from './progress.js';
import { DONE } from './status.js';
import { parseBudget, parseWhole } from './values.js';

const FLAGS = { seed: 'string', fleets: 'string', series: 'string', budget: 'string', json: 'boolean' } as const;

export const EVALUATE_HELP = `Usage: kms-baseline evaluate [options]

Measures detection on simulated fleets of series whose incidents are known: how
many are found, how soon, how many alarms are false, and whether the
false-alarm rate is as stated. Needs neither logs nor an account.

Options:
  --seed <number>     of the first fleet; default 1
  --fleets <number>   how many fleets, of seeds that follow; default 1
  --series <number>   series of a fleet; default 60
  --budget <number>   alert budget: false alarms per week, across a fleet;
                      default 1
  --json              one JSON document instead of text
  -h, --help          this text

Exit status: 0 done, 2 could not do the job.

Examples:
  kms-baseline evaluate
  kms-baseline evaluate --fleets 3 --series 150 --budget 7
  kms-baseline evaluate --seed 7 --json
`;

interface FleetFigures {
  readonly seed: number;
  readonly events: number;
  readonly found: number;
  readonly falseEpisodes: number;
  readonly weeks: number;
  /** Ms; `null` where nothing was found. */
  readonly medianDelay: number | null;
  readonly unknownShare: number;
}

/** Judges simulated fleets whose incidents are known. Returns the exit status. */
export async function evaluate(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('evaluate', FLAGS, args);
  if (given.paths.length > 0) throw new InputError(`evaluate takes no path, got ${JSON.stringify(given.paths[0])}`);
  const first = given.read('seed', parseWhole(0, 1e15)) ?? 1;
  const count = given.read('fleets', parseWhole(1, 100)) ?? 1;
  const series = given.read('series', parseWhole(1, 5000)) ?? 60;
  const perWeek = given.read('budget', parseBudget) ?? 1;
  // Nothing is waited for, so that no handler of Ctrl-C would have its turn before the end.
  io.onRead?.();
  const progress = new ProgressLine(io.stderr, io.clock);
  const fleets: FleetFigures[] = [];
  const kinds = new Map<string, { events: number; found: number }>();
  const calm: ObservedScores[] = [];
  try {
    for (let i = 0; i < count; i++) {
      progress.step('evaluating', 2 * i, 2 * count);
      fleets.push(withEvents(first + i, series, perWeek, kinds));
      progress.step('evaluating', 2 * i + 1, 2 * count);
      const { fleet, scores } = judged(simulateCleanFleet({ seed: first + i, series }), perWeek);
      calm.push({ ...scores, window: fleet.judged });
      // An interrupt has its turn between fleets.
      await new Promise((resolve) => setImmediate(resolve));
      io.signal?.throwIfAborted();
    }
  } finally {
    progress.clear();
  }
  const calibration = tallySurprise(calm).filter(({ buckets }) => buckets > 0);
  const byKind = [...kinds].map(([kind, { events, found }]) => ({ kind, events, found }));
  const result = {
    // 2 since `calibration` says `verdict` where it said `direction`.
    schemaVersion: 2,
    command: 'evaluate',
    alertBudget: { perWeek },
    series,
    fleets,
    kinds: byKind,
    calibration,
  };
  const text = given.has('json') ? jsonDocument(result) : textOf(result);
  io.stdout.write(`${text}\n`);
  return DONE;
}

/** A fleet judged by a detector that knows its zones. */
function judged(fleet: Fleet, perWeek: number): { readonly fleet: Fleet; readonly scores: ObservedScores } {
  const zones = new Map(fleet.judged.keys.map((key, row) => [keyId(key), fleet.zones[row]]));
  const baseline = fitBaseline(fleet.history, { timeZone: (key) => zones.get(keyId(key)) });
  const random = new Random('chunks');
  const detector = new Detector(baseline, { alertBudget: { perWeek } });
  return { fleet, scores: observeChunks(detector, fleet.judged, () => random.uniform()) };
}

function withEvents(
  seed: number,
  series: number,
  perWeek: number,
  kinds: Map<string, { events: number; found: number }>,
): FleetFigures {
  const { fleet, scores } = judged(simulateFleet({ seed, series }), perWeek);
  const verdicts = scoreVerdicts(scores, fleet.labels);
  const summary = summaryOf(verdicts);
  for (const { kind, verdict, events, found } of summary.kinds) {
    const name = kind === 'level-shift' ? `${kind} ${verdict}` : kind;
    const sum = kinds.get(name) ?? { events: 0, found: 0 };
    kinds.set(name, { events: sum.events + events, found: sum.found + found });
  }
  const { events, found, falseEpisodes, medianDelay, unknownShare } = summary;
  const delay = Number.isNaN(medianDelay) ? null : medianDelay * fleet.judged.grid.step;
  return { seed, events, found, falseEpisodes, weeks: verdicts.weeks, medianDelay: delay, unknownShare };
}

interface Result {
  readonly alertBudget: { readonly perWeek: number };
  readonly series: number;
  readonly fleets: readonly FleetFigures[];
  readonly kinds: readonly { readonly kind: string; readonly events: number; readonly found: number }[];
  readonly calibration: CalibrationTable;
}

function textOf({ alertBudget, series, fleets, kinds, calibration }: Result): string {
  const right = { align: 'right' } as const;
  const perFleet = textTable(
    ['seed', 'incidents', 'found', 'median delay', 'false alarms', 'weeks', 'unknown'].map((title) => ({
      title,
      ...right,
    })),
    fleets.map(({ seed, events, found, medianDelay, falseEpisodes, weeks, unknownShare }) => [
      String(seed),
      String(events),
      String(found),
      medianDelay === null ? '–' : medianDelay === 0 ? 'at once' : duration(medianDelay),
      String(falseEpisodes),
      String(Math.round(weeks * 10) / 10),
      `${(100 * unknownShare).toFixed(1)} %`,
    ]),
  );
  const perKind = textTable(
    [{ title: 'incident' }, { title: 'all', ...right }, { title: 'found', ...right }],
    kinds.map(({ kind, events, found }) => [kind, String(events), String(found)]),
  );
  const budget = alertBudget.perWeek === 1 ? '1 false alarm' : `${alertBudget.perWeek} false alarms`;
  return [
    `Fleets of ${series} series, 6 weeks of history, 2 weeks judged; ${budget} a week allowed over a fleet`,
    '',
    ...perFleet,
    '',
    ...perKind,
    '',
    'False-alarm rate, measured / stated (1 is exact, below 1 is cautious)',
    '',
    calibrationText(calibration),
  ].join('\n');
}
