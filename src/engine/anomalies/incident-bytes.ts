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

/** What is common to all that is written. */
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

/** The state of a tracker as a snapshot of its own. */
export function incidentsToBytes(state: TrackerState): Uint8Array {
  const table = new KeyTable();
  const body = new ByteWriter();
  const { alarm, pending, followed, open, closed } = state;
  body.varint(alarm.datapointsToAlarm);
  body.varint(alarm.evaluationPeriods);
  body.float64(state.step);
  body.float64(state.end);
  writeList(body, open, (incident) => writeState(body, incident));
  writeList(body, pending, (run) => writeRun(body, run, table));
  writeList(body, followed, (one) => {
    const { run, isOver, incident, weighed, stage } = one;
    writeRun(body, run, table);
    body.uint8(isOver ? 1 : 0);
    const place = incident?.isOpen === true ? OPEN_INCIDENT + open.indexOf(incident) : CLOSED_INCIDENT;
    body.varint(incident === undefined ? NO_INCIDENT : place);
    body.float64(weighed);
    body.uint8(stage);
  });
  writeList(body, closed, (incident) => writeIncident(body, incident, table));
  const writer = new ByteWriter();
  writeKeys(writer, table.keys);
  writer.bytes(body.toBytes());
  return sealSnapshot('IncidentTracker', VERSION, writer);
}

/** @throws FormatError when the bytes are not a tracker's, of another version, or damaged; it says which */
export function incidentsFromBytes(bytes: Uint8Array): TrackerState {
  const reader = openSnapshot(bytes, 'IncidentTracker', VERSION);
  const keys = readKeys(reader);
  const alarm = { datapointsToAlarm: reader.varint(), evaluationPeriods: reader.varint() };
  if (alarm.datapointsToAlarm < 1 || alarm.datapointsToAlarm > alarm.evaluationPeriods) reader.fail('an alarm rule');
  const step = reader.float64();
  const end = reader.float64();
  const open = readList(reader, () => readState(reader));
  const pending = readList(reader, () => readRun(reader, keys, step));
  const over = { ...emptyState(), isOpen: false };
  const followed = readList(reader, (): Followed => {
    const run = readRun(reader, keys, step);
    const isOver = reader.uint8() === 1;
    const place = reader.varint();
    if (place >= OPEN_INCIDENT + open.length) reader.fail(`incident ${place - OPEN_INCIDENT} of ${open.length}`);
    const incident = place >= OPEN_INCIDENT ? open[place - OPEN_INCIDENT] : place === NO_INCIDENT ? undefined : over;
    return { run, isOver, incident, weighed: reader.float64(), stage: reader.uint8() };
  });
  const closed = readList(reader, () => readIncident(reader, keys));
  reader.end();
  return { alarm, step, end, pending, followed, open, closed };
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

function writeRun(writer: ByteWriter, run: Run, table: KeyTable): void {
  writer.varint(table.placeOf(run.key));
  writer.uint8((run.direction === ABOVE ? 1 : 0) + (run.known ? 2 : 0) + (run.ongoing ? 4 : 0));
  for (const figure of figuresOf(run)) writer.float64(figure);
  writeList(writer, run.breaches, (time) => writer.float64(time));
}

function figuresOf(run: Run): number[] {
  const { reported, from, to, seen, value, expected, lower, upper, rest, surprise, decidedFrom, decidedTo } = run;
  const sums = [rest.value, rest.expected, rest.lower, rest.upper];
  return [reported, from, to, seen, value, expected, lower, upper, ...sums, surprise, decidedFrom, decidedTo];
}

function readRun(reader: ByteReader, keys: readonly SeriesKey[], step: number): Run {
  const key = readKey(reader, keys);
  const flags = reader.uint8();
  const run = new Run(key, (flags & 1) === 1 ? ABOVE : BELOW, (flags & 2) === 2, step, 0);
  run.ongoing = (flags & 4) === 4;
  run.reported = reader.float64();
  run.from = reader.float64();
  run.to = reader.float64();
  run.seen = reader.float64();
  for (const sums of [run, run.rest]) {
    sums.value = reader.float64();
    sums.expected = reader.float64();
    sums.lower = reader.float64();
    sums.upper = reader.float64();
  }
  run.surprise = reader.float64();
  run.decidedFrom = reader.float64();
  run.decidedTo = reader.float64();
  run.breaches = readList(reader, () => reader.float64());
  return run;
}

function readKey(reader: ByteReader, keys: readonly SeriesKey[]): SeriesKey {
  const place = reader.varint();
  return keys[place] ?? reader.fail(`key ${place} of ${keys.length}`);
}

/** One that is closed: nothing of it follows from runs any more. */
function writeIncident(writer: ByteWriter, incident: Incident, table: KeyTable): void {
  writer.string(incident.id);
  writer.float64(incident.opened);
  writer.float64(incident.closed ?? Number.NaN);
  writer.uint8(SEVERITIES.indexOf(incident.severity));
  writeList(writer, incident.anomalies, (anomaly) => {
    const { from, to, value, expected, lower, upper, surprise, decidedBy } = anomaly;
    writer.string(anomaly.id);
    writer.varint(table.placeOf(anomaly.key));
    writer.uint8(anomaly.verdict === 'above' ? 1 : 0);
    writer.uint8(SEVERITIES.indexOf(anomaly.severity));
    writer.uint8(KINDS.indexOf(anomaly.kind));
    for (const figure of [from, to, value, expected, lower, upper, surprise, decidedBy.from, decidedBy.to]) {
      writer.float64(figure);
    }
    writeList(writer, anomaly.related, (key) => writer.varint(table.placeOf(key)));
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
