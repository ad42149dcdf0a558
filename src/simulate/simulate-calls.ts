import {
  checkInteger,
  checkNumber,
  checkOptions,
  checkRange,
  checkTime,
  InputError,
  type OptionNames,
  shown,
} from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import { KEY_FIELDS } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY, MAX_STEP, MINUTE, SECOND, WEEK } from '../time/grid.js';
import { backgroundOf, type Place } from './background.js';
import { checkSource } from './check-source.js';
import { countBatches, type Level } from './count-batches.js';
import type { Incident, Label } from './incident.js';
import { effectOf } from './incident-effect.js';
import { type CallKind, callsOf, Lane } from './lane.js';
import { Random } from './random.js';
import { type CloudTrailRecord, recordOf } from './record.js';
import { shopSources } from './shop-sources.js';
import type { Source } from './source.js';
import { Timeline } from './timeline.js';

export interface SimulateOptions {
  /** A whole number; the same seed and options give the same calls and bytes on every platform. */
  readonly seed: number;
  /** Default Monday 2026-05-04T00:00Z. Whole seconds. */
  readonly start?: number | Date;
  /** Exclusive; whole seconds. Default `weeks` after the start. */
  readonly end?: number | Date;
  /** Default 4; not beside `end`. */
  readonly weeks?: number;
  /** Width of the set's buckets, ms; default 5 minutes. */
  readonly step?: number;
  /** What the set counts by; default operation, operation and outcome, key, key and operation. */
  readonly by?: readonly Level[];
  /** Default: the shop of {@link shopSources}. */
  readonly sources?: readonly Source[];
  /** Default none: clean traffic. They work in their order. */
  readonly incidents?: readonly Incident[];
  /** Other services' records an hour, in each account and Region; default 6. */
  readonly background?: number;
}

export interface Simulation {
  /** The calls, counted. */
  readonly set: SeriesSet;
  /** One for each incident, in their order. */
  readonly labels: readonly Label[];
  /** The calls in order of time, made anew and the same at every call; holds a day of them. */
  calls(): Iterable<KmsCall>;
  /** Their records, among those of other services, in order of time; likewise. */
  records(): Iterable<CloudTrailRecord>;
}

const LEVELS: readonly Level[] = [['operation'], ['operation', 'outcome'], ['keyArn'], ['keyArn', 'operation']];
const DEFAULT_START = Date.UTC(2026, 4, 4);
/** Ten years: more is a mistake, and would take days. */
const MAX_WEEKS = 522;

/**
 * KMS traffic as a company makes it, from a seed: counts, calls and CloudTrail records of the same calls, with the
 * incidents that were asked for and a label for each.
 * @throws InputError when an option, a source or an incident cannot be
 *
 * @example
 * import { simulateCalls } from 'kms-baseline/simulate';
 *
 * const start = Date.UTC(2026, 0, 5);
 * const { set } = simulateCalls({ seed: 7, start, end: start + 7 * 86_400_000 });
 * console.log(`${set.keys.length} series of ${set.grid.length} buckets`);
 */
export function simulateCalls(options: SimulateOptions): Simulation {
  checkOptions(options, SIMULATE_OPTIONS);
  const seed = checkInteger(options?.seed, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const { from, to } = spanOf(options);
  const step = checkInteger(options.step ?? 5 * MINUTE, 'step', SECOND, MAX_STEP);
  const perHour = checkNumber(options.background ?? 6, 'background', 0, 1e6);
  const levels = checkLevels(options.by ?? LEVELS);
  const random = new Random(seed);
  const lanes = lanesOf(options.sources ?? shopSources(), from, to, random);
  const effects = (options.incidents ?? []).map((incident, i) => {
    const name = `incidents[${i}]`;
    const effect = effectOf(incident, name, lanes, random.fork('incident', i));
    if (effect.from >= from && effect.to <= to) return effect;
    throw new InputError(`${name} must lie between start and end, got ${shown(new Date(effect.from))} and on`);
  });
  const timeline = new Timeline(from, to, lanes, effects, random);
  const places = placesOf(lanes);

  const made = function* (): Generator<{ call: KmsCall; kind: CallKind }[]> {
    for (const batches of timeline.days()) {
      const today = batches.flatMap((batch) => Array.from(callsOf(batch), (call) => ({ call, kind: batch.kind })));
      yield today.sort((a, b) => a.call.time - b.call.time);
    }
  };
  return {
    ...countBatches(timeline, step, levels, effects),
    *calls() {
      for (const today of made()) for (const { call } of today) yield call;
    },
    *records() {
      let day = Math.floor(from / DAY) * DAY;
      for (const today of made()) {
        const others = backgroundOf(random.fork('background'), places, perHour, day);
        yield* merged(today, others, from, to);
        day += DAY;
      }
    },
  };
}

const SIMULATE_OPTIONS: OptionNames<SimulateOptions> = {
  seed: true,
  start: true,
  end: true,
  weeks: true,
  step: true,
  by: true,
  sources: true,
  incidents: true,
  background: true,
};

function spanOf({ start = DEFAULT_START, end, weeks }: SimulateOptions): { from: number; to: number } {
  if (end !== undefined && weeks !== undefined) throw new InputError(`weeks must be left out beside end, got ${weeks}`);
  const first = checkTime(start, 'start');
  const last = end ?? first + Math.round(checkNumber(weeks ?? 4, 'weeks', 0, MAX_WEEKS) * WEEK);
  const span = checkRange(first, last, 'start/end');
  if (span.from % SECOND !== 0 || span.to % SECOND !== 0) {
    throw new InputError(`start and end must be whole seconds, got ${span.from} and ${span.to}`);
  }
  if (span.to - span.from > MAX_WEEKS * WEEK) {
    throw new InputError(`end must be at most ${MAX_WEEKS} weeks after start, got ${shown(new Date(span.to))}`);
  }
  return span;
}

function checkLevels(by: readonly Level[]): readonly Level[] {
  for (const field of by.flat()) {
    if (!KEY_FIELDS.includes(field)) {
      throw new InputError(`by must hold names of ${KEY_FIELDS.join(', ')}, got ${shown(field)}`);
    }
  }
  return by;
}

function lanesOf(sources: readonly Source[], from: number, to: number, random: Random): Lane[] {
  const names = new Set<string>();
  return sources.map((source, i) => {
    checkSource(source, `sources[${i}]`);
    if (names.has(source.name)) {
      throw new InputError(`sources[${i}].name must be another than those before it, got ${shown(source.name)}`);
    }
    names.add(source.name);
    return new Lane(source, from, to, random.fork('source', source.name));
  });
}

function placesOf(lanes: readonly Lane[]): Place[] {
  const places = new Map<string, Place>();
  for (const { source } of lanes) {
    const { account, region } = source;
    places.set(`${account} ${region}`, { account, region });
  }
  return [...places.values()];
}

/** A day's calls as records, among the other services', in order of time. */
function* merged(
  calls: readonly { call: KmsCall; kind: CallKind }[],
  others: readonly CloudTrailRecord[],
  from: number,
  to: number,
): Generator<CloudTrailRecord> {
  const timed = others.map((record) => ({ time: Date.parse(record.eventTime), record }));
  const waiting = timed.filter(({ time }) => time >= from && time < to).sort((a, b) => a.time - b.time);
  let next = 0;
  for (const { call, kind } of calls) {
    while (next < waiting.length && waiting[next].time <= call.time) yield waiting[next++].record;
    yield recordOf(call, kind);
  }
  while (next < waiting.length) yield waiting[next++].record;
}
