import type { SeriesKey } from '../series/key.js';
import type { CallSubject } from './source.js';

interface IncidentBase {
  /** When it begins and ends, half-open; whole seconds. */
  readonly from: number | Date;
  readonly to: number | Date;
  /** What happened, in words for people. */
  readonly note: string;
  /** The series whose count tells of it best; by default the operation on the key. */
  readonly label?: Partial<SeriesKey>;
}

/** Calls on top of the ordinary ones: so many in all, scattered evenly. */
export interface ExtraCalls extends IncidentBase {
  readonly kind: 'spike' | 'control-plane-burst' | 'first-use' | 'error-burst';
  readonly call: CallSubject;
  readonly calls: number;
  /** `errorCode` of the calls; for an error burst `AccessDeniedException` unless told, for others none. */
  readonly error?: string;
}

/** A source that makes `factor` times its calls, for hours or days: too little to see in any one bucket. */
export interface LowAndSlow extends IncidentBase {
  readonly kind: 'low-and-slow';
  readonly source: string;
  readonly factor: number;
}

/** A source as busy as at another time: at `from` as at `like`, and so on. */
export interface OffHours extends IncidentBase {
  readonly kind: 'off-hours';
  readonly source: string;
  readonly like: number | Date;
}

/** No calls at all under a series key. */
export interface Outage extends IncidentBase {
  readonly kind: 'outage';
  readonly key: Partial<SeriesKey>;
}

/** A source, such as a cron job, that does not run. */
export interface MissedRun extends IncidentBase {
  readonly kind: 'missed-run';
  readonly source: string;
}

/** Something that an on-call engineer would want to hear about. */
export type Incident = ExtraCalls | LowAndSlow | OffHours | Outage | MissedRun;

/** What an incident did to the count of one series. */
export interface Label {
  readonly kind: Incident['kind'];
  readonly verdict: 'above' | 'below';
  readonly key: Partial<SeriesKey>;
  /** Epoch ms, half-open. */
  readonly from: number;
  readonly to: number;
  /** Calls of the series in that time, the ordinary ones too. */
  readonly calls: number;
  /** Calls that the sources' laws expect of it there. */
  readonly expected: number;
  readonly note: string;
}
