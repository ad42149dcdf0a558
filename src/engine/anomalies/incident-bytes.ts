import { type ByteReader, ByteWriter } from '../../series/bytes.js';
import { readKeys, writeKeys } from '../../series/codec-keys.js';
import { openSnapshot, sealSnapshot } from '../../series/codec-snapshot.js';
import { keyId, type SeriesKey } from '../../series/key.js';
import { MOST_TIME } from '../../time/grid.js';
import { ABOVE, type Affected, type Anomaly, type AnomalyKind, BELOW, type Incident } from '../types.js';
import type { Scope } from './affected-keys.js';
import { idOf, SEVERITIES, timeOfId } from './anomaly-of-runs.js';
import { type Followed, type IncidentState, MOST_PERIODS, type TrackerState } from './incident-book.js';
import {
  FigureReader,
  Figures,
  type PlaceOf,
  readKey,
  readList,
  readRest,
  readRun,
  writeList,
  writeRest,
  writeRun,
} from './run-bytes.js';

/** Version of the payload; any change of what is written below is a new one. */
const VERSION = 3;

const KINDS = [
  'spike',
  'excess',
  'drop',
  'silence',
  'level-shift',
  'first-seen',
  'rare',
] as const satisfies readonly AnomalyKind[];
/** Of a finding: it is part of no incident, or of one that is closed; else the place of the open one, after these. */
const NO_INCIDENT = 0;
const CLOSED_INCIDENT = 1;
const OPEN_INCIDENT = 2;

/** The keys that bytes name, by their places in a table. */
export class KeyTable {
  readonly keys: SeriesKey[] = [];
  readonly #places = new Map<string, number>();

  placeOf(key: SeriesKey): number {
    const id = keyId(key);
    let place = this.#places.get(id);
    if (place === undefined) {
      place = this.keys.length;
      this.keys.push(key);
      this.#places.set(id, place);
    }
    return place;
  }
}

/** The state of a tracker as a snapshot of its own. */
export function incidentsToBytes(state: TrackerState): Uint8Array {
  const table = new KeyTable();
  const placeOf = (key: SeriesKey) => table.placeOf(key);
  const body = new ByteWriter();
  writeTracker(body, state, placeOf);
  writeClosed(body, state.closed, state.step, placeOf);
  const writer = new ByteWriter();
  writeKeys(writer, table.keys);
  writer.bytes(body.toBytes());
  return sealSnapshot('IncidentTracker', VERSION, writer);
}

/** @throws FormatError when the bytes are not a tracker's, of another version, or damaged; it says which */
export function incidentsFromBytes(bytes: Uint8Array): TrackerState {
  const reader = openSnapshot(bytes, 'IncidentTracker', VERSION);
  const keys = readKeys(reader);
  const state = readTracker(reader, keys);
  const closed = readClosed(reader, state.step, keys);
  reader.end();
  return { ...state, closed };
}

/** The state of a tracker but for the incidents that are closed, as part of other bytes, which hold its keys. */
export function writeTracker(writer: ByteWriter, state: TrackerState, placeOf: PlaceOf): void {
  const { alarm, pending, followed, open, step, end } = state;
  const out = new Figures(writer, step, end);
  writer.varint(alarm.datapointsToAlarm);
  writer.varint(alarm.evaluationPeriods);
  writer.float64(step);
  writer.float64(end);
  writeList(writer, open, (incident) => writeState(out, incident, placeOf));
  writeList(writer, pending, (run) => {
    writeRun(out, run, placeOf);
    writeRest(out, run);
  });
  writeList(writer, followed, ({ run, isOver, incident, weighed, stage }) => {
    const place = incident?.isOpen === true ? OPEN_INCIDENT + open.indexOf(incident) : CLOSED_INCIDENT;
    writer.varint(2 * (incident === undefined ? NO_INCIDENT : place) + (isOver ? 1 : 0));
    writeRun(out, run, placeOf);
    if (isOver) return;
    writeRest(out, run);
    out.figure(weighed);
    writer.uint8(stage);
  });
}

/** Reads what {@link writeTracker} wrote. @throws FormatError when it cannot be so */
export function readTracker(reader: ByteReader, keys: readonly SeriesKey[]): TrackerState {
  const alarm = { datapointsToAlarm: reader.varint(), evaluationPeriods: reader.varint() };
  if (alarm.datapointsToAlarm < 1 || alarm.datapointsToAlarm > alarm.evaluationPeriods) reader.fail('an alarm rule');
  if (alarm.evaluationPeriods > MOST_PERIODS) reader.fail(`an alarm over ${alarm.evaluationPeriods} buckets`);
  const step = reader.float64();
  const end = reader.float64();
  const from = new FigureReader(reader, step, end);
  const open = readList(reader, () => readState(from, keys));
  const pending = readList(reader, () => {
    const run = readRun(from, keys, step);
    readRest(from, run);
    return run;
  });
  const over = { ...emptyState(), isOpen: false };
  const followed = readList(reader, (): Followed => {
    const coded = reader.varint();
    const place = Math.floor(coded / 2);
    const isOver = coded % 2 === 1;
    if (place >= OPEN_INCIDENT + open.length) reader.fail(`incident ${place - OPEN_INCIDENT} of ${open.length}`);
    const incident = place >= OPEN_INCIDENT ? open[place - OPEN_INCIDENT] : place === NO_INCIDENT ? undefined : over;
    const run = readRun(from, keys, step);
    if (!run.isReported) reader.fail('a finding that was never reported');
    if (isOver) return { run, isOver, incident, weighed: 0, stage: 0 };
    readRest(from, run);
    return { run, isOver, incident, weighed: from.figure(), stage: reader.uint8() };
  });
  // What an open incident is about follows from its runs.
  const about = new Set(followed.map(({ incident }) => incident));
  const without = open.find((incident) => !about.has(incident));
  if (without !== undefined) reader.fail('an open incident of no findings');
  return { alarm, step, end, pending, followed, open, closed: [] };
}

function emptyState(): IncidentState {
  return {
    id: '',
    direction: ABOVE,
    opened: 0,
    changed: 0,
    from: 0,
    joined: 0,
    severity: 'low',
    size: 0,
    named: new Map(),
    operations: new Set(),
    account: null,
    region: null,
    affected: null,
    isOpen: true,
  };
}

function writeState(out: Figures, incident: IncidentState, placeOf: PlaceOf): void {
  const { writer } = out;
  writer.uint8(incident.direction === ABOVE ? 1 : 0);
  for (const time of [incident.opened, incident.changed, incident.from, incident.joined]) out.time(time);
  writer.uint8(SEVERITIES.indexOf(incident.severity));
  out.figure(incident.size);
  writeList(writer, [...incident.named.values()], (key) => writer.varint(placeOf(key)));
  writeId(writer, incident.id, [...incident.named.values()], verdictOf(incident.direction), incident.opened, placeOf);
  writeList(writer, [...incident.operations], (name) => writer.string(name));
  writeNames(writer, incident);
  writeAffected(writer, incident.affected);
}

function readState(from: FigureReader, keys: readonly SeriesKey[]): IncidentState {
  const { reader } = from;
  const direction = reader.uint8() === 1 ? ABOVE : BELOW;
  const [opened, changed, begin, joined] = Array.from({ length: 4 }, () => from.moment());
  const severity = SEVERITIES[reader.uint8()] ?? reader.fail('a severity that is unknown');
  const size = from.figure();
  const named = new Map(readList(reader, () => readKey(reader, keys)).map((key) => [keyId(key), key]));
  const id = readId(reader, keys, verdictOf(direction), opened);
  const operations = new Set(readList(reader, () => reader.string()));
  const { account, region } = readNames(reader);
  const affected = readAffected(reader);
  const times = { opened, changed, from: begin, joined };
  return { id, direction, ...times, severity, size, named, operations, account, region, affected, isOpen: true };
}

function writeNames(writer: ByteWriter, { account, region }: Scope): void {
  for (const name of [account, region]) writeList(writer, name === null ? [] : [name], (text) => writer.string(text));
}

function readNames(reader: ByteReader): Scope {
  const [account = null] = readList(reader, () => reader.string());
  const [region = null] = readList(reader, () => reader.string());
  return { account, region };
}

/** How many keys depart, of none 0. */
function writeAffected(writer: ByteWriter, affected: Affected | null): void {
  writer.varint(affected?.keys ?? 0);
  if (affected === null) return;
  writer.varint(affected.of);
  writeNames(writer, affected);
}

function readAffected(reader: ByteReader): Affected | null {
  const keys = reader.varint();
  if (keys === 0) return null;
  const of = reader.varint();
  if (keys > of) reader.fail(`${keys} of ${of} keys`);
  return { ...readNames(reader), keys, of };
}

function verdictOf(direction: number): 'above' | 'below' {
  return direction === ABOVE ? 'above' : 'below';
}

/** An id that follows from one of these keys as its place and 1; any other as 0 and itself. */
function writeId(
  writer: ByteWriter,
  id: string,
  keys: readonly SeriesKey[],
  verdict: 'above' | 'below',
  time: number,
  placeOf: PlaceOf,
): void {
  const key = keys.find((one) => idOf(one, verdict, time) === id);
  writer.varint(key === undefined ? 0 : placeOf(key) + 1);
  if (key === undefined) writer.string(id);
}

function readId(reader: ByteReader, keys: readonly SeriesKey[], verdict: 'above' | 'below', time: number): string {
  const place = reader.varint();
  if (place === 0) return reader.string();
  const key = keys[place - 1] ?? reader.fail(`key ${place - 1} of ${keys.length}`);
  return idOf(key, verdict, time);
}

/** Incidents that are closed: nothing of them follows from runs any more. */
export function writeClosed(writer: ByteWriter, incidents: readonly Incident[], step: number, placeOf: PlaceOf): void {
  writeList(writer, incidents, ({ id, opened, closed, severity, anomalies, affected = null }) => {
    const end = closed ?? Number.NaN;
    writer.float64(end);
    const out = new Figures(writer, step, end);
    out.time(opened);
    writer.uint8(SEVERITIES.indexOf(severity));
    writeList(writer, anomalies, (anomaly) => writeAnomaly(out, anomaly, placeOf));
    const keys = anomalies.flatMap(({ key, related }) => [key, ...related]);
    writeId(writer, id, keys, anomalies[0].verdict, opened, placeOf);
    writeAffected(writer, affected);
  });
}

/** Reads what {@link writeClosed} wrote. */
export function readClosed(reader: ByteReader, step: number, keys: readonly SeriesKey[]): Incident[] {
  return readList(reader, () => {
    const closed = reader.float64();
    if (!(Math.abs(closed) <= MOST_TIME)) reader.fail(`an incident that closed at ${closed} ms`);
    const from = new FigureReader(reader, step, closed);
    const opened = from.moment();
    const severity = SEVERITIES[reader.uint8()] ?? reader.fail('a severity that is unknown');
    const anomalies = readList(reader, () => readAnomaly(from, keys));
    if (anomalies.length === 0) reader.fail('an incident of nothing');
    const id = readId(reader, keys, anomalies[0].verdict, opened);
    const affected = readAffected(reader);
    const incident = { id, state: 'closed', opened, changed: closed, closed, severity, anomalies } as const;
    return affected === null ? incident : { ...incident, affected };
  });
}

function writeAnomaly(out: Figures, anomaly: Anomaly, placeOf: PlaceOf): void {
  const { writer } = out;
  const { id, key, verdict, from, to, value, expected, lower, upper, surprise, decidedBy, related } = anomaly;
  writer.varint(placeOf(key));
  writer.uint8(verdict === 'above' ? 1 : 0);
  writer.uint8(SEVERITIES.indexOf(anomaly.severity));
  writer.uint8(KINDS.indexOf(anomaly.kind));
  for (const time of [from, to, decidedBy.from, decidedBy.to]) out.time(time);
  for (const figure of [value, expected, lower, upper]) out.figure(figure);
  writer.float64(surprise);
  const reported = timeOfId(id);
  out.time(reported);
  writeId(writer, id, [key], verdict, reported, placeOf);
  writeList(writer, related, (other) => writer.varint(placeOf(other)));
}

function readAnomaly(figures: FigureReader, keys: readonly SeriesKey[]): Anomaly {
  const { reader } = figures;
  const key = readKey(reader, keys);
  const verdict = reader.uint8() === 1 ? 'above' : 'below';
  const severity = SEVERITIES[reader.uint8()] ?? reader.fail('a severity that is unknown');
  const kind = KINDS[reader.uint8()] ?? reader.fail('a kind that is unknown');
  const [from, to, decidedFrom, decidedTo] = Array.from({ length: 4 }, () => figures.moment());
  const [value, expected, lower, upper] = Array.from({ length: 4 }, () => figures.figure());
  const decidedBy = { from: decidedFrom, to: decidedTo };
  const surprise = reader.float64();
  const id = readId(reader, keys, verdict, figures.moment());
  const related = readList(reader, () => readKey(reader, keys));
  return { id, severity, key, verdict, from, to, value, expected, lower, upper, surprise, decidedBy, kind, related };
}
