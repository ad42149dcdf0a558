import { checkInteger, checkNumber, checkRange, checkTime, InputError, shown } from '../errors.js';
import { KEY_FIELDS, type SeriesKey } from '../series/key.js';
import { DAY, SECOND } from '../time/grid.js';
import { checkSubject } from './check-source.js';
import { negativeBinomial } from './draws.js';
import type { ExtraCalls, Incident } from './incident.js';
import { type Batch, batchesOf, type CallKind, countsUnder, type Lane } from './lane.js';
import { CELL, overlap, spread, without } from './process.js';
import type { Random } from './random.js';

/** Extra calls of a source vary like those of steady machines. */
const EXTRA_DISPERSION = 0.05;

/** An incident (checked) made ready to work on days of batches. */
export interface Effect {
  readonly incident: Incident;
  readonly from: number;
  readonly to: number;
  readonly verdict: 'above' | 'below';
  /** The series of its label. */
  readonly key: Partial<SeriesKey>;
  /** The batches of one UTC day, with the incident in them. */
  apply(day: number, batches: readonly Batch[]): Batch[];
}

/**
 * @param name begins the messages, e.g. `incidents[2]`
 * @param random the incident's own stream, so that the ordinary calls around it stay as they are
 * @throws InputError when the incident cannot be
 */
export function effectOf(incident: Incident, name: string, lanes: readonly Lane[], random: Random): Effect {
  if (typeof incident !== 'object' || incident === null) {
    throw new InputError(`${name} must be an object, got ${shown(incident)}`);
  }
  const { from, to } = checkRange(incident.from, incident.to, `${name}.from/${name}.to`);
  if (from % SECOND !== 0 || to % SECOND !== 0) {
    throw new InputError(`${name}.from and to must be whole seconds, got ${from} and ${to}`);
  }
  const common = { incident, from, to };
  const drop = (key: Partial<SeriesKey>, hit: (batch: Batch) => boolean): Effect => ({
    ...common,
    verdict: 'below',
    key: incident.label ?? key,
    apply: (day, batches) => batches.flatMap((b) => (hit(b) ? without(random.fork(day, b.seed), [b], from, to) : [b])),
  });
  const add = (key: Partial<SeriesKey>, extra: (day: number) => Batch[]): Effect => ({
    ...common,
    verdict: 'above',
    key: incident.label ?? key,
    apply: (day, batches) => (overlap(day, day + DAY, from, to) > 0 ? [...batches, ...extra(day)] : [...batches]),
  });
  switch (incident.kind) {
    case 'spike':
    case 'control-plane-burst':
    case 'first-use':
    case 'error-burst': {
      checkSubject(incident.call, `${name}.call`);
      checkInteger(incident.calls, `${name}.calls`, 1, 1e9);
      const kind = kindOf(incident);
      const all = batchesOf(random, spread(random, from, to, incident.calls), kind, null);
      const key =
        incident.kind === 'error-burst' ? { operation: kind.operation, outcome: 'error' as const } : keyOf(kind);
      return add(key, (day) => all.filter((batch) => batch.from >= day && batch.from < day + DAY));
    }
    case 'low-and-slow': {
      checkNumber(incident.factor, `${name}.factor`, 1, 1e6);
      const lane = laneOf(incident.source, name, lanes);
      return add(keyOf(lane.source), rated(lane, from, to, 0, incident.factor - 1, random));
    }
    case 'off-hours': {
      const lane = laneOf(incident.source, name, lanes);
      const shift = checkTime(incident.like, `${name}.like`) - from;
      return add(keyOf(lane.source), rated(lane, from, to, shift, 1, random));
    }
    case 'outage': {
      const { key } = incident;
      if (!KEY_FIELDS.some((field) => key?.[field] != null)) {
        throw new InputError(`${name}.key must name what falls silent, got ${shown(key)}`);
      }
      return drop(key, (batch) => countsUnder(batch.kind, key));
    }
    case 'missed-run': {
      const { source } = laneOf(incident.source, name, lanes);
      return drop(keyOf(source), (batch) => batch.source === source.name);
    }
    default:
      throw new InputError(`${name}.kind must be a kind of incident, got ${shown((incident as Incident).kind)}`);
  }
}

function kindOf({ kind, call, error }: ExtraCalls): CallKind {
  return { ...call, error: error ?? (kind === 'error-burst' ? 'AccessDeniedException' : null) };
}

/** The series that counts a subject: its operation on its key, where it has one. */
function keyOf(subject: { operation: string; keyArns: readonly string[] }): Partial<SeriesKey> {
  const keyArn = subject.keyArns[0];
  return { operation: subject.operation, ...(keyArn !== undefined && { keyArn }) };
}

function laneOf(source: string, name: string, lanes: readonly Lane[]): Lane {
  const lane = lanes.find((one) => one.source.name === source);
  if (lane === undefined) throw new InputError(`${name}.source must be the name of a source, got ${shown(source)}`);
  return lane;
}

/** Extra calls of a lane's kind in `[from, to)`, at `factor` times the rate it has `shift` ms later. */
function rated(lane: Lane, from: number, to: number, shift: number, factor: number, random: Random) {
  const kind: CallKind = { ...lane.source, error: null };
  return (day: number): Batch[] => {
    const daily = random.fork(day);
    const batches: Batch[] = [];
    for (let cell = day; cell < day + DAY; cell += CELL) {
      const begin = Math.max(cell, from);
      const end = Math.min(cell + CELL, to);
      if (begin >= end) continue;
      const mean = factor * lane.mean(begin + shift, end + shift);
      const calls = negativeBinomial(daily, mean, EXTRA_DISPERSION);
      if (calls > 0) batches.push(...batchesOf(daily, [{ from: begin, to: end, calls }], kind, null));
    }
    return batches;
  };
}
