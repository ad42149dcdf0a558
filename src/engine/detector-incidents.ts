import { ByteReader, ByteWriter } from '../series/bytes.js';
import type { SeriesKey } from '../series/key.js';
import { KeyTable, readClosed, readTracker, writeClosed, writeTracker } from './anomalies/incident-bytes.js';
import { IncidentTracker } from './anomalies/incident-tracker.js';
import type { PlaceOf } from './anomalies/run-bytes.js';
import type { Incident, Scores } from './types.js';

/** The incidents at a time that can be gone back to. */
export interface IncidentSnapshot {
  readonly time: number;
  /** What is under way, and the keys that it names by their places. */
  readonly bytes: Uint8Array;
  readonly keys: readonly SeriesKey[];
  readonly closed: readonly Incident[];
}

/** The incident tracker of a detector, and its states at the times that can be gone back to. */
export class DetectorIncidents {
  #tracker = new IncidentTracker();
  /** States by time, while what they follow from is replayed. */
  #known: ReadonlyMap<number, IncidentSnapshot> | undefined;

  get incidents(): readonly Incident[] {
    return this.#tracker.incidents;
  }

  /** Whether what is replayed need not be scored for them: all that comes of it is known. */
  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  /** Takes the buckets of scores that begin in `[from, to)`. */
  take(scores: Scores, from: number, to: number): void {
    this.#tracker.take(scores, { from, to });
  }

  /**
   * The state before the bucket at `time`; none at a time that is not among those known. By a table of its own keys: to name all
   * 100,000 rows, for the places of a few, made the first midnight a slow tick.
   */
  snapshot(time: number): IncidentSnapshot | undefined {
    if (this.#known !== undefined) return this.#known.get(time);
    const { state } = this.#tracker;
    const writer = new ByteWriter();
    const table = new KeyTable();
    writeTracker(writer, state, (key) => table.placeOf(key));
    return { time, bytes: writer.toBytes(), keys: table.keys, closed: [...state.closed] };
  }

  goBackTo({ bytes, keys, closed }: IncidentSnapshot): void {
    const reader = new ByteReader(bytes);
    const state = readTracker(reader, keys);
    reader.end();
    this.#tracker = IncidentTracker.fromState({ ...state, closed });
  }

  /**
   * Stands at the last of these once `replay` has gone over what lies between the first and it.
   * @param snapshots in the order of time
   */
  restore(snapshots: readonly IncidentSnapshot[], replay: () => void): void {
    this.#known = new Map(snapshots.map((snapshot) => [snapshot.time, snapshot]));
    replay();
    this.#known = undefined;
    this.goBackTo(snapshots[snapshots.length - 1]);
  }
}

/** Snapshots share most of the incidents that are closed: each is written once. */
export function writeSnapshots(
  writer: ByteWriter,
  snapshots: readonly IncidentSnapshot[],
  step: number,
  placeOf: PlaceOf,
): void {
  const places = new Map<Incident, number>();
  for (const { closed } of snapshots) {
    for (const incident of closed) if (!places.has(incident)) places.set(incident, places.size);
  }
  writeClosed(writer, [...places.keys()], step, placeOf);
  writer.varint(snapshots.length);
  for (const { time, bytes, keys, closed } of snapshots) {
    const placed = new ByteWriter();
    writeTracker(placed, readTracker(new ByteReader(bytes), keys), placeOf);
    writer.float64(time);
    writer.varint(placed.length);
    writer.bytes(placed.toBytes());
    writer.varint(closed.length);
    for (const incident of closed) writer.varint(places.get(incident) ?? 0);
  }
}

/** Reads what {@link writeSnapshots} wrote. */
export function readSnapshots(reader: ByteReader, step: number, keys: readonly SeriesKey[]): IncidentSnapshot[] {
  const all = readClosed(reader, step, keys);
  const snapshots: IncidentSnapshot[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const time = reader.float64();
    const bytes = reader.bytes(reader.varint()).slice();
    const closed: Incident[] = [];
    for (let more = reader.varint(); more > 0; more--) {
      const place = reader.varint();
      closed.push(all[place] ?? reader.fail(`closed incident ${place} of ${all.length}`));
    }
    snapshots.push({ time, bytes, keys, closed });
  }
  if (snapshots.length === 0) reader.fail('no state of incidents');
  return snapshots;
}
