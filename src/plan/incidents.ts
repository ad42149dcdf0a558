import { Alarm } from '../alarm/alarm.js';
import type { Anomaly } from '../engine/types.js';
import { NORMAL, type Scores, UNKNOWN } from '../engine/types.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { rowsById } from '../series/series-set.js';
import type { MonitoringPlan } from './plan.js';

/** What goes on: one thing that happened, on one or more rows, until all of them are well again. */
export interface Incident {
  /** The id of the notice that opened it; empty where none did. */
  alarm: string;
  /** In words; empty of what was told otherwise. */
  readonly text: string;
  readonly rows: string[];
  readonly anomaly: Anomaly;
  /** From its first bucket to where it was over; null while it is open. Epoch ms. */
  readonly from: number;
  to: number | null;
}

/** What became of the incidents at a bucket. */
export interface IncidentChange {
  readonly opens: boolean;
  readonly incident: Incident;
}

/**
 * The alarms of rows, and what they have in common: a row has an alarm (M of N of its verdicts; a bucket that is not known
 * changes nothing) from its first breach until it is well; rows that one anomaly explains are one incident, which is told
 * when it opens and when all of its rows are OK. Bucket by bucket, so that nothing depends on how often it is run.
 */
export class Incidents {
  readonly #plan: MonitoringPlan;
  readonly #alarms = new Map<string, Alarm>();
  /** Open ones, and those that were over in the last days: what was told is not told again when its buckets are corrected. */
  #known: Incident[];
  /** Rows by id of the keys that were seen last. */
  #index: { readonly keys: readonly SeriesKey[]; readonly rows: ReadonlyMap<string, number> } | undefined;

  constructor(plan: MonitoringPlan, known: Incident[] = []) {
    this.#plan = plan;
    this.#known = known;
  }

  get open(): readonly Incident[] {
    return this.#known.filter(({ to }) => to === null);
  }

  /**
   * Takes the verdicts of one bucket, a corrected one too.
   * @param anomalies those of the bucket, asked for only where one of its rows has come into alarm
   * @param tell is handed what opens and what is over, in order; returns the notice's id
   */
  take(
    scores: Scores,
    bucket: number,
    anomalies: () => readonly Anomaly[],
    words: (anomaly: Anomaly) => string,
    tell: (change: IncidentChange) => string,
  ): void {
    const { grid } = scores.window;
    const time = grid.start + bucket * grid.step;
    const { raised, quieter } = this.#observe(scores, bucket, time);
    for (const anomaly of raised.size > 0 ? anomalies() : []) {
      const rows = [anomaly.key, ...anomaly.related].map(keyId);
      const news = rows.filter((id) => raised.delete(id));
      if (news.length === 0) continue;
      // A total that two things have in common does not make them one.
      const known = this.open.find(
        (incident) => incident.rows.includes(rows[0]) || rows.includes(keyId(incident.anomaly.key)),
      );
      if (known !== undefined) {
        known.rows.push(...news.filter((id) => !known.rows.includes(id)));
        continue;
      }
      const incident = { alarm: '', rows: news, anomaly, text: words(anomaly), from: time, to: null };
      this.#known.push(incident);
      incident.alarm = tell({ opens: true, incident });
    }
    if (quieter) this.#close(time, tell);
  }

  /** Hands the bucket to the alarms: which rows have come into alarm, and whether any is out of it. */
  #observe(scores: Scores, bucket: number, time: number): { raised: Set<string>; quieter: boolean } {
    const { keys, grid } = scores.window;
    const raised = new Set<string>();
    let quieter = false;
    for (const row of this.#rowsToLookAt(scores, bucket)) {
      const verdict = scores.verdicts[row * grid.length + bucket];
      const id = keyId(keys[row]);
      let alarm = this.#alarms.get(id);
      if (alarm === undefined) {
        if (this.#wasTold(id, time)) continue;
        alarm = this.#alarmFor(id, time);
        this.#alarms.set(id, alarm);
      }
      const before = alarm.state;
      alarm.observe(time, verdict === UNKNOWN ? Number.NaN : verdict);
      if (alarm.state === 'ALARM' && before !== 'ALARM') raised.add(id);
      if (alarm.state === 'OK' && before === 'ALARM') quieter = true;
      if (alarm.state === 'OK' && isQuiet(alarm)) this.#alarms.delete(id);
    }
    return { raised, quieter };
  }

  /** Rows with a breach in the bucket, and those that have an alarm: a few of many. In ascending order. */
  #rowsToLookAt({ window, verdicts }: Scores, bucket: number): number[] {
    const { keys, grid } = window;
    const found = new Set<number>();
    for (let row = 0; row < keys.length; row++) {
      const verdict = verdicts[row * grid.length + bucket];
      if (verdict !== NORMAL && verdict !== UNKNOWN) found.add(row);
    }
    for (const [, row] of this.#alarmedRows(keys)) found.add(row);
    return [...found].sort((a, b) => a - b);
  }

  /** Rows whose alarm is open. */
  rowsInAlarm(keys: readonly SeriesKey[]): ReadonlySet<number> {
    return new Set(this.#alarmedRows(keys).flatMap(([alarm, row]) => (alarm.state === 'ALARM' ? [row] : [])));
  }

  #alarmedRows(keys: readonly SeriesKey[]): (readonly [alarm: Alarm, row: number])[] {
    if (this.#alarms.size === 0) return [];
    if (this.#index?.keys !== keys) this.#index = { keys, rows: rowsById(keys) };
    const { rows } = this.#index;
    return [...this.#alarms].flatMap(([id, alarm]) => {
      const row = rows.get(id);
      return row === undefined ? [] : [[alarm, row] as const];
    });
  }

  #close(time: number, tell: (change: IncidentChange) => string): void {
    for (const incident of this.open) {
      if (incident.rows.some((id) => this.#alarms.get(id)?.state === 'ALARM')) continue;
      incident.to = time;
      tell({ opens: false, incident });
    }
  }

  /** Whether a row was part of an incident then, or just before or after. */
  #wasTold(id: string, time: number): boolean {
    const slack = this.#plan.alarm.evaluationPeriods * this.#plan.step;
    return this.#known.some(
      ({ rows, from, to, anomaly }) =>
        to !== null && time >= Math.min(from, anomaly.from) - slack && time <= to && rows.includes(id),
    );
  }

  /** Forgets incidents that were over before `time`. */
  forgetBefore(time: number): void {
    this.#known = this.#known.filter(({ to }) => to === null || to >= time);
  }

  /** An alarm that has seen nothing but normal buckets. */
  #alarmFor(id: string, time: number): Alarm {
    const { step, alarm } = this.#plan;
    const rule = {
      name: id,
      condition: { on: 'verdict', is: 'either' },
      step,
      ...alarm,
      treatMissingData: 'ignore',
    } as const;
    const values = new Float64Array(alarm.evaluationPeriods + 2);
    return new Alarm(rule, { memory: { state: 'OK', since: null, changes: 0, end: time, values } });
  }

  write(out: ByteWriter): void {
    out.varint(this.#alarms.size);
    for (const [id, alarm] of this.#alarms) {
      const bytes = alarm.toBytes();
      out.string(id);
      out.varint(bytes.length);
      out.bytes(bytes);
    }
    out.string(JSON.stringify(this.#known));
  }

  static read(from: ByteReader, plan: MonitoringPlan): Incidents {
    const alarms: [string, Alarm][] = [];
    for (let left = from.varint(); left > 0; left--) {
      alarms.push([from.string(), Alarm.fromBytes(from.bytes(from.varint()))]);
    }
    const found = new Incidents(plan, JSON.parse(from.string()) as Incident[]);
    for (const [id, alarm] of alarms) found.#alarms.set(id, alarm);
    return found;
  }
}

/** Nothing that breaches is left in what it remembers. */
function isQuiet(alarm: Alarm): boolean {
  return alarm.memory.values.every((value) => value === 0 || Number.isNaN(value));
}
