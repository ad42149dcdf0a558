import { type ByteReader, ByteWriter } from '../../series/bytes.js';
import { readKeys, writeKeys } from '../../series/codec-keys.js';
import { openSnapshot, sealSnapshot } from '../../series/codec-snapshot.js';
import { keyId, type SeriesKey } from '../../series/key.js';
import { ABOVE, type Anomaly, type AnomalyKind, BELOW, type Incident } from '../types.js';
import { SEVERITIES } from './anomaly-of-runs.js';
import { Run } from './breach-runs.js';
import type { Followed, IncidentState, TrackerState } from './incident-tracker.js';

/** Version of the payload; any change of what is written below is a new one. */
const VERSION = 1;

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
class KeyTable {
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

/** The place of a key among those that whoever reads has at hand. */
export type PlaceOf = (key: SeriesKey) => number;

/** The state of a tracker as a snapshot of its own. */
export function incidentsToBytes(state: TrackerState): Uint8Array {
  const table = new KeyTable();
  const body = new ByteWriter();
  writeTracker(body, state, (key) => table.placeOf(key));
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
  reader.end();
  return state;
}

/** The state of a tracker as part of other bytes, which hold its keys. */
export function writeTracker(writer: ByteWriter, state: TrackerState, placeOf: PlaceOf): void {
  const { alarm, pending, followed, open, closed, end } = state;
  const out = new Figures(writer, state.step, end);
  writer.varint(alarm.datapointsToAlarm);
  writer.varint(alarm.evaluationPeriods);
  writer.float64(state.step);
  writer.float64(end);
  writeList(writer, open, (incident) => writeState(writer, incident));
  writeList(writer, pending, (run) => writeRun(out, run, placeOf));
  writeList(writer, followed, (one) => {
    const { run, isOver, incident, weighed, stage } = one;
    writeRun(out, run, placeOf);
    writer.uint8(isOver ? 1 : 0);
    const place = incident?.isOpen === true ? OPEN_INCIDENT + open.indexOf(incident) : CLOSED_INCIDENT;
    writer.varint(incident === undefined ? NO_INCIDENT : place);
    out.figure(weighed);
    writer.uint8(stage);
  });
  writeList(writer, closed, (incident) => writeIncident(writer, incident, placeOf));
}

/** Reads what {@link writeTracker} wrote. @throws FormatError when it cannot be so */
export function readTracker(reader: ByteReader, keys: readonly SeriesKey[]): TrackerState {
  const alarm = { datapointsToAlarm: reader.varint(), evaluationPeriods: reader.varint() };
  if (
    alarm.datapointsToAlarm < 1 ||
    alarm.datapointsToAlarm > alarm.evaluationPeriods ||
    alarm.evaluationPeriods > 1440
  ) {
    reader.fail(`an alarm of ${alarm.datapointsToAlarm} out of ${alarm.evaluationPeriods}`);
  }
  const step = reader.float64();
  const end = reader.float64();
  const open = readList(reader, () => readState(reader));
  const pending = readList(reader, () => readRun(reader, keys, step, end));
  const over = { ...emptyState(), isOpen: false };
  const followed = readList(reader, (): Followed => {
    const run = readRun(reader, keys, step, end);
    const isOver = reader.uint8() === 1;
    const place = reader.varint();
    if (place >= OPEN_INCIDENT + open.length) reader.fail(`incident ${place - OPEN_INCIDENT} of ${open.length}`);
    const incident = place >= OPEN_INCIDENT ? open[place - OPEN_INCIDENT] : place === NO_INCIDENT ? undefined : over;
    return { run, isOver, incident, weighed: readFigure(reader), stage: reader.uint8() };
  });
  const closed = readList(reader, () => readIncident(reader, keys));
  return { alarm, step, end, pending, followed, open, closed };
}

/** Numbers of runs in few bytes: most are whole, and most times are whole buckets before the end. */
class Figures {
  readonly writer: ByteWriter;
  readonly #step: number;
  readonly #end: number;

  constructor(writer: ByteWriter, step: number, end: number) {
    this.writer = writer;
    this.#step = step;
    this.#end = end;
  }

  /** Twice a whole number that is not negative; else 1, and the number. */
  figure(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && value < 2 ** 51 && !Object.is(value, -0)) {
      this.writer.varint(2 * value);
      return;
    }
    this.writer.varint(1);
    this.writer.float64(value);
  }

  /** Twice the buckets from a time to the end; else 1, and the time. */
  time(value: number): void {
    const back = (this.#end - value) / this.#step;
    if (Number.isSafeInteger(back) && back >= 0) {
      this.figure(back);
      return;
    }
    this.writer.varint(1);
    this.writer.float64(value);
  }
}

function readFigure(reader: ByteReader): number {
  const coded = reader.varint();
  if (coded === 1) return reader.float64();
  if (coded % 2 === 1) reader.fail(`a figure that begins with ${coded}`);
  return coded / 2;
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
    named: new Set(),
    operations: new Set(),
    account: null,
    region: null,
    isOpen: true,
  };
}

function writeState(writer: ByteWriter, incident: IncidentState): void {
  writer.string(incident.id);
  writer.uint8(incident.direction === ABOVE ? 1 : 0);
  for (const time of [incident.opened, incident.changed, incident.from, incident.joined]) writer.float64(time);
  writer.uint8(SEVERITIES.indexOf(incident.severity));
  writer.float64(incident.size);
  writeList(writer, [...incident.named], (id) => writer.string(id));
  writeList(writer, [...incident.operations], (name) => writer.string(name));
  for (const name of [incident.account, incident.region])
    writeList(writer, name === null ? [] : [name], writer.string.bind(writer));
}

function readState(reader: ByteReader): IncidentState {
  const id = reader.string();
  const direction = reader.uint8() === 1 ? ABOVE : BELOW;
  const [opened, changed, from, joined] = Array.from({ length: 4 }, () => reader.float64());
  const severity = SEVERITIES[reader.uint8()] ?? reader.fail('a severity that is unknown');
  const size = reader.float64();
  const named = new Set(readList(reader, () => reader.string()));
  const operations = new Set(readList(reader, () => reader.string()));
  const [account = null] = readList(reader, () => reader.string());
  const [region = null] = readList(reader, () => reader.string());
  return {
    id,
    direction,
    opened,
    changed,
    from,
    joined,
    severity,
    size,
    named,
    operations,
    account,
    region,
    isOpen: true,
  };
}

const IS_ABOVE = 1;
const IS_KNOWN = 2;
const IS_ONGOING = 4;
const IS_REPORTED = 8;
const HAS_SURPRISE = 16;

function writeRun(out: Figures, run: Run, placeOf: PlaceOf): void {
  const { writer } = out;
  writer.varint(placeOf(run.key));
  writer.uint8(
    (run.direction === ABOVE ? IS_ABOVE : 0) |
      (run.known ? IS_KNOWN : 0) |
      (run.ongoing ? IS_ONGOING : 0) |
      (run.isReported ? IS_REPORTED : 0) |
      (run.surprise === 0 ? 0 : HAS_SURPRISE),
  );
  for (const time of [run.from, run.to, run.seen]) out.time(time);
  for (const sums of [run, run.rest]) {
    for (const figure of [sums.value, sums.expected, sums.lower, sums.upper]) out.figure(figure);
  }
  writeList(writer, run.breaches, (time) => out.time(time));
  if (run.isReported) out.time(run.reported);
  if (run.surprise === 0) return;
  writer.float64(run.surprise);
  out.time(run.decidedFrom);
  out.time(run.decidedTo);
}

function readRun(reader: ByteReader, keys: readonly SeriesKey[], step: number, end: number): Run {
  const key = readKey(reader, keys);
  const flags = reader.uint8();
  const time = () => {
    const coded = reader.varint();
    return coded === 1 ? reader.float64() : end - (step * coded) / 2;
  };
  const run = new Run(key, flags & IS_ABOVE ? ABOVE : BELOW, (flags & IS_KNOWN) > 0, step, time());
  run.ongoing = (flags & IS_ONGOING) > 0;
  run.to = time();
  run.seen = time();
  for (const sums of [run, run.rest]) {
    sums.value = readFigure(reader);
    sums.expected = readFigure(reader);
    sums.lower = readFigure(reader);
    sums.upper = readFigure(reader);
  }
  run.breaches = readList(reader, time);
  if (flags & IS_REPORTED) run.reported = time();
  if ((flags & HAS_SURPRISE) === 0) return run;
  run.surprise = reader.float64();
  run.decidedFrom = time();
  run.decidedTo = time();
  return run;
}

function readKey(reader: ByteReader, keys: readonly SeriesKey[]): SeriesKey {
  const place = reader.varint();
  return keys[place] ?? reader.fail(`key ${place} of ${keys.length}`);
}

/** One that is closed: nothing of it follows from runs any more. */
function writeIncident(writer: ByteWriter, incident: Incident, placeOf: PlaceOf): void {
  writer.string(incident.id);
  writer.float64(incident.opened);
  writer.float64(incident.closed ?? Number.NaN);
  writer.uint8(SEVERITIES.indexOf(incident.severity));
  writeList(writer, incident.anomalies, (anomaly) => {
    const { from, to, value, expected, lower, upper, surprise, decidedBy } = anomaly;
    writer.string(anomaly.id);
    writer.varint(placeOf(anomaly.key));
    writer.uint8(anomaly.verdict === 'above' ? 1 : 0);
    writer.uint8(SEVERITIES.indexOf(anomaly.severity));
    writer.uint8(KINDS.indexOf(anomaly.kind));
    for (const figure of [from, to, value, expected, lower, upper, surprise, decidedBy.from, decidedBy.to]) {
      writer.float64(figure);
    }
    writeList(writer, anomaly.related, (key) => writer.varint(placeOf(key)));
  });
}

function readIncident(reader: ByteReader, keys: readonly SeriesKey[]): Incident {
  const id = reader.string();
  const opened = reader.float64();
  const closed = reader.float64();
  const severity = SEVERITIES[reader.uint8()] ?? reader.fail('a severity that is unknown');
  const anomalies = readList(reader, () => readAnomaly(reader, keys));
  return { id, state: 'closed', opened, changed: closed, closed, severity, anomalies };
}

function readAnomaly(reader: ByteReader, keys: readonly SeriesKey[]): Anomaly {
  const id = reader.string();
  const key = readKey(reader, keys);
  const verdict = reader.uint8() === 1 ? 'above' : 'below';
  const severity = SEVERITIES[reader.uint8()] ?? reader.fail('a severity that is unknown');
  const kind = KINDS[reader.uint8()] ?? reader.fail('a kind that is unknown');
  const [from, to, value, expected, lower, upper, surprise, decidedFrom, decidedTo] = Array.from({ length: 9 }, () =>
    reader.float64(),
  );
  const decidedBy = { from: decidedFrom, to: decidedTo };
  const related = readList(reader, () => readKey(reader, keys));
  return { id, severity, key, verdict, from, to, value, expected, lower, upper, surprise, decidedBy, kind, related };
}

function writeList<T>(writer: ByteWriter, list: readonly T[], write: (one: T) => void): void {
  writer.varint(list.length);
  for (const one of list) write(one);
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  const length = reader.varint();
  const found: T[] = [];
  // No entry takes less than a byte: a few cannot ask for more than there are.
  if (length > reader.remaining) reader.fail(`${length} entries in the ${reader.remaining} bytes left`);
  for (let i = 0; i < length; i++) found.push(read());
  return found;
}
